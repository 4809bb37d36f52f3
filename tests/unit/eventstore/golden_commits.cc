// GoldenCommits: bicycle parts, shops and orders, spelled out.
#include "tests/unit/eventstore/golden_commits.h"

#include "eventstore/codec.h"

namespace cassette::test {
namespace {

using namespace domain;
using eventstore::Commit;
using eventstore::EventRef;
using eventstore::Position;
using eventstore::RecordedEvent;

const VendorId kVendor{"1580"};
const ProductId kHelmet{"p-707"};
const ProductId kJersey{"p-881"};
const CustomerId kCustomer{"c-17"};
const OrderId kOrder{"01932a4e-8c1f-7d2b-9a55-3f0c8e6b7d10"};
const WarehouseId kNorth{"north"};
const ShipmentId kShipment{"s-1"};
const ReturnId kReturn{"r-1"};
const Sealed kAddress{"rZ0q1mT8eVYb5d3LwX2nUuP7cJk4aHs9"};
const Sealed kName{"bW9Qn2Xk7uFzR4tL"};
const ContactInfo kContact{{"e5Lx0PqZr8Yt"}, {"Gh2Vw9Nc4KsA"}};
const Money kHelmetPrice{3499, {"USD"}};

const std::vector<PlacedLine> kPlacedLines{
    {LineId{1}, kVendor, kHelmet, 2, kHelmetPrice, {}},
    {LineId{2}, {"1650"}, kJersey, 1, {}, Money{4999, {"USD"}}}};
const std::vector<ReservedLine> kReservedLines{
    {LineId{1}, kHelmet, 2, "Sport-100 Helmet, Red", "HL-U509-R", kHelmetPrice}};
const std::vector<LineQuantity> kUnits{{LineId{1}, 1}};

Commit commit_of(std::vector<RecordedEvent> events) {
  Commit commit;
  commit.at = {1'795'468'020'123'456};
  commit.prev = eventstore::hash_of("the commit before");
  commit.owner = "5f1c0e9a7b3d2846";
  commit.events = std::move(events);
  return commit;
}

// As one command asked for it.
GoldenCommit commanded(Event event) {
  std::string name(type_of(event));
  Commit commit = commit_of({{std::move(event), {0, {}, {}}, "admin", {}}});
  commit.commands = {{"admin:POST:/orders:k-1", "3c9909afec25354d551dae21590bb26e", 201}};
  return {std::move(name), std::move(commit)};
}

// As an event of another partition called for it.
GoldenCommit reacted(Event event) {
  std::string name(type_of(event));
  const eventstore::Cause cause{{}, {}, EventRef{Position{1, 77}, 2}};
  Commit commit =
      commit_of({{std::move(event), cause, "customer:c-17", Timestamp{1'795'467'000'000'000}}});
  commit.seen[1] = {77, eventstore::hash_of("what partition 1 said")};
  return {std::move(name), std::move(commit)};
}

// As the engine did of itself.
GoldenCommit own(Event event) {
  std::string name(type_of(event));
  return {std::move(name), commit_of({{std::move(event), {}, "", {}}})};
}

void ledger_and_vendor_events(std::vector<GoldenCommit>& all) {
  const std::vector<WarehouseLocation> warehouses{{kNorth, "7 Chainring Road, Portland", "US"},
                                                  {{"main"}, "1 Sprocket Street, Bothell", "US"}};
  all.push_back(own(LedgerCreated{"01932a4e-0000-7000-8000-000000000001", 4, 2, "xxh3-64"}));
  all.back().commit.prev = {};
  all.push_back(own(PartitionClaimed{"5f1c0e9a7b3d2846"}));
  all.push_back(
      commanded(VendorRegistered{kVendor, "Litware \"Parts\" & Söhne", kContact, warehouses}));
  all.push_back(commanded(VendorChanged{kVendor, "Litware", ContactInfo{{}, {"Gh2Vw9Nc4KsA"}},
                                        std::vector<WarehouseLocation>{}}));
  all.push_back(commanded(VendorSuspended{kVendor, "unanswered complaints"}));
  all.push_back(commanded(VendorReinstated{kVendor}));
}

void product_and_stock_events(std::vector<GoldenCommit>& all) {
  const ProductDetails details{
      "Sport-100 Helmet, Red",
      "Universal fit,\nwell-vented, lightweight",
      "HL-U509-R",
      kHelmetPrice,
      "Helmets",
      {"https://img.example/hl-u509-r.jpg", "https://img.example/side.jpg"},
      {{"colour", "red"}, {"weight", "310 g"}}};
  all.push_back(commanded(ProductListed{kVendor, kHelmet, details}));
  all.push_back(commanded(ProductRevised{
      kVendor, kHelmet, {"Sport-100 Helmet, Red", "", "HL-U509-R", {2999, {"USD"}}, "", {}, {}}}));
  all.push_back(commanded(ProductDelisted{kVendor, kHelmet}));
  all.push_back(commanded(StockCounted{kVendor, kHelmet, kNorth, 100}));
  all.push_back(commanded(StockAdjusted{kVendor, kHelmet, {}, -3, "damaged"}));
  all.push_back(commanded(StockShortfallRecorded{kVendor, kHelmet, 4}));
  all.push_back(commanded(StockThresholdsSet{kVendor, kHelmet, 10, 2}));
  all.push_back(commanded(ReorderPointReached{kVendor, kHelmet, 9, 10}));
}

void customer_events(std::vector<GoldenCommit>& all) {
  all.push_back(commanded(CustomerRegistered{kCustomer, kName, kContact, {kAddress}}));
  all.push_back(commanded(CustomerChanged{kCustomer, kName, ContactInfo{}, {}}));
  all.push_back(commanded(CustomerErased{kCustomer}));
}

void order_events(std::vector<GoldenCommit>& all) {
  const std::vector<VendorId> vendors{kVendor, {"1650"}};
  all.push_back(commanded(OrderPlaced{kOrder,
                                      kCustomer,
                                      kPlacedLines,
                                      {{kVendor, ChargeType::Shipping, 799}},
                                      kAddress,
                                      Confirmation::Manual,
                                      OnShortage::CancelShortVendors,
                                      Timestamp{1'795'468'920'123'456}}));
  all.push_back(reacted(StockRequested{kOrder,
                                       {"1650"},
                                       kCustomer,
                                       {kPlacedLines[1]},
                                       {{ChargeType::Tax, 412}},
                                       kAddress,
                                       {"USD"},
                                       true}));
  all.push_back(reacted(OrderSettled{kOrder, {11997, {"USD"}}, vendors}));
  all.push_back(commanded(OrderConfirmed{kOrder, vendors}));
  all.push_back(
      reacted(OrderCancelled{kOrder, MixedCurrency{{"1650"}, {"USD"}, {"EUR"}}, {kVendor}}));
  all.push_back(own(ReservationExpired{kOrder, vendors}));
  all.push_back(
      commanded(CancellationRequested{kOrder, vendors, "ordered twice", Role::Customer, true}));
  all.push_back(commanded(AddressChangeRequested{kOrder, vendors, kAddress}));
  all.push_back(reacted(SubOrderRecorded{
      kOrder, kVendor, LinesCancelled{kOrder, kVendor, kUnits, "out of production"}}));
}

void reservation_events(std::vector<GoldenCommit>& all) {
  all.push_back(reacted(StockReserved{
      kOrder, kVendor, kCustomer, kReservedLines, {{ChargeType::Discount, -500}}, kAddress, true}));
  all.push_back(reacted(ReservationRefused{
      kOrder, kVendor, InsufficientStock{{{LineId{1}, kVendor, kHelmet, 2, 1}}, true}}));
  all.push_back(reacted(ReservationSettled{kOrder, kVendor}));
  all.push_back(reacted(SubOrderConfirmed{kOrder, kVendor}));
  all.push_back(commanded(SubOrderPacked{kOrder, kVendor}));
  all.push_back(commanded(SubOrderNoted{kOrder, kVendor, "leave it at the workshop"}));
  all.push_back(commanded(LinesCancelled{kOrder, kVendor, kUnits, "out of production"}));
  all.push_back(reacted(CancellationRefused{
      kOrder, kVendor, IllegalTransition{"Shipped", "Cancelled", {"Delivered"}}}));
  all.push_back(reacted(AddressChanged{kOrder, kVendor, kAddress}));
  all.push_back(reacted(
      AddressChangeRefused{kOrder, kVendor, IllegalTransition{"Packed", "Packed", {"Shipped"}}}));
}

void fulfilment_events(std::vector<GoldenCommit>& all) {
  all.push_back(commanded(ShipmentDispatched{kOrder, kVendor, kShipment, kUnits,
                                             "XRQ - TRUCK GROUND", "1Z-999-AA1", kNorth}));
  all.push_back(commanded(
      ShipmentUpdated{kOrder, kVendor, kShipment, {}, "1Z-999-AA2", "relabelled at the depot"}));
  all.push_back(commanded(ShipmentProblemReported{kOrder, kVendor, kShipment, "box is wet"}));
  all.push_back(commanded(ShipmentLost{kOrder, kVendor, kShipment, "no scan for ten days"}));
  all.push_back(commanded(LostShipmentReplaced{kOrder, kVendor, kShipment}));
  all.push_back(commanded(LostShipmentWrittenOff{kOrder, kVendor, kShipment}));
  all.push_back(commanded(ShipmentDelivered{kOrder, kVendor, kShipment}));
  all.push_back(commanded(ReturnRequested{kOrder, kVendor, kReturn, kUnits, "too small"}));
  all.push_back(commanded(ReturnReceived{kOrder, kVendor, kReturn, true, kNorth}));
  all.push_back(commanded(ReturnRefused{kOrder, kVendor, kReturn, "worn"}));
}

// An event that event `on` of its commit called for, asked by the same.
RecordedEvent then(Event event, std::uint32_t on) {
  return {std::move(event), {{}, on, {}}, "customer:c-17", Timestamp{1'795'467'000'000'000}};
}

// What stands on another event and yet differs from it in all that could be inherited.
GoldenCommit overrides() {
  RecordedEvent placed = then(
      StockReserved{
          kOrder, kVendor, kCustomer, kReservedLines, {{ChargeType::Fee, 5}}, kAddress, true},
      0);
  placed.cause = {0, {}, {}};
  RecordedEvent other{StockReserved{{}, {"1650"}, {}, {}, {}, {}, false}, {{}, 0, {}}, "", {}};
  RecordedEvent recorded =
      then(SubOrderRecorded{kOrder, kVendor, SubOrderConfirmed{kOrder, kVendor}}, 0);
  Commit commit = commit_of({placed, other, recorded});
  commit.commands = {{"service:shop:POST:/orders:\u00e9\"\\\t", "", 200}};
  return {"Overrides", std::move(commit)};
}

// Every rejection, each as what an event of it keeps for ever.
GoldenCommit refusals() {
  const std::vector<Rejection> all = {
      NotFound{"vendor", "1580"},
      AlreadyExists{"order", "o-1"},
      VersionMismatch{3, 4},
      OnHandMismatch{10, 9},
      InvalidCommand{"quantity", "the total is too large"},
      NotPermitted{"charges", "are an administrator's or a service's to set"},
      DuplicateSku{"HL-U509-R", kHelmet},
      BelowReserved{5, 3, {kOrder}},
      InsufficientStock{{{LineId{1}, kVendor, kHelmet, 2, 1}}, true},
      VendorIsSuspended{kVendor},
      ProductIsNotListed{LineId{2}, kVendor, kJersey},
      PriceChanged{LineId{1}, kVendor, kHelmet, kHelmetPrice, {3999, {"USD"}}},
      MixedCurrency{kVendor, {"USD"}, {"EUR"}},
      CustomerIsErased{kCustomer},
      IllegalTransition{"Packed", "Pending", {"Shipped", "Delivered"}},
      ReservationHasExpired{kOrder},
      OrderIsUnsettled{kOrder},
      QuantityExceedsOpen{LineId{1}, 3, 2}};
  CHECK(all.size() == std::variant_size_v<Rejection::OneOf>);
  std::vector<RecordedEvent> events;
  for (const Rejection& refusal : all) {
    CHECK(refusal.index() == events.size());
    events.push_back({ReservationRefused{kOrder, kVendor, refusal}, {}, "admin", {}});
  }
  return {"Refusals", commit_of(std::move(events))};
}

// Request ids: the listener's, kept by what the event called for; a client's own; none again; and
// one that came with another partition's event.
GoldenCommit requests() {
  const std::string made = "01932a4e-8c1f-7d2b-9a55-3f0c8e6b7d10";
  const Event packed = SubOrderPacked{kOrder, kVendor};
  Commit commit =
      commit_of({{packed, {0, {}, {}}, "vendor:1580", {}, made},
                 {SubOrderRecorded{kOrder, kVendor, SubOrderPacked{kOrder, kVendor}},
                  {{}, 0, {}},
                  "vendor:1580",
                  {},
                  made},
                 {SubOrderNoted{kOrder, kVendor, "x"}, {}, "vendor:1580", {}, "till-3:\"4711\""},
                 {SubOrderNoted{kOrder, kVendor, "y"}, {{}, 2, {}}, "vendor:1580", {}, {}},
                 {SubOrderRecorded{kOrder, kVendor, SubOrderPacked{kOrder, kVendor}},
                  {{}, {}, EventRef{Position{3, 1841}, 0}},
                  "vendor:1580",
                  {},
                  made}});
  commit.seen = {{3, {1841, eventstore::hash_of("three")}}};
  commit.commands = {{"vendor:1580:PATCH:/orders:k-7", "9f86d081884c7d659a2feaa0c55ad015", 200}};
  return {"Requests", std::move(commit)};
}

}  // namespace

std::vector<GoldenCommit> golden_events() {
  std::vector<GoldenCommit> all;
  ledger_and_vendor_events(all);
  product_and_stock_events(all);
  customer_events(all);
  order_events(all);
  reservation_events(all);
  fulfilment_events(all);
  return all;
}

Commit one_line_order() {
  const Event reserved =
      StockReserved{kOrder, kVendor, kCustomer, kReservedLines, {}, kAddress, true};
  const Event confirmed = SubOrderConfirmed{kOrder, kVendor};
  RecordedEvent placed = then(OrderPlaced{kOrder,
                                          kCustomer,
                                          {kPlacedLines[0]},
                                          {},
                                          kAddress,
                                          Confirmation::Automatic,
                                          OnShortage::Reject,
                                          {}},
                              0);
  placed.cause = {0, {}, {}};
  Commit commit = commit_of(
      {placed, then(reserved, 0),
       then(SubOrderRecorded{kOrder, kVendor, std::get<StockReserved>(reserved)}, 1),
       then(OrderSettled{kOrder, {6998, {"USD"}}, {}}, 2),
       then(OrderConfirmed{kOrder, {kVendor}}, 2), then(confirmed, 4),
       then(SubOrderRecorded{kOrder, kVendor, std::get<SubOrderConfirmed>(confirmed)}, 5)});
  commit.commands = {{"customer:c-17:POST:/orders:k-42", "9f86d081884c7d659a2feaa0c55ad015", 201}};
  return commit;
}

std::vector<GoldenCommit> golden_shapes() {
  Commit empty = commit_of({});
  Commit over_partitions =
      commit_of({{SubOrderRecorded{kOrder, kVendor, SubOrderPacked{kOrder, kVendor}},
                  {{}, {}, EventRef{Position{3, 1841}, 0}},
                  "vendor:1580",
                  {}}});
  over_partitions.seen = {{1, {77, eventstore::hash_of("one")}},
                          {3, {1841, eventstore::hash_of("three")}}};
  return {{"Empty", empty},
          {"OneLineOrder", one_line_order()},
          {"OverPartitions", over_partitions},
          overrides(),
          refusals(),
          requests()};
}

}  // namespace cassette::test
