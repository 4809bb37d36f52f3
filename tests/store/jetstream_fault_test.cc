// The failures that a real server has: killed while it writes, full, replaced by another, behind a
// cut connection. What was acknowledged stays, and what is unknown can be found out.
#include <sys/mount.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <future>
#include <iterator>
#include <thread>

#include "tests/support/ledger_contract.h"
#include "tests/support/nats_fixture.h"

namespace cassette::test {
namespace {

using eventstore::StoreError;

std::string body_of(std::uint64_t sequence) {
  return "body of " + std::to_string(sequence) + std::string(600, '.');
}

// Waits for the ledger to answer again after a restart.
std::optional<Message> read_back(Ledger& ledger, std::uint64_t sequence) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < deadline) {
    auto message = ledger.read(sequence);
    if (message.ok()) return message.value();
  }
  FAIL("the ledger does not answer");
  return std::nullopt;
}

// Appends body_of(n) as message n until `count` are there, as an engine would: an unknown outcome
// is read back. Gives how many outcomes were unknown.
int append_through_faults(Ledger& ledger, std::uint64_t count, std::atomic<std::uint64_t>& acked) {
  int unknown = 0;
  for (std::uint64_t next = 1; next <= count;) {
    const auto result = ledger.append(next - 1, body_of(next), {}, std::chrono::seconds(2));
    REQUIRE(result.outcome != AppendOutcome::Refused);
    if (result.outcome != AppendOutcome::Stored) {
      ++unknown;
      const auto there = read_back(ledger, next);
      if (!there) continue;
      REQUIRE(there->body == body_of(next));
    }
    acked.store(next++);
  }
  return unknown;
}

void await(const std::atomic<std::uint64_t>& value, std::uint64_t at_least) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (value.load() < at_least) {
    REQUIRE(std::chrono::steady_clock::now() < deadline);
    std::this_thread::yield();
  }
}

// Reads on to message `last`, over what is Unavailable meanwhile, and checks each.
void read_through_faults(LedgerReader& reader, std::uint64_t last) {
  const auto deadline = std::chrono::steady_clock::now() + 3 * kPatience;
  std::uint64_t seen = 0;
  while (seen < last && std::chrono::steady_clock::now() < deadline) {
    const auto batch = reader.next(std::chrono::milliseconds(200));
    if (!batch.ok()) {
      REQUIRE(batch.error().kind == StoreError::Kind::Unavailable);
      continue;
    }
    for (const Message& message : batch.value()) {
      REQUIRE(message.sequence == ++seen);
      REQUIRE(message.body == body_of(seen));
    }
  }
  REQUIRE(seen == last);
}

TEST_CASE("killing the server amid appends loses nothing acknowledged, and no reader a message") {
  constexpr std::uint64_t kCount = 1200;
  NatsFixture nats;
  const auto connection = nats.connect();
  must(connection->create_ledger_stream(0, {}));
  const auto ledger = connection->ledger(0);
  const auto reader = follow(*ledger, 1);
  std::atomic<std::uint64_t> acked{0};
  auto appending =
      std::async(std::launch::async, [&] { return append_through_faults(*ledger, kCount, acked); });
  auto reading = std::async(std::launch::async, [&] { read_through_faults(*reader, kCount); });
  for (const std::uint64_t at : {200, 500, 800}) {
    await(acked, at);
    nats.kill9();
    CHECK_FALSE(nats.server().alive());
    must(nats.server().restart());
  }
  CHECK(appending.get() >= 1);
  reading.get();
  CHECK(last_of(*ledger) == kCount);
  read_through_faults(*follow(*ledger, 1), kCount);
}

