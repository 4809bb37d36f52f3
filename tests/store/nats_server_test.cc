// The embedded server as a process: started, adopted, revived, ended; and never two on one store.
#include "eventstore/nats_server.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <fstream>

#include "eventstore/json_read.h"
#include "eventstore/json_write.h"
#include "tests/support/nats_fixture.h"

namespace cassette::test {
namespace {

using eventstore::NatsServer;
using eventstore::NatsServerOptions;
using eventstore::NatsServerRecord;
using eventstore::StoreError;

constexpr std::chrono::seconds kLong{30};

std::unique_ptr<NatsServer> start(const TemporaryFolder& folder, NatsServerOptions options = {}) {
  options.folder = folder / "nats";
  return must(NatsServer::start(options));
}

// Its server lives on, as after a crash of the process that had it. The object stays reachable, so
// that it is no leak.
pid_t crash(std::unique_ptr<NatsServer> server) {
  static std::array<NatsServer*, 8> crashed{};
  static std::size_t count = 0;
  REQUIRE(count < crashed.size());
  crashed[count] = server.release();
  return static_cast<pid_t>(crashed[count++]->endpoint().pid);
}

bool is_gone(pid_t pid) {
  return kill(pid, 0) != 0 && errno == ESRCH;
}

NatsServerRecord record_of(const TemporaryFolder& folder) {
  NatsServerRecord record;
  REQUIRE(
      eventstore::read_json(must(eventstore::read_file(folder / "nats" / "server.json")), record));
  return record;
}

void append_one(const NatsServer& server, std::uint64_t expected_last) {
  const auto connection =
      must(eventstore::JetStreamConnection::connect({.url = server.endpoint().url}));
  must(connection->create_ledger_stream(0, {}));
  const auto result =
      connection->ledger(0)->append(expected_last, "body", {}, std::chrono::seconds(10));
  CHECK(result.outcome == eventstore::AppendOutcome::Stored);
}

TEST_CASE("a started server serves on a free port and is found by its folder") {
  const TemporaryFolder folder;
  CHECK_FALSE(NatsServer::running(folder / "nats").has_value());
  const auto server = start(folder);
  append_one(*server, 0);
  CHECK_FALSE(server->adopted());
  CHECK(server->alive());
  const auto found = NatsServer::running(folder / "nats");
  REQUIRE(found.has_value());
  CHECK(found->url == server->endpoint().url);
  CHECK(found->monitor_url == server->endpoint().monitor_url);
  CHECK(found->pid == server->endpoint().pid);
}

TEST_CASE("a stopped server is gone, and the next has what it stored") {
  const TemporaryFolder folder;
  auto server = start(folder);
  append_one(*server, 0);
  const auto pid = static_cast<pid_t>(server->endpoint().pid);
  server->stop();
  server->stop();
  CHECK(is_gone(pid));
  CHECK_FALSE(server->alive());
  CHECK_FALSE(NatsServer::running(folder / "nats").has_value());
  append_one(*start(folder), 1);
}

TEST_CASE("a killed server is seen to be dead and is revived on its ports") {
  NatsFixture nats;
  append_one(nats.server(), 0);
  const auto before = nats.server().endpoint();
  nats.kill9();
  CHECK_FALSE(nats.server().alive());
  must(nats.server().restart());
  CHECK(nats.server().alive());
  CHECK(nats.url() == before.url);
  CHECK(nats.monitor_url() == before.monitor_url);
  CHECK(nats.server().endpoint().pid != before.pid);
  append_one(nats.server(), 1);
}

TEST_CASE("a server that a crashed process left is adopted when it runs as wanted") {
  const TemporaryFolder folder;
  const pid_t left = crash(start(folder));
  {
    const auto server = start(folder);
    CHECK(server->adopted());
    CHECK(server->endpoint().pid == left);
    append_one(*server, 0);
  }
  CHECK(is_gone(left));
}

TEST_CASE("a server that a crashed process left with other settings is ended first") {
  const TemporaryFolder folder;
  const pid_t left = crash(start(folder, {.sync_always = false}));
  const auto server = start(folder);
  CHECK_FALSE(server->adopted());
  CHECK(server->endpoint().pid != left);
  CHECK(is_gone(left));
  append_one(*server, 0);
}

TEST_CASE("a server whose starter crashed before recording it is ended first") {
  const TemporaryFolder folder;
  const pid_t left = crash(start(folder));
  std::filesystem::remove(folder / "nats" / "server.json");
  const auto server = start(folder);
  CHECK_FALSE(server->adopted());
  CHECK(is_gone(left));
}

TEST_CASE("a recorded pid that is another process now is left alone") {
  const TemporaryFolder folder;
  start(folder)->stop();
  NatsServerRecord record = record_of(folder);
  record.pid = getpid();
  must(eventstore::replace_file(folder / "nats" / "server.json", eventstore::to_json(record)));
  must(eventstore::replace_file(folder / "nats" / "pid", std::to_string(getpid())));
  CHECK_FALSE(NatsServer::running(folder / "nats").has_value());
  const auto server = start(folder);
  CHECK_FALSE(server->adopted());
  append_one(*server, 0);
}

TEST_CASE("a server that can't start says why, from its log") {
  const TemporaryFolder folder;
  const auto other = start(folder);
  const TemporaryFolder second;
  const std::string url = other->endpoint().url;
  const auto port = static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
  NatsServerOptions options{.folder = second / "nats", .port = port};
  options.start_timeout = kLong;
  const auto refused = NatsServer::start(options);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == StoreError::Kind::Unavailable);
  CHECK(refused.error().what.find("address already in use") != std::string::npos);
}

// Names another binary for as long as it lives.
class OtherBinary {
 public:
  explicit OtherBinary(const std::filesystem::path& path)
      : before_(std::getenv("CASSETTE_NATS_SERVER")) {
    setenv("CASSETTE_NATS_SERVER", path.c_str(), 1);
  }
  ~OtherBinary() { setenv("CASSETTE_NATS_SERVER", before_.c_str(), 1); }

 private:
  std::string before_;
};

TEST_CASE("a nats-server that is too old, or is none, is refused by name") {
  const TemporaryFolder folder;
  const auto script = folder / "old";
  std::ofstream(script) << "#!/bin/sh\necho nats-server: v2.9.10\n";
  chmod(script.c_str(), 0700);
  for (const std::filesystem::path& binary : {script, folder / "absent"}) {
    const OtherBinary other(binary);
    const auto refused = NatsServer::start({.folder = folder / "nats"});
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind == StoreError::Kind::Unsupported);
    CHECK(refused.error().what.find(binary.string()) != std::string::npos);
  }
}

}  // namespace
}  // namespace cassette::test
