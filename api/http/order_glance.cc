// Order glance: reading the document, and what its members say together.
#include "api/http/order_glance.h"

#include <algorithm>

#include "api/http/reads.h"
#include "eventstore/json_read.h"

namespace cassette::api {

const PartGlance* OrderGlance::part(const domain::VendorId& vendor) const {
  const auto found = std::ranges::find(sub_orders, vendor, &PartGlance::vendor_id);
  return found == sub_orders.end() ? nullptr : &*found;
}

Answered<OrderGlance> glance_at(std::string_view document) {
  OrderGlance order;
  if (eventstore::read_json(document, order)) return order;
  return Failure{unavailable("The stored order can't be read.")};
}

OrderGlance glance_at(const projections::OrderDocument& document) {
  OrderGlance order{document.order_id, document.customer_id, document.status,
                    document.phase,    *document.settled,    *document.confirmed,
                    document.expired,  document.refusal,     {}};
  for (const projections::SubOrderDocument& part : *document.sub_orders) {
    PartGlance& glance = order.sub_orders.emplace_back();
    glance.vendor_id = part.vendor_id;
    glance.status = part.status;
    glance.version = part.version;
    glance.preparation = part.preparation;
    glance.settled = *part.settled;
    glance.outstanding = part.outstanding;
    for (const auto& each : *part.items) glance.items.push_back({each.line_id});
    for (const auto& each : *part.shipments) glance.shipments.push_back({each.shipment_id});
    for (const auto& each : *part.returns) glance.returns.push_back({each.return_id});
  }
  return order;
}

Answered<OrderGlance> find_order(const Call& call) {
  const auto document = read_document(call, Model::Orders, call.ids[0], "order");
  if (!document) return Failure{document.error()};
  return glance_at(document.value().body);
}

Answered<domain::VendorId> only_vendor(const OrderGlance& order,
                                       const std::optional<domain::VendorId>& named) {
  if (named) return *named;
  if (order.sub_orders.size() == 1) return order.sub_orders.front().vendor_id;
  return Failure{missing_field("vendorId")};
}

bool is_settled(const OrderGlance& order) {
  if (order.phase == domain::OrderPhase::Placing || !has_followed(order)) return false;
  if (!order.settled) return true;
  return std::ranges::all_of(order.sub_orders, [&](const PartGlance& part) {
    if (part.status == domain::OrderStatus::Cancelled) return true;
    return part.preparation != domain::Preparation::Pending || (part.settled && !order.confirmed);
  });
}

bool has_followed(const OrderGlance& order) {
  return std::ranges::all_of(order.sub_orders, [&](const PartGlance& part) {
    const bool closed = part.status == domain::OrderStatus::Cancelled;
    const bool waits = order.confirmed && part.preparation == domain::Preparation::Pending;
    return part.outstanding == 0 && (closed || !waits);
  });
}

}  // namespace cassette::api
