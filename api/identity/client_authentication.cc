// Client authentication: by argon2id, in the hasher's pool.
#include "api/identity/client_authentication.h"

#include <spdlog/spdlog.h>

namespace cassette::api {

Failure<OAuthError> refuse_store(const eventstore::StoreError& error) {
  spdlog::warn("identity: {}", error.what);
  return refuse(OAuthCode::TemporarilyUnavailable, "What this needs can't be reached now.");
}

// The client learns no more than that it isn't believed; the log says why.
Failure<OAuthError> ClientAuthentication::refuse_client(const ClientProof& proof,
                                                        const Origin& origin,
                                                        std::string_view why) {
  log_.record({origin.now, "TokenRefused", "anonymous", proof.client_id, origin.address,
               origin.request_id, std::string(why)});
  return refuse(OAuthCode::InvalidClient, "The client is unknown, or its secret is wrong.");
}

Granted<Credential> ClientAuthentication::authenticate(const ClientProof& proof,
                                                       const Origin& origin) {
  auto found = credentials_.find(proof.client_id);
  if (!found) return refuse_store(found.error());
  const auto& client = found.value();
  const bool usable = client && client->kind == CredentialKind::Client && !client->revoked_at;
  if (!proof.secret) {
    if (!usable) return refuse_client(proof, origin, "there is no such client");
    if (!client->secret_hash.empty()) return refuse_client(proof, origin, "no secret was given");
    return *std::move(found).value();
  }
  const auto matches = hasher_.matches(*proof.secret, usable ? client->secret_hash : std::string());
  if (!matches) {
    return refuse(OAuthCode::TemporarilyUnavailable, "Too many are signing in: try again.");
  }
  if (!usable) return refuse_client(proof, origin, "there is no such client");
  if (!*matches) return refuse_client(proof, origin, "the client's secret is wrong");
  return *std::move(found).value();
}

}  // namespace cassette::api
