// SubOrderDocument: one vendor's part of an order, as documents show it. The order's document folds
// it from what was recorded, the vendor's own from what was decided, both by the functions here.
// Numbers and status are the domain's: every event goes through domain::SubOrder and back.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/events.h"
#include "domain/order.h"
#include "domain/sub_order.h"
#include "projections/fold_meta.h"

namespace cassette::projections {

struct Note {
  domain::Timestamp at;
  std::string text;

  static void fields(auto& self, auto&& visit) {
    visit("at", self.at);
    visit("text", self.text);
  }
  bool operator==(const Note&) const = default;
};

// Name, SKU and unit price are absent until the vendor has promised the line.
struct ItemDocument {
  domain::LineId line_id;
  domain::ProductId product_id;
  std::string name;
  std::string sku;
  std::optional<domain::Money> unit_price;
  domain::Quantity quantity = 0;
  domain::Quantity shipped = 0;
  domain::Quantity delivered = 0;
  domain::Quantity cancelled = 0;
  domain::Quantity returned = 0;
  domain::Quantity lost = 0;  // of `shipped`: written off

  static void fields(auto& self, auto&& visit) {
    visit("lineId", self.line_id);
    visit("productId", self.product_id);
    visit("name", self.name);
    visit("SKU", self.sku);
    visit("unitPrice", self.unit_price);
    visit("quantity", self.quantity);
    visit("shipped", self.shipped);
    visit("delivered", self.delivered);
    visit("cancelled", self.cancelled);
    visit("returned", self.returned);
    visit("lost", self.lost);
  }
  bool operator==(const ItemDocument&) const = default;
};

struct ShipmentDocument {
  domain::ShipmentId shipment_id;
  domain::ShipmentStatus status = domain::ShipmentStatus::Shipped;
  std::optional<domain::LossResolution> resolution;  // of a lost one
  Shown<std::string> carrier{std::in_place};
  Shown<std::string> tracking_code{std::in_place};
  domain::WarehouseId warehouse_id;
  Shown<std::vector<domain::LineQuantity>> items{std::in_place};
  Shown<std::vector<Note>> notes{std::in_place};
  domain::Timestamp created_at;
  std::optional<domain::Timestamp> delivered_at;

  static void fields(auto& self, auto&& visit) {
    visit("shipmentId", self.shipment_id);
    visit("status", self.status);
    visit("resolution", self.resolution);
    visit("carrier", self.carrier);
    visit("trackingCode", self.tracking_code);
    visit("warehouseId", self.warehouse_id);
    visit("items", self.items);
    visit("notes", self.notes);
    visit("createdAt", self.created_at);
    visit("deliveredAt", self.delivered_at);
  }
  bool operator==(const ShipmentDocument&) const = default;
};

struct ReturnDocument {
  domain::ReturnId return_id;
  domain::ReturnStatus status = domain::ReturnStatus::Requested;
  Shown<std::vector<domain::LineQuantity>> items{std::in_place};
  std::string reason;
  std::optional<bool> restocked;     // once received
  domain::WarehouseId warehouse_id;  // where it was restocked
  std::string refusal_reason;
  domain::Timestamp created_at;
  std::optional<domain::Timestamp> resolved_at;

  static void fields(auto& self, auto&& visit) {
    visit("returnId", self.return_id);
    visit("status", self.status);
    visit("items", self.items);
    visit("reason", self.reason);
    visit("restocked", self.restocked);
    visit("warehouseId", self.warehouse_id);
    visit("refusalReason", self.refusal_reason);
    visit("createdAt", self.created_at);
    visit("resolvedAt", self.resolved_at);
  }
  bool operator==(const ReturnDocument&) const = default;
};

// The last request of the order's partition that the vendor's refused.
struct RefusedRequest {
  std::string request;  // "cancellation" or "address"
  domain::Rejection refusal;
  domain::Timestamp at;

