// Stock: counting, adjusting, shortfalls, warehouses, reorder points.
#include "tests/support/bicycle_parts.h"
#include "tests/support/given.h"

using namespace cassette;
using namespace cassette::domain;
using namespace cassette::tests;

namespace {

const WarehouseId kWest{"west"};

StockReserved reserved(Quantity quantity, const char* order = "o1") {
  return {{order}, kAcme, kCustomer, {{{1}, kChain, quantity, "chain", "SKU-chain", usd(1000)}},
          {},      {},    true};
}

AdjustStock adjust(Quantity delta) {
  AdjustStock command;
  command.vendor_id = kAcme;
  command.product_id = kChain;
  command.delta = delta;
  command.reason = "damaged";
  return command;
}

StockAdjusted adjusted(Quantity delta) {
  return {kAcme, kChain, kMain, delta, "damaged"};
}

StockItem chains(const Marketplace& state) {
  return *state.stock(kAcme, kChain);
}

}  // namespace

TEST_CASE("a first count of nothing is an event, and its repetition is not") {
  given({registered(kAcme), listed(kAcme, kChain)})
      .when(count(kAcme, kChain, 0))
      .then({counted(kAcme, kChain, 0)});
}

TEST_CASE("counting what the vendor never listed is refused; what it delisted is not") {
  given({registered(kAcme)}).when(count(kAcme, kChain, 5)).refused(NotFound{"product", "chain"});
  given({registered(kAcme), listed(kAcme, kChain), ProductDelisted{kAcme, kChain}})
      .when(count(kAcme, kChain, 5))
      .then({counted(kAcme, kChain, 5)});
}

TEST_CASE("a count for the first time only is refused after any count, however small") {
  CountStock first = count(kAcme, kChain, 9);
  first.first_only = true;
  given(shop(kAcme, kChain, 0)).when(first).refused(AlreadyExists{"stock", "chain"});
}

TEST_CASE("counts are held against the version and against what was on hand") {
  CountStock command = count(kAcme, kChain, 9);
  command.expected_version = 0;
  given({registered(kAcme), listed(kAcme, kChain)})
      .when(command)
      .then_once({counted(kAcme, kChain, 9)});
  given(shop(kAcme, kChain, 5)).when(command).refused(VersionMismatch{0, 1});
  command.expected_version.reset();
  command.expected_on_hand = 4;
  given(shop(kAcme, kChain, 5)).when(command).refused(OnHandMismatch{4, 5});
}

TEST_CASE("a count below what is promised is refused and names the orders in the way") {
  given(shop(kAcme, kChain, 10))
      .and_then({reserved(4, "o1"), reserved(3, "o2")})
      .when(count(kAcme, kChain, 6))
      .refused(BelowReserved{6, 7, {{"o1"}, {"o2"}}});
}

TEST_CASE("at most 20 orders are named, the first by id") {
  Events events = shop(kAcme, kChain, 100);
  for (int i = 10; i < 40; ++i) events.push_back(reserved(1, ("o" + std::to_string(i)).c_str()));
  const Decision decision = given(events).state().decide(count(kAcme, kChain, 0), {});
  const auto& below = std::get<BelowReserved>(decision.error());
  CHECK(below.orders.size() == 20);
  CHECK(below.orders.front() == OrderId{"o10"});
  CHECK(below.orders.back() == OrderId{"o29"});
}

TEST_CASE("a frozen shortfall keeps the promises, sells nothing more, and repeats in silence") {
  CountStock command = count(kAcme, kChain, 2);
  command.on_shortfall = OnShortfall::Freeze;
  const auto after =
      given(shop(kAcme, kChain, 10))
          .and_then({reserved(5)})
          .when(command)
          .then({counted(kAcme, kChain, 2), StockShortfallRecorded{kAcme, kChain, 3}});
  CHECK(chains(after).on_hand == 5);
  CHECK(chains(after).missing == 3);
  CHECK(chains(after).available() == 0);
  CHECK(violations(after).empty());
}

