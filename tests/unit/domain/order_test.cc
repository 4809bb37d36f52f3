// Orders: placing, settling, confirming, cancelling, addresses, as exact events.
#include "domain/reactions.h"
#include "tests/support/bicycle_parts.h"
#include "tests/support/given.h"

using namespace cassette;
using namespace cassette::domain;
using namespace cassette::tests;

namespace {

const std::vector<PlacedLine> kLines{
    {{1}, kAcme, kChain, 2, std::nullopt, std::nullopt},
    {{2}, kBolt, kPedal, 1, std::nullopt, std::nullopt},
};

OrderPlaced placed(Confirmation confirmation = Confirmation::Automatic,
                   OnShortage on_shortage = OnShortage::Reject) {
  std::optional<Timestamp> until;
  if (confirmation == Confirmation::Manual) until = Timestamp{900'000'000};
  return {kOrder, kCustomer, kLines, {}, {"home"}, confirmation, on_shortage, until};
}

StockReserved reserved(const VendorId& vendor, bool last) {
  const PlacedLine& line = vendor == kAcme ? kLines[0] : kLines[1];
  return {kOrder,    vendor,
          kCustomer, {{line.line_id, line.product_id, line.quantity, "part", "sku", usd(1000)}},
          {},        {"home"},
          last};
}

ReservationRefused refusal(const VendorId& vendor) {
  return {kOrder, vendor, InsufficientStock{{{{1}, vendor, kChain, 2, 0}}, true}};
}

StockRequested second_ask() {
  return {kOrder, kBolt, kCustomer, {kLines[1]}, {}, {"home"}, kUsd, true};
}

SubOrderRecorded recorded(const VendorId& vendor, SubOrderEvent change) {
  return {kOrder, vendor, std::move(change)};
}

RecordSubOrder record(const VendorId& vendor, SubOrderEvent change) {
  return {kOrder, vendor, std::move(change)};
}

// Both vendors have promised their parts of an order.
Events settled(Confirmation confirmation) {
  return {placed(confirmation), recorded(kAcme, reserved(kAcme, false)), second_ask(),
          recorded(kBolt, reserved(kBolt, true)), OrderSettled{kOrder, usd(3000), {}}};
}

Context at(std::int64_t seconds) {
  return {Timestamp{seconds * 1'000'000}, {}};
}

PlaceOrder place_both() {
  PlaceOrder command = place(kOrder, {item(kAcme, kChain, 2), item(kBolt, kPedal, 1)});
  command.shipping_address = {"home"};
  return command;
}

Events shops() {
  Events events = shop(kAcme, kChain, 5);
  for (const Event& event : shop(kBolt, kPedal, 5)) events.push_back(event);
  return events;
}

}  // namespace

// ---- placing

TEST_CASE("an order is of a hundred vendors at most") {
  PlaceOrder command = place(kOrder, {});
  for (int n = 0; n < 101; ++n) command.items.push_back(item({"v" + std::to_string(n)}, kChain, 1));
  const Decision refused = decide(Order{}, command, Timestamp{}, Policy{});
  REQUIRE(!refused.ok());
  CHECK(std::get<InvalidCommand>(refused.error()).field == "items");
  command.items.pop_back();
  CHECK(decide(Order{}, command, Timestamp{}, Policy{}).ok());
}

TEST_CASE("an order is placed once, and its id is taken for good") {
  given(shops()).when(place_both()).then_taken({placed()});
}

TEST_CASE("a manual order has a deadline from the commit's time on") {
  PlaceOrder command = place_both();
  command.confirmation = Confirmation::Manual;
  given(shops()).when(command, at(0)).then_taken({placed(Confirmation::Manual)});
}

TEST_CASE("orders that can't be meant are refused by the name of the field") {
  given(shops()).when(place(kOrder, {})).refused(InvalidCommand{"items", "must not be empty"});
  given(shops())
      .when(place(kOrder, {item(kAcme, kChain, 0)}))
      .refused(InvalidCommand{"quantity", "must be from 1 to 1000000000"});
  PlaceOrder stranger = place_both();
  stranger.charges = {{{"crank"}, ChargeType::Shipping, 100}};
  given(shops()).when(stranger).refused(
      InvalidCommand{"charges", "names a vendor that the order does not have"});
  PlaceOrder discount = place_both();
  discount.charges = {{kAcme, ChargeType::Discount, 100}};
  given(shops()).when(discount).refused(InvalidCommand{"charges", "only a discount is negative"});
}

