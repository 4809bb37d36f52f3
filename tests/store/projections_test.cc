// The projector over real RocksDB: what it serves, and that neither crashes nor rebuilds change it.
#include "tests/store/projections_rig.h"

#include <atomic>
#include <fstream>
#include <functional>
#include <future>

#include "projections/comparison.h"
#include "tests/unit/projections/rich_market.h"

using namespace cassette;
using namespace cassette::testing;
using eventstore::Position;
using projections::Generations;
using projections::Model;
using projections::Projection;
using projections::ReadModels;
using projections::StillModels;

namespace fs = std::filesystem;

namespace {

std::string body(ReadModels& models, Model model, const std::string& key) {
  const auto document = value_of(models.get(model, key));
  return document ? document->body : "";
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// CHECKs that the current generations below both folders are the same, byte for byte.
void check_same(const fs::path& left, const fs::path& right, const TempFolder& scratch) {
  const auto one = value_of(StillModels::open_current(left, scratch / "left"));
  const auto other = value_of(StillModels::open_current(right, scratch / "right"));
  CHECK((one->positions() == other->positions()));
  for (const projections::ModelDigest& digest : value_of(one->digests())) {
    const auto difference = value_of(one->first_difference(digest.name, *other));
    CHECK_MESSAGE(!difference,
                  digest.name << " differs at " << (difference ? difference->key : ""));
  }
  CHECK((value_of(one->digests()) == value_of(other->digests())));
  fs::remove_all(scratch / "left");
  fs::remove_all(scratch / "right");
}

void project_all(const fs::path& folder, const TapeLedgers& ledgers, const TapeMaker& tape) {
  const auto projection = open_projection(folder, ledgers);
  REQUIRE(projection->drain_to(ends_of(tape), kPatience));
}

// Waits, without sleeping, for what another thread is about to do.
void await(const std::function<bool()>& done) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!done() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  CHECK(done());
}

eventstore::StoreError error_of(const fs::path& folder, const TapeLedgers& ledgers) {
  const auto opened = Projection::open({folder, ledgers.all()});
  REQUIRE_FALSE(opened.ok());
  return opened.error();
}

using Kind = eventstore::StoreError::Kind;

}  // namespace

TEST_CASE("an order through every model") {
  TapeMaker tape = small_market();
  tape.run(place_order("o1", {item("v1", "p1", 3)}));
  const TapeLedgers ledgers(tape);
  const TempFolder folder;
  const auto projection = open_projection(folder / "models", ledgers);
  REQUIRE(projection->drain_to(ends_of(tape), kPatience));
  ReadModels& models = projection->models();
  CHECK(holds(body(models, Model::Vendors, "v1"), R"("name":"Vendor v1")"));
  CHECK(holds(body(models, Model::Products, "v1/p1"), R"("SKU":"SKU-p1")"));
  CHECK(holds(body(models, Model::Stock, "v1/p1"), R"("quantityAvailable":7)"));
  CHECK(holds(body(models, Model::Orders, "o1"), R"("status":"Confirmed")"));
  CHECK(holds(body(models, Model::VendorOrders, "v1/o1"), R"("status":"Confirmed")"));
  CHECK(holds(body(models, Model::Tallies, "all/now"), R"("orders":{"Confirmed":1,)"));
  CHECK_EQ(body(models, Model::Orders, "o2"), "");
  const auto order = value_of(models.get(Model::Orders, "o1"));
  CHECK(holds(order->body, "\"version\":" + std::to_string(order->version)));
}

TEST_CASE("many documents come in the order of their keys, absent ones as nothing") {
  const TapeMaker tape = small_market();
  const TapeLedgers ledgers(tape);
  const TempFolder folder;
  const auto projection = open_projection(folder / "models", ledgers);
  REQUIRE(projection->drain_to(ends_of(tape), kPatience));
  const std::vector<std::string> keys{"v2/p2", "v1/none", "v1/p1", "v2/p2"};
  const auto documents = value_of(projection->models().get_many(Model::Stock, keys));
  REQUIRE_EQ(documents.size(), 4);
  CHECK(holds(documents[0]->body, R"("inventoryId":"v2/p2")"));
  CHECK_FALSE(documents[1].has_value());
  CHECK(holds(documents[2]->body, R"("inventoryId":"v1/p1")"));
  CHECK(documents[3].has_value());
}

