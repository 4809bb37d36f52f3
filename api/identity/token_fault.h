// TokenFault: why an Authorization header names nobody.
#pragma once

#include <string_view>

namespace cassette::api {

enum class TokenFault {
  Malformed,    // no bearer token: 401
  Invalid,      // forged, of another issuer, for another audience, or not yet valid: 401
  Expired,      // 401
  Revoked,      // the token, its family or its credential: 401
  Unavailable,  // it can't be found out now: 503
  Unchecked,    // whoever sends it sends too much: 429
};

// In words, for `error_description` (RFC 6750 §3.1).
std::string_view name_of(TokenFault fault);

}  // namespace cassette::api
