// Order glance: what the api must know of a stored order to answer about it: whose parts it has,
// whether they have settled, followed and answered. It reads documents and changes nothing.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "api/http/problem.h"
#include "api/http/services.h"
#include "domain/order.h"
#include "projections/order_document.h"

namespace cassette::api {

struct LineGlance {
  domain::LineId line_id;

  static void fields(auto& self, auto&& visit) { visit("lineId", self.line_id); }
};

struct ShipmentGlance {
  domain::ShipmentId shipment_id;

  static void fields(auto& self, auto&& visit) { visit("shipmentId", self.shipment_id); }
};

struct ReturnGlance {
  domain::ReturnId return_id;

  static void fields(auto& self, auto&& visit) { visit("returnId", self.return_id); }
};

// Members by the names of the document; what else it has is skipped.
struct PartGlance {
  domain::VendorId vendor_id;
  domain::OrderStatus status = domain::OrderStatus::Pending;
  domain::Version version = 0;
  domain::Preparation preparation = domain::Preparation::Pending;
  bool settled = false;
  std::vector<LineGlance> items;
  std::vector<ShipmentGlance> shipments;
  std::vector<ReturnGlance> returns;
  std::uint32_t outstanding = 0;  // requests of the order's partition not answered yet

  static void fields(auto& self, auto&& visit) {
    visit("vendorId", self.vendor_id);
    visit("status", self.status);
    visit("version", self.version);
    visit("preparation", self.preparation);
    visit("settled", self.settled);
    visit("items", self.items);
    visit("shipments", self.shipments);
    visit("returns", self.returns);
    visit("outstanding", self.outstanding);
  }
};

struct OrderGlance {
  domain::OrderId order_id;
  domain::CustomerId customer_id;
  domain::OrderStatus status = domain::OrderStatus::Pending;
  domain::OrderPhase phase = domain::OrderPhase::Placing;
  bool settled = false;
  bool confirmed = false;
  bool expired = false;
  std::optional<domain::Rejection> refusal;
  std::vector<PartGlance> sub_orders;

  static void fields(auto& self, auto&& visit) {
    visit("orderId", self.order_id);
    visit("customerId", self.customer_id);
    visit("status", self.status);
    visit("phase", self.phase);
    visit("settled", self.settled);
    visit("confirmed", self.confirmed);
    visit("expired", self.expired);
    visit("refusal", self.refusal);
    visit("subOrders", self.sub_orders);
  }
  const PartGlance* part(const domain::VendorId& vendor) const;
};

// 503 when the document isn't what the projector writes.
Answered<OrderGlance> glance_at(std::string_view document);
// The same of one that was not stored yet.
OrderGlance glance_at(const projections::OrderDocument& document);

// The order as it is stored; 404 when there is none.
Answered<OrderGlance> find_order(const Call& call);

// The vendor that a request means: the one it names, the only one of the order, or the one that
// `has` is true of. 400 for the missing `vendorId`, 404 when nothing has it.
template <class Has>
Answered<domain::VendorId> vendor_with(const OrderGlance& order,
                                       const std::optional<domain::VendorId>& named,
                                       std::string_view entity, std::string_view id, Has has) {
  if (named) return *named;
  for (const PartGlance& part : order.sub_orders) {
    if (has(part)) return part.vendor_id;
  }
  return Failure{not_found(entity, id)};
}
Answered<domain::VendorId> only_vendor(const OrderGlance& order,
                                       const std::optional<domain::VendorId>& named);

// Every vendor has recorded what became of the order: that it stands, or that what was reserved for
// it is released. An order that is confirmed by policy is so at every vendor then.
bool is_settled(const OrderGlance& order);
// No request of the order to a vendor is unanswered, and what is confirmed is so at every vendor.
bool has_followed(const OrderGlance& order);

}  // namespace cassette::api
