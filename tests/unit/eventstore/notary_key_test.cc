// The notary's key: RFC 8032's, one purpose a signature, and no secret that others may read.
#include "eventstore/notary_key.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/support/nats_fixture.h"

namespace cassette::test {
namespace {

using namespace eventstore;

// The first pair of RFC 8032, section 7.1.
const NotarySeed kSeed = {0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a,
                          0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32,
                          0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60};
constexpr std::string_view kPublic =
    "ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

TEST_CASE("notary key: the public key is the RFC's, and is read back as it was written") {
  const NotaryKey key = NotaryKey::from_seed(kSeed);
  CHECK(key.public_key().text() == kPublic);
  CHECK(NotaryPublicKey::parse(kPublic) == key.public_key());
  const std::string text(kPublic);
  for (const std::string& bad : {std::string(), text.substr(1), text.substr(0, 71), text + "0",
                                 "ED25519:" + text.substr(8), text.substr(0, 71) + "A"}) {
    CHECK_FALSE(NotaryPublicKey::parse(bad));
  }
}

TEST_CASE("notary key: a signature is of one message, one purpose and one key") {
  const NotaryKey key = NotaryKey::from_seed(kSeed);
  const NotarySignature signature = key.sign(kHeadPurpose, "message");
  CHECK(key.sign(kHeadPurpose, "message") == signature);
  CHECK(key.public_key().verifies(kHeadPurpose, "message", signature));
  CHECK_FALSE(key.public_key().verifies(kExportPurpose, "message", signature));
  CHECK_FALSE(key.public_key().verifies(kHeadPurpose, "massage", signature));
  CHECK_FALSE(NotaryKey::from_seed({1}).public_key().verifies(kHeadPurpose, "message", signature));
  for (std::size_t i = 0; i < signature.size(); ++i) {
    NotarySignature changed = signature;
    changed[i] ^= 1;
    CHECK_FALSE(key.public_key().verifies(kHeadPurpose, "message", changed));
  }
  CHECK(parse_signature(hex(signature)) == signature);
  CHECK_FALSE(parse_signature(hex(signature).substr(1)));
}

TEST_CASE("notary key: made once, for its owner alone, and read again") {
  const TemporaryFolder folder;
  const auto file = notary_key_file(folder.path());
  CHECK(load_notary_key(file).error().kind == StoreError::Kind::Unavailable);
  const NotaryKey made = must(load_or_make_notary_key(file, kSeed));
  CHECK(must(load_or_make_notary_key(file, {1})).public_key() == made.public_key());
  CHECK(must(load_notary_key(file)).public_key() == made.public_key());
  struct stat status {};
  REQUIRE(stat(file.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0600U);
  REQUIRE(chmod(file.c_str(), 0640) == 0);
  CHECK(load_notary_key(file).error().kind == StoreError::Kind::Unsupported);
  REQUIRE(chmod(file.c_str(), 0600) == 0);
  std::ofstream(file) << "not a key\n";
  CHECK(load_notary_key(file).error().kind == StoreError::Kind::Unsupported);
}

TEST_CASE("notary key: public keys come as a text or as a file of lines") {
  const TemporaryFolder folder;
  const std::string file = (folder / "keys").string();
  CHECK(must(notary_public_keys_of(std::string(kPublic))).size() == 1);
  CHECK_FALSE(notary_public_keys_of(file).ok());
  const std::string other = NotaryKey::from_seed({1}).public_key().text();
  std::ofstream(file) << other << "\n\n" << kPublic;
  const auto keys = must(notary_public_keys_of(file));
  REQUIRE(keys.size() == 2);
  CHECK(keys[0].text() == other);
  CHECK(keys[1].text() == kPublic);
  std::ofstream(file) << kPublic << "\nand more\n";
  CHECK_FALSE(notary_public_keys_of(file).ok());
  std::ofstream(file) << "\n";
  CHECK_FALSE(notary_public_keys_of(file).ok());
}

}  // namespace
}  // namespace cassette::test