TEST_CASE("a customer sets no price, no charge, no confirmation and no long deadline") {
  PlaceOrder command = place_both();
  command.asked_by = Role::Customer;
  command.reservation_seconds = kDefaultReservationSeconds;
  given(shops()).when(command).then_taken({placed()});
  command.reservation_seconds = kDefaultReservationSeconds + 1;
  given(shops()).when(command).refused(NotPermitted{"reservationSeconds", "must be at most 900"});
  command = place_both();
  command.asked_by = Role::Customer;
  command.items[0].unit_price = usd(1);
  given(shops()).when(command).refused(
      NotPermitted{"unitPrice", "is an administrator's or a service's to set"});
}

TEST_CASE("a total that would not stay exact is refused before anything is recorded") {
  PlaceOrder command = place_both();
  command.items[0].quantity = kMaxQuantity;
  command.items[0].unit_price = usd(kMaxAmount);
  given(shops()).when(command).refused(InvalidCommand{"quantity", "the total is too large"});
}

TEST_CASE("a price that changed since it was seen is refused with the new one") {
  PlaceOrder command = place_both();
  command.items[0].expected_unit_price = usd(999);
  given(shops()).when(command).refused(PriceChanged{{1}, kAcme, kChain, usd(999), usd(1000)});
}

TEST_CASE("one order, one currency") {
  ProductDetails euros = details("pedal", 1000);
  euros.price.currency = {"EUR"};
  given(shops())
      .and_then({ProductRevised{kBolt, kPedal, euros}})
      .when(place_both())
      .refused(MixedCurrency{kBolt, kUsd, {"EUR"}});
}

TEST_CASE("an erased customer places no orders") {
  given(shops())
      .and_then({CustomerErased{kCustomer}})
      .when(place_both())
      .refused(CustomerIsErased{kCustomer});
}

TEST_CASE("a shortage found here records nothing, and is retryable while others are unsettled") {
  Events events = shops();
  StockReserved other = reserved(kBolt, false);
  other.order_id = {"other"};
  other.lines[0].quantity = 5;
  events.push_back(other);
  given(events).when(place_both()).refused(InsufficientStock{{{{2}, kBolt, kPedal, 1, 0}}, true});
  events.push_back(ReservationSettled{{"other"}, kBolt});
  given(events).when(place_both()).refused(InsufficientStock{{{{2}, kBolt, kPedal, 1, 0}}, false});
}

TEST_CASE("when every vendor is short, cancel-short-vendors places nothing either") {
  PlaceOrder command = place_both();
  command.on_shortage = OnShortage::CancelShortVendors;
  command.items[0].quantity = 50;
  command.items[1].quantity = 60;
  given(shops()).when(command).refused(
      InsufficientStock{{{{1}, kAcme, kChain, 50, 5}, {{2}, kBolt, kPedal, 60, 5}}, false});
}

// ---- what the vendors answer

TEST_CASE("the next vendor is asked in the currency of the first answer") {
  given({placed()})
      .when(record(kAcme, reserved(kAcme, false)))
      .then_once({recorded(kAcme, reserved(kAcme, false)), second_ask()});
}

TEST_CASE("the last answer settles and confirms an automatic order") {
  const std::vector<VendorId> both{kAcme, kBolt};
  given({placed(), recorded(kAcme, reserved(kAcme, false)), second_ask()})
      .when(record(kBolt, reserved(kBolt, true)))
      .then_once({recorded(kBolt, reserved(kBolt, true)), OrderSettled{kOrder, usd(3000), {}},
                  OrderConfirmed{kOrder, both}});
}

TEST_CASE("a manual order is settled for those who were asked before the last") {
  const Confirmation manual = Confirmation::Manual;
  given({placed(manual), recorded(kAcme, reserved(kAcme, false)), second_ask()})
      .when(record(kBolt, reserved(kBolt, true)))
      .then_once(
          {recorded(kBolt, reserved(kBolt, true)), OrderSettled{kOrder, usd(3000), {kAcme}}});
}

TEST_CASE("a refusal gives up the order and releases those who promised") {
  given({placed(), recorded(kAcme, reserved(kAcme, false)), second_ask()})
      .when(record(kBolt, refusal(kBolt)))
      .then_once({recorded(kBolt, refusal(kBolt)),
                  OrderCancelled{kOrder, refusal(kBolt).refusal, {kAcme}}});
}

