// The rules that a sub-order's decisions share: which lines are meant, and what is allowed next.
// It decides nothing by itself.
#include "domain/sub_order_rules.h"

#include <algorithm>

namespace cassette::domain {

IllegalTransition illegal(OrderStatus from, OrderStatus to, std::vector<std::string> allowed) {
  return {std::string(name_of(from)), std::string(name_of(to)), std::move(allowed)};
}

Quantity open_of(const SubOrder&, const SubOrderLine& line) {
  return line.open();
}

std::optional<Rejection> lines_refusal(const SubOrder& sub_order,
                                       const std::vector<LineQuantity>& lines, LineLimit limit) {
  for (auto each = lines.begin(); each != lines.end(); ++each) {
    const SubOrderLine* line = sub_order.line(each->line_id);
    if (!line) return NotFound{"line", std::to_string(each->line_id.value)};
    if (each->quantity < 1) return InvalidCommand{"quantity", "must be 1 or more"};
    const auto same = [each](const LineQuantity& other) { return other.line_id == each->line_id; };
    if (std::any_of(lines.begin(), each, same)) {
      return InvalidCommand{"lineId", "names a line twice"};
    }
    const Quantity most = limit(sub_order, *line);
    if (each->quantity > most) return QuantityExceedsOpen{each->line_id, each->quantity, most};
  }
  return std::nullopt;
}

std::vector<LineQuantity> all_open(const SubOrder& sub_order) {
  std::vector<LineQuantity> lines;
  for (const SubOrderLine& line : sub_order.lines) {
    if (line.open() > 0) lines.push_back({line.line_id, line.open()});
  }
  return lines;
}

std::vector<std::string> allowed_from(const SubOrder& sub_order) {
  const auto lost = [](const Shipment& each) {
    return each.status == ShipmentStatus::Lost && each.open();
  };
  const bool deliverable = std::ranges::none_of(sub_order.shipments, lost);
  std::vector<std::string> allowed;
  switch (sub_order.status()) {
    case OrderStatus::Pending:
      return {"Cancelled"};
    case OrderStatus::Confirmed:
      allowed = {"Packed", "Shipped"};
      break;
    case OrderStatus::Packed:
      allowed = {"Shipped"};
      break;
    case OrderStatus::Shipped:
      break;
    case OrderStatus::Delivered:
    case OrderStatus::Cancelled:
      return {};
  }
  if (deliverable) allowed.push_back("Delivered");
  if (sub_order.open_units() > 0) allowed.push_back("Cancelled");
  return allowed;
}

}  // namespace cassette::domain
