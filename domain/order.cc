// Order: what an order is, folded from its own events and from what its vendors decided.
// It refuses no fact; a fact that contradicts the state is our own bug and stops the process.
#include "domain/order.h"

#include <algorithm>

#include "domain/events.h"

namespace cassette::domain {
namespace {

void touch(Order& order) {
  CHECK(order.exists());
  ++order.version;
}

OrderPart& part_of(Order& order, const VendorId& vendor) {
  OrderPart* part = order.part(vendor);
  CHECK(part != nullptr);
  return *part;
}

// No vendor is asked any more.
void fail(Order& order) {
  order.phase = OrderPhase::Failed;
  order.lines = {};
  order.charges = {};
}

// Each of the vendors owes an answer more.
void await(Order& order, const std::vector<VendorId>& vendors) {
  for (const VendorId& vendor : vendors) ++part_of(order, vendor).outstanding;
}

// The vendor is asked: its lines need not be kept any more.
void ask(Order& order, const VendorId& vendor) {
  OrderPart& part = part_of(order, vendor);
  CHECK(part.phase == PartPhase::Unasked);
  part.phase = PartPhase::Asked;
  std::erase_if(order.lines, [&vendor](const auto& line) { return line.vendor_id == vendor; });
  std::erase_if(order.charges, [&vendor](const auto& each) { return each.vendor_id == vendor; });
}

// What a recorded change answers.
struct Answer {
  Order& order;
  OrderPart& part;