TEST_CASE("cancelling a frozen order takes the missing units off the books first") {
  CountStock command = count(kAcme, kChain, 2);
  command.on_shortfall = OnShortfall::Freeze;
  auto after = given(shop(kAcme, kChain, 10))
                   .and_then({reserved(5)})
                   .when(command)
                   .then({counted(kAcme, kChain, 2), StockShortfallRecorded{kAcme, kChain, 3}});
  after.evolve(LinesCancelled{kOrder, kAcme, {{{1}, 4}}, "shortage", false});
  CHECK(chains(after).on_hand == 2);
  CHECK(chains(after).reserved == 1);
  CHECK(chains(after).missing == 0);
  CHECK(chains(after).available() == 1);
}

TEST_CASE("a recount that finds the missing units ends the shortfall") {
  CountStock command = count(kAcme, kChain, 2);
  command.on_shortfall = OnShortfall::Freeze;
  auto after = given(shop(kAcme, kChain, 10))
                   .and_then({reserved(5)})
                   .when(command)
                   .then({counted(kAcme, kChain, 2), StockShortfallRecorded{kAcme, kChain, 3}});
  after = given(after).when(count(kAcme, kChain, 8)).then({counted(kAcme, kChain, 8)});
  CHECK(chains(after).missing == 0);
  CHECK(chains(after).on_hand == 8);
}

TEST_CASE("an adjustment of nothing is no command, and one below zero can't be meant") {
  given(shop(kAcme, kChain, 5)).when(adjust(0)).refused(InvalidCommand{"delta", "must not be 0"});
  given(shop(kAcme, kChain, 5))
      .when(adjust(-6))
      .refused(InvalidCommand{"delta", "leaves the warehouse with less than 0 or too many"});
}

TEST_CASE("adjusting what was never counted is refused") {
  given({registered(kAcme), listed(kAcme, kChain)})
      .when(adjust(1))
      .refused(NotFound{"stock", "chain"});
}

TEST_CASE("an adjustment is another wish each time") {
  const auto once = given(shop(kAcme, kChain, 5)).when(adjust(-2)).then_once({adjusted(-2)});
  const auto twice = given(once).when(adjust(-2)).then_once({adjusted(-2)});
  CHECK(chains(twice).on_hand == 1);
}

TEST_CASE("an adjustment may not take promised units, but for a frozen shortfall") {
  given(shop(kAcme, kChain, 5))
      .and_then({reserved(4)})
      .when(adjust(-2))
      .refused(BelowReserved{3, 4, {kOrder}});
  AdjustStock freeze = adjust(-2);
  freeze.on_shortfall = OnShortfall::Freeze;
  const auto after = given(shop(kAcme, kChain, 5))
                         .and_then({reserved(4)})
                         .when(freeze)
                         .then_once({adjusted(-2), StockShortfallRecorded{kAcme, kChain, 1}});
  CHECK(chains(after).on_hand == 4);
}

TEST_CASE("thresholds alone are an event; the same thresholds are not") {
  AdjustStock command = adjust(0);
  command.safety_stock = 2;
  command.reorder_point = 3;
  const auto after = given(shop(kAcme, kChain, 5))
                         .when(command)
                         .then({StockThresholdsSet{kAcme, kChain, 3, 2},
                                ReorderPointReached{kAcme, kChain, 3, 3}});
  CHECK(chains(after).available() == 3);
}

TEST_CASE("quantities out of range are refused by the name of their field") {
  CountStock command = count(kAcme, kChain, kMaxQuantity + 1);
  given(shop(kAcme, kChain, 5))
      .when(command)
      .refused(InvalidCommand{"quantity", "must be from 0 to 1000000000"});
  command.quantity = 1;
  command.safety_stock = -1;
  given(shop(kAcme, kChain, 5))
      .when(command)
      .refused(InvalidCommand{"safetyStock", "must be from 0 to 1000000000"});
}

