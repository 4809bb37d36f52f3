// Keyring, sealer, signer and ids: what is sealed opens for its subject only, erasure is final, the
// master key is guarded, and cursors can't be forged.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/unit/api/fakes.h"

namespace cassette::api {
namespace {

using eventstore::StoreError;

std::string seal(Sealer& sealer, std::string_view subject, std::string_view field,
                 std::string_view json) {
  return sealer.seal(subject, field, json).value()->token;
}

std::string stored(std::string_view token) {
  return "{\"name\":{\"$sealed\":\"" + std::string(token) + "\"},\"version\":1}";
}

void write_file(const std::filesystem::path& path, std::size_t bytes, mode_t mode) {
  std::ofstream(path, std::ios::binary) << std::string(bytes, 'k');
  ::chmod(path.c_str(), mode);
}

TEST_CASE("what is sealed opens again, and equal stays equal") {
  Desk desk;
  const std::string token = seal(desk.sealer, "customer:c-1", "name", "\"Ada\"");
  CHECK(token.starts_with("customer:c-1|name|"));
  CHECK(token.find("Ada") == std::string::npos);
  CHECK(desk.sealer.open(token).value() == "\"Ada\"");
  CHECK(seal(desk.sealer, "customer:c-1", "name", "\"Ada\"") == token);
  CHECK(seal(desk.sealer, "customer:c-1", "name", "\"Bob\"") != token);
  CHECK(seal(desk.sealer, "customer:c-2", "name", "\"Ada\"") != token);
}

// A bucket in which something happens between the read of one key and its answer.
class SlowBucket : public eventstore::MemoryKeyValue {
 public:
  eventstore::Stored<std::optional<eventstore::KeyValueEntry>> get(std::string_view key) override {
    auto entry = MemoryKeyValue::get(key);
    if (auto happens = std::exchange(meanwhile, {})) happens();
    return entry;
  }
  std::function<void()> meanwhile;
};

// The key of "customer:c" is there, and the keyring has not read it yet.
struct UnreadKey {
  UnreadKey() {
    const auto other = Keyring::open(folder.path() / "master.key", bucket).value();
    REQUIRE(other->obtain("customer:c").value());
    keyring = Keyring::open(folder.path() / "master.key", bucket).value();
  }