TEST_CASE("stopped after every commit, the models are those of one fold") {
  for (const std::uint32_t partitions : {1U, 3U}) {
    CAPTURE(partitions);
    const TapeMaker tape = busy_market(partitions);
    const TempFolder folder;
    TapeLedgers whole(tape);
    project_all(folder / "whole", whole, tape);

    TapeLedgers pieces(tape, 0);
    std::size_t longest = 0;
    for (std::uint32_t p = 0; p < partitions; ++p) {
      longest = std::max(longest, tape.bodies(p).size());
    }
    for (std::size_t limit = 1; limit <= longest; ++limit) {
      pieces.copy(limit);
      const auto projection = open_projection(folder / "pieces", pieces);
      std::vector<Position> ends;
      for (std::uint32_t p = 0; p < partitions; ++p) ends.push_back({p, pieces.copied(p)});
      REQUIRE(projection->drain_to(ends, kPatience));
    }
    check_same(folder / "whole", folder / "pieces", folder);
  }
}

TEST_CASE("killed at a batch, the models go on from it") {
  const TapeMaker tape = busy_market(2);
  const TempFolder folder;
  TapeLedgers ledgers(tape, 9);
  {
    const auto projection = open_projection(folder / "models", ledgers);
    REQUIRE(projection->drain_to(std::vector<Position>{{0, 9}, {1, 9}}, kPatience));
    // What a kill would leave: the files as they are, with nothing flushed or closed.
    fs::copy(folder / "models", folder / "killed", fs::copy_options::recursive);
  }
  ledgers.copy();
  project_all(folder / "killed", ledgers, tape);
  project_all(folder / "whole", ledgers, tape);
  check_same(folder / "whole", folder / "killed", folder);
}

TEST_CASE("commits that come while it runs are folded as they come") {
  TapeMaker tape = small_market();
  TapeLedgers ledgers(tape);
  const TempFolder folder;
  const auto projection = open_projection(folder / "models", ledgers);
  for (int i = 0; i < 5; ++i) {
    const std::string id = "o" + std::to_string(i);
    const std::uint64_t tick = projection->models().tick();
    const Position position = tape.run(place_order(id, {item("v1", "p1", 1)}));
    ledgers.copy();
    CHECK_GT(projection->models().wait_beyond(tick, kPatience), tick);
    REQUIRE(projection->models().wait_for(std::vector{position}, kPatience));
    CHECK(holds(body(projection->models(), Model::Orders, id), R"("status":"Confirmed")"));
  }
  CHECK_FALSE(
      projection->models().wait_for(std::vector<Position>{{0, 999}}, std::chrono::milliseconds(1)));
}

TEST_CASE("void messages are skipped, and the commits behind them folded") {
  TapeMaker tape = small_market();
  tape.put_raw(0, "not a commit");
  tape.put_raw(0, tape.bodies(0)[3]);
  tape.run(place_order("o1", {item("v1", "p1", 1)}));
  const TapeLedgers ledgers(tape);
  const TempFolder folder;
  const auto projection = open_projection(folder / "models", ledgers);
  REQUIRE(projection->drain_to(ends_of(tape), kPatience));
  CHECK(holds(body(projection->models(), Model::Orders, "o1"), R"("status":"Confirmed")"));
}

// ---- what stops it

namespace {

// A ledger whose readers leave out one message.
class HoleyLedger : public eventstore::Ledger {
 public:
  HoleyLedger(eventstore::Ledger& ledger, std::uint64_t hole) : ledger_(ledger), hole_(hole) {}

  eventstore::AppendResult append(std::uint64_t, std::string_view,
                                  const std::vector<std::uint32_t>&,
                                  std::chrono::milliseconds) override {
    return {};
  }
  eventstore::Stored<std::uint64_t> last_sequence() override { return ledger_.last_sequence(); }
  eventstore::Stored<std::optional<eventstore::Message>> read(std::uint64_t sequence) override {
    return ledger_.read(sequence);
  }
  eventstore::Stored<std::unique_ptr<eventstore::LedgerReader>> follow(
      std::uint64_t from) override {
    auto reader = ledger_.follow(from);
    if (!reader) return reader;
    return std::unique_ptr<eventstore::LedgerReader>(
        std::make_unique<Reader>(std::move(reader).value(), hole_));
  }

