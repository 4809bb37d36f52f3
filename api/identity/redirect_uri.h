// Redirect URIs: where an answer may be sent to, told exactly. Sources: OAuth 2.1 §2.3 and §4.1.1
// (compared as strings), RFC 8252 §7.3 (any port of a loopback address, for programs that can't
// know theirs beforehand).
#pragma once

#include <string>
#include <string_view>

namespace cassette::api {

// The longest one, in bytes.
inline constexpr std::size_t kMaxRedirectUriBytes = 1024;

// What may be registered: https://…, http:// of 127.0.0.1 or [::1], or a program's own scheme with
// a dot in it (RFC 8252 §7.1), absolute, of visible ASCII, without fragment or user.
bool valid_redirect_uri(std::string_view uri);

// Whether `given` is `registered`: the same bytes, or for http:// of a loopback address the same
// but for the port.
bool same_redirect_uri(std::string_view registered, std::string_view given);

// "https://shop.example" of "https://shop.example/back?x=1", "com.example.app:" of an own scheme:
// as a CSP's form-action names it.
std::string origin_of(std::string_view redirect_uri);

// The URI with the parameters, which are percent-encoded already, added to its query.
std::string with_parameters(std::string_view redirect_uri, std::string_view parameters);

}  // namespace cassette::api
