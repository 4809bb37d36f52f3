// Sealing: personal data as ciphertext tokens, made when a request comes in and opened when a
// document is served. Equal text of one subject and field gives an equal token, so that "already
// so" can be told and replays are byte for byte. Keys are the keyring's.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/identity/keyring.h"
#include "domain/values.h"

namespace cassette::api {

// How a stored document holds a sealed field: {"$sealed":"<token>"}. No other object in a document
// begins so: within a JSON string the quotes are escaped, and the parser refuses `$` in the only
// member names that users choose.
inline constexpr std::string_view kSealedPrefix = "{\"$sealed\":\"";

// A sealed field whose value is at hand. Both outlive the call that they are given to.
struct KnownField {
  std::string_view token;
  std::string_view json;
};

// Thread-safe.
class Sealer {
 public:
  // `keyring` outlives the sealer.
  explicit Sealer(Keyring& keyring) : keyring_(keyring) {}

  // `json` is the field's JSON value. The token is `subject|field|ciphertext`. Nothing when the
  // subject was erased.
  eventstore::Stored<std::optional<domain::Sealed>> seal(std::string_view subject,
                                                         std::string_view field,
                                                         std::string_view json);

  // The JSON value that the token holds; nothing when its subject was erased, or when it is no
  // token of this keyring.
  eventstore::Stored<std::optional<std::string>> open(std::string_view token);

  // The document with every sealed field replaced by its JSON value, `null` where it can't be
  // opened. A document without one is passed through untouched. `known` need not be opened.
  eventstore::Stored<std::string> open_document(std::string document, KnownField known = {});

  // Makes everything sealed for the subject unreadable for good.
  eventstore::Stored<eventstore::Done> erase(std::string_view subject) {
    return keyring_.destroy(subject);
  }

 private:
  Keyring& keyring_;
};

}  // namespace cassette::api