  static void fields(auto& self, auto&& visit) {
    visit("request", self.request);
    visit("refusal", self.refusal);
    visit("at", self.at);
  }
  bool operator==(const RefusedRequest&) const = default;
};

struct SubOrderDocument {
  domain::VendorId vendor_id;
  domain::OrderStatus status = domain::OrderStatus::Pending;
  domain::Version version = 0;  // counts the vendor's events; 0 until it has answered
  domain::Preparation preparation = domain::Preparation::Pending;
  Shown<bool> settled{std::in_place};  // no other vendor's answer can undo it any more
  Shown<std::vector<ItemDocument>> items{std::in_place};
  Shown<std::vector<domain::Charge>> charges{std::in_place};
  std::optional<domain::Money> subtotal;        // prices and charges, as promised
  std::optional<domain::Money> payable_amount;  // without what was cancelled or written off
  domain::Sealed shipping_address;
  Shown<std::vector<ShipmentDocument>> shipments{std::in_place};
  Shown<std::vector<ReturnDocument>> returns{std::in_place};
  Shown<std::vector<Note>> notes{std::in_place};
  std::string cancel_reason;
  std::optional<domain::Rejection> refusal;  // why the vendor promised nothing
  std::optional<RefusedRequest> refused_request;
  std::uint32_t outstanding = 0;  // requests of the order's partition not answered yet

  static void fields(auto& self, auto&& visit) {
    visit("vendorId", self.vendor_id);
    visit("status", self.status);
    visit("version", self.version);
    visit("preparation", self.preparation);
    visit("settled", self.settled);
    visit("items", self.items);
    visit("charges", self.charges);
    visit("subtotal", self.subtotal);
    visit("payableAmount", self.payable_amount);
    visit("shippingAddress", self.shipping_address);
    visit("shipments", self.shipments);
    visit("returns", self.returns);
    visit("notes", self.notes);
    visit("cancelReason", self.cancel_reason);
    visit("refusal", self.refusal);
    visit("refusedRequest", self.refused_request);
    visit("outstanding", self.outstanding);
  }
  bool operator==(const SubOrderDocument&) const = default;
};

// The vendor has promised the part or refused it.
bool answered(const SubOrderDocument& document);

domain::SubOrder state_of(const SubOrderDocument& document);
// Takes over numbers, statuses and amounts from what became of the sub-order.
void show(SubOrderDocument& document, const domain::SubOrder& state);
// The part was never asked for, and won't be: all of it is cancelled.
void cancel_unasked(SubOrderDocument& document);

// What each event adds to the document beside the numbers.
void add(SubOrderDocument& document, const domain::StockReserved& event, const FoldMeta& meta);
void add(SubOrderDocument& document, const domain::ReservationRefused& event, const FoldMeta& meta);
void add(SubOrderDocument& document, const domain::ReservationSettled& event, const FoldMeta& meta);
void add(SubOrderDocument& document, const domain::SubOrderConfirmed& event, const FoldMeta& meta);
void add(SubOrderDocument& document, const domain::SubOrderPacked& event, const FoldMeta& meta);
void add(SubOrderDocument& document, const domain::SubOrderNoted& event, const FoldMeta& meta);
void add(SubOrderDocument& document, const domain::LinesCancelled& event, const FoldMeta& meta);
void add(SubOrderDocument& document, const domain::CancellationRefused& event,
         const FoldMeta& meta);
void add(SubOrderDocument& document, const domain::AddressChanged& event, const FoldMeta& meta);
void add(SubOrderDocument& document, const domain::AddressChangeRefused& event,
         const FoldMeta& meta);
void add(SubOrderDocument& document, const domain::ShipmentDispatched& event, const FoldMeta& meta);
void add(SubOrderDocument& document, const domain::ShipmentUpdated& event, const FoldMeta& meta);
void add(SubOrderDocument& document, const domain::ShipmentProblemReported& event,
         const FoldMeta& meta);
void add(SubOrderDocument& document, const domain::ShipmentLost& event, const FoldMeta& meta);
void add(SubOrderDocument& document, const domain::LostShipmentReplaced& event,
         const FoldMeta& meta);
void add(SubOrderDocument& document, const domain::LostShipmentWrittenOff& event,
         const FoldMeta& meta);
void add(SubOrderDocument& document, const domain::ShipmentDelivered& event, const FoldMeta& meta);
void add(SubOrderDocument& document, const domain::ReturnRequested& event, const FoldMeta& meta);
void add(SubOrderDocument& document, const domain::ReturnReceived& event, const FoldMeta& meta);
void add(SubOrderDocument& document, const domain::ReturnRefused& event, const FoldMeta& meta);

// Folds one event of the vendor's.
template <domain::IsSubOrderEvent E>
void evolve(SubOrderDocument& document, const E& event, const FoldMeta& meta) {
  domain::SubOrder state = state_of(document);
  domain::evolve(state, event);
  add(document, event, meta);
  show(document, state);
}

}  // namespace cassette::projections
