// Access tokens: claims as JSON, signed by the key of the moment.
#include "api/identity/access_tokens.h"

#include <sodium.h>
#include <spdlog/spdlog.h>

#include <array>

#include "api/identity/encoding.h"
#include "api/identity/ids.h"
#include "api/identity/jwt.h"
#include "eventstore/json_read.h"
#include "eventstore/json_write.h"

namespace cassette::api {
namespace {

using eventstore::Done;
using eventstore::StoreError;

constexpr std::int64_t kMicrosPerSecond = 1'000'000;

std::int64_t seconds_of(domain::Timestamp time) {
  return time.micros / kMicrosPerSecond;
}

std::int64_t expiry(domain::Timestamp now) {
  return seconds_of(now) + std::chrono::duration_cast<std::chrono::seconds>(kTokenLifetime).count();
}

struct IdClaims {
  std::string issuer, subject, audience;
  std::int64_t expires = 0, issued_at = 0, authenticated_at = 0;
  std::string nonce, access_token_hash;

  static void fields(auto& self, auto&& visit) {
    visit("iss", self.issuer);
    visit("sub", self.subject);
    visit("aud", self.audience);
    visit("exp", self.expires);
    visit("iat", self.issued_at);
    visit("auth_time", self.authenticated_at);
    visit("nonce", self.nonce);
    visit("at_hash", self.access_token_hash);
  }
};

// The left half of its SHA-256 (OpenID Connect Core §3.1.3.6, for ES256).
std::string hash_of_token(std::string_view access_token) {
  std::array<std::uint8_t, crypto_hash_sha256_BYTES> hash;
  crypto_hash_sha256(hash.data(), bytes_of(access_token).data(), access_token.size());
  return base64url(Bytes(hash).first(hash.size() / 2));
}

TokenFault fault_of(JwtFault fault) {
  return fault == JwtFault::Expired ? TokenFault::Expired : TokenFault::Invalid;
}

Failure<TokenFault> unavailable(const StoreError& error) {
  spdlog::warn("a token can't be checked: {}", error.what);
  return Failure{TokenFault::Unavailable};
}

}  // namespace

std::string_view name_of(TokenFault fault) {
  constexpr std::array<std::string_view, 6> kNames{"the Authorization header holds no bearer token",
                                                   "the token is not valid here",
                                                   "the token has expired",
                                                   "the token was revoked",
                                                   "the token can't be checked now",
                                                   "the token was not looked at"};
  return kNames[static_cast<std::size_t>(fault)];
}

Caller caller_of(const AccessClaims& claims) {
  Credential credential;
  credential.id = claims.subject;
  credential.role = claims.role;
  credential.vendor_id = claims.vendor_id;
  credential.customer_id = claims.customer_id;
  credential.scopes = narrowed_by(claims.scope);
  return caller_of(credential);
}

std::string AccessTokens::sign(const Credential& holder, std::string_view client_id,
                               const Scopes& scopes, std::string_view family_id,
                               domain::Timestamp now) {
  AccessClaims claims;
  claims.issuer = issuer_;
  claims.subject = holder.id;
  claims.audience = kApiAudience;
  claims.expires = expiry(now);
  claims.issued_at = seconds_of(now);
  claims.token_id = uuid_v7(now);
  claims.client_id = client_id;
  claims.scope = to_text(scopes);
  claims.role = holder.role;
  claims.vendor_id = holder.vendor_id;
  claims.customer_id = holder.customer_id;
  claims.family_id = family_id;
  return sign_jwt(kAccessTokenType, eventstore::to_json(claims), keys_.current(now)->signing());
}

std::string AccessTokens::sign_id_token(const SignIn& sign_in, std::string_view access_token,
                                        domain::Timestamp now) {
  IdClaims claims;
  claims.issuer = issuer_;
  claims.subject = sign_in.subject;
  claims.audience = sign_in.client_id;
  claims.expires = expiry(now);
  claims.issued_at = seconds_of(now);
  claims.authenticated_at = seconds_of(sign_in.authenticated_at);
  claims.nonce = sign_in.nonce;
  claims.access_token_hash = hash_of_token(access_token);
  return sign_jwt(kIdTokenType, eventstore::to_json(claims), keys_.current(now)->signing());
}

Result<AccessClaims, TokenFault> AccessTokens::check(std::string_view token,
                                                     domain::Timestamp now) {
  std::shared_ptr<const KeySet> keys;
  const auto key = [&](std::string_view key_id) {
    keys = keys_.having(key_id, now);
    return keys->find(key_id);
  };
  auto json = check_jwt(token, {kAccessTokenType, issuer_, kApiAudience, now, key});
  if (!json) return Failure{fault_of(json.error())};
  AccessClaims claims;
  if (!eventstore::read_json(json.value(), claims)) return Failure{TokenFault::Invalid};
  return claims;
}

Result<Done, TokenFault> AccessTokens::check_credential(std::string_view id) {
  const auto credential = credentials_.find(id);
  if (!credential) return unavailable(credential.error());
  if (!credential.value() || credential.value()->revoked_at) return Failure{TokenFault::Revoked};
  return Done{};
}

Result<Done, TokenFault> AccessTokens::check_revoked(const AccessClaims& claims) {
  if (auto holder = check_credential(claims.subject); !holder) return holder;
  if (claims.client_id != claims.subject) {
    if (auto client = check_credential(claims.client_id); !client) return client;
  }
  if (!claims.family_id.empty()) {
    const auto family = grants_.find_family(claims.family_id);
    if (!family) return unavailable(family.error());
    if (!family.value() || family.value()->revoked_at) return Failure{TokenFault::Revoked};
  }
  const auto denied = grants_.is_denied(claims.token_id);
  if (!denied) return unavailable(denied.error());
  if (denied.value()) return Failure{TokenFault::Revoked};
  return Done{};
}

}  // namespace cassette::api
