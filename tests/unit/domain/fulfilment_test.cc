// Fulfilment: packing, shipping in parts, lost parcels, delivery and returns, as exact events.
#include "tests/support/bicycle_parts.h"
#include "tests/support/given.h"

using namespace cassette;
using namespace cassette::domain;
using namespace cassette::tests;

namespace {

const LineId kLine{1};
const ShipmentId kParcel{"s-o1"};

// Three chains of five, promised and confirmed.
Given confirmed() {
  return given(shop(kAcme, kChain, 5))
      .and_then({StockReserved{kOrder,
                               kAcme,
                               kCustomer,
                               {{kLine, kChain, 3, "chain", "SKU-chain", usd(1000)}},
                               {},
                               {},
                               true},
                 SubOrderConfirmed{kOrder, kAcme}});
}

SubOrderPacked packed() {
  return {kOrder, kAcme};
}
ShipmentDispatched dispatched(Quantity quantity, ShipmentId id = kParcel) {
  return {kOrder, kAcme, std::move(id), {{kLine, quantity}}, "", "", {}};
}
ShipmentDelivered delivered(ShipmentId id = kParcel) {
  return {kOrder, kAcme, std::move(id)};
}
Given shipped() {
  return confirmed().and_then({packed(), dispatched(3)});
}
Given lost() {
  return shipped().and_then({ShipmentLost{kOrder, kAcme, kParcel, ""}});
}

ShipLines ship(Quantity quantity, ShipmentId id) {
  return {kOrder, kAcme, std::move(id), {{kLine, quantity}}, "", "", {}, std::nullopt};
}
UpdateShipment update(std::optional<ShipmentStatus> status,
                      LossResolution resolution = LossResolution::None) {
  UpdateShipment command;
  command.order_id = kOrder;
  command.vendor_id = kAcme;
  command.shipment_id = kParcel;
  command.status = status;
  command.resolution = resolution;
  return command;
}
RequestReturn request(Quantity quantity, const char* id = "r1") {
  return {kOrder, kAcme, {id}, {{kLine, quantity}}, "broken", std::nullopt};
}
ResolveReturn resolve(ReturnStatus status, bool restock) {
  return {kOrder, kAcme, {"r1"}, status, restock, {}, "", std::nullopt};
}

OrderStatus status_in(const Marketplace& state) {
  return state.sub_order(kAcme, kOrder)->status();
}

}  // namespace

// ---- status

TEST_CASE("a forward skip records the steps between, and repeats in silence") {
  const auto after = confirmed()
                         .when(advance(kAcme, kOrder, OrderStatus::Delivered))
                         .then({packed(), dispatched(3), delivered()});
  CHECK(after.sub_order(kAcme, kOrder)->line(kLine)->delivered == 3);
  CHECK(after.stock(kAcme, kChain)->on_hand == 2);
  CHECK(after.sub_order(kAcme, kOrder)->closed());
  CHECK(violations(after).empty());
}

TEST_CASE("one step at a time gives the same") {
  auto state = confirmed().when(advance(kAcme, kOrder, OrderStatus::Packed)).then({packed()});
  state = given(state).when(advance(kAcme, kOrder, OrderStatus::Shipped)).then({dispatched(3)});
  state = given(state).when(advance(kAcme, kOrder, OrderStatus::Delivered)).then({delivered()});
  CHECK(status_in(state) == OrderStatus::Delivered);
}

TEST_CASE("backwards is refused with what is allowed") {
  shipped()
      .when(advance(kAcme, kOrder, OrderStatus::Packed))
      .refused(IllegalTransition{"Shipped", "Packed", {"Delivered"}});
  shipped()
      .and_then({delivered()})
      .when(advance(kAcme, kOrder, OrderStatus::Cancelled))
      .refused(IllegalTransition{"Delivered", "Cancelled", {}});
}

TEST_CASE("a status given with a note records the note once") {
  AdvanceSubOrder command = advance(kAcme, kOrder, OrderStatus::Packed);
  command.note = "fragile";
  confirmed().when(command).then({packed(), SubOrderNoted{kOrder, kAcme, "fragile"}});
}

TEST_CASE("the status Cancelled cancels all that is open, for the reason given") {
  AdvanceSubOrder command = advance(kAcme, kOrder, OrderStatus::Cancelled);
  command.note = "flood";
  const auto after =
      confirmed().when(command).then({LinesCancelled{kOrder, kAcme, {{kLine, 3}}, "flood", false}});
  CHECK(after.stock(kAcme, kChain)->available() == 5);
}

// ---- shipping in parts

TEST_CASE("an order's part stays Packed until its last open unit ships") {
  const auto first =
      confirmed().when(ship(1, {"s1"})).then_taken({packed(), dispatched(1, {"s1"})});
  CHECK(status_in(first) == OrderStatus::Packed);
  const auto second = given(first).when(ship(2, {"s2"})).then_taken({dispatched(2, {"s2"})});
  CHECK(status_in(second) == OrderStatus::Shipped);
  given(second)
      .when(ship(1, {"s3"}))
      .refused(IllegalTransition{"Shipped", "Shipped", {"Delivered"}});
}

TEST_CASE("more than is open can't be shipped") {
  confirmed().when(ship(4, kParcel)).refused(QuantityExceedsOpen{kLine, 4, 3});
}

