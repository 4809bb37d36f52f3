// Invariants: each check finds the contradiction that it is there for.
#include <doctest/doctest.h>

#include "domain/invariants.h"
#include "tests/support/bicycle_parts.h"

using namespace cassette;
using namespace cassette::domain;
using namespace cassette::tests;

namespace {

StockReserved reserved(Quantity quantity) {
  return {kOrder, kAcme, kCustomer, {{{1}, kChain, quantity, "chain", "sku", usd(1000)}},
          {},     {},    true};
}

// Folds into both, and gives what the running check finds at the last event.
Violations after(Marketplace& state, const Events& events) {
  RunningCheck check;
  Violations found;
  for (const Event& event : events) {
    state.evolve(event);
    found = check.violations_of(state, event);
  }
  return found;
}

Events shop_with_promise() {
  Events events = shop(kAcme, kChain, 5);
  events.push_back(reserved(3));
  return events;
}

bool mentions(const Violations& found, const std::string& what) {
  for (const std::string& each : found) {
    if (each.find(what) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("a sound state has nothing wrong with it") {
  Marketplace state;
  CHECK(after(state, shop_with_promise()).empty());
  CHECK(violations(state).empty());
}

TEST_CASE("a promise without a sub-order is found, and one without a reservation") {
  Marketplace state;
  (void)after(state, shop_with_promise());
  StockItem forgotten = *state.stock(kAcme, kChain);
  forgotten.reserved = 2;
  state.load(kAcme, kChain, forgotten);
  CHECK(mentions(violations(state), "stock acme/chain: reserved is 2, should be 3"));
}

TEST_CASE("an oversold item is found") {
  Violations found;
  StockItem item;
  item.version = 1;
  item.on_hand = 2;
  item.reserved = 3;
  check_stock(kAcme, kChain, item, {3, 0}, found);
  CHECK(mentions(found, "oversold"));
}

TEST_CASE("warehouses that don't add up are found") {
  Violations found;
  StockItem item;
  item.version = 1;
  item.on_hand = 5;
  item.locations = {{{"west"}, 4}};
  check_stock(kAcme, kChain, item, {}, found);
  CHECK(mentions(found, "what the warehouses hold is 4, should be 5"));
}

TEST_CASE("a line that ships more than its shipments hold is found") {
  Marketplace state;
  (void)after(state, shop_with_promise());
  SubOrder wrong = *state.sub_order(kAcme, kOrder);
  wrong.lines[0].shipped = 1;
  state.load(kAcme, kOrder, wrong);
  CHECK(mentions(violations(state), "sub-order acme/o1: shipped is 1, should be 0"));
}

TEST_CASE("the running check keeps books of its own: a state changed behind it is found") {
  Marketplace state;
  RunningCheck check;
  for (const Event& event : shop_with_promise()) {
    state.evolve(event);
    REQUIRE(check.violations_of(state, event).empty());
  }
  StockItem stolen = *state.stock(kAcme, kChain);
  stolen.on_hand = 4;
  state.load(kAcme, kChain, stolen);
  const Event confirmed = SubOrderConfirmed{kOrder, kAcme};
  state.evolve(confirmed);
  CHECK(check.violations_of(state, confirmed).empty());  // does not touch a settled item
  const Event cancelled = LinesCancelled{kOrder, kAcme, {{{1}, 1}}, "x", false};
  state.evolve(cancelled);
  CHECK(mentions(check.violations_of(state, cancelled), "on hand is 4, should be 5"));
}

TEST_CASE("a total that is not the sum of its parts is found") {
  Marketplace state;
  OrderPlaced placed{kOrder, kCustomer, {}, {}, {}, {}, {}, std::nullopt};
  placed.lines = {{{1}, kAcme, kChain, 3, std::nullopt, std::nullopt}};
  Events events = shop_with_promise();
  events.push_back(placed);
  events.push_back(SubOrderRecorded{kOrder, kAcme, reserved(3)});
  events.push_back(OrderSettled{kOrder, usd(2999), {}});
  CHECK(mentions(after(state, events), "the total is 2999, should be 3000"));
}

TEST_CASE("a payable amount that forgets what was cancelled or lost is found") {
  Marketplace state;
  RunningCheck check;
  for (const Event& event : shop_with_promise()) {
    state.evolve(event);
    REQUIRE(check.violations_of(state, event).empty());
  }
  const Event cancelled = LinesCancelled{kOrder, kAcme, {{{1}, 1}}, "x", false};
  state.evolve(cancelled);
  REQUIRE(check.violations_of(state, cancelled).empty());
  SubOrder dearer = *state.sub_order(kAcme, kOrder);
  dearer.lines.front().unit_price += 1;
  state.load(kAcme, kOrder, dearer);
  const Event noted = SubOrderNoted{kOrder, kAcme, "well"};
  state.evolve(noted);
  CHECK(mentions(check.violations_of(state, noted),
                 "2002 of 3003 is to be paid, should be 2000 of 3000"));
}

namespace {

// What the check finds at the last of the events, all folded into one state.
struct Followed {
  Marketplace state;
  RunningCheck check;

  Violations operator()(const Events& events) {
    Violations found;
    for (const Event& event : events) {
      state.evolve(event);
      found = check.violations_of(state, event);
    }
    return found;
  }
};

Events packed_and_sent() {
  Events events = shop_with_promise();
  events.push_back(SubOrderConfirmed{kOrder, kAcme});
  events.push_back(SubOrderPacked{kOrder, kAcme});
  events.push_back(ShipmentDispatched{kOrder, kAcme, {"s1"}, {{{1}, 3}}, "", "", {}});
  return events;
}

}  // namespace

TEST_CASE("units counted in are on hand, or shipped and not back: what vanishes between is found") {
  Followed follow;
  REQUIRE(follow(packed_and_sent()).empty());
  StockItem leaky = *follow.state.stock(kAcme, kChain);
  --leaky.on_hand;
  follow.state.load(kAcme, kChain, leaky);
  CHECK(mentions(follow({StockThresholdsSet{kAcme, kChain, 1, 0}}),
                 "stock acme/chain: counted in is 5, should be 4"));
}

TEST_CASE("a count that moves another warehouse is found") {
  Followed follow;
  Events events = shop(kAcme, kChain, 5);
  events.push_back(StockCounted{kAcme, kChain, {"west"}, 4});
  REQUIRE(follow(events).empty());
  StockItem moved = *follow.state.stock(kAcme, kChain);
  moved.locations[0].on_hand += 1;
  moved.on_hand += 1;
  follow.state.load(kAcme, kChain, moved);
  CHECK(mentions(follow({StockCounted{kAcme, kChain, {"west"}, 6}}), "counted in is"));
}

TEST_CASE("a shipment that was delivered stays delivered") {
  Followed follow;
  REQUIRE(follow(packed_and_sent()).empty());
  REQUIRE(follow({ShipmentDelivered{kOrder, kAcme, {"s1"}}}).empty());
  const Violations found = follow({ShipmentLost{kOrder, kAcme, {"s1"}, ""}});
  CHECK(mentions(found, "sub-order acme/o1: has no shipment s1 that is open"));
  CHECK(mentions(found, "sub-order acme/o1: was closed, and is open again"));
}

TEST_CASE("a lost shipment can't become one with a problem") {
  Followed follow;
  REQUIRE(follow(packed_and_sent()).empty());
  REQUIRE(follow({ShipmentLost{kOrder, kAcme, {"s1"}, ""}}).empty());
  CHECK(mentions(follow({ShipmentProblemReported{kOrder, kAcme, {"s1"}, ""}}),
                 "shipment s1 went from Lost to Problem"));
}

TEST_CASE("a status that jumps is found") {
  Followed follow;
  REQUIRE(follow(shop_with_promise()).empty());
  SubOrder jumped = *follow.state.sub_order(kAcme, kOrder);
  jumped.preparation = Preparation::Packed;
  follow.state.load(kAcme, kOrder, jumped);
  CHECK(mentions(follow({SubOrderNoted{kOrder, kAcme, "hm"}}),
                 "went from Pending to Packed by SubOrderNoted"));
}

TEST_CASE("a lost shipment's replacement leads back to Packed, and nothing else does") {
  Followed follow;
  REQUIRE(follow(packed_and_sent()).empty());
  REQUIRE(follow({ShipmentLost{kOrder, kAcme, {"s1"}, ""}}).empty());
  REQUIRE(follow({StockCounted{kAcme, kChain, {}, 9}}).empty());
  CHECK(follow({LostShipmentReplaced{kOrder, kAcme, {"s1"}}}).empty());
  CHECK(follow.state.sub_order(kAcme, kOrder)->status() == OrderStatus::Packed);
}

TEST_CASE("events that are only followed are entered in the books, and not judged") {
  Followed follow;
  for (const Event& event : shop_with_promise()) {
    follow.state.evolve(event);
    follow.check.follow(follow.state, event);
  }
  CHECK(follow({LinesCancelled{kOrder, kAcme, {{{1}, 1}}, "x", false}}).empty());
}
