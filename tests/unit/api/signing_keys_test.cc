// Signing keys: kept sealed, rotated with overlap, and noticed by other processes.
#include "api/identity/signing_keys.h"

#include <doctest/doctest.h>

#include "tests/unit/api/identity_rig.h"

namespace cassette::api {
namespace {

using namespace std::chrono_literals;

std::string header_of_token(const std::string& token) {
  return token.substr(0, token.find('.'));
}

TEST_CASE("a token outlives the rotation of the key that signed it") {
  IdentityRig rig;
  const std::string before = rig.by_client().value().access_token;
  REQUIRE(rig.identity->signing_keys().rotate(rig.now).ok());
  rig.pass(2min);
  const std::string after = rig.by_client().value().access_token;
  CHECK(rig.identity->signing_keys().current(rig.now)->size() == 2);
  CHECK(rig.caller(before).ok());
  CHECK(rig.caller(after).ok());
  CHECK(header_of_token(before) != header_of_token(after));
}

// A client library that had just read the keys refused every ID token for a minute after a
// rotation.
TEST_CASE("a new key is published two minutes before it signs") {
  IdentityRig rig;
  const std::string before = rig.by_client().value().access_token;
  REQUIRE(rig.identity->signing_keys().rotate(rig.now).ok());
  CHECK(rig.identity->signing_keys().current(rig.now)->size() == 2);
  rig.pass(119s);
  const std::string meanwhile = rig.by_client().value().access_token;
  CHECK(header_of_token(before) == header_of_token(meanwhile));
  CHECK(rig.caller(meanwhile).ok());
}

TEST_CASE("an old key goes when nothing that it signed is valid any more") {
  IdentityRig rig;
  SigningKeys& keys = rig.identity->signing_keys();
  const std::string first = keys.current(rig.now)->signing().key_id();
  REQUIRE(keys.rotate(rig.now).ok());
  rig.pass(13min);
  CHECK(keys.current(rig.now)->find(first) != nullptr);
  rig.pass(2min);
  CHECK(keys.current(rig.now)->find(first) == nullptr);
  CHECK(keys.current(rig.now)->size() == 1);
}

TEST_CASE("another process publishes the new key within seconds, and knows it at once") {
  IdentityRig rig;
  auto other = SigningKeys::open(rig.bucket, *rig.keyring, rig.now).value();
  const std::string first = other->current(rig.now)->signing().key_id();
  rig.pass(1s);
  REQUIRE(rig.identity->signing_keys().rotate(rig.now).ok());
  CHECK(other->current(rig.now)->size() == 1);
  rig.pass(2s);
  CHECK(other->current(rig.now)->size() == 2);
  rig.pass(2min);
  const std::string second = rig.identity->signing_keys().current(rig.now)->signing().key_id();
  CHECK(second != first);
  CHECK(other->having(second, rig.now)->find(second) != nullptr);
  CHECK(other->current(rig.now)->signing().key_id() == second);
}

TEST_CASE("processes that start at once agree on the first key") {
  IdentityRig rig;
  auto other = SigningKeys::open(rig.bucket, *rig.keyring, rig.now).value();
  CHECK(other->current(rig.now)->signing().key_id() ==
        rig.identity->signing_keys().current(rig.now)->signing().key_id());
}

TEST_CASE("the private part is not in the bucket in clear, nor is it published") {
  IdentityRig rig;
  const std::string der = rig.identity->signing_keys().current(rig.now)->signing().private_der();
  const std::string kept = rig.bucket.get("sign.keys").value()->value;
  CHECK(kept.find(base64url(bytes_of(der)).substr(60, 40)) == std::string::npos);
  const std::string jwks = rig.identity->signing_keys().current(rig.now)->jwks();
  CHECK(jwks.find("\"d\"") == std::string::npos);
  CHECK(jwks.starts_with("{\"keys\":[{"));
}

TEST_CASE("keys can't be rotated until the record bursts") {
  IdentityRig rig;
  int made = 0;
  while (made < 100 && rig.identity->signing_keys().rotate(rig.now).ok()) ++made;
  CHECK(made < 20);
  rig.pass(15min);
  CHECK(rig.identity->signing_keys().rotate(rig.now).ok());
}

}  // namespace
}  // namespace cassette::api