 private:
  class Reader : public eventstore::LedgerReader {
   public:
    Reader(std::unique_ptr<eventstore::LedgerReader> reader, std::uint64_t hole)
        : reader_(std::move(reader)), hole_(hole) {}
    eventstore::Stored<std::vector<eventstore::Message>> next(
        std::chrono::milliseconds timeout) override {
      auto messages = reader_->next(timeout);
      if (messages) {
        std::erase_if(messages.value(),
                      [this](const auto& each) { return each.sequence == hole_; });
      }
      return messages;
    }
    void interrupt() override { reader_->interrupt(); }

   private:
    std::unique_ptr<eventstore::LedgerReader> reader_;
    std::uint64_t hole_;
  };

  eventstore::Ledger& ledger_;
  std::uint64_t hole_;
};

// The reason why the projection stops; empty when it reaches `end` instead.
std::string reason_to_stop(Projection& projection, Position end) {
  CHECK_FALSE(projection.drain_to(std::vector{end}, kPatience));
  return projection.models().failure().value_or("");
}

}  // namespace

TEST_CASE("a hole in the ledger stops it with a reason, and the models are served on") {
  TapeMaker tape = small_market();
  TapeLedgers ledgers(tape);
  HoleyLedger holey(ledgers[0], 6);
  const TempFolder folder;
  const auto projection = value_of(Projection::open({folder / "models", {&holey}}));
  CHECK(holds(reason_to_stop(*projection, ends_of(tape)[0]), "the ledger has a hole"));
  CHECK((projection->models().positions() == std::vector<Position>{{0, 5}}));
  CHECK(holds(body(projection->models(), Model::Products, "v1/p1"), R"("SKU":"SKU-p1")"));
}

TEST_CASE("a commit of a type that isn't known stops it before it is folded") {
  TapeMaker tape = small_market();
  const std::uint64_t known = tape.commits(0).back().position.commit;
  tape.forge(0, {domain::VendorSuspended{{"v1"}, "unpaid"}});
  TapeLedgers ledgers(tape, known);
  std::string newer = tape.bodies(0).back();
  newer.replace(newer.find("VendorSuspended"), 15, "VendorPromoted!");
  REQUIRE(ledgers[0].append(known, newer, {}, std::chrono::seconds(1)).outcome ==
          eventstore::AppendOutcome::Stored);
  const TempFolder folder;
  const auto projection = open_projection(folder / "models", ledgers);
  CHECK(holds(reason_to_stop(*projection, {0, known + 1}), "VendorPromoted!"));
  // What came before it is folded, however much of it was still waiting when it was read.
  CHECK((projection->models().positions() == std::vector<Position>{{0, known}}));
}

TEST_CASE("a ledger restored from an older copy is refused at start") {
  const TapeMaker tape = busy_market(1);
  TapeLedgers ledgers(tape);
  const TempFolder folder;
  project_all(folder / "models", ledgers, tape);
  ledgers[0].truncate(10);
  const auto error = error_of(folder / "models", ledgers);
  CHECK(error.kind == Kind::Mismatch);
  CHECK(holds(error.what, "the ledger ends at 10"));
}

TEST_CASE("another ledger of the same length is refused at start") {
  TapeMaker tape = small_market();
  TapeMaker other = small_market();
  tape.run(count_stock("v1", "p1", 3));
  other.run(count_stock("v1", "p1", 4));
  const TempFolder folder;
  project_all(folder / "models", TapeLedgers(tape), tape);
  CHECK(error_of(folder / "models", TapeLedgers(other)).kind == Kind::Mismatch);
}

TEST_CASE("models of another number of partitions are refused") {
  const TapeMaker tape = small_market(1);
  const TapeMaker other = small_market(2);
  const TempFolder folder;
  project_all(folder / "models", TapeLedgers(tape), tape);
  CHECK(error_of(folder / "models", TapeLedgers(other)).kind == Kind::Mismatch);
}

TEST_CASE("one projection a folder") {
  const TapeMaker tape = small_market();
  const TapeLedgers ledgers(tape);
  const TempFolder folder;
  const auto projection = open_projection(folder / "models", ledgers);
  CHECK(error_of(folder / "models", ledgers).kind == Kind::Unavailable);
}

// ---- generations

