// Sub-orders: what a vendor promises, confirms and cancels, as exact events.
#include "tests/support/bicycle_parts.h"
#include "tests/support/given.h"

using namespace cassette;
using namespace cassette::domain;
using namespace cassette::tests;

namespace {

const LineId kLine{1};

PlacedLine line(Quantity quantity) {
  return {kLine, kAcme, kChain, quantity, std::nullopt, std::nullopt};
}

ReserveStock ask(Quantity quantity) {
  return {kOrder, kAcme, kCustomer, {line(quantity)}, {}, {"home"}, {}, false};
}

StockReserved promised(Quantity quantity, bool settled = false) {
  return {kOrder, kAcme,    kCustomer, {{kLine, kChain, quantity, "chain", "SKU-chain", usd(1000)}},
          {},     {"home"}, settled};
}

ReservationRefused refused(Rejection refusal) {
  return {kOrder, kAcme, std::move(refusal)};
}

// A sub-order of three chains at a vendor that has five.
Given reserved() {
  return given(shop(kAcme, kChain, 5)).and_then({promised(3)});
}
Given confirmed() {
  return reserved().and_then({SubOrderConfirmed{kOrder, kAcme}});
}

CancelLines cancel_lines(std::vector<LineQuantity> lines, Role role = Role::Vendor) {
  return {kOrder, kAcme, std::move(lines), "no time", role, false, std::nullopt};
}
CancelLines requested(Role role) {
  return {kOrder, kAcme, {}, "changed my mind", role, true, std::nullopt};
}

LinesCancelled cancelled(Quantity quantity) {
  return {kOrder, kAcme, {{kLine, quantity}}, "no time", false};
}

}  // namespace

// ---- reserving

TEST_CASE("a promise carries name, SKU and price, and is made once") {
  const auto after = given(shop(kAcme, kChain, 5)).when(ask(3)).then({promised(3)});
  CHECK(after.stock(kAcme, kChain)->reserved == 3);
  CHECK(after.stock(kAcme, kChain)->unsettled == 3);
}

TEST_CASE("the last vendor's promise is settled: nobody can undo it") {
  ReserveStock last = ask(3);
  last.last = true;
  const auto after = given(shop(kAcme, kChain, 5)).when(last).then({promised(3, true)});
  CHECK(after.stock(kAcme, kChain)->unsettled == 0);
}

TEST_CASE("what a vendor can't promise is an event that says why") {
  given(Events{}).when(ask(1)).then({refused(NotFound{"vendor", "acme"})});
  given(shop(kAcme, kChain, 5))
      .and_then({VendorSuspended{kAcme, "late"}})
      .when(ask(1))
      .then({refused(VendorIsSuspended{kAcme})});
  given(shop(kAcme, kChain, 5))
      .and_then({ProductDelisted{kAcme, kChain}})
      .when(ask(1))
      .then({refused(ProductIsNotListed{kLine, kAcme, kChain})});
  given(shop(kAcme, kChain, 5))
      .when(ask(6))
      .then({refused(InsufficientStock{{{kLine, kAcme, kChain, 6, 5}}, false})});
}

TEST_CASE("listed and never counted is out of stock") {
  given({registered(kAcme), listed(kAcme, kChain)})
      .when(ask(1))
      .then({refused(InsufficientStock{{{kLine, kAcme, kChain, 1, 0}}, false})});
}

TEST_CASE("safety stock is never sold") {
  given(shop(kAcme, kChain, 5))
      .and_then({StockThresholdsSet{kAcme, kChain, 0, 3}})
      .when(ask(3))
      .then({refused(InsufficientStock{{{kLine, kAcme, kChain, 3, 2}}, false})});
}

TEST_CASE("a vendor in another currency than the first answer is refused") {
  ReserveStock euros = ask(1);
  euros.currency = {"EUR"};
  given(shop(kAcme, kChain, 5)).when(euros).then({refused(MixedCurrency{kAcme, {"EUR"}, kUsd})});
}

TEST_CASE("a discount beyond the price is refused") {
  ReserveStock command = ask(1);
  command.charges = {{ChargeType::Discount, -1001}};
  given(shop(kAcme, kChain, 5))
      .when(command)
      .then({refused(InvalidCommand{"charges", "the discount exceeds the price"})});
}

TEST_CASE("falling to the reorder point by a reservation is an event beside it") {
  given(shop(kAcme, kChain, 5))
      .and_then({StockThresholdsSet{kAcme, kChain, 2, 0}})
      .when(ask(3))
      .then({promised(3), ReorderPointReached{kAcme, kChain, 2, 2}});
}

// ---- settling and confirming

TEST_CASE("settling and confirming repeat in silence, and need no answer for what is gone") {
  reserved().when(SettleReservation{kOrder, kAcme}).then({ReservationSettled{kOrder, kAcme}});
  reserved().when(ConfirmSubOrder{kOrder, kAcme}).then({SubOrderConfirmed{kOrder, kAcme}});
  given(Events{}).when(ConfirmSubOrder{kOrder, kAcme}).silence();
  const auto gone = reserved().and_then({cancelled(3)});
  gone.when(ConfirmSubOrder{kOrder, kAcme}).silence();
  gone.when(SettleReservation{kOrder, kAcme}).silence();
}