  void answered() const {
    CHECK(part.phase == PartPhase::Asked);
    part.phase = PartPhase::Answered;
  }
  void settled_request() const {
    CHECK(part.outstanding > 0);
    --part.outstanding;
  }
  void operator()(const StockReserved& change) const {
    answered();
    CHECK(!change.lines.empty());
    if (order.currency.empty()) order.currency = change.lines.front().unit_price.currency;
  }
  void operator()(const ReservationRefused&) const { answered(); }
  void operator()(const LinesCancelled& change) const {
    if (change.requested) settled_request();
  }
  void operator()(const CancellationRefused&) const { settled_request(); }
  void operator()(const AddressChanged& change) const {
    settled_request();
    order.shipping_address = change.shipping_address;
  }
  void operator()(const AddressChangeRefused&) const { settled_request(); }
  void operator()(const ReservationSettled&) const {}
  void operator()(const SubOrderConfirmed&) const {}
  void operator()(const SubOrderPacked&) const {}
  void operator()(const SubOrderNoted&) const {}
  void operator()(const ShipmentDispatched&) const {}
  void operator()(const ShipmentUpdated&) const {}
  void operator()(const ShipmentProblemReported&) const {}
  void operator()(const ShipmentLost&) const {}
  void operator()(const LostShipmentReplaced&) const {}
  void operator()(const LostShipmentWrittenOff&) const {}
  void operator()(const ShipmentDelivered&) const {}
  void operator()(const ReturnRequested&) const {}
  void operator()(const ReturnReceived&) const {}
  void operator()(const ReturnRefused&) const {}
};

}  // namespace

// ---- state

bool OrderPart::stands() const {
  return phase == PartPhase::Answered && sub_order.status() != OrderStatus::Cancelled;
}

OrderStatus Order::status() const {
  std::optional<OrderStatus> least;
  for (const OrderPart& part : parts) {
    const bool unanswered = part.phase != PartPhase::Answered;
    if (unanswered ? phase == OrderPhase::Failed : !part.stands()) continue;
    const OrderStatus status = unanswered ? OrderStatus::Pending : part.sub_order.status();
    least = std::min(least.value_or(status), status);
  }
  return least.value_or(OrderStatus::Cancelled);
}

OrderPart* Order::part(const VendorId& vendor) {
  const auto found = std::ranges::lower_bound(parts, vendor, {}, &OrderPart::vendor_id);
  return found != parts.end() && found->vendor_id == vendor ? &*found : nullptr;
}

const OrderPart* Order::part(const VendorId& vendor) const {
  const auto found = std::ranges::lower_bound(parts, vendor, {}, &OrderPart::vendor_id);
  return found != parts.end() && found->vendor_id == vendor ? &*found : nullptr;
}

bool Order::may_expire() const {
  if (confirmed || phase == OrderPhase::Failed || !reserved_until) return false;
  return phase == OrderPhase::Placing || std::ranges::any_of(parts, &OrderPart::stands);
}

bool Order::at_rest() const {
  const auto rests = [this](const OrderPart& part) {
    if (part.outstanding > 0) return false;
    if (part.phase == PartPhase::Answered) return true;
    return part.phase == PartPhase::Unasked && phase == OrderPhase::Failed;
  };
  return exists() && phase != OrderPhase::Placing && std::ranges::all_of(parts, rests);
}

bool Order::closed() const {
  const auto done = [](const OrderPart& part) {
    return part.phase == PartPhase::Unasked || part.sub_order.closed();
  };
  return at_rest() && std::ranges::all_of(parts, done);
}

// ---- evolve

void evolve(Order& order, const OrderPlaced& event) {
  CHECK(!order.exists());
  order.version = 1;
  order.confirmation = event.confirmation;
  order.on_shortage = event.on_shortage;
  order.reserved_until = event.reserved_until;
  order.customer_id = event.customer_id;
  order.shipping_address = event.shipping_address;
  for (VendorId& vendor : vendors_of(event)) {
    order.parts.emplace_back().vendor_id = std::move(vendor);
  }
  CHECK(!order.parts.empty());
  if (order.parts.size() > 1) {
    order.lines = event.lines;
    order.charges = event.charges;
  }
  ask(order, order.parts.front().vendor_id);
}

void evolve(Order& order, const StockRequested& event) {
  touch(order);
  CHECK(order.phase == OrderPhase::Placing);
  ask(order, event.vendor_id);
}

void evolve(Order& order, const OrderSettled&) {
  touch(order);
  CHECK(order.phase == OrderPhase::Placing);
  order.phase = OrderPhase::Open;
}

void evolve(Order& order, const OrderConfirmed&) {
  touch(order);
  CHECK(order.phase == OrderPhase::Open && !order.confirmed);
  order.confirmed = true;
}

void evolve(Order& order, const OrderCancelled& event) {
  touch(order);
  CHECK(order.phase == OrderPhase::Placing);
  fail(order);
  await(order, event.vendors);
}

void evolve(Order& order, const ReservationExpired& event) {
  touch(order);
  CHECK(order.may_expire());
  fail(order);
  order.expired = true;
  await(order, event.vendors);
}

void evolve(Order& order, const CancellationRequested& event) {
  touch(order);
  if (event.whole) fail(order);
  await(order, event.vendors);
}

void evolve(Order& order, const AddressChangeRequested& event) {
  touch(order);
  await(order, event.vendors);
}

void evolve(Order& order, const SubOrderRecorded& event) {
  touch(order);
  OrderPart& part = part_of(order, event.vendor_id);
  std::visit(Answer{order, part}, event.change);
  evolve(part.sub_order, event.change);
}

// ---- asks

std::vector<VendorId> vendors_of(const OrderPlaced& placed) {
  std::vector<VendorId> vendors;
  for (const PlacedLine& line : placed.lines) {
    const auto at = std::ranges::lower_bound(vendors, line.vendor_id);
    if (at == vendors.end() || *at != line.vendor_id) vendors.insert(at, line.vendor_id);
  }
  return vendors;
}

ReserveStock terms_of(const OrderPlaced& placed, const VendorId& vendor, const Currency& currency) {
  ReserveStock ask{placed.order_id, vendor, {}, {}, {}, {}, currency, false};
  ask.lines.reserve(placed.lines.size());
  for (const PlacedLine& line : placed.lines) {
    if (line.vendor_id == vendor) ask.lines.push_back(line);
  }
  for (const VendorCharge& charge : placed.charges) {
    if (charge.vendor_id == vendor) ask.charges.push_back({charge.type, charge.amount});
  }
  return ask;
}

ReserveStock first_ask(const OrderPlaced& placed) {
  const std::vector<VendorId> vendors = vendors_of(placed);
  CHECK(!vendors.empty());
  ReserveStock ask = terms_of(placed, vendors.front(), {});
  ask.customer_id = placed.customer_id;
  ask.shipping_address = placed.shipping_address;
  ask.last = vendors.size() == 1;
  return ask;
}

}  // namespace cassette::domain
