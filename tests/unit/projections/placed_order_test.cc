// Placed orders: the document that is folded from the placing commit alone is the one that the
// models hold at that position, byte for byte.
#include <doctest/doctest.h>

#include "eventstore/json_write.h"
#include "tests/support/small_market.h"
#include "tests/unit/projections/memory_documents.h"

using namespace cassette;
using namespace cassette::testing;
using eventstore::StoredCommit;
using projections::fold_placed;

namespace {

// Where an order is placed in the commit.
std::uint32_t place_of(const StoredCommit& commit, const std::string& order) {
  for (std::uint32_t i = 0; i < commit.commit.events.size(); ++i) {
    const auto* placed = std::get_if<domain::OrderPlaced>(&commit.commit.events[i].event);
    if (placed != nullptr && placed->order_id.value == order) return i;
  }
  FAIL("the commit does not place " << order);
  return 0;
}

// The order as the models hold it after all of `commits`.
std::string as_modelled(const std::vector<StoredCommit>& commits, const std::string& order) {
  MemoryDocuments documents;
  for (const StoredCommit& commit : commits) documents.fold(commit);
  return eventstore::to_json(documents.orders.get(order));
}

std::string as_answered(const StoredCommit& commit, const std::string& order) {
  const auto document = fold_placed(commit, place_of(commit, order), {order});
  REQUIRE(document.has_value());
  return eventstore::to_json(*document);
}

// What the last commits say, in one: as an engine under load writes them.
std::vector<StoredCommit> with_last_joined(std::vector<StoredCommit> commits, std::size_t count) {
  const auto first = commits.end() - static_cast<std::ptrdiff_t>(count);
  for (auto each = first + 1; each != commits.end(); ++each) {
    auto& events = each->commit.events;
    first->commit.events.insert(first->commit.events.end(), events.begin(), events.end());
  }
  commits.erase(first + 1, commits.end());
  return commits;
}

void check_after(const domain::PlaceOrder& command) {
  TapeMaker tape = small_market();
  tape.run(command);
  CHECK(as_answered(tape.commits().back(), command.order_id.value) ==
        as_modelled(tape.commits(), command.order_id.value));
}

}  // namespace

TEST_CASE("a placed order is answered as the models hold it") {
  check_after(place_order("plain", {item("v1", "p1", 2)}));
  check_after(place_order("two-vendors", {item("v2", "p2", 1), item("v1", "p1", 2)}));
  check_after(place_manual_order("manual", {item("v1", "p1", 2), item("v2", "p2", 1)}));
  domain::PlaceOrder charged = place_order("charged", {item("v1", "p1", 1)});
  charged.charges = {{{"v1"}, domain::ChargeType::Shipping, 500}};
  check_after(charged);
  domain::PlaceOrder short_of_one =
      place_order("short", {item("v1", "p1", 1), item("v2", "p2", 1'000'000)});
  short_of_one.on_shortage = domain::OnShortage::CancelShortVendors;
  check_after(short_of_one);
}

TEST_CASE("an order that its own commit changes again is answered as the whole commit leaves it") {
  TapeMaker tape = small_market();
  tape.run(place_order("o1", {item("v1", "p1", 2)}));
  tape.run(place_order("o2", {item("v1", "p1", 1)}));
  tape.run(cancel_order("o1"));
  tape.run(place_order("o3", {item("v2", "p2", 1)}));
  const auto commits = with_last_joined(tape.commits(), 4);
  for (const char* order : {"o1", "o2", "o3"}) {
    CHECK(as_answered(commits.back(), order) == as_modelled(commits, order));
  }
  const StoredCommit& placing = *(tape.commits().end() - 4);
  CHECK(as_answered(commits.back(), "o1") != as_answered(placing, "o1"));
}

TEST_CASE("a commit that does not place the order has no answer") {
  TapeMaker tape = small_market();
  tape.run(place_order("o1", {item("v1", "p1", 2)}));
  const StoredCommit placing = tape.commits().back();
  tape.run(cancel_order("o1"));
  const StoredCommit cancelling = tape.commits().back();
  const auto events = static_cast<std::uint32_t>(placing.commit.events.size());
  CHECK(fold_placed(placing, 0, {"o1"}).has_value());
  CHECK_FALSE(fold_placed(placing, 0, {"o2"}).has_value());
  CHECK_FALSE(fold_placed(placing, 1, {"o1"}).has_value());
  CHECK_FALSE(fold_placed(placing, events, {"o1"}).has_value());
  CHECK_FALSE(fold_placed(cancelling, 0, {"o1"}).has_value());
}