TEST_CASE("under cancel-short-vendors only a shortage is passed over") {
  const OrderPlaced short_allowed = placed(Confirmation::Automatic, OnShortage::CancelShortVendors);
  StockRequested ask = second_ask();
  ask.currency = {};
  given({short_allowed})
      .when(record(kAcme, refusal(kAcme)))
      .then_once({recorded(kAcme, refusal(kAcme)), ask});
  const ReservationRefused suspended{kOrder, kAcme, VendorIsSuspended{kAcme}};
  given({short_allowed})
      .when(record(kAcme, suspended))
      .then_once({recorded(kAcme, suspended), OrderCancelled{kOrder, suspended.refusal, {}}});
}

TEST_CASE("a promise that comes after the order failed is released, exactly it") {
  const Confirmation manual = Confirmation::Manual;
  given({placed(manual), ReservationExpired{kOrder, {}}})
      .when(record(kAcme, reserved(kAcme, false)))
      .then_once({recorded(kAcme, reserved(kAcme, false)),
                  CancellationRequested{kOrder, {kAcme}, "expired", Role::System, false}});
}

TEST_CASE("a promise whose cancellation is on its way already is not cancelled twice") {
  given({placed(), CancellationRequested{kOrder, {kAcme}, "x", Role::Customer, true}})
      .when(record(kAcme, reserved(kAcme, false)))
      .then_once({recorded(kAcme, reserved(kAcme, false))});
}

TEST_CASE("a vendor's own cancellation answers no request of the order") {
  auto state = given(settled(Confirmation::Automatic))
                   .and_then({CancellationRequested{kOrder, {kAcme}, "x", Role::Customer, true}})
                   .state();
  state.evolve(recorded(kAcme, LinesCancelled{kOrder, kAcme, {{{1}, 2}}, "mine", false}));
  CHECK(state.order(kOrder)->part(kAcme)->outstanding == 1);
  state.evolve(recorded(
      kAcme, CancellationRefused{kOrder, kAcme, IllegalTransition{"Cancelled", "Cancelled", {}}}));
  CHECK(state.order(kOrder)->part(kAcme)->outstanding == 0);
}

// ---- confirming

TEST_CASE("a manual order is confirmed once, in time, and by version") {
  const std::vector<VendorId> both{kAcme, kBolt};
  given(settled(Confirmation::Manual))
      .when(confirm(kOrder), at(899))
      .then({OrderConfirmed{kOrder, both}});
  given(settled(Confirmation::Manual))
      .when(confirm(kOrder), at(900))
      .refused(ReservationHasExpired{kOrder});
  given(settled(Confirmation::Manual))
      .when(ConfirmOrder{kOrder, 1}, at(1))
      .refused(VersionMismatch{1, 5});
}

TEST_CASE("an order that still waits for a vendor can't be confirmed") {
  given({placed(Confirmation::Manual)})
      .when(confirm(kOrder), at(1))
      .refused(OrderIsUnsettled{kOrder});
}

TEST_CASE("a cancelled order can't be confirmed") {
  given(settled(Confirmation::Manual))
      .and_then({CancellationRequested{kOrder, {kAcme, kBolt}, "x", Role::Customer, true}})
      .when(confirm(kOrder), at(1))
      .refused(IllegalTransition{"Cancelled", "Confirmed", {}});
}

TEST_CASE("a deadline that has not come, or no longer counts, expires nothing") {
  given(settled(Confirmation::Manual)).when(ExpireReservation{kOrder}, at(899)).silence();
  given(settled(Confirmation::Manual))
      .and_then({OrderConfirmed{kOrder, {kAcme, kBolt}}})
      .when(ExpireReservation{kOrder}, at(9999))
      .silence();
  const std::vector<VendorId> both{kAcme, kBolt};
  given(settled(Confirmation::Manual))
      .when(ExpireReservation{kOrder}, at(900))
      .then({ReservationExpired{kOrder, both}});
}

// ---- cancelling

TEST_CASE("cancelling the whole order asks every vendor that promised") {
  const std::vector<VendorId> both{kAcme, kBolt};
  given(settled(Confirmation::Automatic))
      .when(cancel(kOrder))
      .then({CancellationRequested{kOrder, both, "changed my mind", Role::Administrator, true}});
}

