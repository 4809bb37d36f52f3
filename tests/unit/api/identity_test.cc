// From an Authorization header to a Caller: what is remembered, what is looked at again, and whom
// we believe besides ourselves.
#include "api/identity/identity.h"

#include <doctest/doctest.h>

#include <atomic>
#include <map>
#include <thread>

#include "api/identity/access_tokens.h"
#include "api/identity/jwt.h"
#include "eventstore/json_write.h"
#include "tests/unit/api/identity_rig.h"

namespace cassette::api {
namespace {

using namespace std::chrono_literals;

TokenFault fault(const Result<Caller, TokenFault>& caller) {
  REQUIRE_FALSE(caller.ok());
  return caller.error();
}

TEST_CASE("no header is nobody, and another scheme or two tokens are no token") {
  IdentityRig rig;
  const std::string token = rig.by_client().value().access_token;
  CHECK(rig.identity->caller_of("", rig.now).value().anonymous);
  CHECK(rig.identity->caller_of("bearer " + token, rig.now).ok());
  for (const std::string& header :
       std::vector<std::string>{"Bearer", "Bearer ", "Basic " + token, token, "Bearer a b",
                                "Bearer " + token + ", Bearer " + token}) {
    CHECK_MESSAGE(fault(rig.identity->caller_of(header, rig.now)) == TokenFault::Malformed, header);
  }
}

TEST_CASE("a token of another issuer, audience or type is not ours") {
  IdentityRig rig;
  const std::string token = rig.by_client().value().access_token;
  REQUIRE(rig.caller(token).ok());
  IdentityRig other;
  CHECK(fault(other.caller(token)) == TokenFault::Invalid);
  std::string truncated = token;
  truncated.resize(token.size() - 4);
  CHECK(fault(rig.caller(truncated)) == TokenFault::Invalid);
  // One that no cache knows: what it says of itself is all there is to go by.
  const std::string unseen = rig.by_client().value().access_token;
  const std::string issuer = rig.identity->issuer();
  rig.identity->set_issuer("https://elsewhere.example");
  CHECK(fault(rig.caller(unseen)) == TokenFault::Invalid);
  CHECK(fault(rig.caller(rig.by_client().value().access_token + "A")) == TokenFault::Invalid);
  CHECK(rig.caller(rig.by_client().value().access_token).ok());
  rig.identity->set_issuer(issuer);
  CHECK(rig.caller(unseen).ok());
}

// The key is ours each time, and all the rest as it should be.
TEST_CASE("a token that we signed for another audience, or as another type, opens nothing") {
  IdentityRig rig;
  const auto signed_as = [&](std::string_view type, std::string_view audience) {
    AccessClaims claims;
    claims.issuer = rig.identity->issuer();
    claims.subject = claims.client_id = "vendor-app";
    claims.audience = audience;
    claims.issued_at = rig.now.micros / 1'000'000;
    claims.expires = claims.issued_at + 60;
    claims.token_id = uuid_v7(rig.now);
    claims.role = domain::Role::Vendor;
    claims.vendor_id = domain::VendorId{"1580"};
    const auto key = rig.identity->signing_keys().current(rig.now);
    return sign_jwt(type, eventstore::to_json(claims), key->signing());
  };
  CHECK(rig.caller(signed_as(kAccessTokenType, kApiAudience)).ok());
  CHECK(fault(rig.caller(signed_as(kAccessTokenType, "shop"))) == TokenFault::Invalid);
  CHECK(fault(rig.caller(signed_as(kIdTokenType, kApiAudience))) == TokenFault::Invalid);
}

TEST_CASE("a token ends after ten minutes, remembered or not") {
  IdentityRig rig;
  const std::string seen = rig.by_client().value().access_token;
  const std::string unseen = rig.by_client().value().access_token;
  REQUIRE(rig.caller(seen).ok());
  rig.pass(10min);
  CHECK(rig.caller(seen).ok());  // our clocks may differ
  rig.pass(31s);
  CHECK(fault(rig.caller(seen)) == TokenFault::Expired);
  CHECK(fault(rig.caller(unseen)) == TokenFault::Expired);
}

TEST_CASE("what another process revoked is refused within five seconds") {
  IdentityRig rig;
  const std::string app = rig.by_client().value().access_token;
  const TokenAnswer anna = rig.sign_in("openid");
  REQUIRE(rig.caller(app).ok());
  REQUIRE(rig.caller(anna.access_token).ok());
  // Another process has the same bucket and no way to tell us.
  Credentials elsewhere(rig.bucket);
  REQUIRE(elsewhere.revoke("vendor-app", rig.now).value());
  REQUIRE(elsewhere.revoke("shop", rig.now).value());
  CHECK(rig.caller(app).ok());
  rig.pass(5s);
  CHECK(fault(rig.caller(app)) == TokenFault::Revoked);
  CHECK(fault(rig.caller(anna.access_token)) == TokenFault::Revoked);
  CHECK(fault(rig.caller(app)) == TokenFault::Revoked);
}

TEST_CASE("the token of whoever signed in ends with them") {
  IdentityRig rig;
  const TokenAnswer anna = rig.sign_in("openid");
  REQUIRE(rig.caller(anna.access_token).ok());
  REQUIRE(rig.credentials().revoke("anna", rig.now).value());
  rig.pass(5s);
  CHECK(fault(rig.caller(anna.access_token)) == TokenFault::Revoked);
}

// A bucket that can be out of reach, and counts what it is asked.
class ShakyBucket : public eventstore::MemoryKeyValue {
 public:
  eventstore::Stored<std::optional<eventstore::KeyValueEntry>> get(std::string_view key) override {
    ++gets;
    const int inside = ++inside_;
    if (inside > 1) crowded = true;
    if (slow) {
      for (int i = 0; i < 100; ++i) std::this_thread::yield();
    }
    --inside_;
    if (down) {
      return Failure{eventstore::StoreError{eventstore::StoreError::Kind::Unavailable, "down"}};
    }
    return MemoryKeyValue::get(key);
  }
  bool down = false;
  bool slow = false;
  std::atomic<bool> crowded = false;  // two were in it at once
  std::atomic<int> gets = 0;

