// Reference: what each event changes, and what must have been before it.
#include <algorithm>

#include <fmt/format.h>

#include "tests/simulation/reference.h"
#include "tests/simulation/reference_demand.h"
#include "tests/simulation/verdict.h"

namespace cassette::sim {

using namespace domain;

namespace {

Pair part_key(const auto& event) {
  return {event.vendor_id.value, event.order_id.value};
}
Pair item_key(const auto& event) {
  return {event.vendor_id.value, event.product_id.value};
}

std::map<std::string, Units> by_product(const PartState& part, const LineUnits& lines) {
  std::map<std::string, Units> products;
  for (const auto& [line, quantity] : lines) products[part.lines.at(line).product] += quantity;
  return products;
}

}  // namespace

// ---- events

struct Reference::Apply {
  Reference& all;
  std::uint32_t partition;
  Timestamp at;

  // ---- the ledger, customers: nothing that is judged here

  void operator()(const LedgerCreated&) const {}
  void operator()(const PartitionClaimed&) const {}
  void operator()(const CustomerRegistered&) const {}
  void operator()(const CustomerChanged&) const {}
  void operator()(const CustomerErased&) const {}

  // ---- vendors and products

  void operator()(const VendorRegistered& event) const {
    demand(all.shops_.try_emplace(event.vendor_id.value).second, "is registered twice", event);
  }
  void operator()(const VendorChanged&) const {}
  void operator()(const VendorSuspended& event) const {
    all.shops_[event.vendor_id.value].suspended = true;
  }
  void operator()(const VendorReinstated& event) const {
    all.shops_[event.vendor_id.value].suspended = false;
  }
  void list(const auto& event) const {
    all.listings_[item_key(event)] = {event.details.name, event.details.sku,
                                      event.details.price.amount, true};
  }
  void operator()(const ProductListed& event) const { list(event); }
  void operator()(const ProductRevised& event) const { list(event); }
  void operator()(const ProductDelisted& event) const {
    all.listings_[item_key(event)].listed = false;
  }

  // ---- stock

  void stand_at(const auto& event, Units shelf) const {
    ShelfState& item = all.shelves_[item_key(event)];
    demand(shelf >= 0, "leaves less than nothing", event);
    item.missing = std::max<Units>(0, item.reserved - shelf);
    item.on_hand = shelf + item.missing;
  }
  void operator()(const StockCounted& event) const { stand_at(event, event.quantity); }
  void operator()(const StockAdjusted& event) const {
    const ShelfState& item = all.shelves_[item_key(event)];
    stand_at(event, item.on_hand - item.missing + event.delta);
  }
  void operator()(const StockShortfallRecorded& event) const {
    demand(all.shelves_[item_key(event)].missing == event.missing, "tells of another shortfall",
           event);
  }
  void operator()(const StockThresholdsSet& event) const {
    ShelfState& item = all.shelves_[item_key(event)];
    item.reorder = event.reorder_point;
    item.safety = event.safety_stock;
  }
  void operator()(const ReorderPointReached& event) const {
    const ShelfState& item = all.shelves_[item_key(event)];
    demand(item.available() == event.available && item.reorder == event.reorder_point &&
               event.available <= event.reorder_point,
           "tells of a crossing that was not", event);
  }

  // ---- orders

