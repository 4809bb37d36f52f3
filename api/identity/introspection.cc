// Introspection: what a token is worth at this moment (RFC 7662).
#include "api/identity/token_service.h"

namespace cassette::api {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;

Introspection of_access_token(const AccessClaims& claims) {
  Introspection active;
  active.active = true;
  active.token_type = "Bearer";
  active.client_id = claims.client_id;
  active.subject = claims.subject;
  active.issuer = claims.issuer;
  active.audience = claims.audience;
  active.token_id = claims.token_id;
  active.scope = claims.scope;
  active.expires = claims.expires;
  active.issued_at = claims.issued_at;
  active.role = claims.role;
  active.vendor_id = claims.vendor_id;
  active.customer_id = claims.customer_id;
  return active;
}

Introspection of_refresh_token(const Family& family) {
  Introspection active;
  active.active = true;
  active.client_id = family.client_id;
  active.subject = family.login_id;
  active.scope = to_text(family.scopes);
  active.expires = family.expires_at.micros / kMicrosPerSecond;
  return active;
}

}  // namespace

Granted<Introspection> TokenService::introspect(const ClientProof& proof, const std::string& token,
                                                const Origin& origin) {
  const auto client = parts_.clients.authenticate(proof, origin);
  if (!client) return Failure{client.error()};
  if (client.value().secret_hash.empty()) {
    return refuse(OAuthCode::UnauthorizedClient, "Only a client with a secret may ask.");
  }
  const auto refresh = parts_.grants.find_refresh(token, origin.now);
  if (!refresh) return refuse_store(refresh.error());
  if (refresh.value()) {
    const FoundGrant<Family>& found = *refresh.value();
    if (found.record.revoked_at || !found.secret_matches) return Introspection{};
    const auto person = login(found.record.login_id);
    if (!person && person.error().code == OAuthCode::InvalidGrant) return Introspection{};
    if (!person) return Failure{person.error()};
    return of_refresh_token(found.record);
  }
  const auto claims = parts_.tokens.check(token, origin.now);
  if (!claims) return Introspection{};
  const auto valid = parts_.tokens.check_revoked(claims.value());
  if (!valid && valid.error() != TokenFault::Unavailable) return Introspection{};
  if (!valid) return refuse(OAuthCode::TemporarilyUnavailable, "It can't be found out now.");
  return of_access_token(claims.value());
}

}  // namespace cassette::api
