// Replay on real parts: verify and tail over JetStream, read models compared and rebuilt on
// RocksDB.
#include <rocksdb/db.h>

#include <algorithm>

#include "projections/projection.h"
#include "replay/model_check.h"
#include "replay/rebuild.h"
#include "replay/report.h"
#include "replay/tail.h"
#include "replay/verify.h"
#include "tests/support/nats_fixture.h"
#include "tests/support/small_market.h"

// After ours: both define CHECK, and here doctest's is meant.
#include "tests/store/projections_rig.h"

using namespace cassette;
using namespace cassette::testing;
using replay::Verdict;

namespace {

// A tape on a real server.
class StreamLedgers {
 public:
  StreamLedgers(const test::NatsFixture& nats, const TapeMaker& tape)
      : connection_(nats.connect()) {
    for (std::uint32_t p = 0; p < tape.partitions(); ++p) {
      test::must(connection_->create_ledger_stream(p, {}));
      ledgers_.push_back(connection_->ledger(p));
      borrowed_.push_back(ledgers_.back().get());
      for (std::size_t i = 0; i < tape.bodies(p).size(); ++i) {
        const auto stored =
            ledgers_.back()->append(i, tape.bodies(p)[i], {}, std::chrono::seconds(10));
        REQUIRE_MESSAGE(stored.outcome == eventstore::AppendOutcome::Stored, stored.why);
      }
    }
  }

  const std::vector<eventstore::Ledger*>& all() const { return borrowed_; }

 private:
  std::unique_ptr<eventstore::JetStreamConnection> connection_;
  std::vector<std::unique_ptr<eventstore::Ledger>> ledgers_;
  std::vector<eventstore::Ledger*> borrowed_;
};

// Writes another value into the column family of a closed database, at its first key.
void change_first(const std::filesystem::path& path, const std::string& family) {
  std::vector<std::string> names;
  REQUIRE(rocksdb::DB::ListColumnFamilies({}, path.string(), &names).ok());
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const std::string& name : names) families.emplace_back(name, rocksdb::Options());
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  REQUIRE(rocksdb::DB::Open({}, path.string(), families, &handles, &opened).ok());
  const std::unique_ptr<rocksdb::DB> database(opened);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == family) {
      const std::unique_ptr<rocksdb::Iterator> first(database->NewIterator({}, handles[i]));
      first->SeekToFirst();
      REQUIRE(first->Valid());
      REQUIRE(database->Put({}, handles[i], first->key(), "changed by hand").ok());
    }
    database->DestroyColumnFamilyHandle(handles[i]);
  }
}

replay::ModelReport compare(const TempFolder& folder, const TapeLedgers& ledgers) {
  auto report =
      replay::verify_read_models(folder / "models", ledgers.all(), folder / "scratch", {});
  CHECK_FALSE(std::filesystem::exists(folder / "scratch"));
  INFO(replay::to_text(report));
  CHECK(replay::to_json(report).starts_with("{\"verdict\":"));
  return report;
}

}  // namespace

TEST_CASE("replay: verify and tail over JetStream streams with a void message") {
  TapeMaker tape = busy_market(2);
  tape.put_raw(0, "put here by hand");
  tape.run(register_vendor("v3"));
  tape.run(register_vendor("v4"));
  const test::NatsFixture nats;
  const StreamLedgers ledgers(nats, tape);
  const replay::VerifyReport report = replay::verify(ledgers.all(), {});
  INFO(replay::to_text(report));
  CHECK(report.verdict == Verdict::Sound);
  CHECK(report.void_messages == 1);
  CHECK(report.commits == tape.commits(0).size() + tape.commits(1).size());
  std::uint64_t lines = 0;
  const auto count = [&lines](std::string_view) { return ++lines > 0; };
  replay::TailOptions options;
  options.follow = false;
  REQUIRE(replay::tail(ledgers.all(), options, count, {}).ok());
  CHECK(lines == report.events + 1);
}

TEST_CASE("replay: verify finds an oversell in a JetStream stream") {
  TapeMaker tape = small_market();
  domain::StockReserved reserved{{"o1"}, {"v1"}, {"c1"}, {}, {}, {}, true};
  reserved.lines = {{{1}, {"p1"}, 11, "Product p1", "SKU-p1", {1000, {"USD"}}}};
  tape.forge(0, {domain::Event(reserved)});
  const test::NatsFixture nats;
  const StreamLedgers ledgers(nats, tape);
  const replay::VerifyReport report = replay::verify(ledgers.all(), {});
  CHECK(report.verdict == Verdict::Unsound);
  REQUIRE_FALSE(report.findings.empty());
  CHECK(report.findings[0].kind == replay::FindingKind::IllegalEvent);
  CHECK(report.findings[0].position == tape.commits().back().position);
}