  PurchaseState& purchase(const auto& event) const {
    const auto found = all.purchases_.find(event.order_id.value);
    demand(found != all.purchases_.end(), "there is no such order", event);
    return found->second;
  }
  PartView& view(PurchaseState& purchase, const VendorId& vendor, const auto& event) const {
    const auto found = purchase.parts.find(vendor.value);
    demand(found != purchase.parts.end(), "the order has no such vendor", event);
    return found->second;
  }
  void ask(PurchaseState& purchase, const std::string& vendor, const std::string& order) const {
    std::vector<PlacedLine> lines;
    for (const PlacedLine& line : purchase.lines) {
      if (line.vendor_id.value == vendor) lines.push_back(line);
    }
    purchase.parts[vendor].asked = true;
    all.asks_[{vendor, order}] = std::move(lines);
  }
  void operator()(const OrderPlaced& event) const {
    const auto [at_order, is_new] = all.purchases_.try_emplace(event.order_id.value);
    demand(is_new, "is placed twice", event);
    PurchaseState& purchase = at_order->second;
    purchase.manual = event.confirmation == Confirmation::Manual;
    purchase.cancel_short = event.on_shortage == OnShortage::CancelShortVendors;
    purchase.lines = event.lines;
    if (event.reserved_until) purchase.deadline = event.reserved_until->micros;
    demand(purchase.manual == purchase.deadline.has_value(), "has a wrong deadline", event);
    for (const PlacedLine& line : event.lines) purchase.parts[line.vendor_id.value];
    ask(purchase, purchase.parts.begin()->first, event.order_id.value);
  }
  void operator()(const StockRequested& event) const {
    PurchaseState& order = purchase(event);
    demand(order.phase == PurchaseState::Phase::Placing, "asks for an order that is placed", event);
    for (auto& [vendor, part] : order.parts) {
      if (vendor == event.vendor_id.value) {
        demand(!part.asked, "asks twice", event);
        break;
      }
      demand(part.answered, "asks before the one before has answered", event);
    }
    ask(order, event.vendor_id.value, event.order_id.value);
  }
  void operator()(const OrderSettled& event) const {
    PurchaseState& order = purchase(event);
    demand(order.phase == PurchaseState::Phase::Placing, "settles twice", event);
    std::int64_t total = 0;
    for (const auto& [vendor, part] : order.parts) {
      demand(part.answered, "settles before all have answered", event);
      total += part.part.total();
    }
    demand(total == event.total_amount.amount, "has another total", event);
    order.phase = PurchaseState::Phase::Open;
  }
  void operator()(const OrderConfirmed& event) const {
    PurchaseState& order = purchase(event);
    demand(order.phase == PurchaseState::Phase::Open && !order.confirmed, "can't be confirmed",
           event);
    demand(!order.deadline || at.micros < *order.deadline, "is confirmed too late", event);
    order.confirmed = true;
  }
  // The vendors are asked to give up what they promised.
  void give_up(PurchaseState& order, const auto& event) const {
    for (const VendorId& vendor : event.vendors) {
      ++view(order, vendor, event).outstanding;
      ++all.requests_[{vendor.value, event.order_id.value}];
    }
  }
  void all_standing_are_named(const PurchaseState& order, const auto& event) const {
    std::set<std::string> named;
    for (const VendorId& vendor : event.vendors) named.insert(vendor.value);
    for (const auto& [vendor, part] : order.parts) {
      demand(part.stands() == named.contains(vendor), "releases other parts than stand", event);
    }
  }
  void operator()(const OrderCancelled& event) const {
    PurchaseState& order = purchase(event);
    demand(order.phase == PurchaseState::Phase::Placing, "fails after it was placed", event);
    all_standing_are_named(order, event);
    order.phase = PurchaseState::Phase::Failed;
    give_up(order, event);
  }
  void operator()(const ReservationExpired& event) const {
    PurchaseState& order = purchase(event);
    demand(order.deadline && *order.deadline <= at.micros, "expires before its time", event);
    demand(!order.confirmed && order.phase != PurchaseState::Phase::Failed, "can't expire", event);
    all_standing_are_named(order, event);
    order.phase = PurchaseState::Phase::Failed;
    order.expired = true;
    give_up(order, event);
  }
  void operator()(const CancellationRequested& event) const {
    PurchaseState& order = purchase(event);
    if (event.whole) order.phase = PurchaseState::Phase::Failed;
    give_up(order, event);
  }
  void operator()(const AddressChangeRequested& event) const {
    PurchaseState& order = purchase(event);
    for (const VendorId& vendor : event.vendors) ++view(order, vendor, event).outstanding;
  }

  // What the vendor's partition decided is recorded once, and in its order.
  void operator()(const SubOrderRecorded& event) const {
    PurchaseState& order = purchase(event);
    PartView& part = view(order, event.vendor_id, event);
    auto& reports = all.reports_[part_key(event)];
    demand(!reports.empty() && reports.front() == event.change,
           "records what its vendor did not decide next", event);
    reports.pop_front();
    all.change_part(part.part, event.change);
    if (std::holds_alternative<StockReserved>(event.change) ||
        std::holds_alternative<ReservationRefused>(event.change)) {
      part.answered = true;
    }
    const auto* cancelled = std::get_if<LinesCancelled>(&event.change);
    if ((cancelled != nullptr && cancelled->requested) ||
        std::holds_alternative<CancellationRefused>(event.change) ||
        std::holds_alternative<AddressChanged>(event.change) ||
        std::holds_alternative<AddressChangeRefused>(event.change)) {
      demand(--part.outstanding >= 0, "answers what was not asked", event);
    }
  }

  // ---- what a vendor decides

