// Authorization: what is asked for at /auth/authorize, whether it may be, and the code that a
// sign-in gives. Sources: OAuth 2.1 §4.1, RFC 9207 (`iss` in the answer), OpenID Connect Core §3.1.
// It knows no HTTP and no page.
#pragma once

#include <optional>
#include <string>

#include "api/identity/credentials.h"
#include "api/identity/grants.h"
#include "api/identity/oauth_error.h"
#include "api/identity/passwords.h"
#include "api/identity/security_log.h"

namespace cassette::api {

// How long the sign-in page may stay open.
inline constexpr std::chrono::minutes kTicketLifetime{10};

// The parameters of a request; empty ones were not given.
struct AuthorizationRequest {
  std::string response_type;
  std::string response_mode;
  std::string client_id;
  std::string redirect_uri;
  std::string scope;
  std::string state;
  std::string nonce;
  std::string challenge;  // code_challenge
  std::string method;     // code_challenge_method
  std::string prompt;
  std::string login_hint;
  bool has_request_object = false;  // `request` or `request_uri`

  static void fields(auto& self, auto&& visit) {
    visit("response_type", self.response_type);
    visit("response_mode", self.response_mode);
    visit("client_id", self.client_id);
    visit("redirect_uri", self.redirect_uri);
    visit("scope", self.scope);
    visit("state", self.state);
    visit("nonce", self.nonce);
    visit("code_challenge", self.challenge);
    visit("code_challenge_method", self.method);
    visit("prompt", self.prompt);
    visit("login_hint", self.login_hint);
  }
};

// A refusal, and where it may be told to: without `redirect_to`, to the person at the browser only.
struct AuthorizationRefusal {
  OAuthError error;
  std::string redirect_to;  // with the error, state and issuer; empty: nowhere
};

// What the sign-in page shows and carries along.
struct SignInPrompt {
  Credential client;
  AuthorizationRequest request;
};

enum class SignInFault {
  WrongPassword,  // or no such person
  Busy,           // too many are being hashed: try again
  Unavailable,    // the bucket doesn't answer
};

// Thread-safe.
class AuthorizationService {
 public:
  // All outlive it; `issuer` may be set until the first request.
  AuthorizationService(const std::string& issuer, Credentials& credentials, Grants& grants,
                       PasswordHasher& hasher, SecurityLog& log, const SecretKey& root);

  // Whether what is asked for may be. Blocks for a round trip.
  Result<SignInPrompt, AuthorizationRefusal> check(const AuthorizationRequest& request);

  // What the page carries: the request, sealed for the browser that has `cookie`.
  std::string ticket(const AuthorizationRequest& request, std::string_view cookie,
                     domain::Timestamp now) const;
  // Nothing when the ticket is forged, expired, or another browser's.
  std::optional<AuthorizationRequest> open_ticket(std::string_view ticket, std::string_view cookie,
                                                  domain::Timestamp now) const;

  // Signs in, and gives the URI to go to, with a code or an error in it. Blocks for a hash.
  Result<std::string, SignInFault> sign_in(const SignInPrompt& prompt, std::string_view name,
                                           std::string_view password, const Origin& origin);

  // The URI to go to when the person would rather not.
  std::string cancel(const SignInPrompt& prompt) const;

 private:
  std::string error_uri(const AuthorizationRequest& request, const OAuthError& error) const;
  Result<std::string, SignInFault> give_code(const SignInPrompt& prompt, const Credential& person,
                                             const Origin& origin);
  void record(const Origin& origin, std::string_view type, std::string_view principal,
              std::string_view name, std::string detail);

  const std::string& issuer_;
  Credentials& credentials_;
  Grants& grants_;
  PasswordHasher& hasher_;
  SecurityLog& log_;
  Signer signer_;
};

}  // namespace cassette::api
