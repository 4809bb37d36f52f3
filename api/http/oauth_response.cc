// OAuth responses: the one mapping of refusals to statuses.
#include "api/http/oauth_response.h"

#include "api/http/json_text.h"

namespace cassette::api {
namespace {

int status_of(OAuthCode code) {
  switch (code) {
    case OAuthCode::InvalidClient:
      return 401;
    case OAuthCode::TemporarilyUnavailable:
      return 503;
    case OAuthCode::InvalidRequest:
    case OAuthCode::InvalidGrant:
    case OAuthCode::UnauthorizedClient:
    case OAuthCode::UnsupportedGrantType:
    case OAuthCode::UnsupportedResponseType:
    case OAuthCode::InvalidScope:
    case OAuthCode::AccessDenied:
    case OAuthCode::LoginRequired:
    case OAuthCode::RequestNotSupported:
    case OAuthCode::UnsupportedTokenType:
      return 400;
  }
  return 400;
}

}  // namespace

Response secret_json(std::string body) {
  Response response;
  response.body = std::move(body);
  response.set_header("Cache-Control", "no-store");
  response.set_header("Pragma", "no-cache");
  return response;
}

Response to_response(const OAuthError& error) {
  std::string body = "{";
  append_member(body, "error", name_of(error.code));
  append_member(body, "error_description", error.description);
  Response response = secret_json(body + '}');
  response.status = status_of(error.code);
  if (response.status == 401) {
    response.set_header("WWW-Authenticate", "Basic realm=\"cassette\", charset=\"UTF-8\"");
  }
  if (response.status == 503) response.set_header("Retry-After", "1");
  return response;
}

Origin origin_of(const Call& call) {
  return {call.request.address, call.request.headers.request_id, call.now};
}

}  // namespace cassette::api
