// The rules that a sub-order's decisions share: who is there, which lines are meant, what is
// allowed next. Internal to domain/; it decides nothing by itself.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domain/preconditions.h"
#include "domain/sub_order.h"

namespace cassette::domain {

// The reason of a cancellation whose asker gave none.
inline constexpr std::string_view kCancelled = "cancelled";

IllegalTransition illegal(OrderStatus from, OrderStatus to, std::vector<std::string> allowed);

// How many units of a line may be named.
using LineLimit = Quantity (*)(const SubOrder& sub_order, const SubOrderLine& line);
Quantity open_of(const SubOrder& sub_order, const SubOrderLine& line);

// NotFound, InvalidCommand (no units, a line twice) and QuantityExceedsOpen; nothing for no lines.
std::optional<Rejection> lines_refusal(const SubOrder& sub_order,
                                       const std::vector<LineQuantity>& lines, LineLimit limit);

// Every open unit, line by line.
std::vector<LineQuantity> all_open(const SubOrder& sub_order);

// NotFound and VersionMismatch, which come before all other rules.
std::optional<Rejection> absent_or_changed(const SubOrder& sub_order, const auto& command) {
  if (!sub_order.exists()) return NotFound{"sub-order", command.order_id.value};
  if (mismatched(command.expected_version, sub_order.version)) {
    return VersionMismatch{*command.expected_version, sub_order.version};
  }
  return std::nullopt;
}

}  // namespace cassette::domain