TEST_CASE("a rebuild beside the models in use is the same, takes their place, and they go") {
  TapeMaker tape = busy_market(2);
  TapeLedgers ledgers(tape);
  const TempFolder folder;
  project_all(folder / "whole", ledgers, tape);
  {
    const auto projection = open_projection(folder / "models", ledgers);
    REQUIRE(projection->drain_to(ends_of(tape), kPatience));
    const std::uint64_t tick = projection->models().tick();
    const auto rebuilt = projection->rebuild(std::stop_token());
    REQUIRE_MESSAGE(rebuilt.ok(), (rebuilt.ok() ? "" : rebuilt.error().what));
    CHECK_EQ(projection->generation(), 2);
    CHECK_GT(projection->models().tick(), tick);
    CHECK(holds(body(projection->models(), Model::Orders, "confirmed"), R"("confirmed":true)"));
    await([&] { return !fs::exists(folder / "models" / "1"); });
    // It is kept up like the one before.
    const Position position = tape.run(count_stock("v1", "p1", 77));
    ledgers.copy();
    REQUIRE(projection->models().wait_for(std::vector{position}, kPatience));
  }
  project_all(folder / "whole", ledgers, tape);
  check_same(folder / "whole", folder / "models", folder);
}

TEST_CASE("a generation that another process has built is taken up") {
  TapeMaker tape = busy_market(1);
  TapeLedgers ledgers(tape);
  const TempFolder folder;
  const auto projection = open_projection(folder / "models", ledgers);
  REQUIRE(projection->drain_to(ends_of(tape), kPatience));
  Generations generations(folder / "models");
  const std::uint64_t number = value_of(generations.create());
  value_of(projections::fold_up_to(generations.folder(number), ledgers.all(), {{0, 5}},
                                   std::stop_token(), {}));
  value_of(generations.make_current(number));
  await([&] { return projection->generation() == number; });
  CHECK(projection->models().wait_for(ends_of(tape), kPatience));
}

namespace {

// A ledger whose readers give nothing while it is mute, as when its server does not answer.
class MuteLedger : public eventstore::Ledger {
 public:
  explicit MuteLedger(eventstore::Ledger& ledger) : ledger_(ledger) {}

  eventstore::AppendResult append(std::uint64_t expected_last, std::string_view bytes,
                                  const std::vector<std::uint32_t>& addressed,
                                  std::chrono::milliseconds timeout) override {
    return ledger_.append(expected_last, bytes, addressed, timeout);
  }
  eventstore::Stored<std::uint64_t> last_sequence() override { return ledger_.last_sequence(); }
  eventstore::Stored<std::optional<eventstore::Message>> read(std::uint64_t sequence) override {
    return ledger_.read(sequence);
  }
  eventstore::Stored<std::unique_ptr<eventstore::LedgerReader>> follow(
      std::uint64_t from) override {
    auto reader = ledger_.follow(from);
    if (!reader.ok()) return reader;
    ++followers;
    return std::unique_ptr<eventstore::LedgerReader>(
        std::make_unique<Reader>(*this, std::move(reader).value()));
  }

  std::atomic<bool> mute{false};
  std::atomic<int> followers{0};

 private:
  class Reader : public eventstore::LedgerReader {
   public:
    Reader(MuteLedger& ledger, std::unique_ptr<eventstore::LedgerReader> reader)
        : ledger_(ledger), reader_(std::move(reader)) {}
    eventstore::Stored<std::vector<eventstore::Message>> next(
        std::chrono::milliseconds timeout) override {
      if (!ledger_.mute) return reader_->next(timeout);
      std::this_thread::yield();
      return std::vector<eventstore::Message>();
    }
    void interrupt() override { reader_->interrupt(); }

   private:
    MuteLedger& ledger_;
    std::unique_ptr<eventstore::LedgerReader> reader_;
  };

  eventstore::Ledger& ledger_;
};

}  // namespace

// The process could not be ended: it waited for a generation that waited for the ledger's server.
TEST_CASE("stopping does not wait for a generation that comes no further") {
  const TapeMaker tape = busy_market(1);
  const TapeLedgers ledgers(tape);
  MuteLedger ledger(*ledgers.all().front());
  const TempFolder folder;
  const auto projection = value_of(Projection::open({folder / "models", {&ledger}}));
  REQUIRE(projection->drain_to(ends_of(tape), kPatience));
  Generations generations(folder / "models");
  const std::uint64_t number = value_of(generations.create());
  value_of(projections::fold_up_to(generations.folder(number), ledgers.all(), {{0, 5}},
                                   std::stop_token(), {}));
  ledger.mute = true;
  value_of(generations.make_current(number));
  await([&] { return ledger.followers == 2; });
  auto stopped = std::async(std::launch::async, [&] { projection->stop(); });
  CHECK((stopped.wait_for(kPatience) == std::future_status::ready));
  ledger.mute = false;
}

