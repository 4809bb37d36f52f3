// The marketplace: finding, loading and unloading aggregates, and naming those that change.
#include "domain/marketplace.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/support/bicycle_parts.h"
#include "tests/support/given.h"
#include "tests/support/partition_runner.h"

using namespace cassette;
using namespace cassette::domain;
using namespace cassette::tests;

namespace {

bool names(const std::vector<EntityKey>& keys, const EntityKey& key) {
  return std::ranges::find(keys, key) != keys.end();
}

const EntityKey kChainStock{EntityKind::Stock, "acme", "chain"};

}  // namespace

TEST_CASE("what never was is not there") {
  const Marketplace state;
  CHECK(state.vendor(kAcme) == nullptr);
  CHECK(!state.product(kAcme, kChain));
  CHECK(!state.stock(kAcme, kChain));
  CHECK(state.sub_order(kAcme, kOrder) == nullptr);
  CHECK(state.order(kOrder) == nullptr);
  CHECK(state.customer(kCustomer) == nullptr);
  CHECK(state.sku_holder(kAcme, "x").empty());
}

TEST_CASE("a state that is loaded decides as the one that was folded") {
  const Marketplace folded = given(shop(kAcme, kChain, 5)).state();
  Marketplace loaded;
  loaded.load(kAcme, *folded.vendor(kAcme));
  loaded.load(kAcme, kChain, *folded.product(kAcme, kChain));
  loaded.load(kAcme, kChain, *folded.stock(kAcme, kChain));
  CHECK(loaded.sku_holder(kAcme, "SKU-chain") == kChain);
  const Decision decision = loaded.decide(place(kOrder, {item(kAcme, kChain, 6)}), {});
  REQUIRE(!decision.ok());
  CHECK(std::holds_alternative<InsufficientStock>(decision.error()));
}

TEST_CASE("a loaded order keeps its deadline, and an unloaded one is gone") {
  PartitionRunner runner;
  for (const Command& command : open_shop(kAcme, kChain, 5)) (void)runner.run_all(command);
  REQUIRE(runner.run_all(place_manual(kOrder, {item(kAcme, kChain, 1)})).ok());
  Marketplace other;
  other.load(kOrder, *runner.order(kOrder));
  REQUIRE(other.next_deadline());
  CHECK(other.next_deadline()->order_id == kOrder);
  CHECK(runner.pass(kDefaultReservationSeconds) == 1);
  CHECK(!runner.partition(0).next_deadline());
  other.load(kOrder, *runner.order(kOrder));
  CHECK(!other.next_deadline());
  other.unload(kOrder);
  CHECK(other.order(kOrder) == nullptr);
}

TEST_CASE("vendors elsewhere are not asked before the order is placed") {
  const Marketplace state([](std::string_view id) { return id == "o1"; });
  const Decision decision = state.decide(place(kOrder, {item(kAcme, kChain, 6)}), {});
  REQUIRE(decision.ok());
  CHECK(decision.value().size() == 1);
}

TEST_CASE("a command names what its decision reads") {
  const auto keys = entities_of(Command{place(kOrder, {item(kAcme, kChain, 1)})});
  CHECK(names(keys, {EntityKind::Order, "", "o1"}));
  CHECK(names(keys, {EntityKind::Customer, "", "c1"}));
  CHECK(names(keys, kChainStock));
  const auto part = entities_of(Command{advance(kAcme, kOrder, OrderStatus::Packed)});
  CHECK(part == std::vector<EntityKey>{{EntityKind::SubOrder, "acme", "o1"}});
}

TEST_CASE("an event's stock items are known to the state, not to the event") {
  PartitionRunner runner;
  for (const Command& command : open_shop(kAcme, kChain, 5)) (void)runner.run_all(command);
  REQUIRE(runner.run_all(place(kOrder, {item(kAcme, kChain, 1)})).ok());
  const Event shipped = ShipmentDispatched{kOrder, kAcme, {"s1"}, {{{1}, 1}}, "", "", {}};
  CHECK(!names(entities_of(shipped), kChainStock));
  CHECK(names(runner.partition(0).touched_by(shipped), kChainStock));
  CHECK(!names(runner.partition(0).touched_by(SubOrderPacked{kOrder, kAcme}), kChainStock));
}

TEST_CASE("every command knows its home") {
  CHECK(home_of(place(kOrder, {item(kAcme, kChain, 1)})) == "o1");
  CHECK(home_of(count(kAcme, kChain, 1)) == "acme");
  CHECK(home_of(EraseCustomer{kCustomer, std::nullopt}) == "c1");
  CHECK(home_of(ConfirmSubOrder{kOrder, kAcme}) == "acme");
  CHECK(home_of(confirm(kOrder)) == "o1");
}
