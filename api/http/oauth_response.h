// OAuth responses: tokens and refusals as JSON that nobody keeps. Source: RFC 6749 §5. Refusals
// here are OAuth's own and no RFC 9457 problems, since it is OAuth's libraries that read them.
#pragma once

#include <string>

#include "api/http/message.h"
#include "api/http/services.h"
#include "api/identity/oauth_error.h"

namespace cassette::api {

inline constexpr std::string_view kHtml = "text/html; charset=utf-8";

// 200 with JSON that no cache keeps.
Response secret_json(std::string body);

// {"error":…,"error_description":…}; 401 with WWW-Authenticate for a client that isn't believed,
// 503 with Retry-After when it is ours to try again, else 400.
Response to_response(const OAuthError& error);

// Where the call came from.
Origin origin_of(const Call& call);

}  // namespace cassette::api
