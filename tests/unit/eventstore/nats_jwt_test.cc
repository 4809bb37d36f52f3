// NATS JWTs: three parts that add up, claims as the server reads them, and signatures that hold.
#include "eventstore/nats_jwt.h"

#include <doctest/doctest.h>
#include <sodium.h>

#include <array>
#include <set>

namespace cassette::eventstore {
namespace {

Nkey key(std::uint8_t first, NkeyKind kind) {
  return Nkey::from_bytes({first}, kind);
}

struct Parts {
  std::string header;
  std::string claims;
  std::string signed_text;
  std::string signature;
};

std::string decoded(std::string_view text) {
  std::string bytes(text.size(), '\0');
  std::size_t size = 0;
  REQUIRE(sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(),
                            text.data(), text.size(), nullptr, &size, nullptr,
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0);
  bytes.resize(size);
  return bytes;
}

Parts parts_of(std::string_view jwt) {
  const std::size_t first = jwt.find('.');
  const std::size_t last = jwt.rfind('.');
  REQUIRE(first < last);
  return {decoded(jwt.substr(0, first)), decoded(jwt.substr(first + 1, last - first - 1)),
          std::string(jwt.substr(0, last)), decoded(jwt.substr(last + 1))};
}

TEST_CASE("an account's JWT is signed over header and claims, and says who and when") {
  const Nkey op = key(1, NkeyKind::Operator);
  const std::string account = key(2, NkeyKind::Account).public_key();
  NatsAccount claims;
  claims.revocations["*"] = 7;
  const std::string jwt = nats_jwt(op, {account, "FEED", 1'700'000'000}, claims);
  const Parts parts = parts_of(jwt);
  CHECK(parts.header == R"({"typ":"JWT","alg":"ed25519-nkey"})");
  CHECK(parts.claims.find(R"("iss":")" + op.public_key() + '"') != std::string::npos);
  CHECK(parts.claims.find(R"("sub":")" + account + '"') != std::string::npos);
  CHECK(parts.claims.find(R"("iat":1700000000)") != std::string::npos);
  CHECK(parts.claims.find(R"("exp")") == std::string::npos);
  CHECK(parts.claims.find(R"("nats":{"type":"account","version":2)") != std::string::npos);
  CHECK(parts.claims.find(R"("revocations":{"*":7})") != std::string::npos);
  const NkeySignature expected = op.sign(parts.signed_text);
  CHECK(parts.signature == std::string(expected.begin(), expected.end()));
}

TEST_CASE("the same claims give the same JWT, and others another id") {
  const Nkey account = key(2, NkeyKind::Account);
  const std::string user = key(3, NkeyKind::User).public_key();
  std::set<std::string> all;
  for (const std::int64_t expires_at : {1, 1, 2}) {
    all.insert(nats_jwt(account, {user, "u", 1, expires_at}, NatsUser{}));
  }
  CHECK(all.size() == 2);
}

TEST_CASE("an account's revocations are read back, and what is no account's JWT is not") {
  const Nkey op = key(1, NkeyKind::Operator);
  NatsAccount claims;
  claims.imports = {{.name = "n", .subject = "s", .account = "A"}};
  claims.exports = {{.name = "n", .subject = "s"}};
  claims.revocations["*"] = 1'700'000'001;
  const std::string jwt = nats_jwt(op, {"A", "FEED", 1'700'000'000}, claims);
  const auto record = read_account_jwt(jwt);
  REQUIRE(record);
  CHECK(record->issued_at == 1'700'000'000);
  CHECK(record->revocations == claims.revocations);
  CHECK_FALSE(read_account_jwt(nats_jwt(op, {"U", "u", 1}, NatsUser{})));
  for (const char* text : {"", "a", "a.b", "a.b.c", "a.e30.c", "..", "a.!.c"}) {
    CAPTURE(text);
    CHECK_FALSE(read_account_jwt(text));
  }
}

TEST_CASE("creds hold the JWT and the seed, each in its frame") {
  const Nkey user = key(3, NkeyKind::User);
  const std::string creds = nats_creds("a.b.c", user);
  CHECK(creds.starts_with("-----BEGIN NATS USER JWT-----\na.b.c\n------END NATS USER JWT------\n"));
  CHECK(creds.find("-----BEGIN USER NKEY SEED-----\n" + user.seed() +
                   "\n------END USER NKEY SEED------\n") != std::string::npos);
}

}  // namespace
}  // namespace cassette::eventstore