// The process hung or aborted, its heap damaged: NATS.c used a subscription that was gone.
TEST_CASE("a reader may end while messages pour in") {
  constexpr std::uint64_t kMessages = 3000;
  constexpr int kReaders = 400;
  NatsFixture nats({.sync_always = false});
  const auto connection = nats.connect();
  must(connection->create_ledger_stream(0, {}));
  const auto ledger = connection->ledger(0);
  std::atomic<std::uint64_t> acked{0};
  append_through_faults(*ledger, kMessages, acked);
  const auto open_and_end = [&] {
    for (int i = 0; i < kReaders; ++i) {
      const auto reader = must(ledger->follow(1));
      REQUIRE_FALSE(must(reader->next(kPatience)).empty());
    }
  };
  auto beside = std::async(std::launch::async, open_and_end);
  open_and_end();
  beside.get();
  CHECK(last_of(*ledger) == kMessages);
}

// A reader that hears nothing for a while asks for a new consumer, and gets nothing twice by it.
TEST_CASE("a reader that waits long has every message once, and none is missed") {
  NatsFixture nats;
  auto connection = nats.connect();
  must(connection->create_ledger_stream(0, {}));
  const auto ledger = connection->ledger(0);
  std::atomic<std::uint64_t> acked{0};
  append_through_faults(*ledger, 3, acked);
  const auto reader = must(ledger->follow(1));
  read_through_faults(*reader, 3);
  // Longer than a silent consumer is kept.
  REQUIRE(must(reader->next(std::chrono::milliseconds(3500))).empty());
  REQUIRE(ledger->append(3, body_of(4), {}, std::chrono::seconds(2)).outcome ==
          AppendOutcome::Stored);
  const auto batch = must(reader->next(std::chrono::seconds(10)));
  REQUIRE(batch.size() == 1);
  CHECK(batch.front().sequence == 4);
  CHECK(must(reader->next(std::chrono::milliseconds(200))).empty());
}

TEST_CASE("an append without a server is unknown, at once, and nothing comes later") {
  NatsFixture nats;
  const auto connection = nats.connect();
  must(connection->create_ledger_stream(0, {}));
  const auto ledger = connection->ledger(0);
  REQUIRE(append(*ledger, 0, "one") == AppendOutcome::Stored);
  nats.kill9();
  const auto before = std::chrono::steady_clock::now();
  CHECK(append(*ledger, 1, "lost") == AppendOutcome::Unknown);
  CHECK(append(*ledger, 1, "lost") == AppendOutcome::Unknown);
  CHECK(std::chrono::steady_clock::now() - before < kPatience / 2);
  must(nats.server().restart());
  CHECK_FALSE(read_back(*ledger, 2).has_value());
  CHECK(append(*ledger, 1, "two") == AppendOutcome::Stored);
}

// Each waited five seconds for an answer that could not come, and held a thread of the server's.
TEST_CASE("a bucket without a server says so soon, and answers again once there is one") {
  NatsFixture nats;
  const auto connection = nats.connect();
  const auto bucket = must(connection->create_bucket("keys"));
  must(bucket->put("a", "1"));
  nats.kill9();
  const auto before = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) {
    const auto entry = bucket->get("a");
    REQUIRE_FALSE(entry.ok());
    CHECK(entry.error().kind == StoreError::Kind::Unavailable);
  }
  CHECK_FALSE(bucket->keys().ok());
  CHECK_FALSE(bucket->scrub("a").ok());
  CHECK(std::chrono::steady_clock::now() - before < kPatience / 2);
  must(nats.server().restart());
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  auto entry = bucket->get("a");
  while (!entry.ok() && std::chrono::steady_clock::now() < deadline) entry = bucket->get("a");
  CHECK(must(entry)->value == "1");
}

TEST_CASE("appending where there is no stream is unknown: nobody said no") {
  NatsFixture nats;
  const auto connection = nats.connect();
  CHECK(append(*connection->ledger(0), 0, "one") == AppendOutcome::Unknown);
  CHECK_FALSE(connection->ledger(0)->last_sequence().ok());
  CHECK_FALSE(must(connection->ledger_stream(0)).has_value());
}

