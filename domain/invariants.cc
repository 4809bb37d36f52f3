// Invariants: judges stock items, sub-orders and orders one by one, and a whole partition.
// It trusts no sum that an aggregate keeps: it adds up the parts itself.
#include "domain/invariants.h"

#include <algorithm>
#include <unordered_map>

#include "domain/judge.h"

namespace cassette::domain {
namespace {

Quantity units_of(const std::vector<LineQuantity>& lines, LineId id) {
  Quantity units = 0;
  for (const LineQuantity& each : lines) {
    if (each.line_id == id) units += each.quantity;
  }
  return units;
}

// A line's quantities, added up from the shipments and returns that name it.
struct AddedUp {
  Quantity shipped = 0;
  Quantity delivered = 0;
  Quantity lost = 0;
  Quantity returned = 0;
};

AddedUp added_up(const SubOrder& sub_order, LineId line) {
  AddedUp sum;
  for (const Shipment& each : sub_order.shipments) {
    const Quantity units = units_of(each.lines, line);
    if (each.resolution != LossResolution::Replaced) sum.shipped += units;
    if (each.resolution == LossResolution::WrittenOff) sum.lost += units;
    if (each.status == ShipmentStatus::Delivered) sum.delivered += units;
  }
  for (const Return& each : sub_order.returns) {
    if (each.status == ReturnStatus::Received) sum.returned += units_of(each.lines, line);
  }
  return sum;
}

void check_line(const SubOrder& sub_order, const SubOrderLine& line, const Judge& judge) {
  const AddedUp sum = added_up(sub_order, line.line_id);
  judge.holds(line.quantity > 0, "a line of no units");
  judge.equal("shipped", line.shipped, sum.shipped);
  judge.equal("delivered", line.delivered, sum.delivered);
  judge.equal("returned", line.returned, sum.returned);
  judge.equal("lost", line.lost, sum.lost);
  judge.holds(line.cancelled >= 0 && line.open() >= 0, "more cancelled and shipped than ordered");
  judge.holds(line.delivered + line.lost <= line.shipped, "more delivered and lost than shipped");
  judge.holds(returnable(sub_order, line) >= 0, "more returned than shipped");
}

void check_part(const Order& order, const OrderPart& part, const Judge& judge) {
  if (part.phase == PartPhase::Answered) {
    judge.holds(part.sub_order.exists(), "an answered part without a sub-order");
  } else {
    judge.holds(!part.sub_order.exists(), "a sub-order that was never answered");
  }
  judge.holds(part.phase != PartPhase::Unasked || part.outstanding == 0,
              "a vendor owes an answer and was never asked");
  if (order.phase == OrderPhase::Open && part.phase != PartPhase::Answered) {
    judge.say("settled without the answer of " + part.vendor_id.value);
  }
}

}  // namespace

// ---- one aggregate

void check_stock(const VendorId& vendor, const ProductId& product, const StockItem& item,
                 const Promised& promised, Violations& found) {
  const Judge judge("stock", vendor.value, product.value, found);
  judge.equal("reserved", item.reserved, promised.reserved);
  judge.equal("unsettled", item.unsettled, promised.unsettled);
  if (item.reserved > item.on_hand) {
    judge.say("oversold: " + std::to_string(item.reserved) + " promised, " +
              std::to_string(item.on_hand) + " on hand");
  }
  judge.holds(item.on_hand >= 0 && item.reserved >= 0 && item.unsettled >= 0 && item.missing >= 0,
              "a negative sum");
  judge.equal("available", item.available(),
              std::max<Quantity>(0, item.on_hand - item.reserved - item.safety_stock));
  judge.holds(item.missing <= item.on_hand, "more missing than on hand");
  judge.holds(item.missing == 0 || item.on_hand == item.reserved,
              "units are missing that nobody was promised");
  if (item.locations.empty()) return;
  Quantity shelved = 0;
  for (const WarehouseStock& at : item.locations) {
    if (at.on_hand <= 0) judge.say("warehouse " + at.warehouse_id.value + " holds nothing");
    shelved += at.on_hand;
  }
  judge.equal("what the warehouses hold", shelved, item.on_hand - item.missing);
}

void check_sub_order(const VendorId& vendor, const OrderId& id, const SubOrder& sub_order,
                     Violations& found) {
  const Judge judge("sub-order", vendor.value, id.value, found);
  judge.holds(!sub_order.refused || sub_order.lines.empty(), "refused, and yet has lines");
  for (const SubOrderLine& line : sub_order.lines) check_line(sub_order, line, judge);
  const bool pending = sub_order.preparation == Preparation::Pending;
  judge.holds(!pending || sub_order.shipments.empty(), "shipped before it was confirmed");
  judge.holds(pending || sub_order.settled, "confirmed before it was settled");
  judge.holds(sub_order.payable() >= 0 && sub_order.payable() <= sub_order.total(),
              "more to pay than was promised");
  if (sub_order.status() == OrderStatus::Cancelled) {
    judge.equal("payable of a cancelled part", sub_order.payable(), 0);
  }
}

void check_order_itself(const OrderId& id, const Order& order, Violations& found) {
  const Judge judge("order", {}, id.value, found);
  judge.holds(!order.parts.empty(), "no vendors");
  judge.holds(std::ranges::is_sorted(order.parts, {}, &OrderPart::vendor_id),
              "vendors out of order");
  for (const OrderPart& part : order.parts) check_part(order, part, judge);
  judge.holds(!order.confirmed || order.phase != OrderPhase::Placing,
              "confirmed before it was settled");
  judge.holds(!order.expired || (!order.confirmed && order.phase == OrderPhase::Failed),
              "expired, and yet stands");
  const auto asked = std::ranges::count(order.parts, PartPhase::Asked, &OrderPart::phase);
  judge.holds(asked <= 1, "asks several vendors at once");
  judge.holds(order.lines.empty() || order.phase == OrderPhase::Placing,
              "keeps lines that nobody will be asked for");
}

void check_order(const OrderId& id, const Order& order, Violations& found) {
  check_order_itself(id, order, found);
  for (const OrderPart& part : order.parts) {
    check_sub_order(part.vendor_id, id, part.sub_order, found);
  }
}

// ---- everything

namespace {

using Sums = std::unordered_map<EntityKey, Promised, EntityKeyHash>;

void add(Sums& sums, const VendorId& vendor, const SubOrder& sub_order) {
  for (const SubOrderLine& line : sub_order.lines) {
    Promised& sum = sums[{EntityKind::Stock, vendor.value, line.product_id.value}];
    sum.reserved += line.open();
    if (!sub_order.settled) sum.unsettled += line.open();
  }
}

}  // namespace

Violations violations(const Marketplace& marketplace) {
  Violations found;
  Sums sums;
  marketplace.for_each_sub_order(
      [&](const VendorId& vendor, const OrderId& id, const SubOrder& sub_order) {
        check_sub_order(vendor, id, sub_order, found);
        add(sums, vendor, sub_order);
      });
  marketplace.for_each_stock(
      [&](const VendorId& vendor, const ProductId& product, const StockItem& item) {
        const auto sum = sums.extract({EntityKind::Stock, vendor.value, product.value});
        check_stock(vendor, product, item, sum ? sum.mapped() : Promised{}, found);
      });
  for (const auto& [key, sum] : sums) {
    if (sum == Promised{}) continue;
    found.push_back("stock " + key.owner + "/" + key.id + ": promised, and yet never counted");
  }
  marketplace.for_each_order(
      [&found](const OrderId& id, const Order& order) { check_order(id, order, found); });
  std::ranges::sort(found);
  return found;
}

}  // namespace cassette::domain
