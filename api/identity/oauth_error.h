// OAuthError: a refusal as OAuth names it (RFC 6749 §4.1.2.1 and §5.2, OpenID Connect Core
// §3.1.2.6).
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "api/identity/security_log.h"
#include "domain/fields.h"
#include "domain/result.h"

namespace cassette::api {

enum class OAuthCode {
  InvalidRequest,
  InvalidClient,
  InvalidGrant,
  UnauthorizedClient,
  UnsupportedGrantType,
  UnsupportedResponseType,
  InvalidScope,
  AccessDenied,
  LoginRequired,
  RequestNotSupported,
  UnsupportedTokenType,
  TemporarilyUnavailable,  // the pool of hashes is full, or the bucket doesn't answer
};

struct OAuthError {
  OAuthCode code = OAuthCode::InvalidRequest;
  std::string description;  // a sentence of ASCII without quotes or backslashes
};

template <class T>
using Granted = Result<T, OAuthError>;

inline Failure<OAuthError> refuse(OAuthCode code, std::string description) {
  return Failure{OAuthError{code, std::move(description)}};
}

// Where a request came from, for the security log.
struct Origin {
  std::string address;
  std::string request_id;
  domain::Timestamp now;
};

}  // namespace cassette::api

template <>
struct cassette::EnumNames<cassette::api::OAuthCode> {
  static constexpr std::array<std::string_view, 12> values{
      "invalid_request",       "invalid_client",         "invalid_grant",
      "unauthorized_client",   "unsupported_grant_type", "unsupported_response_type",
      "invalid_scope",         "access_denied",          "login_required",
      "request_not_supported", "unsupported_token_type", "temporarily_unavailable"};
};
