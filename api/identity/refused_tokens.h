// RefusedTokens: tokens that were found to name nobody, for seconds, so that whoever sends one
// again and again costs a hash and no signature. It checks nothing, and keeps no token.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "api/identity/token_fault.h"
#include "domain/values.h"

namespace cassette::api {

using TokenDigest = std::array<std::uint8_t, 32>;

// SHA-256.
TokenDigest digest_of(std::string_view token);

// Thread-safe. Of fixed size: tokens that share a place put each other out.
class RefusedTokens {
 public:
  static constexpr std::size_t kPlaces = 8 * 1024;
  // How long a token stays refused that could be valid by now: one that was not valid yet.
  static constexpr std::chrono::seconds kRefusedFor{3};

  RefusedTokens() : places_(kPlaces) {}

  std::optional<TokenFault> find(const TokenDigest& token, domain::Timestamp now);
  void put(const TokenDigest& token, TokenFault fault, domain::Timestamp now);
  void clear();

 private:
  static constexpr std::size_t kLocks = 64;

  struct Place {
    TokenDigest token{};
    std::int64_t refused_at = 0;  // microseconds
    TokenFault fault = TokenFault::Invalid;
  };

  static std::size_t place_of(const TokenDigest& token);

  std::vector<Place> places_;
  std::array<std::mutex, kLocks> locks_;  // each of every 64th place
};

}  // namespace cassette::api