  void answer_ask(const auto& event, const std::string& refusal) const {
    const auto asked = all.asks_.find(part_key(event));
    demand(asked != all.asks_.end(), "answers what was not asked", event);
    demand(all.refusal_of(event.vendor_id.value, asked->second) == refusal,
           "is another answer than the stock gives", event);
  }
  void before(const StockReserved& event) const {
    answer_ask(event, "");
    const auto& lines = all.asks_[part_key(event)];
    demand(lines.size() == event.lines.size(), "promises other lines", event);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const ReservedLine& line = event.lines[i];
      const ListingState& product = all.listings_[{event.vendor_id.value, line.product_id.value}];
      demand(line.line_id == lines[i].line_id && line.product_id == lines[i].product_id &&
                 line.quantity == lines[i].quantity && line.unit_price.amount == product.price &&
                 line.name == product.name && line.sku == product.sku,
             "promises something else than was asked for", event);
      all.change_stock({event.vendor_id.value, line.product_id.value}, 0, line.quantity);
    }
    all.asks_.erase(part_key(event));
  }
  void before(const ReservationRefused& event) const {
    answer_ask(event, std::string(type_of(event.refusal)));
    all.asks_.erase(part_key(event));
  }
  void before(const SubOrderConfirmed& event) const {
    demand(purchase(event).confirmed, "is confirmed without its order", event);
  }
  void answer_request(const auto& event) const {
    demand(--all.requests_[part_key(event)] >= 0, "answers a request that was not", event);
  }
  void before(const LinesCancelled& event) const {
    if (event.requested) answer_request(event);
    const PartState& part = all.parts_[part_key(event)];
    for (const auto& [product, quantity] : by_product(part, units_of(event.lines))) {
      const ShelfState& item = all.shelves_[{event.vendor_id.value, product}];
      const Units found = std::min(item.missing, quantity);
      all.shelves_[{event.vendor_id.value, product}].missing -= found;
      all.change_stock({event.vendor_id.value, product}, -found, -quantity);
    }
  }
  void before(const CancellationRefused& event) const { answer_request(event); }
  void before(const ShipmentDispatched& event) const {
    const PartState& part = all.parts_[part_key(event)];
    for (const auto& [product, quantity] : by_product(part, units_of(event.lines))) {
      ShelfState& item = all.shelves_[{event.vendor_id.value, product}];
      const Units shelf = item.on_hand - item.missing;
      item.missing -= std::max<Units>(0, quantity - shelf);
      all.change_stock({event.vendor_id.value, product}, -quantity, -quantity);
    }
  }
  void before(const LostShipmentReplaced& event) const {
    const PartState& part = all.parts_[part_key(event)];
    const auto parcel = part.parcels.find(event.shipment_id.value);
    if (parcel == part.parcels.end()) return;
    for (const auto& [product, quantity] : by_product(part, parcel->second.lines)) {
      demand(quantity <= all.shelves_[{event.vendor_id.value, product}].available(),
             "replaces what is not available", event);
      all.change_stock({event.vendor_id.value, product}, 0, quantity);
    }
  }
  void before(const ReturnReceived& event) const {
    const PartState& part = all.parts_[part_key(event)];
    const auto returned = part.returns.find(event.return_id.value);
    if (!event.restocked || returned == part.returns.end()) return;
    for (const auto& [product, quantity] : by_product(part, returned->second.lines)) {
      ShelfState& item = all.shelves_[{event.vendor_id.value, product}];
      const Units refilled = std::min(item.missing, quantity);
      item.missing -= refilled;
      all.change_stock({event.vendor_id.value, product}, quantity - refilled, 0);
    }
  }
  void before(const auto&) const {}

  void operator()(const IsSubOrderEvent auto& event) const {
    before(event);
    all.change_part(all.parts_[part_key(event)], event);
    all.reports_[part_key(event)].push_back(event);
  }
};

void Reference::change_stock(const Pair& item, Units on_hand, Units reserved) {
  ShelfState& shelf = shelves_[item];
  shelf.on_hand += on_hand;
  shelf.reserved += reserved;
  if (shelf.reserved >= 0 && shelf.missing >= 0 && shelf.on_hand >= shelf.reserved) return;
  wrong(fmt::format("stock {}/{}: {} on hand, {} reserved, {} missing", item.first, item.second,
                    shelf.on_hand, shelf.reserved, shelf.missing));
}

void Reference::apply(const Event& event, std::uint32_t partition, Timestamp at) {
  std::visit(Apply{*this, partition, at}, event);
}

std::vector<std::string> Reference::unfinished(Timestamp now) const {
  std::vector<std::string> open;
  for (const auto& [key, lines] : asks_) {
    open.push_back(fmt::format("{} was not answered for {}", key.first, key.second));
  }
  for (const auto& [key, count] : requests_) {
    if (count > 0) open.push_back(fmt::format("{} was asked to release {}", key.first, key.second));
  }
  for (const auto& [key, reports] : reports_) {
    if (reports.empty()) continue;
    open.push_back(fmt::format("{} of {} is not recorded", key.first, key.second));
  }
  for (const auto& [id, order] : purchases_) {
    const bool placing = order.phase == PurchaseState::Phase::Placing;
    if (placing) open.push_back(fmt::format("order {} is not placed", id));
    const bool due = order.deadline && *order.deadline <= now.micros;
    if (due && !order.confirmed && order.phase != PurchaseState::Phase::Failed &&
        order.standing()) {
      open.push_back(fmt::format("order {} did not expire", id));
    }
    for (const auto& [vendor, part] : order.parts) {
      if (part.outstanding > 0) open.push_back(fmt::format("order {} waits for {}", id, vendor));
      if (order.confirmed && part.stands() && part.part.preparation == 0) {
        open.push_back(fmt::format("{} does not know that {} is confirmed", vendor, id));
      }
      if (part.stands() && !part.part.settled && !placing) {
        open.push_back(fmt::format("{} does not know that {} is settled", vendor, id));
      }
    }
  }
  return open;
}

}  // namespace cassette::sim
