// Signer: keyed digests of requests and seals on cursors. Its keys outlive a rotation of the master
// key, so that a retry is still recognised after one. Refuses to encrypt: that is the sealer's.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/values.h"

namespace cassette::api {

using SecretKey = std::array<std::uint8_t, 32>;

// Thread-safe: holds keys only.
class Signer {
 public:
  explicit Signer(const SecretKey& root);

  // HMAC-SHA-256 of a raw request, cut to 128 bits: 22 characters.
  std::string digest(std::string_view raw) const;

  // An opaque token of `text` that holds until `expires`, for the query that `scope` describes.
  std::string seal_cursor(std::string_view text, std::string_view scope,
                          domain::Timestamp expires) const;
  // Nothing when the token is forged, expired or was given for another query.
  std::optional<std::string> open_cursor(std::string_view token, std::string_view scope,
                                         domain::Timestamp now) const;

 private:
  SecretKey digest_key_;
  SecretKey cursor_key_;
};

}  // namespace cassette::api
