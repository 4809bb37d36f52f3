// The history over real RocksDB: at every commit each document is what the read models held then,
// byte for byte, whoever folds it and however often that is cut short.
#include "projections/history.h"

#include <set>

#include "replay/as_of.h"
#include "tests/unit/projections/rich_market.h"

// After ours: both define CHECK, and here doctest's is meant.
#include "tests/store/projections_rig.h"

using namespace cassette;
using namespace cassette::testing;
using eventstore::Position;
using projections::Document;
using projections::History;
using projections::Model;
using replay::Entity;

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kAll = static_cast<std::uint64_t>(-1);

std::unique_ptr<History> open_history(const fs::path& folder, const TapeLedgers& ledgers) {
  return value_of(projections::open_history(folder, ledgers.all()));
}

// Folded up to what `ledgers` hold.
std::unique_ptr<History> folded(const fs::path& folder, const TapeLedgers& ledgers) {
  auto history = open_history(folder, ledgers);
  std::vector<Position> ends;
  for (std::uint32_t p = 0; p < ledgers.all().size(); ++p) ends.push_back({p, ledgers.copied(p)});
  REQUIRE(history->wait_for(ends, kPatience));
  return history;
}

// Every document that the tape's events name, with its partition.
std::vector<Entity> entities_of(const TapeMaker& tape) {
  std::set<std::pair<std::string, std::string>> named;
  for (std::uint32_t p = 0; p < tape.partitions(); ++p) {
    for (const auto& commit : tape.commits(p)) {
      for (const auto& recorded : commit.commit.events) {
        std::visit(
            [&](const auto& event) {
              if constexpr (requires { event.order_id; }) {
                named.emplace("order", event.order_id.value);
                if constexpr (requires { event.vendor_id; }) {
                  named.emplace("sub-order", event.vendor_id.value + "/" + event.order_id.value);
                }
              } else if constexpr (requires { event.product_id; }) {
                const std::string key = event.vendor_id.value + "/" + event.product_id.value;
                named.emplace("product", key);
                named.emplace("stock", key);
              } else if constexpr (requires { event.vendor_id; }) {
                named.emplace("vendor", event.vendor_id.value);
              } else if constexpr (requires { event.customer_id; }) {
                named.emplace("customer", event.customer_id.value);
              }
            },
            recorded.event);
      }
    }
  }
  std::vector<Entity> entities;
  for (const auto& [kind, id] : named) {
    const auto entity = replay::entity_of(kind, id, tape.partitions());
    REQUIRE(entity.has_value());
    entities.push_back(*entity);
  }
  return entities;
}

std::size_t longest(const TapeMaker& tape) {
  std::size_t longest = 0;
  for (std::uint32_t p = 0; p < tape.partitions(); ++p) {
    longest = std::max(longest, tape.bodies(p).size());
  }
  return longest;
}

void check_same(const Entity& entity, const std::optional<Document>& then,
                const std::optional<Document>& model) {
  INFO(entity.kind << " " << entity.key);
  REQUIRE(then.has_value() == model.has_value());
  if (!then) return;
  CHECK(then->body == model->body);
  CHECK(then->version == model->version);
}

// Holds `history` against read models that are folded up to every commit in turn.
void check_every_commit(History& history, const TapeMaker& tape, const TempFolder& folder) {
  const std::vector<Entity> entities = entities_of(tape);
  REQUIRE(entities.size() > 5);
  TapeLedgers pieces(tape, 0);
  const auto projection = open_projection(folder / "pieces", pieces);
  for (std::size_t limit = 1; limit <= longest(tape); ++limit) {
    pieces.copy(limit);
    std::vector<Position> ends;
    for (std::uint32_t p = 0; p < tape.partitions(); ++p) ends.push_back({p, pieces.copied(p)});
    REQUIRE(projection->drain_to(ends, kPatience));
    for (const Entity& each : entities) {
      CAPTURE(limit);
      const std::uint64_t commit = pieces.copied(each.partition);
      check_same(each, value_of(history.get(each.model, each.key, commit)),
                 value_of(projection->models().get(each.model, each.key)));
    }
  }
}

}  // namespace

TEST_CASE("at every commit a document is what the read models held then") {
  for (const std::uint32_t partitions : {1U, 3U}) {
    CAPTURE(partitions);
    const TapeMaker tape = rich_market(partitions);
    const TapeLedgers ledgers(tape);
    const TempFolder folder;
    const auto history = folded(folder / "history", ledgers);
    check_every_commit(*history, tape, folder);
  }
}

TEST_CASE("cut short after every commit, a history is that of one fold") {
  const TapeMaker tape = busy_market(2);
  const TempFolder folder;
  TapeLedgers pieces(tape, 0);
  for (std::size_t limit = 1; limit <= longest(tape); ++limit) {
    pieces.copy(limit);
    const auto history = folded(folder / "history", pieces);
  }
  const auto history = open_history(folder / "history", pieces);
  check_every_commit(*history, tape, folder);
}