TEST_CASE("a customer who cancels again asks nobody twice, and no one who refused") {
  Events events = settled(Confirmation::Automatic);
  events.push_back(OrderConfirmed{kOrder, {kAcme, kBolt}});
  events.push_back(recorded(kBolt, SubOrderConfirmed{kOrder, kBolt}));
  events.push_back(recorded(kBolt, SubOrderPacked{kOrder, kBolt}));
  CancelOrder command = cancel(kOrder);
  command.asked_by = Role::Customer;
  const std::vector<VendorId> both{kAcme, kBolt};
  auto state = given(events).when(command).then(
      {CancellationRequested{kOrder, both, "changed my mind", Role::Customer, true}});
  // bolt refuses while acme has not answered yet.
  state.evolve(recorded(
      kBolt, CancellationRefused{kOrder, kBolt, IllegalTransition{"Packed", "Cancelled", {}}}));
  given(state).when(command).silence();
  command.asked_by = Role::Administrator;
  given(state).when(command).then(
      {CancellationRequested{kOrder, {kBolt}, "changed my mind", Role::Administrator, true}});
}

TEST_CASE("a customer can't cancel what is packed everywhere; an administrator can") {
  Events events = settled(Confirmation::Automatic);
  events.push_back(OrderConfirmed{kOrder, {kAcme, kBolt}});
  for (const VendorId& vendor : {kAcme, kBolt}) {
    events.push_back(recorded(vendor, SubOrderConfirmed{kOrder, vendor}));
    events.push_back(recorded(vendor, SubOrderPacked{kOrder, vendor}));
  }
  CancelOrder command = cancel(kOrder);
  command.asked_by = Role::Customer;
  given(events).when(command).refused(IllegalTransition{"Packed", "Cancelled", {}});
  command.asked_by = Role::Administrator;
  const std::vector<VendorId> both{kAcme, kBolt};
  given(events).when(command).then(
      {CancellationRequested{kOrder, both, "changed my mind", Role::Administrator, true}});
}

TEST_CASE("an order that is wholly cancelled is cancelled again in silence") {
  const OrderCancelled gone{kOrder, refusal(kAcme).refusal, {}};
  given({placed(), recorded(kAcme, refusal(kAcme)), gone}).when(cancel(kOrder)).silence();
}

// ---- address and status

TEST_CASE("a new address is asked of every vendor, and not again while one owes an answer") {
  const ChangeOrderAddress command{kOrder, {"work"}, std::nullopt};
  const std::vector<VendorId> both{kAcme, kBolt};
  const auto asked = given(settled(Confirmation::Automatic))
                         .when(command)
                         .then_once({AddressChangeRequested{kOrder, both, {"work"}}});
  given(asked).when(command).refused(OrderIsUnsettled{kOrder});
  given(asked)
      .and_then({recorded(kAcme, AddressChanged{kOrder, kAcme, {"work"}}),
                 recorded(kBolt, AddressChanged{kOrder, kBolt, {"work"}})})
      .when(command)
      .silence();
}

TEST_CASE("an order's status is the least advanced of the parts that stand") {
  auto state = given(settled(Confirmation::Automatic))
                   .and_then({OrderConfirmed{kOrder, {kAcme, kBolt}},
                              recorded(kAcme, SubOrderConfirmed{kOrder, kAcme})})
                   .state();
  CHECK(state.order(kOrder)->status() == OrderStatus::Pending);
  state.evolve(recorded(kBolt, LinesCancelled{kOrder, kBolt, {{{2}, 1}}, "x", false}));
  CHECK(state.order(kOrder)->status() == OrderStatus::Confirmed);
  CHECK(!state.order(kOrder)->closed());
}

TEST_CASE("a failed order that nobody answered counts as cancelled, and is not closed yet") {
  const auto state =
      given({placed(), CancellationRequested{kOrder, {kAcme}, "x", Role::Customer, true}}).state();
  CHECK(state.order(kOrder)->status() == OrderStatus::Cancelled);
  CHECK(!state.order(kOrder)->closed());
}

TEST_CASE("what an order's events call for") {
  CHECK(react(placed()).size() == 1);
  CHECK(react(second_ask()).size() == 1);
  CHECK(react(OrderCancelled{kOrder, refusal(kBolt).refusal, {kAcme}}).size() == 1);
  CHECK(react(recorded(kAcme, reserved(kAcme, false))).empty());
  const std::vector<Command> cancels =
      react(OrderCancelled{kOrder, refusal(kBolt).refusal, {kAcme}});
  const auto& lines = std::get<CancelLines>(cancels.front());
  CHECK(lines.requested);
  CHECK(lines.reason == "shortage");
  CHECK(home_of(cancels.front()) == "acme");
  CHECK(home_of(react(reserved(kAcme, false)).front()) == "o1");
}