TEST_CASE("no change but the order's confirmation takes a part from Pending to Confirmed") {
  reserved()
      .when(advance(kAcme, kOrder, OrderStatus::Confirmed))
      .refused(IllegalTransition{"Pending", "Confirmed", {"Cancelled"}});
  reserved()
      .when(advance(kAcme, kOrder, OrderStatus::Shipped))
      .refused(IllegalTransition{"Pending", "Shipped", {"Cancelled"}});
}

// ---- cancelling

TEST_CASE("cancelling releases exactly its own units, settled or not") {
  const auto one = reserved().when(cancel_lines({{kLine, 1}})).then_once({cancelled(1)});
  CHECK(one.stock(kAcme, kChain)->reserved == 2);
  CHECK(one.stock(kAcme, kChain)->unsettled == 2);
  const auto all = confirmed().when(cancel_lines({})).then({cancelled(3)});
  CHECK(all.stock(kAcme, kChain)->reserved == 0);
  CHECK(all.stock(kAcme, kChain)->unsettled == 0);
  CHECK(all.sub_order(kAcme, kOrder)->payable() == 0);
  CHECK(violations(all).empty());
}

TEST_CASE("more than is open, a line twice, no units and a stranger's line are refused") {
  reserved().when(cancel_lines({{kLine, 4}})).refused(QuantityExceedsOpen{kLine, 4, 3});
  reserved()
      .when(cancel_lines({{kLine, 1}, {kLine, 1}}))
      .refused(InvalidCommand{"lineId", "names a line twice"});
  reserved()
      .when(cancel_lines({{kLine, 0}}))
      .refused(InvalidCommand{"quantity", "must be 1 or more"});
  reserved().when(cancel_lines({{{9}, 1}})).refused(NotFound{"line", "9"});
}

TEST_CASE("customers may cancel until Packed, vendors until shipped") {
  const Given packed = confirmed().and_then({SubOrderPacked{kOrder, kAcme}});
  packed.when(cancel_lines({}, Role::Customer))
      .refused(IllegalTransition{"Packed", "Cancelled", {}});
  packed.when(cancel_lines({}, Role::Vendor)).then({cancelled(3)});
}

TEST_CASE("with any unit shipped only the remainder is cancelled") {
  Given part = confirmed();
  part.and_then({SubOrderPacked{kOrder, kAcme},
                 ShipmentDispatched{kOrder, kAcme, {"s1"}, {{kLine, 1}}, "", "", {}}});
  const auto rest = part.when(cancel_lines({})).then_once({cancelled(2)});
  CHECK(rest.sub_order(kAcme, kOrder)->status() == OrderStatus::Shipped);
  CHECK(rest.sub_order(kAcme, kOrder)->payable() == 1000);
  given(rest).when(cancel_lines({})).refused(IllegalTransition{"Shipped", "Cancelled", {}});
}

TEST_CASE("a cancellation that the order requested is always answered") {
  const LinesCancelled granted{kOrder, kAcme, {{kLine, 3}}, "changed my mind", true};
  const auto done = confirmed().when(requested(Role::Customer)).then_once({granted});
  given(done)
      .when(requested(Role::Customer))
      .then_once(
          {CancellationRefused{kOrder, kAcme, IllegalTransition{"Cancelled", "Cancelled", {}}}});
  confirmed()
      .and_then({SubOrderPacked{kOrder, kAcme}})
      .when(requested(Role::Customer))
      .then_once(
          {CancellationRefused{kOrder, kAcme, IllegalTransition{"Packed", "Cancelled", {}}}});
}

TEST_CASE("a changed address is granted until Packed, and always answered") {
  const ChangeSubOrderAddress command{kOrder, kAcme, {"work"}};
  confirmed().when(command).then_once({AddressChanged{kOrder, kAcme, {"work"}}});
  confirmed()
      .and_then({SubOrderPacked{kOrder, kAcme}})
      .when(command)
      .then_once({AddressChangeRefused{
          kOrder, kAcme,
          IllegalTransition{"Packed", "Packed", {"Shipped", "Delivered", "Cancelled"}}}});
}

TEST_CASE("versions and missing sub-orders come before all other rules") {
  CancelLines command = cancel_lines({});
  command.expected_version = 7;
  reserved().when(command).refused(VersionMismatch{7, 1});
  given(Events{}).when(command).refused(NotFound{"sub-order", "o1"});
}

TEST_CASE("a note is a change of version and of nothing else") {
  const auto after = confirmed()
                         .when(NoteSubOrder{kOrder, kAcme, "gift", std::nullopt})
                         .then_once({SubOrderNoted{kOrder, kAcme, "gift"}});
  CHECK(after.sub_order(kAcme, kOrder)->version == 3);
}

TEST_CASE("a sub-order has a bounded number of shipments") {
  SubOrder state;
  evolve(
      state,
      StockReserved{
          kOrder, kAcme, kCustomer, {{{1}, kChain, 2, "chain", "sku", usd(1000)}}, {}, {}, true});
  evolve(state, SubOrderConfirmed{kOrder, kAcme});
  const ShipLines ship{kOrder, kAcme, {"s1"}, {{{1}, 1}}, "", "", {}, std::nullopt};
  CHECK(decide(state, ship).ok());
  state.shipments.resize(kMaxParcels);
  const Decision refused = decide(state, ship);
  REQUIRE(!refused.ok());
  CHECK(std::get<InvalidCommand>(refused.error()).field == "shipmentId");
}
