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
  CHECK(mentions(after(state, events), "the total is 2999, its parts are 3000"));
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