TEST_CASE("a full store refuses and keeps what it has") {
  constexpr std::size_t kBody = 100'000;
  constexpr std::uint64_t kRoom = 10 * kBody;
  NatsFixture nats({.max_store_bytes = kRoom});
  const auto connection = nats.connect();
  must(connection->create_ledger_stream(0, {}));
  const auto ledger = connection->ledger(0);
  std::uint64_t last = 0;
  AppendOutcome outcome = AppendOutcome::Stored;
  while (outcome == AppendOutcome::Stored && last < 20) {
    outcome = append(*ledger, last, std::string(kBody, 'x'));
    if (outcome == AppendOutcome::Stored) ++last;
  }
  CHECK(outcome == AppendOutcome::Refused);
  CHECK(last > 5);
  CHECK(last_of(*ledger) == last);
  CHECK(take(*follow(*ledger, 1), last).back().sequence == last);
}

// A disk of its own for a folder, which fills up at `bytes`. Only root may make one.
class SmallDisk {
 public:
  SmallDisk(std::filesystem::path folder, std::size_t bytes) : folder_(std::move(folder)) {
    std::filesystem::create_directories(folder_);
    const std::string options = "size=" + std::to_string(bytes);
    mounted_ = mount("tmpfs", folder_.c_str(), "tmpfs", 0, options.c_str()) == 0;
    if (!mounted_) MESSAGE("skipped: only root can make a small disk");
  }
  ~SmallDisk() {
    if (mounted_) umount2(folder_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool mounted() const { return mounted_; }

 private:
  const std::filesystem::path folder_;
  bool mounted_ = false;
};

// Appends until one is not stored; gives that outcome.
AppendOutcome fill_up(Ledger& ledger, std::uint64_t& last) {
  constexpr std::uint64_t kEnough = 1000;
  const std::string body(50'000, 'x');
  while (last < kEnough) {
    const AppendOutcome outcome = append(ledger, last, body);
    if (outcome != AppendOutcome::Stored) return outcome;
    ++last;
  }
  return AppendOutcome::Stored;
}

TEST_CASE("a server that fails to write is believed again when it has been restarted") {
  const TemporaryFolder folder;
  const SmallDisk disk(folder / "disk", 24 * 1024 * 1024);
  if (!disk.mounted()) return;
  // A limit beyond the disk, so that the disk is what gives out.
  const auto server = must(eventstore::NatsServer::start(
      {.folder = folder / "disk" / "nats", .max_store_bytes = std::uint64_t{1} << 40}));
  const auto connection =
      must(eventstore::JetStreamConnection::connect({.url = server->endpoint().url}));
  must(connection->create_ledger_stream(0, {}));
  const auto ledger = connection->ledger(0);
  std::uint64_t last = 0;
  CHECK(fill_up(*ledger, last) == AppendOutcome::Unknown);
  REQUIRE(last > 100);
  CHECK(connection->failed_to_write());
  CHECK(append(*ledger, last, "one more") == AppendOutcome::Refused);
  CHECK(append(*ledger, 0, "a genesis over the others") == AppendOutcome::Refused);
  const auto distrusted = ledger->last_sequence();
  REQUIRE_FALSE(distrusted.ok());
  CHECK(distrusted.error().kind == StoreError::Kind::Full);
  CHECK_FALSE(ledger->read(last).ok());
  CHECK_FALSE(ledger->follow(1).ok());
  must(server->restart());
  CHECK(read_back(*ledger, last).has_value());
  CHECK_FALSE(connection->failed_to_write());
  CHECK(last_of(*ledger) == last);
}

TEST_CASE("the embedded server refuses before its disk is full, and goes on after") {
  const TemporaryFolder folder;
  const SmallDisk disk(folder / "disk", 24 * 1024 * 1024);
  if (!disk.mounted()) return;
  const auto server = must(eventstore::NatsServer::start({.folder = folder / "disk" / "nats"}));
  const auto connection =
      must(eventstore::JetStreamConnection::connect({.url = server->endpoint().url}));
  must(connection->create_ledger_stream(0, {}));
  const auto ledger = connection->ledger(0);
  std::uint64_t last = 0;
  CHECK(fill_up(*ledger, last) == AppendOutcome::Refused);
  CHECK(last > 100);
  CHECK_FALSE(connection->failed_to_write());
  CHECK(last_of(*ledger) == last);
  CHECK(take(*follow(*ledger, 1), last).back().sequence == last);
}

TEST_CASE("a reader of a ledger that was replaced by a shorter one says so") {
  NatsFixture nats;
  const auto connection = nats.connect();
  must(connection->create_ledger_stream(0, {}));
  const auto ledger = connection->ledger(0);
  for (std::uint64_t last = 0; last < 5; ++last) {
    REQUIRE(append(*ledger, last, body_of(last + 1)) == AppendOutcome::Stored);
  }
  const auto reader = follow(*ledger, 1);
  CHECK(take(*reader, 5).size() == 5);
  nats.server().stop();
  std::filesystem::remove_all(nats.folder() / "nats" / "store");
  must(nats.server().restart());
  const auto again = nats.connect();
  must(again->create_ledger_stream(0, {}));
  REQUIRE(append(*again->ledger(0), 0, "another's") == AppendOutcome::Stored);
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  auto next = reader->next(std::chrono::seconds(1));
  while ((next.ok() || next.error().kind == StoreError::Kind::Unavailable) &&
         std::chrono::steady_clock::now() < deadline) {
    if (next.ok()) REQUIRE(next.value().empty());
    next = reader->next(std::chrono::seconds(1));
  }
  REQUIRE_FALSE(next.ok());
  CHECK(next.error().kind == StoreError::Kind::Mismatch);
}

TEST_CASE("a stream with fewer replicas than wanted is no ledger") {
  NatsFixture nats;
  const auto connection = nats.connect();
  must(connection->create_ledger_stream(0, {}));
  const auto refused = connection->create_ledger_stream(0, {.replicas = 3});
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == StoreError::Kind::Mismatch);
  CHECK(refused.error().what.find("num_replicas") != std::string::npos);
}

std::string all_bytes_below(const std::filesystem::path& folder) {
  std::string bytes;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    bytes.append(std::istreambuf_iterator<char>(file), {});
  }
  return bytes;
}

// A lease is renewed each second, and each time the server overwrote the one before and synced
// that.
TEST_CASE("what a bucket without secrets supersedes is dropped, and not overwritten") {
  NatsFixture nats;
  const auto connection = nats.connect();
  const auto bucket = must(connection->create_bucket("leases", {.erase_replaced = false}));
  const auto first = must(bucket->create("lease.0", "the first holder"));
  must(bucket->update("lease.0", "the second holder", first));
  CHECK(all_bytes_below(nats.folder() / "nats" / "store").find("the first holder") !=
        std::string::npos);
  CHECK(must(bucket->get("lease.0"))->value == "the second holder");
  must(bucket->purge("lease.0"));
  CHECK_FALSE(must(bucket->get("lease.0")).has_value());
}

TEST_CASE("a purged value, and those before it, are on the disk no more") {
  NatsFixture nats;
  const auto connection = nats.connect();
  const auto bucket = must(connection->create_bucket("keys"));
  const auto first = must(bucket->create("customer.1", "the first secret"));
  must(bucket->create("customer.2", "another's secret"));
  must(bucket->update("customer.1", "the second secret", first));
  const auto store = nats.folder() / "nats" / "store";
  REQUIRE(all_bytes_below(store).find("the second secret") != std::string::npos);
  must(bucket->purge("customer.1"));
  const std::string bytes = all_bytes_below(store);
  CHECK(bytes.find("the first secret") == std::string::npos);
  CHECK(bytes.find("the second secret") == std::string::npos);
  CHECK(bytes.find("another's secret") != std::string::npos);
  CHECK_FALSE(must(bucket->get("customer.1")).has_value());
}

}  // namespace
}  // namespace cassette::test
