// TokenService: what the three grants have in common stands in `grant`, their checks below it.
#include "api/identity/token_service.h"

#include "api/identity/ids.h"
#include "api/identity/pkce.h"
#include "eventstore/json_write.h"

namespace cassette::api {
namespace {

using eventstore::Done;

// A code that was tried with a wrong verifier or redirect URI has this in place of a family.
constexpr std::string_view kSpoilt = "-";

// Of security events: what came a second time.
constexpr std::string_view kCodeReused = "CodeReused";
constexpr std::string_view kRefreshReused = "RefreshReused";

constexpr std::int64_t kLifetimeSeconds =
    std::chrono::duration_cast<std::chrono::seconds>(kTokenLifetime).count();

Failure<OAuthError> invalid_grant(std::string why) {
  return refuse(OAuthCode::InvalidGrant, std::move(why));
}

TokenAnswer answer_with(std::string access_token, const Scopes& scopes) {
  TokenAnswer answer;
  answer.access_token = std::move(access_token);
  answer.expires_in = kLifetimeSeconds;
  answer.scope = to_text(scopes);
  return answer;
}

// What was asked for, or `given` when nothing was. Refused when it is wider than that.
Granted<Scopes> narrowed(const std::string& asked, const Scopes& given) {
  const auto scopes = parse_scopes(asked);
  if (!scopes) return refuse(OAuthCode::InvalidScope, "The scope names what is unknown here.");
  if (scopes->empty()) return given;
  for (const std::string& name : *scopes) {
    if (given.empty() && is_api_scope(name)) continue;
    if (contains(given, name)) continue;
    return refuse(OAuthCode::InvalidScope, "The scope is wider than what was given.");
  }
  return *scopes;
}

}  // namespace

void TokenService::record(const Origin& origin, std::string_view type, const Credential& who,
                          std::string detail) {
  parts_.log.record({origin.now, std::string(type), principal_of(who), who.id, origin.address,
                     origin.request_id, std::move(detail)});
}

Granted<TokenAnswer> TokenService::grant(const ClientProof& proof, const TokenRequest& request,
                                         const Origin& origin) {
  auto client = parts_.clients.authenticate(proof, origin);
  if (!client) return Failure{client.error()};
  auto answer = grant_to(client.value(), request, origin);
  if (!answer && answer.error().code != OAuthCode::TemporarilyUnavailable) {
    record(origin, "TokenRefused", client.value(), answer.error().description);
  }
  return answer;
}

Granted<TokenAnswer> TokenService::grant_to(const Credential& client, const TokenRequest& request,
                                            const Origin& origin) {
  if (request.grant_type == "client_credentials") return by_client(client, request, origin);
  if (request.grant_type == "authorization_code") return by_code(client, request, origin);
  if (request.grant_type == "refresh_token") return by_refresh(client, request, origin);
  if (request.grant_type.empty()) {
    return refuse(OAuthCode::InvalidRequest, "There is no grant_type.");
  }
  return refuse(OAuthCode::UnsupportedGrantType,
                "The grant_type is client_credentials, authorization_code or refresh_token.");
}

Granted<TokenAnswer> TokenService::by_client(const Credential& client, const TokenRequest& request,
                                             const Origin& origin) {
  if (client.secret_hash.empty() || client.role == domain::Role::System) {
    return refuse(OAuthCode::UnauthorizedClient, "This client only signs people in.");
  }
  const auto scopes = narrowed(request.scope, client.scopes);
  if (!scopes) return Failure{scopes.error()};
  record(origin, "TokenIssued", client, "client_credentials");
  return answer_with(parts_.tokens.sign(client, client.id, scopes.value(), {}, origin.now),
                     scopes.value());
}

Granted<Credential> TokenService::login(const std::string& id) {
  auto found = parts_.credentials.find(id);
  if (!found) return refuse_store(found.error());
  if (!found.value() || found.value()->revoked_at) {
    return invalid_grant("Who signed in may not any more.");
  }
  return *std::move(found).value();
}

Failure<OAuthError> TokenService::reused(const Family& family, const Origin& origin,
                                         std::string_view type, std::string_view detail) {
  const auto revoked = parts_.grants.revoke_family(family.id, origin.now);
  if (!revoked) return refuse_store(revoked.error());
  parts_.on_revoked({.token_id = {}, .family_id = family.id});
  Credential whose;
  whose.id = family.login_id;
  if (auto found = parts_.credentials.find(family.login_id); found && found.value()) {
    whose = *std::move(found).value();
  }
  record(origin, type, whose, std::string(detail));
  return invalid_grant("It was used before: all that came of this sign-in is revoked.");
}

Granted<AuthorizationCode> TokenService::redeem(const Credential& client,
                                                const TokenRequest& request,
                                                const std::string& family_id,
                                                const Origin& origin) {
  constexpr std::string_view kReplayed = "an authorization code was used twice";
  auto found = parts_.grants.find_code(request.code, origin.now);
  if (!found) return refuse_store(found.error());
  if (!found.value() || !found.value()->secret_matches) {
    return invalid_grant("The code is none of ours, or it is over.");
  }
  const AuthorizationCode& code = found.value()->record;
  if (code.client_id != client.id) return invalid_grant("The code is of another client.");
  Family family;
  family.login_id = code.login_id;
  if (!code.family_id.empty()) {
    family.id = code.family_id;
    return reused(family, origin, kCodeReused, kReplayed);
  }
  if (code.expires_at <= origin.now) return invalid_grant("The code has expired.");
  const bool matches =
      code.redirect_uri == request.redirect_uri && verifies(request.code_verifier, code.challenge);
  const auto first = parts_.grants.use_code(*found.value(), matches ? family_id : kSpoilt);
  if (!first) return refuse_store(first.error());
  if (!matches) return invalid_grant("The redirect_uri or the code_verifier is another.");
  if (first.value()) return code;
  // Two at once: whoever was first loses what it got, too, for one of them is a thief.
  auto again = parts_.grants.find_code(request.code, origin.now);
  if (!again) return refuse_store(again.error());
  if (again.value()) family.id = again.value()->record.family_id;
  return reused(family, origin, kCodeReused, kReplayed);
}

Granted<TokenAnswer> TokenService::by_code(const Credential& client, const TokenRequest& request,
                                           const Origin& origin) {
  if (request.code.empty() || request.redirect_uri.empty() || request.code_verifier.empty()) {
    return refuse(OAuthCode::InvalidRequest,
                  "A code comes with its redirect_uri and code_verifier.");
  }
  if (!request.scope.empty()) {
    return refuse(OAuthCode::InvalidRequest, "The scope was asked for at /auth/authorize.");
  }
  const std::string family_id = uuid_v7(origin.now);
  const auto code = redeem(client, request, family_id, origin);
  if (!code) return Failure{code.error()};
  const AuthorizationCode& sign_in = code.value();
  const Scopes& scopes = sign_in.scopes;
  const auto person = login(sign_in.login_id);
  if (!person) return Failure{person.error()};
  Family family;
  family.id = family_id;
  family.client_id = client.id;
  family.login_id = sign_in.login_id;
  family.scopes = scopes;
  family.authenticated_at = sign_in.authenticated_at;
  family.expires_at = {origin.now.micros + std::chrono::microseconds(kFamilyLifetime).count()};
  auto refresh = parts_.grants.open_family(family, contains(scopes, kOfflineAccess));
  if (!refresh) return refuse_store(refresh.error());
  if (!refresh.value()) return invalid_grant("The code was used before.");
  TokenAnswer answer = answer_with(
      parts_.tokens.sign(person.value(), client.id, scopes, family_id, origin.now), scopes);
  answer.refresh_token = *std::move(refresh).value();
  if (contains(scopes, kOpenId)) {
    answer.id_token = parts_.tokens.sign_id_token(
        {sign_in.login_id, client.id, sign_in.nonce, sign_in.authenticated_at}, answer.access_token,
        origin.now);
  }
  record(origin, "TokenIssued", person.value(), "authorization_code, by client " + client.id);
  return answer;
}

Granted<FoundGrant<Family>> TokenService::find_refreshable(const Credential& client,
                                                           const TokenRequest& request,
                                                           const Origin& origin) {
  auto found = parts_.grants.find_refresh(request.refresh_token, origin.now);
  if (!found) return refuse_store(found.error());
  if (!found.value()) return invalid_grant("The refresh token is none of ours, or it is over.");
  const Family& family = found.value()->record;
  if (family.client_id != client.id) return invalid_grant("The token is of another client.");
  if (family.revoked_at) return invalid_grant("The refresh token was revoked.");
  if (!found.value()->secret_matches) {
    return reused(family, origin, kRefreshReused, "a refresh token was used twice");
  }
  return *std::move(found).value();
}

Granted<TokenAnswer> TokenService::by_refresh(const Credential& client, const TokenRequest& request,
                                              const Origin& origin) {
  if (request.refresh_token.empty()) {
    return refuse(OAuthCode::InvalidRequest, "There is no refresh_token.");
  }
  const auto found = find_refreshable(client, request, origin);
  if (!found) return Failure{found.error()};
  const Family& family = found.value().record;
  const auto scopes = narrowed(request.scope, family.scopes);
  if (!scopes) return Failure{scopes.error()};
  const auto person = login(family.login_id);
  if (!person) return Failure{person.error()};
  auto next = parts_.grants.rotate(found.value());
  if (!next) return refuse_store(next.error());
  if (!next.value()) {
    return reused(family, origin, kRefreshReused, "a refresh token was used twice at once");
  }
  TokenAnswer answer = answer_with(
      parts_.tokens.sign(person.value(), client.id, scopes.value(), family.id, origin.now),
      scopes.value());
  answer.refresh_token = *std::move(next).value();
  if (contains(scopes.value(), kOpenId)) {
    answer.id_token = parts_.tokens.sign_id_token(
        {family.login_id, client.id, {}, family.authenticated_at}, answer.access_token, origin.now);
  }
  record(origin, "TokenIssued", person.value(), "refresh_token, by client " + client.id);
  return answer;
}

Granted<Done> TokenService::revoke(const ClientProof& proof, const std::string& token,
                                   const Origin& origin) {
  const auto client = parts_.clients.authenticate(proof, origin);
  if (!client) return Failure{client.error()};
  const auto others = [] {
    return refuse(OAuthCode::UnauthorizedClient, "The token is of another client.");
  };
  const auto refresh = parts_.grants.find_refresh(token, origin.now);
  if (!refresh) return refuse_store(refresh.error());
  if (refresh.value()) {
    const Family& family = refresh.value()->record;
    if (family.client_id != client.value().id) return others();
    const auto revoked = parts_.grants.revoke_family(family.id, origin.now);
    if (!revoked) return refuse_store(revoked.error());
    parts_.on_revoked({.token_id = {}, .family_id = family.id});
    record(origin, "TokenRevoked", client.value(), "all of a sign-in of " + family.login_id);
  } else {
    const auto claims = parts_.tokens.check(token, origin.now);
    if (!claims) return Done{};
    if (claims.value().client_id != client.value().id) return others();
    const auto denied = parts_.grants.deny(claims.value().token_id);
    if (!denied) return refuse_store(denied.error());
    parts_.on_revoked({.token_id = claims.value().token_id, .family_id = {}});
    record(origin, "TokenRevoked", client.value(), "an access token of " + claims.value().subject);
  }
  return Done{};
}

}  // namespace cassette::api