TEST_CASE("falling to the reorder point is an event once a crossing") {
  Events events = shop(kAcme, kChain, 10);
  events.push_back(StockThresholdsSet{kAcme, kChain, 4, 0});
  const auto low = given(events)
                       .when(adjust(-6))
                       .then_once({adjusted(-6), ReorderPointReached{kAcme, kChain, 4, 4}});
  const auto lower = given(low).when(adjust(-1)).then_once({adjusted(-1)});
  const auto full = given(lower).when(adjust(5)).then_once({adjusted(5)});
  given(full).when(adjust(-5)).then_once({adjusted(-5), ReorderPointReached{kAcme, kChain, 3, 4}});
}

TEST_CASE("warehouses are a breakdown of one total, and reservations are on the total") {
  CountStock west = count(kAcme, kChain, 7);
  west.warehouse_id = kWest;
  auto after =
      given(shop(kAcme, kChain, 5)).when(west).then({StockCounted{kAcme, kChain, kWest, 7}});
  CHECK(chains(after).on_hand == 12);
  CHECK(chains(after).at(kMain) == 5);
  CHECK(chains(after).at(kWest) == 7);
  after.evolve(reserved(9));
  CHECK(chains(after).available() == 3);
  CHECK(violations(after).empty());
}

TEST_CASE("a shipment empties the named warehouse first, then the others by id") {
  StockItem item;
  evolve(item, StockCounted{kAcme, kChain, {"a"}, 2});
  evolve(item, StockCounted{kAcme, kChain, {"b"}, 2});
  evolve(item, StockCounted{kAcme, kChain, kWest, 3});
  reserve(item, 6, true);
  ship(item, 6, kWest);
  CHECK(item.on_hand == 1);
  CHECK(item.at({"a"}) == 0);
  CHECK(item.at({"b"}) == 1);
  CHECK(item.at(kWest) == 0);
}

TEST_CASE("a promised unit ships although the shelf was counted short of it") {
  StockItem item;
  evolve(item, StockCounted{kAcme, kChain, kMain, 5});
  reserve(item, 5, true);
  evolve(item, StockCounted{kAcme, kChain, kMain, 3});
  ship(item, 4, {});
  CHECK(item.on_hand == 1);
  CHECK(item.reserved == 1);
  CHECK(item.missing == 1);
  CHECK(item.at(kMain) == 0);
}

TEST_CASE("what comes back fills a shortfall before it can be sold") {
  StockItem item;
  evolve(item, StockCounted{kAcme, kChain, kMain, 5});
  reserve(item, 5, true);
  evolve(item, StockCounted{kAcme, kChain, kMain, 3});
  restock(item, 3, {});
  CHECK(item.missing == 0);
  CHECK(item.on_hand == 6);
  CHECK(item.available() == 1);
  CHECK(item.at(kMain) == 6);
}

TEST_CASE("an item in too many warehouses takes no further one") {
  Events events{registered(kAcme), listed(kAcme, kChain)};
  for (std::size_t i = 0; i < kMaxWarehouses; ++i) {
    events.push_back(StockCounted{kAcme, kChain, {"w" + std::to_string(i)}, 1});
  }
  given(events)
      .when(count(kAcme, kChain, 5))
      .refused(InvalidCommand{"warehouseId", "an item is kept in 100 warehouses at most"});
  CountStock known = count(kAcme, kChain, 5);
  known.warehouse_id = {"w7"};
  given(events).when(known).then({StockCounted{kAcme, kChain, {"w7"}, 5}});
}

TEST_CASE("all in the main warehouse again is the same state as never having spread") {
  StockItem spread;
  evolve(spread, StockCounted{kAcme, kChain, kMain, 5});
  evolve(spread, StockCounted{kAcme, kChain, kWest, 5});
  evolve(spread, StockCounted{kAcme, kChain, kWest, 0});
  CHECK(spread.locations.empty());
  CHECK(spread.on_hand == 5);
}
