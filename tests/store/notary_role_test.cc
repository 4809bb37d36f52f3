// The notary's thread in a data folder of its own, and the commands that read what it left there:
// heads, prove and check, with the exit statuses that scripts go by.
#include "api/notary_role.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "api/ledger_access.h"
#include "api/notary_command.h"
#include "tests/support/small_market.h"
#include "tests/support/tape_ledgers.h"

// After ours: both define CHECK, and here doctest's is meant.
#include "tests/support/cassette_process.h"
#include "tests/support/nats_fixture.h"

using namespace cassette;
using namespace cassette::testing;
using api::HeadsSettings;
using api::NotaryRole;
using replay::SignedHead;
using test::must;

namespace {

namespace fs = std::filesystem;

struct Ran {
  int status = -1;
  std::string output;
};

// `run_heads` with its stdout in a file.
Ran run(const HeadsSettings& settings, const fs::path& scratch) {
  static const auto kLog = spdlog::stderr_logger_mt("errors");  // as the program's own
  spdlog::set_default_logger(kLog);
  const std::string file = (scratch / "output").string();
  std::fflush(stdout);
  const int kept = dup(STDOUT_FILENO);
  const int to = open(file.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
  dup2(to, STDOUT_FILENO);
  Ran ran;
  ran.status = api::run_heads(settings);
  std::fflush(stdout);
  dup2(kept, STDOUT_FILENO);
  close(to);
  close(kept);
  ran.output = must(eventstore::read_file(file));
  return ran;
}

// A data folder with its embedded server, and a tape in its ledgers.
struct Rig {
  test::TemporaryFolder folder;
  api::LedgerSettings ledger;
  std::unique_ptr<eventstore::NatsServer> server;
  std::unique_ptr<eventstore::JetStreamConnection> connection;
  std::vector<std::unique_ptr<eventstore::Ledger>> ledgers;
  TapeMaker tape = busy_market(2);

  Rig() {
    ledger.data = folder.path().string();
    server = must(eventstore::NatsServer::start(must(api::embedded_server(ledger))));
    connection = must(eventstore::JetStreamConnection::connect(
        must(api::connection_options(ledger, server->endpoint().url, "test"))));
    for (std::uint32_t p = 0; p < tape.partitions(); ++p) {
      must(connection->create_ledger_stream(p, {}));
      ledgers.push_back(connection->ledger(p));
    }
    copy();
  }
  void copy() {
    for (std::uint32_t p = 0; p < tape.partitions(); ++p) {
      for (std::uint64_t at = must(ledgers[p]->last_sequence()); at < tape.bodies(p).size(); ++at) {
        const auto stored =
            ledgers[p]->append(at, tape.bodies(p)[at], {}, std::chrono::seconds(10));
        REQUIRE_MESSAGE(stored.outcome == eventstore::AppendOutcome::Stored, stored.why);
      }
    }
  }
  std::unique_ptr<NotaryRole> open(const api::NotarySettings& settings) {
    std::vector<eventstore::Ledger*> borrowed;
    for (const auto& each : ledgers) borrowed.push_back(each.get());
    return must(NotaryRole::open(*connection, std::move(borrowed), folder.path(), "ledger-of-tests",
                                 settings));
  }
  HeadsSettings settings(HeadsSettings::Task task) const {
    HeadsSettings made;
    made.task = task;
    made.ledger = ledger;
    return made;
  }
};

TEST_CASE("notary role: heads come when they are due, and one more at the end") {
  Rig rig;
  {
    const auto role = rig.open({.commits = 3, .minutes = 60});
    role->begin();
    // The first is due at once: there was none for longer than an hour.
    REQUIRE(test::await([&] { return role->notary().heads().count() == 1; }));
    for (int i = 0; i < 3; ++i) rig.tape.run(register_vendor("more-" + std::to_string(i)));
    rig.copy();
    REQUIRE(test::await([&] { return role->notary().heads().count() == 2; }));
    rig.tape.run(register_vendor("last"));
    rig.copy();
    role->stop();
    CHECK(role->notary().heads().count() == 3);
  }
  const auto role = rig.open({.commits = 1, .minutes = 1});
  role->begin();
  REQUIRE(test::await([&] { return role->notary().recovered(); }));
  role->stop();
  CHECK(role->notary().heads().count() == 3);
  CHECK(role->notary().trouble().empty());
  for (std::uint32_t p = 0; p < 2; ++p) {
    CHECK(must(role->notary().heads().last())->partitions[p].size == rig.tape.commits(p).size());
  }
}

TEST_CASE("notary role: ended before it began, and destroyed while it runs") {
  Rig rig;
  { const auto never = rig.open({}); }
  { rig.open({})->stop(); }
  const auto role = rig.open({.commits = 1, .minutes = 1});
  role->begin();
}

// A folder in which three heads were signed.
struct Signed : Rig {
  std::vector<SignedHead> heads;
  std::string key;

  Signed() {
    for (int i = 0; i < 3; ++i) {
      tape.run(register_vendor("signed-" + std::to_string(i)));
      copy();
      const auto role = open({.commits = 1, .minutes = 1});
      role->begin();
      const auto count = static_cast<std::uint64_t>(i) + 1;
      REQUIRE(test::await([&] { return role->notary().heads().count() == count; }));
      role->stop();
      key = role->notary().keys().back().text();
    }
    heads =
        must(replay::parse_heads(must(eventstore::read_file(replay::heads_file(folder.path())))));
    REQUIRE(heads.size() == 3);
  }
};

TEST_CASE("heads command: lists what is in the stream, and says when it is not the key's") {
  const Signed rig;
  HeadsSettings list = rig.settings(HeadsSettings::Task::List);
  list.json = true;
  Ran ran = run(list, rig.folder.path());
  CHECK(ran.status == 0);
  CHECK(ran.output == must(eventstore::read_file(replay::heads_file(rig.folder.path()))));
  list.since = 2;
  CHECK(run(list, rig.folder.path()).output == replay::to_line(rig.heads[2]) + "\n");
  list.json = false;
  ran = run(list, rig.folder.path());
  CHECK(ran.output.starts_with("3  20"));
  CHECK(ran.output.find(rig.key) != std::string::npos);
  list.keys = {eventstore::NotaryKey::from_seed({1}).public_key().text()};
  CHECK(run(list, rig.folder.path()).output.empty());
  list.keys = {"no key"};
  CHECK(run(list, rig.folder.path()).status == 2);
}

TEST_CASE("prove and check: with and without the trees, and nothing but the key") {
  const Signed rig;
  const std::string proof_file = (rig.folder / "proof.json").string();
  const auto save = [&](const std::string& text) { std::ofstream(proof_file) << text; };
  HeadsSettings check = rig.settings(HeadsSettings::Task::Check);
  check.ledger.data = (rig.folder / "nowhere").string();
  check.proof_file = proof_file;
  check.keys = {rig.key};
  HeadsSettings prove = rig.settings(HeadsSettings::Task::Prove);
  prove.position = "1:3";
  for (const bool with_trees : {true, false}) {
    if (!with_trees) fs::remove(rig.folder / "notary/1.tree");
    Ran ran = run(prove, rig.folder.path());
    REQUIRE(ran.status == 0);
    save(ran.output);
    CHECK(run(check, rig.folder.path()).output.starts_with("sound: commit 1:3 of ledger"));
    check.head_file = replay::heads_file(rig.folder.path()).string();
    CHECK(run(check, rig.folder.path()).status == 0);
    check.head_file.clear();
    std::string changed = ran.output;
    changed.replace(changed.find("\\\"type\\\":\\\"") + 12, 1, "x");
    save(changed);
    CHECK(run(check, rig.folder.path()).status == 1);
  }
  prove.position.clear();
  prove.since = 1;
  save(run(prove, rig.folder.path()).output);
  check.json = true;
  const Ran going_on = run(check, rig.folder.path());
  CHECK(going_on.status == 0);
  CHECK(going_on.output.starts_with(R"({"verdict":"sound","what":"head 3 of )"));
  check.keys = {eventstore::NotaryKey::from_seed({1}).public_key().text()};
  CHECK(run(check, rig.folder.path()).status == 1);
  save("{}");
  CHECK(run(check, rig.folder.path()).status == 2);
}

TEST_CASE("prove: what there is no proof of ends with 1, and a missing ledger with 2") {
  const Signed rig;
  HeadsSettings prove = rig.settings(HeadsSettings::Task::Prove);
  for (const char* position : {"0:99999", "9:1", "0:0"}) {
    prove.position = position;
    CHECK(run(prove, rig.folder.path()).status == 1);
  }
  prove.position = "0:1";
  prove.head_number = 9;
  CHECK(run(prove, rig.folder.path()).status == 1);
  prove.ledger.data = (rig.folder / "nowhere").string();
  CHECK(run(prove, rig.folder.path()).status == 2);
}

}  // namespace