TEST_CASE("before its first event a document is not there, and after its last one as it stayed") {
  TapeMaker tape = small_market();
  const Position placed = tape.run(place_order("o1", {item("v1", "p1", 3)}));
  tape.run(register_vendor("later"));
  const TapeLedgers ledgers(tape);
  const TempFolder folder;
  const auto history = folded(folder / "history", ledgers);
  const auto at = [&](std::uint64_t commit) {
    return value_of(history->get(Model::Orders, "o1", commit));
  };
  CHECK_FALSE(at(placed.commit - 1).has_value());
  REQUIRE(at(placed.commit).has_value());
  CHECK(at(kAll)->body == at(placed.commit)->body);
  CHECK_FALSE(value_of(history->get(Model::Orders, "o", kAll)).has_value());
  CHECK_FALSE(value_of(history->get(Model::Orders, "o1-", kAll)).has_value());
}

TEST_CASE("a time means the last commit that is not after it") {
  TapeMaker tape = small_market();
  tape.wait(5'000'000);
  tape.run(count_stock("v1", "p1", 7));
  const TapeLedgers ledgers(tape);
  const TempFolder folder;
  const auto history = folded(folder / "history", ledgers);
  for (const auto& each : tape.commits()) {
    for (const std::int64_t off : {-1, 0, 1}) {
      const domain::Timestamp at{each.commit.at.micros + off};
      CHECK(value_of(history->last_commit_at(0, at)) ==
            value_of(replay::last_commit_at(0, *ledgers.all().front(), at)));
    }
  }
  CHECK(value_of(history->last_commit_at(1, {INT64_MAX})) == 0);
}

TEST_CASE("another process reads what is folded, as it comes") {
  TapeMaker tape = small_market();
  TapeLedgers ledgers(tape);
  const TempFolder folder;
  CHECK_FALSE(projections::open_history_reader(folder / "history", folder / "scratch").ok());
  const auto history = folded(folder / "history", ledgers);
  const auto reader =
      value_of(projections::open_history_reader(folder / "history", folder / "scratch"));
  const std::vector<Position> before = ends_of(tape);
  REQUIRE(reader->wait_for(before, kPatience));
  tape.run(count_stock("v1", "p1", 3));
  ledgers.copy();
  const std::vector<Position> after = ends_of(tape);
  REQUIRE(reader->wait_for(after, kPatience));
  for (const Position& each : {before[0], after[0]}) {
    CHECK(value_of(reader->get(Model::Stock, "v1/p1", each.commit))->body ==
          value_of(history->get(Model::Stock, "v1/p1", each.commit))->body);
  }
  CHECK(value_of(reader->points())[0].commit == after[0].commit);
}

TEST_CASE("a history of another ledger is refused, and one that is open elsewhere too") {
  const TempFolder folder;
  const TapeMaker tape = small_market();
  const TapeLedgers ledgers(tape);
  {
    const auto history = folded(folder / "history", ledgers);
    const auto again = projections::open_history(folder / "history", ledgers.all());
    REQUIRE_FALSE(again.ok());
    CHECK(again.error().kind == eventstore::StoreError::Kind::Unavailable);
  }
  const TapeLedgers shorter(tape, 3);
  const auto opened = projections::open_history(folder / "history", shorter.all());
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().kind == eventstore::StoreError::Kind::Mismatch);
  const TapeMaker wide = small_market(2);
  const TapeLedgers more(wide);
  CHECK(projections::open_history(folder / "history", more.all()).error().kind ==
        eventstore::StoreError::Kind::Mismatch);
}

TEST_CASE("between two moments, the events that changed a document and no others") {
  TapeMaker tape = small_market();
  const Position counted = tape.run(count_stock("v1", "p1", 9));
  tape.run(place_order("o1", {item("v1", "p1", 3)}));
  tape.run(place_order("o2", {item("v2", "p2", 1)}));
  const Position shipped = tape.run(ship("o1", "s1", 2));
  tape.run(update("o1", "s1", domain::ShipmentStatus::Delivered));
  const TapeLedgers ledgers(tape);
  const TempFolder folder;
  const auto history = folded(folder / "history", ledgers);
  const auto types = [&](const char* kind, const char* id, std::uint64_t from, std::uint64_t to) {
    std::string found;
    const auto entity = replay::entity_of(kind, id, 1);
    REQUIRE(entity.has_value());
    for (const replay::ChangingEvent& each :
         value_of(replay::events_between(*history, *ledgers.all().front(), *entity, from, to))) {
      found.append(found.empty() ? "" : " ").append(each.type);
      CHECK(each.ref.position.commit > from);
      CHECK(each.ref.position.commit <= to);
    }
    return found;
  };
  const std::uint64_t head = tape.commits().back().position.commit;
  // The reservation promises three and the shipment takes two off the shelf; packing, delivery and
  // what the order records change nothing of the stock.
  CHECK(types("stock", "v1/p1", counted.commit, head) == "StockReserved ShipmentDispatched");
  CHECK(types("stock", "v1/p1", counted.commit - 1, counted.commit) == "StockCounted");
  CHECK(types("stock", "v1/p1", shipped.commit, head).empty());
  CHECK(types("order", "o1", shipped.commit - 1, shipped.commit) ==
        "SubOrderRecorded SubOrderRecorded");
  CHECK(types("sub-order", "v1/o1", shipped.commit - 1, shipped.commit) ==
        "SubOrderPacked ShipmentDispatched");
  CHECK(types("vendor", "v1", 0, head) == "VendorRegistered");
}
