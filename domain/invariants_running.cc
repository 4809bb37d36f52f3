// RunningCheck: keeps its own books of what every event promises, ships and gives back, and holds
// the aggregates against them. It uses no fold of theirs to do so.
#include <algorithm>

#include "domain/invariants.h"

namespace cassette::domain {
namespace {

std::string path(const VendorId& vendor, const auto& id) {
  return vendor.value + "/" + id.value;
}

template <class E>
concept CountsStock = kIsOneOf<E, StockCounted, StockAdjusted, StockShortfallRecorded,
                               StockThresholdsSet, ReorderPointReached>;
template <class E>
concept OfOrder =
    kIsOneOf<E, OrderPlaced, StockRequested, OrderConfirmed, OrderCancelled, ReservationExpired,
             CancellationRequested, AddressChangeRequested, SubOrderRecorded>;
template <class E>
concept OfOther = kIsOneOf<E, LedgerCreated, PartitionClaimed, VendorRegistered, VendorChanged,
                           VendorSuspended, VendorReinstated, ProductListed, ProductRevised,
                           ProductDelisted, CustomerRegistered, CustomerChanged, CustomerErased>;

}  // namespace

struct RunningCheck::Fold {
  RunningCheck& books;
  const Marketplace& marketplace;
  Violations& found;

  // What an event may do to a shelf, beside what it promises of it.
  struct Change {
    Quantity shipped = 0;
    Quantity released = 0;
    Quantity restocked = 0;
  };

  // ---- orders

  void operator()(const OfOther auto&) const {}

  void operator()(const OfOrder auto& event) const { check(event.order_id); }

  void operator()(const OrderSettled& event) const {
    check(event.order_id);
    const Order* order = marketplace.order(event.order_id);
    if (!order) return;
    std::int64_t total = 0;
    for (const OrderPart& part : order->parts) total += part.sub_order.total();
    if (total != event.total_amount.amount) {
      found.push_back("order " + event.order_id.value + ": the total is " +
                      std::to_string(event.total_amount.amount) + ", its parts are " +
                      std::to_string(total));
    }
  }

  void check(const OrderId& id) const {
    const Order* order = marketplace.order(id);
    if (order) {
      check_order(id, *order, found);
    } else {
      found.push_back("order " + id.value + ": is not there");
    }
  }

  // ---- stock

  void operator()(const CountsStock auto& event) const {
    const auto item = marketplace.stock(event.vendor_id, event.product_id);
    if (item) check_count(event, *item, books.shelves_[path(event.vendor_id, event.product_id)]);
    check(event.vendor_id, event.product_id);
  }

  void check_count(const StockCounted& event, const StockItem& item, const Shelf&) const {
    if (item.at(event.warehouse_id) == event.quantity) return;
    found.push_back("stock " + path(event.vendor_id, event.product_id) +
                    ": a warehouse holds something else than was counted");
  }
  void check_count(const StockAdjusted& event, const StockItem& item, const Shelf& shelf) const {
    if (item.on_hand - item.missing == shelf.on_hand - shelf.missing + event.delta) return;
    found.push_back("stock " + path(event.vendor_id, event.product_id) +
                    ": was adjusted by something else than the delta");
  }
  void check_count(const StockShortfallRecorded&, const StockItem& item, const Shelf& shelf) const {
    check_still(item, shelf);
  }
  void check_count(const StockThresholdsSet&, const StockItem& item, const Shelf& shelf) const {
    check_still(item, shelf);
  }
  void check_count(const ReorderPointReached&, const StockItem& item, const Shelf& shelf) const {
    check_still(item, shelf);
  }
  void check_still(const StockItem& item, const Shelf& shelf) const {
    if (item.on_hand == shelf.on_hand && item.missing == shelf.missing) return;
    found.push_back("stock changed by an event that only tells of it");
  }

  void check(const VendorId& vendor, const ProductId& product) const {
    const auto item = marketplace.stock(vendor, product);
    Shelf& shelf = books.shelves_[path(vendor, product)];
    if (!item) {
      found.push_back("stock " + path(vendor, product) + ": is not there");
      return;
    }
    check_stock(vendor, product, *item, shelf.promised, found);
    shelf.on_hand = item->on_hand;
    shelf.missing = item->missing;
  }

  // Stock is neither lost nor created: what is on hand follows from what was, and the change.
  void check(const VendorId& vendor, const ProductId& product, const Change& change) const {
    const Shelf before = books.shelves_[path(vendor, product)];
    check(vendor, product);
    const Quantity given_up = std::min(before.missing, change.released);
    const Quantity refilled = std::min(before.missing, change.restocked);
    const Quantity expected =
        before.on_hand - change.shipped - given_up + change.restocked - refilled;
    const Quantity actual = books.shelves_[path(vendor, product)].on_hand;
    if (actual == expected) return;
    found.push_back("stock " + path(vendor, product) + ": on hand is " + std::to_string(actual) +
                    ", should be " + std::to_string(expected));
  }

  // ---- sub-orders

  void operator()(const IsSubOrderEvent auto& event) const {
    const std::string key = path(event.vendor_id, event.order_id);
    apply(event);
    const SubOrder* mine = marketplace.sub_order(event.vendor_id, event.order_id);
    if (!mine) {
      found.push_back("sub-order " + key + ": is not there");
      return;
    }
    check_sub_order(event.vendor_id, event.order_id, *mine, found);
    check_claim(key, *mine);
    check_bill(key, *mine);
    if (mine->closed()) books.claims_.erase(key);
  }