 private:
  std::atomic<int> inside_ = 0;
};

struct ShakyRig {
  ShakyRig() {
    Identity::Options options;
    options.issuer = kTestIssuer;
    options.hashing.cost = {8192, 1};
    identity = Identity::open(bucket, *keyring, std::move(options), log).value();
    Credential client;
    client.id = "app";
    client.role = domain::Role::Service;
    client.secret_hash = *identity->hasher().hash("the secret");
    REQUIRE(identity->credentials().create(client).ok());
    TokenRequest request;
    request.grant_type = "client_credentials";
    token = "Bearer " + identity->tokens()
                            .grant({"app", "the secret"}, request, {{}, {}, now})
                            .value()
                            .access_token;
  }
  Result<Caller, TokenFault> after(std::chrono::seconds passed) {
    return identity->caller_of(token, {now.micros + std::chrono::microseconds(passed).count()});
  }

  TemporaryFolder folder;
  ShakyBucket bucket;
  std::unique_ptr<Keyring> keyring = Keyring::open(folder.path() / "master.key", bucket).value();
  RememberingLog log;
  domain::Timestamp now = wall_clock();
  std::unique_ptr<Identity> identity;
  std::string token;
};

TEST_CASE("a token seen before costs no round trip") {
  ShakyRig rig;
  REQUIRE(rig.after(0s).ok());
  const int gets = rig.bucket.gets;
  for (int i = 0; i < 100; ++i) REQUIRE(rig.after(2s).ok());
  CHECK(rig.bucket.gets == gets);
  REQUIRE(rig.after(3s).ok());
  CHECK(rig.bucket.gets > gets);
}

// After five seconds without a look each request asked, all at once.
TEST_CASE("one thread looks at a stale token, and the others wait for it") {
  ShakyRig rig;
  REQUIRE(rig.after(0s).ok());
  rig.bucket.slow = true;
  std::atomic<int> known = 0;
  const int gets = rig.bucket.gets;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] { known += rig.after(6s).ok(); });
    }
  }
  CHECK(known == 8);
  CHECK_FALSE(rig.bucket.crowded);
  CHECK(rig.bucket.gets - gets <= 2);  // of the credential, and whether the token was denied
}