  const TemporaryFolder folder;
  SlowBucket bucket;
  std::unique_ptr<Keyring> keyring;
};

// Emptying the cache forgot what was destroyed, and a read that had begun before put the key back.
TEST_CASE("a destroyed key does not come back with an older read, however full the cache is") {
  UnreadKey rig;
  const auto& keyring = rig.keyring;
  rig.bucket.meanwhile = [&] {
    REQUIRE(keyring->destroy("customer:c"));
    for (std::size_t i = 0; i < kMaxCachedKeys; ++i) {
      REQUIRE(keyring->obtain("customer:" + std::to_string(i)));
    }
  };
  CHECK_FALSE(keyring->find("customer:c").value());
  CHECK_FALSE(keyring->find("customer:c").value());
}

// The places of destroyed keys were kept for ever: memory grew with each erasure.
TEST_CASE("destroyed keys take bounded memory, and none comes back for it") {
  UnreadKey rig;
  const auto& keyring = rig.keyring;
  rig.bucket.meanwhile = [&] {
    REQUIRE(keyring->destroy("customer:c"));
    for (std::size_t i = 0; i < kMaxCachedKeys + 10; ++i) {
      REQUIRE(keyring->destroy("customer:" + std::to_string(i)));
    }
  };
  (void)keyring->find("customer:c");  // a read that began before
  CHECK(keyring->cached_keys() <= kMaxCachedKeys);
  CHECK_FALSE(keyring->find("customer:c").value());
  CHECK_FALSE(keyring->find("customer:7").value());
}

// Of two first orders of a customer at once, one was refused: "the customer's data was erased".
TEST_CASE("a key that another thread makes between two looks is found, and is no destroyed one") {
  const TemporaryFolder folder;
  SlowBucket bucket;
  const auto keyring = Keyring::open(folder.path() / "master.key", bucket).value();
  std::optional<SecretKey> theirs;
  bucket.meanwhile = [&] { theirs = keyring->obtain("customer:c-1").value(); };
  const auto ours = keyring->obtain("customer:c-1");
  REQUIRE(ours);
  REQUIRE(ours.value());
  CHECK(ours.value() == theirs);
}

TEST_CASE("a token is bound to its subject and field") {
  Desk desk;
  const std::string token = seal(desk.sealer, "customer:c-1", "name", "\"Ada\"");
  const std::string secret = token.substr(token.rfind('|') + 1);
  seal(desk.sealer, "customer:c-2", "name", "\"x\"");
  CHECK_FALSE(desk.sealer.open("customer:c-2|name|" + secret).value());
  CHECK_FALSE(desk.sealer.open("customer:c-1|contactInfo.email|" + secret).value());
  CHECK_FALSE(desk.sealer.open("customer:c-9|name|" + secret).value());
  for (const char* junk : {"", "|", "||", "customer:c-1|name", "customer:c-1|name|!!"}) {
    CHECK_FALSE(desk.sealer.open(junk).value());
  }
}

TEST_CASE("documents are opened in place, and others pass untouched") {
  Desk desk;
  const std::string token = seal(desk.sealer, "vendor:7", "contactInfo.email", "\"a@b\"");
  CHECK(desk.sealer.open_document(stored(token)).value() == "{\"name\":\"a@b\",\"version\":1}");
  CHECK(desk.sealer.open_document("[" + stored(token) + "," + stored(token) + "]").value() ==
        "[{\"name\":\"a@b\",\"version\":1},{\"name\":\"a@b\",\"version\":1}]");
  const std::string plain = "{\"note\":\"{\\\"$sealed\\\":\\\"x\\\"}\"}";
  CHECK(desk.sealer.open_document(plain).value() == plain);
  CHECK(desk.sealer.open_document(stored("nobody|name|AAAA")).value() ==
        "{\"name\":null,\"version\":1}");
}

TEST_CASE("a field whose value is at hand is not opened, and all others are") {
  Desk desk;
  const std::string token = seal(desk.sealer, "vendor:7", "contactInfo.email", "\"a@b\"");
  const std::string other = seal(desk.sealer, "vendor:7", "contactInfo.email", "\"c@d\"");
  const std::string both = "[" + stored(token) + "," + stored(other) + "]";
  CHECK(desk.sealer.open_document(both, {token, "\"at hand\""}).value() ==
        "[{\"name\":\"at hand\",\"version\":1},{\"name\":\"c@d\",\"version\":1}]");
}

TEST_CASE("an erased subject's data can't be opened or sealed any more") {
  Desk desk;
  const std::string token = seal(desk.sealer, "customer:c-1", "name", "\"Ada\"");
  REQUIRE(desk.sealer.erase("customer:c-1"));
  CHECK(desk.sealer.open_document(stored(token)).value() == "{\"name\":null,\"version\":1}");
  CHECK_FALSE(desk.sealer.seal("customer:c-1", "name", "\"Ada\"").value());

  SUBCASE("not after a restart either") {
    const auto again = Keyring::open(desk.folder.path() / "master.key", desk.bucket);
    REQUIRE(again);
    Sealer sealer(*again.value());
    CHECK_FALSE(sealer.open(token).value());
    CHECK_FALSE(sealer.seal("customer:c-1", "name", "\"Ada\"").value());
  }
  SUBCASE("and twice is no error") {
    CHECK(desk.sealer.erase("customer:c-1"));
  }
}

TEST_CASE("keys outlive a restart") {
  Desk desk;
  const std::string token = seal(desk.sealer, "customer:c-1", "name", "\"Ada\"");
  const auto again = Keyring::open(desk.folder.path() / "master.key", desk.bucket);
  REQUIRE(again);
  CHECK(Sealer(*again.value()).open(token).value() == "\"Ada\"");
  CHECK(again.value()->signing_root() == desk.keyring->signing_root());
}

TEST_CASE("the master key is made once, for its owner's eyes") {
  const TemporaryFolder folder;
  eventstore::MemoryKeyValue bucket;
  REQUIRE(Keyring::open(folder.path() / "master.key", bucket));
  struct stat status {};
  REQUIRE(::stat((folder.path() / "master.key").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  CHECK(status.st_size == 32);
}

TEST_CASE("a master key that can't be the right one is a clear error") {
  Desk desk;
  const auto file = desk.folder.path() / "master.key";
  const auto open = [&] { return Keyring::open(file, desk.bucket).error(); };
  SUBCASE("lost") {
    std::filesystem::remove(file);
    CHECK(open().kind == StoreError::Kind::Unsupported);
    CHECK_FALSE(std::filesystem::exists(file));
  }
  SUBCASE("another") {
    write_file(file, 32, 0600);
    CHECK(open().kind == StoreError::Kind::Mismatch);
  }
  SUBCASE("of another size") {
    write_file(file, 31, 0600);
    CHECK(open().kind == StoreError::Kind::Unsupported);
    write_file(file, 33, 0600);
    CHECK(open().what.find("33 bytes") != std::string::npos);
  }
  SUBCASE("readable by others") {
    ::chmod(file.c_str(), 0640);
    CHECK(open().what.find("chmod 600") != std::string::npos);
  }
}

TEST_CASE("cursors are opaque, bound to their query, and expire") {
  const Desk desk;
  const domain::Timestamp later{desk.now.micros + 1'000};
  const std::string token = desk.signer.seal_cursor("after\0this", "GET /vendors", later);
  CHECK(desk.signer.open_cursor(token, "GET /vendors", desk.now) == "after\0this");
  CHECK_FALSE(desk.signer.open_cursor(token, "GET /orders", desk.now));
  CHECK_FALSE(desk.signer.open_cursor(token, "GET /vendors", later));
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string forged = token;
    forged[i] = forged[i] == 'A' ? 'B' : 'A';
    CHECK_FALSE(desk.signer.open_cursor(forged, "GET /vendors", desk.now));
  }
  CHECK_FALSE(desk.signer.open_cursor("", "GET /vendors", desk.now));
}

TEST_CASE("ids follow from the request, or from the clock") {
  const RequestName name{"admin", "POST", "/orders", "k-1"};
  CHECK(command_id(name).size() == 22);
  CHECK(command_id(name) == command_id(name));
  CHECK(command_id(name) != command_id({"admin", "POST", "/orders", "k-2"}));
  CHECK(command_id(name) != command_id({"vendor:1", "POST", "/orders", "k-1"}));
  CHECK(domain::valid_id(derived_uuid(name)));
  CHECK(derived_uuid(name) == derived_uuid(name));
  CHECK(derived_uuid(name)[14] == '8');

  const domain::Timestamp now{1'700'000'000'000'000};
  const std::string uuid = uuid_v7(now);
  CHECK(uuid.size() == 36);
  CHECK(uuid[14] == '7');
  CHECK(uuid != uuid_v7(now));
  CHECK(uuid < uuid_v7({now.micros + 1'000}));
}

}  // namespace
}  // namespace cassette::api