  void check_claim(const std::string& key, const SubOrder& mine) const {
    const auto claim = books.claims_.find(key);
    if (claim == books.claims_.end()) return;
    for (const Line& line : claim->second.lines) {
      const SubOrderLine* other = mine.line(line.line_id);
      if (other && other->open() == line.open) continue;
      found.push_back("sub-order " + key + ": open units differ from what is promised");
    }
  }

  // What there is to pay follows from what was reserved, cancelled and lost, as it was recorded.
  void check_bill(const std::string& key, const SubOrder& mine) const {
    const auto claim = books.claims_.find(key);
    if (claim == books.claims_.end() || claim->second.lines.empty()) return;
    std::int64_t total = claim->second.charges;
    std::int64_t payable = claim->second.charges;
    for (const Line& line : claim->second.lines) {
      total += line.unit_price * line.ordered;
      payable += line.unit_price * (line.ordered - line.given_up);
    }
    if (mine.status() == OrderStatus::Cancelled) payable = 0;
    payable = std::max<std::int64_t>(0, payable);
    if (mine.total() == total && mine.payable() == payable) return;
    found.push_back("sub-order " + key + ": " + std::to_string(mine.payable()) + " of " +
                    std::to_string(mine.total()) + " is to be paid, should be " +
                    std::to_string(payable) + " of " + std::to_string(total));
  }

  void give_up(Claim& claim, const std::vector<LineQuantity>& lines) const {
    for (const LineQuantity& each : lines) {
      const auto line = std::ranges::find(claim.lines, each.line_id, &Line::line_id);
      if (line != claim.lines.end()) line->given_up += each.quantity;
    }
  }

  Claim& claim_of(const auto& event) const {
    return books.claims_[path(event.vendor_id, event.order_id)];
  }

  // Moves units of a claim's lines, and gives each product's sum to the shelf.
  using Moves = std::unordered_map<ProductId, Quantity>;
  Moves move(Claim& claim, const std::vector<LineQuantity>& lines, int sign) const {
    Moves moves;
    for (const LineQuantity& each : lines) {
      for (Line& line : claim.lines) {
        if (line.line_id != each.line_id) continue;
        line.open += sign * each.quantity;
        moves[line.product_id] += each.quantity;
      }
    }
    return moves;
  }

  void promise(const VendorId& vendor, const ProductId& product, Quantity units,
               bool settled) const {
    Promised& promised = books.shelves_[path(vendor, product)].promised;
    promised.reserved += units;
    if (!settled) promised.unsettled += units;
  }

  void apply(const StockReserved& event) const {
    Claim& claim = claim_of(event);
    claim.settled = event.settled;
    for (const Charge& charge : event.charges) claim.charges += charge.amount;
    for (const ReservedLine& line : event.lines) {
      claim.lines.push_back(
          {line.line_id, line.product_id, line.quantity, line.quantity, 0, line.unit_price.amount});
      promise(event.vendor_id, line.product_id, line.quantity, event.settled);
    }
    for (const Line& line : claim.lines) check(event.vendor_id, line.product_id, Change{});
  }

  void settle(const auto& event) const {
    Claim& claim = claim_of(event);
    if (claim.settled) return;
    claim.settled = true;
    for (const Line& line : claim.lines) {
      books.shelves_[path(event.vendor_id, line.product_id)].promised.unsettled -= line.open;
    }
    for (const Line& line : claim.lines) check(event.vendor_id, line.product_id, Change{});
  }
  void apply(const ReservationSettled& event) const { settle(event); }
  void apply(const SubOrderConfirmed& event) const { settle(event); }

  void apply(const LinesCancelled& event) const {
    Claim& claim = claim_of(event);
    give_up(claim, event.lines);
    for (const auto& [product, units] : move(claim, event.lines, -1)) {
      promise(event.vendor_id, product, -units, claim.settled);
      check(event.vendor_id, product, Change{.released = units});
    }
  }

  void apply(const ShipmentDispatched& event) const {
    Claim& claim = claim_of(event);
    claim.shipments[event.shipment_id] = event.lines;
    for (const auto& [product, units] : move(claim, event.lines, -1)) {
      promise(event.vendor_id, product, -units, true);
      check(event.vendor_id, product, Change{.shipped = units});
    }
  }

  void apply(const LostShipmentReplaced& event) const {
    Claim& claim = claim_of(event);
    for (const auto& [product, units] : move(claim, claim.shipments[event.shipment_id], 1)) {
      promise(event.vendor_id, product, units, true);
      check(event.vendor_id, product, Change{});
    }
  }

  // The sub-order may be closed, and its claim gone: its own list of returns tells what came back.
  void apply(const ReturnReceived& event) const {
    const SubOrder* mine = marketplace.sub_order(event.vendor_id, event.order_id);
    const Return* returned = mine ? mine->find_return(event.return_id) : nullptr;
    if (!returned || !event.restocked) return;
    Moves moves;
    for (const LineQuantity& each : returned->lines) {
      const SubOrderLine* line = mine->line(each.line_id);
      if (line) moves[line->product_id] += each.quantity;
    }
    for (const auto& [product, units] : moves) {
      check(event.vendor_id, product, Change{.restocked = units});
    }
  }

  void apply(const LostShipmentWrittenOff& event) const {
    Claim& claim = claim_of(event);
    give_up(claim, claim.shipments[event.shipment_id]);
  }

  template <IsSubOrderEvent E>
  requires(!MovesStock<E>) void apply(const E&) const {}
};

Violations RunningCheck::violations_of(const Marketplace& marketplace, const Event& event) {
  Violations found;
  std::visit(Fold{*this, marketplace, found}, event);
  return found;
}

}  // namespace cassette::domain
