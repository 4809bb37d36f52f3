// Rotation of the master key: everything opens afterwards, nothing is under the old key, and a kill
// between any two steps leaves what a repeat finishes.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>

#include "api/identity/key_wrapping.h"
#include "tests/unit/api/fakes.h"

namespace cassette::api {
namespace {

using eventstore::KeyValueEntry;
using eventstore::Stored;
using eventstore::StoreError;

// A bucket whose process is killed after so many writes: that one and all later calls fail.
class MortalBucket : public eventstore::MemoryKeyValue {
 public:
  Stored<std::uint64_t> create(std::string_view key, std::string_view value) override {
    if (dies()) return dead();
    return MemoryKeyValue::create(key, value);
  }
  Stored<std::uint64_t> update(std::string_view key, std::string_view value,
                               std::uint64_t revision) override {
    if (dies()) return dead();
    return MemoryKeyValue::update(key, value, revision);
  }
  Stored<eventstore::Done> purge(std::string_view key) override {
    if (dies()) return dead();
    return MemoryKeyValue::purge(key);
  }
  Stored<eventstore::Done> scrub(std::string_view key) override {
    scrubbed.emplace_back(key);
    return MemoryKeyValue::scrub(key);
  }

  std::size_t lives = SIZE_MAX;  // writes until it is killed
  std::vector<std::string> scrubbed;

 private:
  bool dies() {
    if (lives == 0) return true;
    --lives;
    return false;
  }
  static Failure<StoreError> dead() {
    return Failure{StoreError{StoreError::Kind::Unavailable, "killed"}};
  }
};

struct Rig {
  TemporaryFolder folder;
  MortalBucket bucket;
  std::filesystem::path file = folder.path() / "master.key";
  std::filesystem::path new_file = folder.path() / "new.key";
  std::string token;
  SecretKey signing_root{};

  Rig() {
    const auto keyring = open();
    REQUIRE(keyring);
    Sealer sealer(*keyring.value());
    token = sealer.seal("customer:c-1", "name", "\"Ada\"").value()->token;
    REQUIRE(keyring.value()->obtain("vendor:7").value());
    REQUIRE(keyring.value()->destroy("customer:gone"));
    signing_root = keyring.value()->signing_root();
  }
  Stored<std::unique_ptr<Keyring>> open() { return Keyring::open(file, bucket); }
  Stored<MasterRotation> rotate() { return rotate_master_key(file, new_file, bucket); }

  void check_whole() {
    const auto keyring = open();
    REQUIRE(keyring);
    CHECK(Sealer(*keyring.value()).open(token).value() == "\"Ada\"");
    CHECK(keyring.value()->signing_root() == signing_root);
    CHECK(keyring.value()->is_destroyed("customer:gone").value());
    CHECK_FALSE(bucket.get(kRotationKey).value());
    const SecretKey master = load_master_key(new_file, false).value();
    CHECK(load_master_key(file, false).value() == master);
    for (const char* subject : {"system:signing", "customer:c-1", "vendor:7"}) {
      CHECK(unwrap(bucket.get(bucket_key(subject)).value()->value, subject, master));
    }
  }
};

TEST_CASE("after a rotation everything opens, and under the new master key alone") {
  Rig rig;
  const SecretKey old_master = load_master_key(rig.file, false).value();
  const auto done = rig.rotate();
  REQUIRE(done);
  CHECK(done.value().rewrapped == 3);
  rig.check_whole();
  CHECK_FALSE(load_master_key(rig.file, false).value() == old_master);
  const auto keys = rig.bucket.keys();
  for (const std::string& key : keys.value()) {
    INFO(key);
    CHECK(std::ranges::count(rig.bucket.scrubbed, key) > 0);
  }
}

TEST_CASE(
    "a rotation killed between any two writes is refused to keyrings, and finished by a repeat") {
  // A marker, three keys, the marker's end: five writes.
  for (std::size_t lives = 0; lives < 5; ++lives) {
    CAPTURE(lives);
    Rig rig;
    rig.bucket.lives = lives;
    REQUIRE_FALSE(rig.rotate());
    rig.bucket.lives = SIZE_MAX;
    if (lives == 0) {
      CHECK(rig.open());
    } else {
      CHECK(rig.open().error().kind == StoreError::Kind::Unsupported);
      CHECK(rig.open().error().what.find("not finished") != std::string::npos);
    }
    const auto done = rig.rotate();
    REQUIRE(done);
    CHECK(done.value().rewrapped == 3 - std::min<std::size_t>(lives == 0 ? 0 : lives - 1, 3));
    rig.check_whole();
  }
}

TEST_CASE("a rotation that was begun goes on with its own new key only") {
  Rig rig;
  rig.bucket.lives = 2;
  REQUIRE_FALSE(rig.rotate());
  rig.bucket.lives = SIZE_MAX;
  const auto other = rotate_master_key(rig.file, rig.folder.path() / "other.key", rig.bucket);
  CHECK(other.error().kind == StoreError::Kind::Mismatch);
  REQUIRE(rig.rotate());
  rig.check_whole();
}

TEST_CASE("a rotation away from a key that is not the marketplace's changes nothing") {
  Rig rig;
  const auto wrong = rig.folder.path() / "wrong.key";
  REQUIRE(load_master_key(wrong, true));
  CHECK(rotate_master_key(wrong, rig.new_file, rig.bucket).error().kind ==
        StoreError::Kind::Mismatch);
  CHECK(rig.open());
  CHECK(
      rotate_master_key(rig.folder.path() / "absent.key", rig.new_file, rig.bucket).error().kind ==
      StoreError::Kind::Unsupported);
}

TEST_CASE("a rotation repeated, or to the key that is in use, changes nothing") {
  Rig rig;
  REQUIRE(rig.rotate());
  const auto again = rig.rotate();
  REQUIRE(again);
  CHECK(again.value().rewrapped == 0);
  rig.check_whole();
}

// Its own draft was of that name, and for a moment the only copy of the new key was being
// rewritten.
TEST_CASE("a new key's file beside the old one's is left as it is") {
  Rig rig;
  rig.new_file = rig.file.string() + ".new";
  const SecretKey key = load_master_key(rig.new_file, true).value();
  struct stat before {};
  struct stat after {};
  REQUIRE(::stat(rig.new_file.c_str(), &before) == 0);
  REQUIRE(rig.rotate());
  REQUIRE(::stat(rig.new_file.c_str(), &after) == 0);
  CHECK(after.st_ino == before.st_ino);
  CHECK(load_master_key(rig.new_file, false).value() == key);
  rig.check_whole();
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(rig.folder.path())) {
    files += entry.is_regular_file() ? 1 : 0;
  }
  CHECK(files == 2);
}

TEST_CASE("two rotations one after the other") {
  Rig rig;
  REQUIRE(rig.rotate());
  rig.new_file = rig.folder.path() / "third.key";
  CHECK(rig.rotate().value().rewrapped == 3);
  rig.check_whole();
}

}  // namespace
}  // namespace cassette::api
