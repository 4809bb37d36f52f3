// TokenService: the token endpoint's grants, revocation and introspection. Sources: OAuth 2.1 §3.2
// and §4, RFC 7009, RFC 7662. It knows no HTTP. Every token given or refused is told to the
// security log.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "api/identity/access_tokens.h"
#include "api/identity/client_authentication.h"

namespace cassette::api {

// The members of a token request; empty ones were not given.
struct TokenRequest {
  std::string grant_type;
  std::string scope;
  std::string code;
  std::string redirect_uri;
  std::string code_verifier;
  std::string refresh_token;
};

// As it goes to the client.
struct TokenAnswer {
  std::string access_token;
  std::string token_type = "Bearer";
  std::int64_t expires_in = 0;  // seconds
  std::string scope;
  std::string refresh_token;
  std::string id_token;

  static void fields(auto& self, auto&& visit) {
    visit("access_token", self.access_token);
    visit("token_type", self.token_type);
    visit("expires_in", self.expires_in);
    visit("scope", self.scope);
    visit("refresh_token", self.refresh_token);
    visit("id_token", self.id_token);
  }
};

// What a token is worth now (RFC 7662 §2.2); when it isn't active nothing else is said.
struct Introspection {
  bool active = false;
  std::string token_type;
  std::string client_id;
  std::string subject, issuer, audience, token_id, scope;
  std::optional<std::int64_t> expires;    // seconds since 1970
  std::optional<std::int64_t> issued_at;  // likewise
  std::optional<domain::Role> role;
  std::optional<domain::VendorId> vendor_id;
  std::optional<domain::CustomerId> customer_id;

  static void fields(auto& self, auto&& visit) {
    visit("active", self.active);
    visit("token_type", self.token_type);
    visit("client_id", self.client_id);
    visit("sub", self.subject);
    visit("iss", self.issuer);
    visit("aud", self.audience);
    visit("jti", self.token_id);
    visit("scope", self.scope);
    visit("exp", self.expires);
    visit("iat", self.issued_at);
    visit("role", self.role);
    visit("vendor_id", self.vendor_id);
    visit("customer_id", self.customer_id);
  }
};

// Thread-safe. Every call blocks for a hash and round trips to the bucket.
class TokenService {
 public:
  // All outlive it. `on_revoked` is called after each revocation, so that what was checked before
  // is no longer believed.
  struct Parts {
    Credentials& credentials;
    Grants& grants;
    AccessTokens& tokens;
    ClientAuthentication& clients;
    SecurityLog& log;
    std::function<void(const Revoked&)> on_revoked = [](const Revoked&) {};
  };

  explicit TokenService(Parts parts) : parts_(std::move(parts)) {}

  Granted<TokenAnswer> grant(const ClientProof& proof, const TokenRequest& request,
                             const Origin& origin);

  // Revokes an access token, or with a refresh token all that came of its sign-in. A token that
  // isn't ours, or is over, is no error; one of another client is.
  Granted<eventstore::Done> revoke(const ClientProof& proof, const std::string& token,
                                   const Origin& origin);

  // For clients with a secret only.
  Granted<Introspection> introspect(const ClientProof& proof, const std::string& token,
                                    const Origin& origin);

 private:
  Granted<TokenAnswer> grant_to(const Credential& client, const TokenRequest& request,
                                const Origin& origin);
  Granted<TokenAnswer> by_client(const Credential& client, const TokenRequest& request,
                                 const Origin& origin);
  Granted<TokenAnswer> by_code(const Credential& client, const TokenRequest& request,
                               const Origin& origin);
  Granted<TokenAnswer> by_refresh(const Credential& client, const TokenRequest& request,
                                  const Origin& origin);
  Granted<AuthorizationCode> redeem(const Credential& client, const TokenRequest& request,
                                    const std::string& family_id, const Origin& origin);
  Granted<FoundGrant<Family>> find_refreshable(const Credential& client,
                                               const TokenRequest& request, const Origin& origin);
  Granted<Credential> login(const std::string& id);
  // Revokes the family of what came again, and records that as a security event of `type`.
  Failure<OAuthError> reused(const Family& family, const Origin& origin, std::string_view type,
                             std::string_view detail);
  void record(const Origin& origin, std::string_view type, const Credential& who,
              std::string detail);

  Parts parts_;
};

}  // namespace cassette::api