// Each cost a signature and round trips.
TEST_CASE("a token that was refused is refused again without a look") {
  ShakyRig rig;
  REQUIRE(rig.identity->credentials().revoke("app", rig.now).value());
  CHECK(fault(rig.after(0s)) == TokenFault::Revoked);
  const int gets = rig.bucket.gets;
  for (int i = 0; i < 100; ++i) CHECK(fault(rig.after(2s)) == TokenFault::Revoked);
  CHECK(rig.bucket.gets == gets);
  CHECK(fault(rig.after(4s)) == TokenFault::Revoked);
  CHECK(rig.bucket.gets > gets);
}

TEST_CASE("whether a token may be checked is asked of one that is not known, and of no other") {
  ShakyRig rig;
  int asked = 0;
  const auto no = [&asked] {
    ++asked;
    return false;
  };
  const int gets = rig.bucket.gets;
  CHECK(fault(rig.identity->caller_of(rig.token, rig.now, no)) == TokenFault::Unchecked);
  CHECK(rig.bucket.gets == gets);
  CHECK(asked == 1);
  REQUIRE(rig.after(0s).ok());
  CHECK(rig.identity->caller_of(rig.token, {rig.now.micros + 6'000'000}, no).ok());
  CHECK(rig.identity->caller_of("", rig.now, no).ok());
  CHECK(asked == 1);
}

TEST_CASE("without its bucket a token is believed for five seconds and no longer") {
  ShakyRig rig;
  REQUIRE(rig.after(0s).ok());
  rig.bucket.down = true;
  CHECK(rig.after(2s).ok());
  CHECK(rig.after(4s).ok());
  CHECK(fault(rig.after(5s)) == TokenFault::Unavailable);
  rig.bucket.down = false;
  CHECK(rig.after(5s).ok());
}

// An OpenID Connect provider in memory.
class FakeFetcher : public Fetcher {
 public:
  Result<std::string, std::string> get(const std::string& url) override {
    ++fetches;
    const auto found = documents.find(url);
    if (found == documents.end()) return Failure{url + " is not there"};
    return found->second;
  }
  void publish(const std::vector<const SigningKey*>& keys) {
    documents["https://idp.example/.well-known/openid-configuration"] =
        R"({"issuer":"https://idp.example","jwks_uri":"https://idp.example/keys"})";
    std::string set = R"({"keys":[{"kty":"oct","k":"c2VjcmV0","kid":"hmac"})";
    for (const SigningKey* key : keys) set += "," + key->public_json();
    documents["https://idp.example/keys"] = set + "]}";
  }

  std::map<std::string, std::string> documents;
  int fetches = 0;
};

struct OutsideRig {
  OutsideRig() : rig(options()) { fetcher.publish({&key}); }
  Identity::Options options() {
    Identity::Options options;
    options.trusted = {{"https://idp.example", "cassette-api"}};
    options.fetcher = &fetcher;
    return options;
  }
  std::string claims(const std::string& more, const std::string& audience = "cassette-api") const {
    const std::int64_t seconds = rig.now.micros / 1'000'000;
    return R"({"iss":"https://idp.example","aud":")" + audience + R"(","sub":"u-1","exp":)" +
           std::to_string(seconds + 600) + "," + more + "}";
  }
  Result<Caller, TokenFault> caller(const std::string& more) {
    return rig.caller(sign_jwt("JWT", claims(more), key));
  }

