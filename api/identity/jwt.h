// Jwt: tokens signed by one key, made and checked. Sources: RFC 7515 (JWS, compact form), 7519
// (JWT), 9068 (access tokens), 8725 (best practice). A token chooses nothing: its key is found by
// its id, its algorithm must be that key's, and it is of one type only.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "api/identity/jwk.h"
#include "domain/result.h"
#include "domain/values.h"

namespace cassette::api {

// The longest token that is looked at, in bytes.
inline constexpr std::size_t kMaxTokenBytes = 8 * 1024;
// How far another's clock may be from ours.
inline constexpr std::chrono::seconds kClockSkew{30};

// The `typ` of a header.
inline constexpr std::string_view kAccessTokenType = "at+jwt";
inline constexpr std::string_view kIdTokenType = "JWT";

// `claims` is a JSON object.
std::string sign_jwt(std::string_view type, std::string_view claims, const SigningKey& key);

// What a token has to be for us to believe it.
struct JwtRules {
  std::string_view type;      // of the header; an empty one takes any
  std::string_view issuer;    // `iss`, exactly
  std::string_view audience;  // among `aud`
  domain::Timestamp now;
  // The key with this id; null when there is none. Its result is valid during the check.
  std::function<const PublicJwk*(std::string_view key_id)> key;
};

enum class JwtFault {
  Malformed,
  UnknownKey,
  WrongAlgorithm,  // another than the key's, `none` included, or a critical extension
  WrongType,
  BadSignature,
  WrongIssuer,
  WrongAudience,
  Expired,
  NotYetValid,
};

std::string_view name_of(JwtFault fault);

// The claims, as JSON, of a token that all rules hold for. `exp` is required. Any thread.
Result<std::string, JwtFault> check_jwt(std::string_view token, const JwtRules& rules);

}  // namespace cassette::api
