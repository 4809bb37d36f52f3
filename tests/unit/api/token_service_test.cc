// The grants of the token endpoint, and what attackers try with them.
#include "api/identity/token_service.h"

#include <doctest/doctest.h>

#include <functional>
#include <stop_token>

#include "api/bootstrap.h"
#include "tests/unit/api/identity_rig.h"

namespace cassette::api {
namespace {

using namespace std::chrono_literals;

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("a client with a secret gets a token that names it, its role and its vendor") {
  IdentityRig rig;
  const auto answer = rig.by_client();
  REQUIRE(answer.ok());
  CHECK(answer.value().token_type == "Bearer");
  CHECK(answer.value().expires_in == 600);
  CHECK(answer.value().refresh_token.empty());
  CHECK(answer.value().id_token.empty());
  const std::string claims = claims_of(answer.value().access_token);
  for (const std::string_view part :
       {R"("iss":"http://127.0.0.1:8080")", R"("sub":"vendor-app")", R"("aud":"cassette")",
        R"("client_id":"vendor-app")", R"("role":"vendor")", R"("vendor_id":"1580")"}) {
    CHECK_MESSAGE(has(claims, part), claims);
  }
  const auto caller = rig.caller(answer.value().access_token);
  REQUIRE(caller.ok());
  CHECK(caller.value().principal == "vendor:1580");
  CHECK(caller.value().credential_id == "vendor-app");
  CHECK(caller.value().role == domain::Role::Vendor);
  CHECK(caller.value().scopes.empty());
  CHECK_FALSE(caller.value().anonymous);
  CHECK(rig.log.types() == std::vector<std::string>{"TokenIssued"});
  CHECK(rig.log.events.front().address == "192.0.2.7");
}

TEST_CASE("a scope narrows the token, and is never wider than the credential's") {
  IdentityRig rig;
  const auto narrow = rig.by_client("stock:read stock:write");
  REQUIRE(narrow.ok());
  CHECK(narrow.value().scope == "stock:read stock:write");
  CHECK(rig.caller(narrow.value().access_token).value().scopes ==
        Scopes{"stock:read", "stock:write"});
  CHECK(refusal(rig.by_client("stock:everything!")) == "invalid_scope");
  CHECK(refusal(rig.by_client("openid")) == "invalid_scope");

  Credential narrowed;
  narrowed.id = "stock-app";
  narrowed.secret_hash = rig.hash("the secret");
  narrowed.role = domain::Role::Vendor;
  narrowed.vendor_id = domain::VendorId{"1580"};
  narrowed.scopes = {"stock:read"};
  REQUIRE(rig.credentials().create(narrowed).ok());
  TokenRequest request;
  request.grant_type = "client_credentials";
  const auto own = rig.grant(request, rig.proof("stock-app"));
  REQUIRE(own.ok());
  CHECK(own.value().scope == "stock:read");
  request.scope = "stock:read stock:write";
  CHECK(refusal(rig.grant(request, rig.proof("stock-app"))) == "invalid_scope");
}

TEST_CASE("a list of scopes is never empty by mistake, for that means everything") {
  CHECK(narrowed_by("").empty());
  CHECK(narrowed_by("stock:read stock:read orders:read") == Scopes{"stock:read", "orders:read"});
  CHECK(narrowed_by("profile stock:read") == Scopes{"stock:read"});
  CHECK(narrowed_by("profile Stock.Read") == Scopes{"openid"});
  CHECK(narrowed_by(std::string(5'000, 'x')) == Scopes{"openid"});
  CHECK(common_scopes({}, {"stock:read"}) == Scopes{"stock:read"});
  CHECK(common_scopes({"openid"}, {}) == Scopes{"openid"});
  CHECK_FALSE(common_scopes({"stock:read"}, {"orders:read"}));
  CHECK(common_scopes({}, {})->empty());
}

TEST_CASE("who isn't the client that it says gets nothing, and the log learns why") {
  IdentityRig rig;
  TokenRequest request;
  request.grant_type = "client_credentials";
  CHECK(refusal(rig.grant(request, rig.proof("vendor-app", "wrong"))) == "invalid_client");
  CHECK(refusal(rig.grant(request, rig.proof("nobody"))) == "invalid_client");
  CHECK(refusal(rig.grant(request, rig.proof("../cred.vendor-app"))) == "invalid_client");
  CHECK(refusal(rig.grant(request, rig.proof("anna", "the password"))) == "invalid_client");
  CHECK(refusal(rig.grant(request, {"vendor-app", std::nullopt})) == "invalid_client");
  CHECK(refusal(rig.grant(request, rig.proof("vendor-app", ""))) == "invalid_client");
  CHECK(rig.log.types() == std::vector<std::string>(6, "TokenRefused"));
  REQUIRE(rig.credentials().revoke("vendor-app", rig.now).value());
  CHECK(refusal(rig.grant(request, rig.proof("vendor-app"))) == "invalid_client");
}

TEST_CASE("a client that only signs people in has no tokens of its own") {
  IdentityRig rig;
  TokenRequest request;
  request.grant_type = "client_credentials";
  CHECK(refusal(rig.grant(request, rig.proof("shop"))) == "unauthorized_client");
  CHECK(refusal(rig.grant(request, {"phone", std::nullopt})) == "unauthorized_client");
  request.grant_type = "password";
  CHECK(refusal(rig.grant(request, rig.proof("shop"))) == "unsupported_grant_type");
  request.grant_type = "";
  CHECK(refusal(rig.grant(request, rig.proof("shop"))) == "invalid_request");
}

TEST_CASE("who is unknown is hashed as who is known, and a flood is turned away for a moment") {
  Identity::Options options;
  options.hashing.at_once = 0;  // nobody is ever hashed, and nobody waits
  options.hashing.waiting = 0;
  eventstore::MemoryKeyValue bucket;
  Credentials credentials(bucket);
  PasswordHasher hasher(options.hashing);
  RememberingLog log;
  ClientAuthentication clients(credentials, hasher, log);
  CHECK(refusal(clients.authenticate({"any", "secret"}, {})) == "temporarily_unavailable");
}

TEST_CASE("a code gives a person's tokens to the client that asked for it") {
  IdentityRig rig;
  const TokenAnswer answer = rig.sign_in();
  CHECK_FALSE(answer.refresh_token.empty());
  CHECK(answer.scope == "openid offline_access");
  const std::string id = claims_of(answer.id_token);
  for (const std::string_view part :
       {R"("sub":"anna")", R"("aud":"shop")", R"("nonce":"n-1")", R"("auth_time":)",
        R"("at_hash":")", R"("iss":"http://127.0.0.1:8080")"}) {
    CHECK_MESSAGE(has(id, part), id);
  }
  const auto caller = rig.caller(answer.access_token);
  REQUIRE(caller.ok());
  CHECK(caller.value().principal == "customer:c-17");
  CHECK(caller.value().credential_id == "anna");
  // Nothing of the API was asked for, so nothing of it opens.
  CHECK(caller.value().scopes == Scopes{"openid"});
  // An ID token is no access token.
  CHECK(rig.caller(answer.id_token).error() == TokenFault::Invalid);
  CHECK(rig.log.types() == std::vector<std::string>{"SignedIn", "TokenIssued"});
}

TEST_CASE("without offline_access there is no refresh token, without openid no ID token") {
  IdentityRig rig;
  const TokenAnswer answer = rig.sign_in("orders:read");
  CHECK(answer.refresh_token.empty());
  CHECK(answer.id_token.empty());
  CHECK(rig.caller(answer.access_token).value().scopes == Scopes{"orders:read"});
}

TEST_CASE("a code used twice gives nothing, and takes back what it gave") {
  IdentityRig rig;
  const std::string code = rig.code(rig.asking());
  const auto first = rig.grant(rig.redeeming(code), rig.proof("shop"));
  REQUIRE(first.ok());
  REQUIRE(rig.caller(first.value().access_token).ok());
  CHECK(refusal(rig.grant(rig.redeeming(code), rig.proof("shop"))) == "invalid_grant");
  // Auditors look for a stolen code and a stolen refresh token apart.
  CHECK(rig.log.types() ==
        std::vector<std::string>{"SignedIn", "TokenIssued", "CodeReused", "TokenRefused"});
  CHECK(rig.caller(first.value().access_token).error() == TokenFault::Revoked);
  const auto refreshed = rig.grant(rig.refreshing(first.value().refresh_token), rig.proof("shop"));
  CHECK(refusal(refreshed) == "invalid_grant");
}

TEST_CASE("a replayed code that has expired still takes back what it gave") {
  IdentityRig rig;
  const std::string code = rig.code(rig.asking());
  const auto first = rig.grant(rig.redeeming(code), rig.proof("shop"));
  REQUIRE(first.ok());
  rig.pass(5min);
  CHECK(refusal(rig.grant(rig.redeeming(code), rig.proof("shop"))) == "invalid_grant");
  CHECK(rig.caller(first.value().access_token).error() == TokenFault::Revoked);
}

TEST_CASE("a code is good for a minute") {
  IdentityRig rig;
  const std::string code = rig.code(rig.asking());
  rig.pass(61s);
  CHECK(refusal(rig.grant(rig.redeeming(code), rig.proof("shop"))) == "invalid_grant");
}

TEST_CASE("a code is of one client, one redirect URI and one verifier") {
  IdentityRig rig;
  const std::string code = rig.code(rig.asking());
  // Another client can neither use it nor spoil it.
  CHECK(refusal(rig.grant(rig.redeeming(code), rig.proof("other-shop"))) == "invalid_grant");
  CHECK(refusal(rig.grant(rig.redeeming(code), {"phone", std::nullopt})) == "invalid_grant");
  CHECK(rig.grant(rig.redeeming(code), rig.proof("shop")).ok());

  for (const std::string_view wrong : {"uri", "verifier", "short", "challenge itself"}) {
    CAPTURE(wrong);
    TokenRequest request = rig.redeeming(rig.code(rig.asking()));
    if (wrong == "uri") request.redirect_uri = "https://shop.example/back/";
    if (wrong == "verifier") request.code_verifier = std::string(43, 'x');
    if (wrong == "short") request.code_verifier = "x";
    if (wrong == "challenge itself") request.code_verifier = kChallenge;
    CHECK(refusal(rig.grant(request, rig.proof("shop"))) == "invalid_grant");
    // There is no second guess.
    request = rig.redeeming(request.code);
    CHECK(refusal(rig.grant(request, rig.proof("shop"))) == "invalid_grant");
  }
  TokenRequest bare = rig.redeeming(rig.code(rig.asking()));
  bare.code_verifier.clear();
  CHECK(refusal(rig.grant(bare, rig.proof("shop"))) == "invalid_request");
  bare = rig.redeeming("forged");
  CHECK(refusal(rig.grant(bare, rig.proof("shop"))) == "invalid_grant");
}

TEST_CASE("a refresh token is good once, and gives the next one") {
  IdentityRig rig;
  const TokenAnswer first = rig.sign_in();
  const auto second = rig.grant(rig.refreshing(first.refresh_token), rig.proof("shop"));
  REQUIRE(second.ok());
  CHECK(second.value().refresh_token != first.refresh_token);
  CHECK(rig.caller(second.value().access_token).ok());
  CHECK(has(claims_of(second.value().id_token), R"("auth_time":)"));
  CHECK_FALSE(has(claims_of(second.value().id_token), "nonce"));
  const auto third = rig.grant(rig.refreshing(second.value().refresh_token), rig.proof("shop"));
  CHECK(third.ok());
}

TEST_CASE("a refresh token used twice revokes all that came of the sign-in") {
  IdentityRig rig;
  const TokenAnswer first = rig.sign_in();
  const auto second = rig.grant(rig.refreshing(first.refresh_token), rig.proof("shop"));
  REQUIRE(second.ok());
  CHECK(refusal(rig.grant(rig.refreshing(first.refresh_token), rig.proof("shop"))) ==
        "invalid_grant");
  CHECK(rig.log.types() == std::vector<std::string>{"SignedIn", "TokenIssued", "TokenIssued",
                                                    "RefreshReused", "TokenRefused"});
  const auto after = rig.grant(rig.refreshing(second.value().refresh_token), rig.proof("shop"));
  CHECK(refusal(after) == "invalid_grant");
  CHECK(rig.caller(first.access_token).error() == TokenFault::Revoked);
  CHECK(rig.caller(second.value().access_token).error() == TokenFault::Revoked);
}

TEST_CASE("a refresh token is of one client, and lasts thirty days from the sign-in") {
  IdentityRig rig;
  TokenAnswer answer = rig.sign_in();
  CHECK(refusal(rig.grant(rig.refreshing(answer.refresh_token), rig.proof("other-shop"))) ==
        "invalid_grant");
  for (int day = 0; day < 29; ++day) {
    rig.pass(24h);
    auto next = rig.grant(rig.refreshing(answer.refresh_token), rig.proof("shop"));
    REQUIRE(next.ok());
    answer = std::move(next).value();
  }
  rig.pass(25h);
  CHECK(refusal(rig.grant(rig.refreshing(answer.refresh_token), rig.proof("shop"))) ==
        "invalid_grant");
  CHECK(refusal(rig.grant(rig.refreshing("forged"), rig.proof("shop"))) == "invalid_grant");
}

TEST_CASE("a refresh may ask for less, never for more, and asking for more costs nothing") {
  IdentityRig rig;
  const TokenAnswer first = rig.sign_in("offline_access orders:read orders:write");
  TokenRequest request = rig.refreshing(first.refresh_token);
  request.scope = "orders:read stock:write";
  CHECK(refusal(rig.grant(request, rig.proof("shop"))) == "invalid_scope");
  request.scope = "orders:read";
  const auto narrow = rig.grant(request, rig.proof("shop"));
  REQUIRE(narrow.ok());
  CHECK(rig.caller(narrow.value().access_token).value().scopes == Scopes{"orders:read"});
  // The sign-in itself is as wide as before.
  const auto wide = rig.grant(rig.refreshing(narrow.value().refresh_token), rig.proof("shop"));
  REQUIRE(wide.ok());
  CHECK(wide.value().scope == "offline_access orders:read orders:write");
}

TEST_CASE("who was revoked meanwhile can't refresh") {
  IdentityRig rig;
  const TokenAnswer first = rig.sign_in();
  REQUIRE(rig.credentials().revoke("anna", rig.now).value());
  CHECK(refusal(rig.grant(rig.refreshing(first.refresh_token), rig.proof("shop"))) ==
        "invalid_grant");
}

TEST_CASE("revoking a refresh token signs out; revoking an access token ends that one") {
  IdentityRig rig;
  const TokenAnswer first = rig.sign_in();
  const TokenAnswer second = rig.sign_in();
  TokenService& tokens = rig.identity->tokens();
  REQUIRE(rig.caller(first.access_token).ok());
  CHECK(tokens.revoke(rig.proof("shop"), first.access_token, rig.origin()).ok());
  CHECK(rig.caller(first.access_token).error() == TokenFault::Revoked);
  const auto refreshed = rig.grant(rig.refreshing(first.refresh_token), rig.proof("shop"));
  REQUIRE(refreshed.ok());

  CHECK(refusal(tokens.revoke(rig.proof("other-shop"), second.refresh_token, rig.origin())) ==
        "unauthorized_client");
  CHECK(refusal(tokens.revoke(rig.proof("other-shop"), second.access_token, rig.origin())) ==
        "unauthorized_client");
  CHECK(rig.caller(second.access_token).ok());
  CHECK(tokens.revoke(rig.proof("shop"), second.refresh_token, rig.origin()).ok());
  CHECK(rig.caller(second.access_token).error() == TokenFault::Revoked);
  CHECK(refusal(rig.grant(rig.refreshing(second.refresh_token), rig.proof("shop"))) ==
        "invalid_grant");
  CHECK(tokens.revoke(rig.proof("shop"), "what was never ours", rig.origin()).ok());
}

TEST_CASE("introspection says what a token is worth, and to no one without a secret") {
  IdentityRig rig;
  const TokenAnswer answer = rig.sign_in();
  TokenService& tokens = rig.identity->tokens();
  const auto ask = [&](const std::string& token) {
    return tokens.introspect(rig.proof("vendor-app"), token, rig.origin());
  };
  const auto access = ask(answer.access_token);
  REQUIRE(access.ok());
  CHECK(access.value().active);
  CHECK(access.value().subject == "anna");
  CHECK(access.value().client_id == "shop");
  CHECK(access.value().role == domain::Role::Customer);
  CHECK(ask(answer.refresh_token).value().active);
  CHECK_FALSE(ask("forged").value().active);
  CHECK_FALSE(ask(answer.id_token).value().active);
  CHECK(refusal(tokens.introspect({"phone", std::nullopt}, answer.access_token, rig.origin())) ==
        "unauthorized_client");
  CHECK(refusal(tokens.introspect(rig.proof("nobody"), answer.access_token, rig.origin())) ==
        "invalid_client");
  REQUIRE(tokens.revoke(rig.proof("shop"), answer.refresh_token, rig.origin()).ok());
  CHECK_FALSE(ask(answer.access_token).value().active);
  CHECK_FALSE(ask(answer.refresh_token).value().active);
}

TEST_CASE("of no code, token or secret there is more than a hash in the bucket") {
  IdentityRig rig;
  const std::string code = rig.code(rig.asking());
  const auto answer = rig.grant(rig.redeeming(code), rig.proof("shop"));
  REQUIRE(answer.ok());
  const std::string refresh = *from_base64url(answer.value().refresh_token);
  const std::string secret = refresh.substr(refresh.size() - 43);
  const auto keys = rig.bucket.keys().value();
  for (const std::string& key : keys) {
    const std::string value = rig.bucket.get(key).value()->value;
    for (const std::string& hidden :
         {secret, code, answer.value().refresh_token, std::string("the secret")}) {
      CHECK_FALSE(has(value, hidden));
    }
  }
}

TEST_CASE("what is over is swept, and nothing that isn't") {
  IdentityRig rig;
  const TokenAnswer answer = rig.sign_in();
  REQUIRE(rig.identity->tokens().revoke(rig.proof("shop"), answer.access_token, rig.origin()).ok());
  Grants grants(rig.bucket, rig.keyring->signing_root());
  const auto count = [&](std::string_view prefix) {
    const auto keys = rig.bucket.keys().value();
    return std::ranges::count_if(keys, [&](const auto& key) { return key.starts_with(prefix); });
  };
  CHECK(grants.sweep(rig.now).value() == 0);
  rig.pass(20min);
  CHECK(grants.sweep(rig.now).value() == 2);
  CHECK(count("code.") + count("denied.") == 0);
  CHECK(count("family.") == 1);
  CHECK(rig.grant(rig.refreshing(answer.refresh_token), rig.proof("shop")).ok());
  rig.pass(std::chrono::days(31));
  CHECK(grants.sweep(rig.now).value() == 1);
  CHECK(count("cred.") == 5);
  CHECK(count("sign.") == 1);
}

// A bucket that is asked to list what is there, and forgets on demand.
class ListedBucket : public eventstore::MemoryKeyValue {
 public:
  eventstore::Stored<eventstore::Done> forget(std::string_view key) override {
    if (on_forget) on_forget();
    return MemoryKeyValue::forget(key);
  }
  eventstore::Stored<std::vector<std::string>> keys() override {
    ++listings;
    return MemoryKeyValue::keys();
  }
  eventstore::Stored<std::vector<std::string>> names() override { return MemoryKeyValue::keys(); }

  std::function<void()> on_forget;
  int listings = 0;
};

// A process that was told to end went on for as long as there was something to remove, and each key
// that there was cost a round trip.
TEST_CASE("a sweep ends between two records, and looks at names alone") {
  IdentityRig rig;
  ListedBucket bucket;
  Grants grants(bucket, rig.keyring->signing_root());
  for (int i = 0; i < 5; ++i) REQUIRE(grants.deny(uuid_v7(rig.now)).ok());
  rig.pass(20min);
  std::stop_source stop;
  bucket.on_forget = [&stop] { stop.request_stop(); };
  CHECK(grants.sweep(rig.now, stop.get_token()).value() == 1);
  CHECK(grants.sweep(rig.now, stop.get_token()).value() == 0);
  bucket.on_forget = nullptr;
  CHECK(grants.sweep(rig.now).value() == 4);
  CHECK(bucket.listings == 0);
}

TEST_CASE("a list of credentials, and a start, look at no other record") {
  IdentityRig rig;
  ListedBucket bucket;
  Credentials credentials(bucket);
  REQUIRE(bootstrap(bucket, *rig.identity, rig.log, rig.folder.path(), rig.now).value());
  Credential one;
  one.id = "one";
  REQUIRE(credentials.create(one).ok());
  CHECK_FALSE(bootstrap(bucket, *rig.identity, rig.log, rig.folder.path(), rig.now).value());
  CHECK(credentials.list().value().size() == 1);
  CHECK(bucket.listings == 0);
}

}  // namespace
}  // namespace cassette::api
