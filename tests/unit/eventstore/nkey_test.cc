// Nkeys: as others write them, and no secret that others may read.
#include "eventstore/nkey.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/support/nats_fixture.h"

namespace cassette::test {
namespace {

using eventstore::load_nkey;
using eventstore::load_or_make_nkey;
using eventstore::Nkey;
using eventstore::NkeySeed;
using eventstore::StoreError;

// The pair that NATS's own documentation shows.
constexpr std::string_view kSeed = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY";
constexpr std::string_view kPublic = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4";

NkeySeed some_seed(std::uint8_t first) {
  NkeySeed seed{};
  for (std::uint8_t& byte : seed) byte = first++;
  return seed;
}

TEST_CASE("a seed gives the public key that NATS says it has, and is written as it was read") {
  const auto key = Nkey::from_seed(kSeed);
  REQUIRE(key);
  CHECK(key->public_key() == kPublic);
  CHECK(key->seed() == kSeed);
}

TEST_CASE("every seed is read back as it was written") {
  for (int first = 0; first < 256; ++first) {
    const Nkey key = Nkey::from_bytes(some_seed(static_cast<std::uint8_t>(first)));
    const auto again = Nkey::from_seed(key.seed());
    REQUIRE(again);
    CHECK(again->public_key() == key.public_key());
    CHECK(key.seed().starts_with("SU"));
    CHECK(key.seed().size() == 58);
    CHECK(key.public_key().starts_with("U"));
    CHECK(key.public_key().size() == 56);
  }
}

TEST_CASE("each kind has its letter, and is not read as another") {
  using eventstore::NkeyKind;
  struct Named {
    NkeyKind kind;
    const char* seed;
    const char* key;
  };
  constexpr Named kAll[] = {
      {NkeyKind::User, "SU", "U"}, {NkeyKind::Account, "SA", "A"}, {NkeyKind::Operator, "SO", "O"}};
  for (const Named& one : kAll) {
    const Nkey key = Nkey::from_bytes(some_seed(7), one.kind);
    CHECK(key.seed().starts_with(one.seed));
    CHECK(key.public_key().starts_with(one.key));
    for (const Named& other : kAll) {
      CHECK(Nkey::from_seed(key.seed(), other.kind).has_value() == (one.kind == other.kind));
    }
  }
}

TEST_CASE("a derived key is the same again, another for another name, and of its parent's kind") {
  const Nkey root = Nkey::from_bytes(some_seed(1), eventstore::NkeyKind::Account);
  const std::string one = root.derive("vendor:1").public_key();
  CHECK(root.derive("vendor:1").public_key() == one);
  CHECK(root.derive("vendor:2").public_key() != one);
  CHECK(Nkey::from_bytes(some_seed(2), eventstore::NkeyKind::Account)
            .derive("vendor:1")
            .public_key() != one);
  CHECK(one.starts_with("A"));
}

// RFC 8032, 7.1, test 3.
TEST_CASE("signatures are Ed25519") {
  const Nkey key =
      Nkey::from_bytes({0xc5, 0xaa, 0x8d, 0xf4, 0x3f, 0x9f, 0x83, 0x7b, 0xed, 0xb7, 0x44,
                        0x2f, 0x31, 0xdc, 0xb7, 0xb1, 0x66, 0xd3, 0x85, 0x35, 0x07, 0x6f,
                        0x09, 0x4b, 0x85, 0xce, 0x3a, 0x2e, 0x0b, 0x44, 0x58, 0xf7});
  const auto signature = key.sign(std::string_view("\xaf\x82", 2));
  CHECK(signature[0] == 0x62);
  CHECK(signature[1] == 0x91);
  CHECK(signature[62] == 0xc4);
  CHECK(signature[63] == 0x0a);
}

TEST_CASE("what is no user's seed is refused") {
  CHECK_FALSE(Nkey::from_seed(""));
  CHECK_FALSE(Nkey::from_seed("SU"));
  CHECK_FALSE(Nkey::from_seed(kPublic));
  CHECK_FALSE(Nkey::from_seed(std::string(kSeed) + "A"));
  CHECK_FALSE(Nkey::from_seed(kSeed.substr(1)));
  for (std::size_t at = 0; at < kSeed.size(); ++at) {
    std::string mistyped(kSeed);
    mistyped[at] = mistyped[at] == 'A' ? 'B' : 'A';
    CHECK_FALSE(Nkey::from_seed(mistyped));
  }
  std::string lower(kSeed);
  lower[5] = 's';
  CHECK_FALSE(Nkey::from_seed(lower));
}

TEST_CASE("a key's file is made once, for its owner's eyes") {
  const TemporaryFolder folder;
  const auto file = folder / "nats" / "engine.nk";
  CHECK(load_nkey(file).error().kind == StoreError::Kind::Unavailable);
  const auto made = must(load_or_make_nkey(file, some_seed(1)));
  struct stat status {};
  REQUIRE(stat(file.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  CHECK(must(load_or_make_nkey(file, some_seed(2))).public_key() == made.public_key());
  CHECK(must(load_nkey(file)).public_key() == made.public_key());
}

TEST_CASE("a key's file that others may read, or that holds none, is refused") {
  const TemporaryFolder folder;
  const auto file = folder / "engine.nk";
  must(load_or_make_nkey(file, some_seed(1)));
  for (const mode_t mode : {0640U, 0604U}) {
    chmod(file.c_str(), mode);
    CHECK(load_nkey(file).error().what.find("chmod 600") != std::string::npos);
    CHECK_FALSE(load_or_make_nkey(file, some_seed(1)).ok());
  }
  chmod(file.c_str(), 0600);
  std::ofstream(file) << kPublic << "\n";
  CHECK(load_nkey(file).error().kind == StoreError::Kind::Unsupported);
}

}  // namespace
}  // namespace cassette::test
