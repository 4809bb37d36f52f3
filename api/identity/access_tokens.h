// Access tokens: our own, made and looked at. Sources: RFC 9068 (JWT access tokens), OpenID Connect
// Core §2 (ID tokens). What a token says holds while its credential, family and the token itself
// have not been revoked, which the bucket tells.
#pragma once

#include <string>
#include <string_view>

#include "api/identity/credentials.h"
#include "api/identity/grants.h"
#include "api/identity/signing_keys.h"
#include "api/identity/token_fault.h"
#include "domain/result.h"

namespace cassette::api {

// The `aud` of our access tokens: this API, whichever address it is reached by.
inline constexpr std::string_view kApiAudience = "cassette";

struct AccessClaims {
  std::string issuer;
  std::string subject;  // the credential's id
  std::string audience;
  std::int64_t expires = 0;    // seconds since 1970
  std::int64_t issued_at = 0;  // likewise
  std::string token_id;
  std::string client_id;
  std::string scope;
  domain::Role role = domain::Role::System;
  std::optional<domain::VendorId> vendor_id;
  std::optional<domain::CustomerId> customer_id;
  std::string family_id;  // empty: of no sign-in

  static void fields(auto& self, auto&& visit) {
    visit("iss", self.issuer);
    visit("sub", self.subject);
    visit("aud", self.audience);
    visit("exp", self.expires);
    visit("iat", self.issued_at);
    visit("jti", self.token_id);
    visit("client_id", self.client_id);
    visit("scope", self.scope);
    visit("role", self.role);
    visit("vendor_id", self.vendor_id);
    visit("customer_id", self.customer_id);
    visit("family_id", self.family_id);
  }
};

// What was revoked: one token, or all of one sign-in. One of them is empty.
struct Revoked {
  std::string token_id;
  std::string family_id;

  bool names(const AccessClaims& claims) const {
    return (!token_id.empty() && claims.token_id == token_id) ||
           (!family_id.empty() && claims.family_id == family_id);
  }
};

// A token for "openid" alone opens nothing of the API.
Caller caller_of(const AccessClaims& claims);

// What an ID token says of a sign-in.
struct SignIn {
  std::string_view subject;
  std::string_view client_id;
  std::string_view nonce;  // empty: none
  domain::Timestamp authenticated_at;
};

// Thread-safe. Blocks for round trips to the bucket where it says so.
class AccessTokens {
 public:
  // All outlive it; `issuer` may be set until the first token is asked for.
  AccessTokens(const std::string& issuer, SigningKeys& keys, Credentials& credentials,
               Grants& grants)
      : issuer_(issuer), keys_(keys), credentials_(credentials), grants_(grants) {}

  // A token of `holder` for `client_id`, valid for `kTokenLifetime`. May block.
  std::string sign(const Credential& holder, std::string_view client_id, const Scopes& scopes,
                   std::string_view family_id, domain::Timestamp now);
  // The ID token that goes with an access token. May block.
  std::string sign_id_token(const SignIn& sign_in, std::string_view access_token,
                            domain::Timestamp now);

  // Whether the signature is ours and the claims hold: nothing of this changes until the token
  // expires. May block once a second, for a key that isn't known yet.
  Result<AccessClaims, TokenFault> check(std::string_view token, domain::Timestamp now);

  // Whether it was revoked meanwhile. Blocks.
  Result<eventstore::Done, TokenFault> check_revoked(const AccessClaims& claims);

 private:
  Result<eventstore::Done, TokenFault> check_credential(std::string_view id);

  const std::string& issuer_;
  SigningKeys& keys_;
  Credentials& credentials_;
  Grants& grants_;
};

}  // namespace cassette::api
