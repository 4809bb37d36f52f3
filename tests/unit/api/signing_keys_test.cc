// Signing keys: kept sealed, rotated with overlap, and noticed by other processes.
#include "api/identity/signing_keys.h"

#include <doctest/doctest.h>

#include "tests/unit/api/identity_rig.h"

namespace cassette::api {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a token outlives the rotation of the key that signed it") {
  IdentityRig rig;
  const std::string before = rig.by_client().value().access_token;
  REQUIRE(rig.identity->signing_keys().rotate(rig.now).ok());
  const std::string after = rig.by_client().value().access_token;
  CHECK(rig.identity->signing_keys().current(rig.now)->size() == 2);
  CHECK(rig.caller(before).ok());
  CHECK(rig.caller(after).ok());
  CHECK(before.substr(0, before.find('.')) != after.substr(0, after.find('.')));
}

TEST_CASE("an old key goes when nothing that it signed is valid any more") {
  IdentityRig rig;
  SigningKeys& keys = rig.identity->signing_keys();
  const std::string first = keys.current(rig.now)->signing().key_id();
  REQUIRE(keys.rotate(rig.now).ok());
  rig.pass(11min);
  CHECK(keys.current(rig.now)->find(first) != nullptr);
  rig.pass(2min);
  CHECK(keys.current(rig.now)->find(first) == nullptr);
  CHECK(keys.current(rig.now)->size() == 1);
}

TEST_CASE("another process signs by the new key within seconds, and knows it at once") {
  IdentityRig rig;
  auto other = SigningKeys::open(rig.bucket, *rig.keyring, rig.now).value();
  const std::string first = other->current(rig.now)->signing().key_id();
  rig.pass(1s);
  REQUIRE(rig.identity->signing_keys().rotate(rig.now).ok());
  const std::string second = rig.identity->signing_keys().current(rig.now)->signing().key_id();
  CHECK(other->current(rig.now)->signing().key_id() == first);
  CHECK(other->having(second, rig.now)->find(second) != nullptr);
  rig.pass(2s);
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
  rig.pass(13min);
  CHECK(rig.identity->signing_keys().rotate(rig.now).ok());
}

}  // namespace
}  // namespace cassette::api
