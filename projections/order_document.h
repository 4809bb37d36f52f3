// OrderDocument and VendorOrderDocument: an order as its customer and administrators see it, folded
// from the order's own partition, and a vendor's part of it, folded from the vendor's.
// Neither is ever removed; a part that was refused makes no VendorOrderDocument.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "projections/sub_order_document.h"

namespace cassette::projections {

// Counts of the sub-orders that are not cancelled. `shipped` includes the delivered ones.
struct Fulfilment {
  std::uint64_t sub_orders = 0;
  std::uint64_t shipped = 0;
  std::uint64_t delivered = 0;

  static void fields(auto& self, auto&& visit) {
    visit("subOrders", self.sub_orders);
    visit("shipped", self.shipped);
    visit("delivered", self.delivered);
  }
  bool operator==(const Fulfilment&) const = default;
};

// The amounts are absent until every vendor has answered.
struct OrderDocument {
  domain::OrderId order_id;
  domain::CustomerId customer_id;
  domain::OrderStatus status = domain::OrderStatus::Pending;
  domain::Confirmation confirmation = domain::Confirmation::Automatic;
  domain::OnShortage on_shortage = domain::OnShortage::Reject;
  domain::OrderPhase phase = domain::OrderPhase::Placing;
  Shown<bool> settled{std::in_place};  // every vendor has answered, and the order stands
  Shown<bool> confirmed{std::in_place};
  std::optional<domain::Timestamp> reserved_until;  // while unconfirmed, with a deadline
  bool expired = false;
  std::string cancel_reason;                 // of the whole order
  std::optional<domain::Rejection> refusal;  // why the order can't stand
  domain::Version version = 0;
  Shown<std::vector<SubOrderDocument>> sub_orders{std::in_place};
  domain::Sealed shipping_address;
  std::optional<domain::Money> total_amount;
  std::optional<domain::Money> payable_amount;
  Fulfilment fulfilment;
  std::optional<domain::Timestamp> occurred_at;  // as given when it was placed
  domain::Timestamp created_at;
  domain::Timestamp updated_at;

  static void fields(auto& self, auto&& visit) {
    visit("orderId", self.order_id);
    visit("customerId", self.customer_id);
    visit("status", self.status);
    visit("confirmation", self.confirmation);
    visit("onShortage", self.on_shortage);
    visit("phase", self.phase);
    visit("settled", self.settled);
    visit("confirmed", self.confirmed);
    visit("reservedUntil", self.reserved_until);
    visit("expired", self.expired);
    visit("cancelReason", self.cancel_reason);
    visit("refusal", self.refusal);
    visit("version", self.version);
    visit("subOrders", self.sub_orders);
    visit("shippingAddress", self.shipping_address);
    visit("totalAmount", self.total_amount);
    visit("payableAmount", self.payable_amount);
    visit("fulfilment", self.fulfilment);
    visit("occurredAt", self.occurred_at);
    visit("createdAt", self.created_at);
    visit("updatedAt", self.updated_at);
  }
  bool operator==(const OrderDocument&) const = default;
};

void evolve(OrderDocument& document, const domain::OrderPlaced& event, const FoldMeta& meta);
void evolve(OrderDocument& document, const domain::StockRequested& event, const FoldMeta& meta);
void evolve(OrderDocument& document, const domain::OrderSettled& event, const FoldMeta& meta);
void evolve(OrderDocument& document, const domain::OrderConfirmed& event, const FoldMeta& meta);
void evolve(OrderDocument& document, const domain::OrderCancelled& event, const FoldMeta& meta);
void evolve(OrderDocument& document, const domain::ReservationExpired& event, const FoldMeta& meta);
void evolve(OrderDocument& document, const domain::CancellationRequested& event,
            const FoldMeta& meta);
void evolve(OrderDocument& document, const domain::AddressChangeRequested& event,
            const FoldMeta& meta);
void evolve(OrderDocument& document, const domain::SubOrderRecorded& event, const FoldMeta& meta);

// `part.version` is the document's.
struct VendorOrderDocument {
  domain::OrderId order_id;
  domain::CustomerId customer_id;
  SubOrderDocument part;
  std::optional<domain::Timestamp> occurred_at;
  domain::Timestamp created_at;
  domain::Timestamp updated_at;

  static void fields(auto& self, auto&& visit) {
    visit("orderId", self.order_id);
    visit("customerId", self.customer_id);
    visit("vendorId", self.part.vendor_id);
    visit("status", self.part.status);
    visit("version", self.part.version);
    visit("preparation", self.part.preparation);
    visit("settled", self.part.settled);
    visit("items", self.part.items);
    visit("charges", self.part.charges);
    visit("totalAmount", self.part.subtotal);
    visit("payableAmount", self.part.payable_amount);
    visit("shippingAddress", self.part.shipping_address);
    visit("shipments", self.part.shipments);
    visit("returns", self.part.returns);
    visit("notes", self.part.notes);
    visit("cancelReason", self.part.cancel_reason);
    visit("refusedRequest", self.part.refused_request);
    visit("occurredAt", self.occurred_at);
    visit("createdAt", self.created_at);
    visit("updatedAt", self.updated_at);
  }
  bool operator==(const VendorOrderDocument&) const = default;
};

// Whether the event makes or changes a vendor's document. A refusal makes none, and what is refused
// to a part that never stood changes none.
template <domain::IsSubOrderEvent E>
bool concerns(const VendorOrderDocument& document, const E&) {
  return document.part.version > 0 || std::same_as<E, domain::StockReserved>;
}

// Only of an event that concerns the document.
template <domain::IsSubOrderEvent E>
void evolve(VendorOrderDocument& document, const E& event, const FoldMeta& meta) {
  if constexpr (std::same_as<E, domain::StockReserved>) {
    document.order_id = event.order_id;
    document.customer_id = event.customer_id;
    document.created_at = meta.at;
    document.occurred_at = meta.occurred_at;
  }
  evolve(document.part, event, meta);
  document.updated_at = meta.at;
}

}  // namespace cassette::projections