// The models stood still and nobody said so.
TEST_CASE("a rebuild that can't be named leaves the models in use as they are") {
  TapeMaker tape = small_market();
  TapeLedgers ledgers(tape);
  const TempFolder folder;
  const auto projection = open_projection(folder / "models", ledgers);
  REQUIRE(projection->drain_to(ends_of(tape), kPatience));
  REQUIRE(fs::create_directory(folder / "models" / "CURRENT.next"));
  CHECK_FALSE(projection->rebuild(std::stop_token()).ok());
  CHECK_EQ(projection->generation(), 1);
  const Position position = tape.run(count_stock("v1", "p1", 77));
  ledgers.copy();
  CHECK(projection->models().wait_for(std::vector{position}, kPatience));
}

TEST_CASE("a fold up to a position stops there exactly") {
  const TapeMaker tape = busy_market(2);
  const TapeLedgers ledgers(tape);
  const TempFolder folder;
  const std::vector<Position> until{{0, 7}, {1, 4}};
  std::vector<Position> last_told;
  value_of(projections::fold_up_to(folder / "fold", ledgers.all(), until, std::stop_token(),
                                   [&](const auto& positions) { last_told = positions; }));
  CHECK((last_told == until));
  const auto still = value_of(StillModels::open(folder / "fold", folder / "scratch"));
  CHECK((still->positions() == until));
}

TEST_CASE("a held generation is not removed, and the current one never is") {
  const TempFolder folder;
  Generations generations(folder / "models");
  CHECK_FALSE(value_of(generations.current()).has_value());
  const std::uint64_t first = value_of(generations.create());
  const std::uint64_t second = value_of(generations.create());
  value_of(generations.make_current(first));
  CHECK(value_of(generations.remove_unused()).empty());
  value_of(generations.make_current(second));
  auto hold = value_of(generations.hold(first));
  REQUIRE(hold);
  CHECK(value_of(generations.remove_unused()).empty());
  hold.reset();
  CHECK((value_of(generations.remove_unused()) == std::vector{first}));
  CHECK_FALSE(value_of(generations.hold(first)));
  CHECK_EQ(*value_of(generations.current()), second);
  CHECK_GT(value_of(generations.create()), second);
}

TEST_CASE("a CURRENT that names nothing is told, not guessed at") {
  const TapeMaker tape = small_market();
  const TempFolder folder;
  project_all(folder / "models", TapeLedgers(tape), tape);
  std::ofstream(folder / "models" / "CURRENT") << "../elsewhere\n";
  CHECK(error_of(folder / "models", TapeLedgers(tape)).kind == Kind::Corrupt);
}

// ---- readers in other processes

TEST_CASE("a reader follows the projection's writes and its generations") {
  TapeMaker tape = small_market();
  TapeLedgers ledgers(tape);
  const TempFolder folder;
  CHECK_FALSE(projections::open_reader(folder / "models", folder / "scratch").ok());
  const auto projection = open_projection(folder / "models", ledgers);
  REQUIRE(projection->drain_to(ends_of(tape), kPatience));
  const auto reader = value_of(projections::open_reader(folder / "models", folder / "scratch"));
  REQUIRE(reader->wait_for(ends_of(tape), kPatience));

  const Position placed = tape.run(place_order("o1", {item("v1", "p1", 1)}));
  ledgers.copy();
  REQUIRE(reader->wait_for(std::vector{placed}, kPatience));
  CHECK(holds(body(*reader, Model::Orders, "o1"), R"("status":"Confirmed")"));
  projections::ListQuery query;
  query.list = projections::ListQuery::List::Orders;
  CHECK_EQ(value_of(reader->list(query)).items.size(), 1);

  const std::uint64_t tick = reader->tick();
  REQUIRE(projection->rebuild(std::stop_token()).ok());
  const Position counted = tape.run(count_stock("v1", "p1", 50));
  ledgers.copy();
  REQUIRE(reader->wait_for(std::vector{counted}, kPatience));
  CHECK_GT(reader->tick(), tick);
  CHECK(holds(body(*reader, Model::Stock, "v1/p1"), R"("quantityOnHand":50)"));
}