TEST_CASE("Delivered is when the last of several shipments is") {
  const Given two = confirmed().and_then({packed(), dispatched(1, {"s1"}), dispatched(2, {"s2"})});
  Given one = two;
  one.and_then({delivered({"s1"})});
  CHECK(status_in(one.state()) == OrderStatus::Shipped);
  const auto both =
      one.when(advance(kAcme, kOrder, OrderStatus::Delivered)).then({delivered({"s2"})});
  CHECK(status_in(both) == OrderStatus::Delivered);
}

// ---- shipments

TEST_CASE("a carrier's words are recorded once, and only what changed of them") {
  UpdateShipment command = update(std::nullopt);
  command.carrier = "ups";
  command.tracking_code = "";
  shipped().when(command).then({ShipmentUpdated{kOrder, kAcme, kParcel, "ups", std::nullopt, ""}});
}

TEST_CASE("a lost parcel that turns up is delivered; a delivered one can't be lost") {
  lost().when(update(ShipmentStatus::Delivered)).then({delivered()});
  shipped()
      .and_then({delivered()})
      .when(update(ShipmentStatus::Lost))
      .refused(IllegalTransition{"Delivered", "Lost", {}});
}

TEST_CASE("a parcel that is lost and not resolved keeps the part from being Delivered") {
  lost()
      .when(advance(kAcme, kOrder, OrderStatus::Delivered))
      .refused(IllegalTransition{"Shipped", "Delivered", {}});
}

TEST_CASE("a replaced parcel's units are reserved anew and open to ship") {
  const auto short_of = lost().when(update(std::nullopt, LossResolution::Replaced));
  When(short_of).refused(InsufficientStock{{{kLine, kAcme, kChain, 3, 2}}, false});
  const auto after = lost()
                         .and_then({counted(kAcme, kChain, 9)})
                         .when(update(std::nullopt, LossResolution::Replaced))
                         .then({LostShipmentReplaced{kOrder, kAcme, kParcel}});
  CHECK(after.stock(kAcme, kChain)->reserved == 3);
  CHECK(status_in(after) == OrderStatus::Packed);
  CHECK(violations(after).empty());
}

TEST_CASE("a written-off parcel is closed and need not be paid") {
  const auto after = lost()
                         .when(update(std::nullopt, LossResolution::WrittenOff))
                         .then({LostShipmentWrittenOff{kOrder, kAcme, kParcel}});
  CHECK(after.sub_order(kAcme, kOrder)->payable() == 0);
  CHECK(after.sub_order(kAcme, kOrder)->closed());
  given(after)
      .when(update(std::nullopt, LossResolution::Replaced))
      .refused(IllegalTransition{"Lost", "Replaced", {}});
}

TEST_CASE("lost and replaced may be said in one breath") {
  shipped()
      .and_then({counted(kAcme, kChain, 9)})
      .when(update(ShipmentStatus::Lost, LossResolution::Replaced))
      .then(
          {ShipmentLost{kOrder, kAcme, kParcel, ""}, LostShipmentReplaced{kOrder, kAcme, kParcel}});
}

TEST_CASE("units that came back can't be lost as well") {
  lost()
      .and_then({ReturnRequested{kOrder, kAcme, {"r1"}, {{kLine, 1}}, "broken"}})
      .when(update(std::nullopt, LossResolution::WrittenOff))
      .refused(QuantityExceedsOpen{kLine, 3, 2});
}

// ---- returns

TEST_CASE("what shipped can come back, once") {
  confirmed().when(request(1)).refused(QuantityExceedsOpen{kLine, 1, 0});
  const auto asked =
      shipped()
          .when(request(2))
          .then_taken({ReturnRequested{kOrder, kAcme, {"r1"}, {{kLine, 2}}, "broken"}});
  given(asked).when(request(2, "r2")).refused(QuantityExceedsOpen{kLine, 2, 1});
}

TEST_CASE("a received return is restocked or written off, and is final") {
  const Given asked = shipped().and_then(
      {delivered(), ReturnRequested{kOrder, kAcme, {"r1"}, {{kLine, 2}}, "broken"}});
  const auto back = asked.when(resolve(ReturnStatus::Received, true))
                        .then({ReturnReceived{kOrder, kAcme, {"r1"}, true, {}}});
  CHECK(back.stock(kAcme, kChain)->on_hand == 4);
  CHECK(back.sub_order(kAcme, kOrder)->line(kLine)->returned == 2);
  given(back)
      .when(resolve(ReturnStatus::Refused, false))
      .refused(IllegalTransition{"Received", "Refused", {}});
  const auto written_off = asked.when(resolve(ReturnStatus::Received, false))
                               .then({ReturnReceived{kOrder, kAcme, {"r1"}, false, {}}});
  CHECK(written_off.stock(kAcme, kChain)->on_hand == 2);
}

TEST_CASE("a refused return may be asked for again under another id") {
  const Given asked =
      shipped().and_then({ReturnRequested{kOrder, kAcme, {"r1"}, {{kLine, 3}}, "broken"}});
  const auto no = asked.when(resolve(ReturnStatus::Refused, false))
                      .then({ReturnRefused{kOrder, kAcme, {"r1"}, ""}});
  given(no)
      .when(request(3, "r2"))
      .then_taken({ReturnRequested{kOrder, kAcme, {"r2"}, {{kLine, 3}}, "broken"}});
}