  FakeFetcher fetcher;
  SigningKey key = SigningKey::generate();
  IdentityRig rig;
};

TEST_CASE("a trusted issuer's token speaks for whom its claims say") {
  OutsideRig outside;
  const auto vendor = outside.caller(R"("role":"vendor","vendor_id":"1580","scope":"stock:read")");
  REQUIRE(vendor.ok());
  CHECK(vendor.value().principal == "vendor:1580");
  CHECK(vendor.value().credential_id == "https://idp.example#u-1");
  CHECK(vendor.value().scopes == Scopes{"stock:read"});
  const auto auditor = outside.caller(R"("role":"auditor")");
  REQUIRE(auditor.ok());
  CHECK(auditor.value().principal == "auditor:https://idp.example#u-1");
  CHECK(outside.fetcher.fetches == 2);
}

TEST_CASE("nobody from outside is an administrator, or a vendor of no vendor") {
  OutsideRig outside;
  for (const std::string claims :
       {R"("role":"admin")", R"("role":"system")", R"("role":"king")", R"("scope":"stock:read")",
        R"("role":"vendor")", R"("role":"vendor","vendor_id":"no id!")", R"("role":"customer")"}) {
    CHECK_MESSAGE(fault(outside.caller(claims)) == TokenFault::Invalid, claims);
  }
  // Scopes that we don't know narrow all the same.
  const auto foreign = outside.caller(R"("role":"auditor","scope":"profile Whatever.Read")");
  REQUIRE(foreign.ok());
  CHECK(foreign.value().scopes == Scopes{"openid"});
}

TEST_CASE("another audience, another key and another issuer's name are refused") {
  OutsideRig outside;
  const std::string more = R"("role":"auditor")";
  CHECK(fault(outside.rig.caller(sign_jwt("JWT", outside.claims(more, "else"), outside.key))) ==
        TokenFault::Invalid);
  const SigningKey stranger = SigningKey::generate();
  CHECK(fault(outside.rig.caller(sign_jwt("JWT", outside.claims(more), stranger))) ==
        TokenFault::Invalid);
  // One of ours that claims to be theirs, and one of theirs that claims to be ours.
  std::string ours = outside.claims(more);
  ours.replace(ours.find("https://idp.example"), 19, kTestIssuer);
  CHECK(fault(outside.rig.caller(sign_jwt(kAccessTokenType, ours, outside.key))) ==
        TokenFault::Invalid);
}

TEST_CASE("an unknown key is asked for once in half a minute, and a new one is found then") {
  OutsideRig outside;
  REQUIRE(outside.caller(R"("role":"auditor")").ok());
  const SigningKey next = SigningKey::generate();
  outside.fetcher.publish({&next});
  const auto by_next = [&] {
    return outside.rig.caller(sign_jwt("JWT", outside.claims(R"("role":"auditor")"), next));
  };
  for (int i = 0; i < 20; ++i) CHECK(fault(by_next()) == TokenFault::Invalid);
  CHECK(outside.fetcher.fetches == 2);
  outside.rig.pass(30s);
  CHECK(by_next().ok());
  CHECK(outside.fetcher.fetches == 4);
}

TEST_CASE("an issuer that can't be reached, or says it is another, is no reason for 401") {
  OutsideRig outside;
  outside.fetcher.documents.clear();
  CHECK(fault(outside.caller(R"("role":"auditor")")) == TokenFault::Unavailable);
  outside.fetcher.publish({&outside.key});
  outside.fetcher.documents["https://idp.example/.well-known/openid-configuration"] =
      R"({"issuer":"https://evil.example","jwks_uri":"https://idp.example/keys"})";
  outside.rig.pass(31s);
  CHECK(fault(outside.caller(R"("role":"auditor")")) == TokenFault::Unavailable);
}

}  // namespace
}  // namespace cassette::api
