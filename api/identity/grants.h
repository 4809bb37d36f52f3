// Grants: what a sign-in gave, as long as it holds: authorization codes, the families of refresh
// tokens that came of them, and access tokens that were revoked before their time. Sources: OAuth
// 2.1 §4.1.3 (codes), §4.3.1 (rotation), RFC 7009. Of every secret only a hash is kept.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "api/identity/scopes.h"
#include "api/identity/signer.h"
#include "domain/values.h"
#include "eventstore/key_value.h"

namespace cassette::api {

// How long a code may be redeemed.
inline constexpr std::chrono::seconds kCodeLifetime{60};
// How long after its making a code that comes again still revokes what it gave: until the access
// token that it gave is over, with a clock that is behind.
inline constexpr std::chrono::minutes kCodeRemembered{15};
// How long a sign-in can be refreshed.
inline constexpr std::chrono::days kFamilyLifetime{30};

// What a person allowed a client, at the sign-in page.
struct AuthorizationCode {
  std::string client_id;
  std::string login_id;
  std::string redirect_uri;
  std::string challenge;  // PKCE, S256
  std::string nonce;      // OpenID Connect; empty: none
  Scopes scopes;
  domain::Timestamp authenticated_at;
  domain::Timestamp expires_at;
  std::string secret_hash;
  std::string family_id;  // that it gave; empty: not used yet

  static void fields(auto& self, auto&& visit) {
    visit("clientId", self.client_id);
    visit("loginId", self.login_id);
    visit("redirectUri", self.redirect_uri);
    visit("challenge", self.challenge);
    visit("nonce", self.nonce);
    visit("scopes", self.scopes);
    visit("authenticatedAt", self.authenticated_at);
    visit("expiresAt", self.expires_at);
    visit("secretHash", self.secret_hash);
    visit("familyId", self.family_id);
  }
};

// All tokens that come of one sign-in.
struct Family {
  std::string id;
  std::string client_id;
  std::string login_id;
  Scopes scopes;
  domain::Timestamp authenticated_at;
  domain::Timestamp expires_at;
  std::string secret_hash;  // of the refresh token that is valid; empty: there is none
  std::optional<domain::Timestamp> revoked_at;

  static void fields(auto& self, auto&& visit) {
    visit("id", self.id);
    visit("clientId", self.client_id);
    visit("loginId", self.login_id);
    visit("scopes", self.scopes);
    visit("authenticatedAt", self.authenticated_at);
    visit("expiresAt", self.expires_at);
    visit("secretHash", self.secret_hash);
    visit("revokedAt", self.revoked_at);
  }
};

template <class Record>
struct FoundGrant {
  Record record;
  std::string id;
  std::uint64_t revision = 0;
  bool secret_matches = false;  // it is the one that is valid, not one before it
};

// What a code or refresh token names. Nothing: it is none of ours, or it is over.
template <class Record>
using Found = eventstore::Stored<std::optional<FoundGrant<Record>>>;

// Thread-safe. Every call blocks for round trips to the bucket.
class Grants {
 public:
  // `bucket` outlives it. `root` is that of the keys which codes and tokens are sealed with.
  Grants(eventstore::KeyValue& bucket, const SecretKey& root);

  // Keeps a code and gives its text. Sets its `secret_hash`.
  eventstore::Stored<std::string> make_code(AuthorizationCode code, domain::Timestamp now);
  Found<AuthorizationCode> find_code(std::string_view text, domain::Timestamp now);
  // Marks it as used for `family_id`, or spoilt when that is "-". False when somebody was first.
  eventstore::Stored<bool> use_code(const FoundGrant<AuthorizationCode>& code,
                                    std::string_view family_id);

  // Keeps a family. False when its id was revoked already. With `refreshable` it gives a refresh
  // token, else an empty text.
  eventstore::Stored<std::optional<std::string>> open_family(Family family, bool refreshable);
  // By a refresh token. A token that was never ours finds nothing, so that a family can't be
  // revoked by guessing at its tokens.
  Found<Family> find_refresh(std::string_view token, domain::Timestamp now);
  // A new refresh token in place of the one found. Nothing when somebody was first.
  eventstore::Stored<std::optional<std::string>> rotate(const FoundGrant<Family>& family);
  eventstore::Stored<std::optional<Family>> find_family(std::string_view id);
  // For good. A family that is not there yet can't come any more.
  eventstore::Stored<eventstore::Done> revoke_family(std::string_view id, domain::Timestamp now);

  // `token_id` is the `jti` of an access token of ours.
  eventstore::Stored<eventstore::Done> deny(std::string_view token_id);
  eventstore::Stored<bool> is_denied(std::string_view token_id);

  // Removes what is over, `at_most` records of it, and no further one once it is to stop. Gives how
  // many. Some round trips a record that it removes, so it is nothing for a request.
  eventstore::Stored<std::size_t> sweep(domain::Timestamp now, const std::stop_token& stop = {},
                                        std::size_t at_most = 10'000);

 private:
  eventstore::KeyValue& bucket_;
  Signer signer_;
};

}  // namespace cassette::api