TEST_CASE("replay: read models in use equal a rebuild, while they are folded on") {
  TapeMaker tape = busy_market(2);
  TapeLedgers ledgers(tape);
  const TempFolder folder;
  const auto projection = open_projection(folder / "models", ledgers);
  REQUIRE(projection->drain_to(ends_of(tape), kPatience));
  tape.run(register_vendor("v3"));
  ledgers.copy();
  const replay::ModelReport report = compare(folder, ledgers);
  CHECK(report.error == "");
  CHECK(report.verdict == Verdict::Sound);
  const auto orders = std::ranges::find(report.models, "orders", &replay::ModelResult::name);
  REQUIRE(orders != report.models.end());
  CHECK(orders->entries >= 6);
  CHECK(orders->digest == orders->rebuilt);
}

TEST_CASE("replay: a document that was changed is named with both values") {
  const TapeMaker tape = busy_market(1);
  const TapeLedgers ledgers(tape);
  const TempFolder folder;
  {
    const auto projection = open_projection(folder / "models", ledgers);
    REQUIRE(projection->drain_to(ends_of(tape), kPatience));
  }
  change_first(folder / "models/1", "orders");
  const replay::ModelReport report = compare(folder, ledgers);
  CHECK(report.verdict == Verdict::Unsound);
  CHECK(report.first_difference.starts_with("orders both-0\n  in use:  changed by hand\n"));
  CHECK(report.first_difference.find(R"("orderId":"both-0")") != std::string::npos);
}

TEST_CASE("replay: models that have folded more than the ledger holds are unsound") {
  const TapeMaker tape = busy_market(1);
  const TempFolder folder;
  {
    const TapeLedgers ledgers(tape);
    const auto projection = open_projection(folder / "models", ledgers);
    REQUIRE(projection->drain_to(ends_of(tape), kPatience));
  }
  TapeLedgers older(tape);
  older[0].truncate(5);
  const replay::ModelReport report = compare(folder, older);
  CHECK(report.verdict == Verdict::Unsound);
  CHECK(report.first_difference.find("the ledger ends with 0:5") != std::string::npos);
}

TEST_CASE("replay: without models there is nothing to compare") {
  const TapeMaker tape = small_market();
  const TapeLedgers ledgers(tape);
  const TempFolder folder;
  CHECK(compare(folder, ledgers).verdict == Verdict::CouldNotRun);
}

TEST_CASE("replay: rebuild makes the next generation the current one, equal to the one before") {
  const TapeMaker tape = busy_market(2);
  const TapeLedgers ledgers(tape);
  const TempFolder folder;
  {
    const auto projection = open_projection(folder / "models", ledgers);
    REQUIRE(projection->drain_to(ends_of(tape), kPatience));
  }
  std::uint64_t shown = 0;
  replay::ProgressMeter meter(
      [] { return std::chrono::steady_clock::time_point(); },
      [&shown](const replay::Progress& progress) { shown = progress.done; });
  const auto rebuilt =
      value_of(replay::rebuild(folder / "models", ledgers.all(), {.progress = &meter, .stop = {}}));
  CHECK(rebuilt.generation == 2);
  CHECK(rebuilt.positions == ends_of(tape));
  CHECK(shown == tape.commits(0).size() + tape.commits(1).size());
  CHECK(projections::Generations(folder / "models").current().value() == 2U);
  CHECK_FALSE(std::filesystem::exists(folder / "models/1"));
  CHECK(compare(folder, ledgers).verdict == Verdict::Sound);
}

TEST_CASE("replay: a projection that serves takes up what another process rebuilt") {
  TapeMaker tape = busy_market(1);
  TapeLedgers ledgers(tape);
  const TempFolder folder;
  const auto projection = open_projection(folder / "models", ledgers);
  REQUIRE(projection->drain_to(ends_of(tape), kPatience));
  const std::uint64_t before = projection->models().tick();
  REQUIRE(replay::rebuild(folder / "models", ledgers.all(), {}).ok());
  CHECK(projection->models().wait_beyond(before, kPatience) > before);
  tape.run(register_vendor("v3"));
  ledgers.copy();
  REQUIRE(projection->drain_to(ends_of(tape), kPatience));
  CHECK(value_of(projection->models().get(projections::Model::Vendors, "v3")).has_value());
}
