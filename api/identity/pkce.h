// PKCE: that whoever redeems a code is who asked for it. Source: RFC 7636, by S256 alone: `plain`
// would show the verifier to whoever sees the request.
#pragma once

#include <string_view>

namespace cassette::api {

inline constexpr std::string_view kS256 = "S256";

// True for what S256 gives: 43 characters of base64url.
bool valid_challenge(std::string_view challenge);

// Whether `challenge` was made of `verifier`, in time that says nothing of either.
bool verifies(std::string_view verifier, std::string_view challenge);

}  // namespace cassette::api
