// Sub-order events: what a vendor's partition decided about its part of one order.
// Facts only; the rules that make them and the state that they fold into are in sub_order.h.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/decision.h"
#include "domain/one_of.h"
#include "domain/values.h"

namespace cassette::domain {

enum class ChargeType { Shipping, Tax, Discount, Fee };

// An addition to a sub-order's price, in the order's currency; a discount is negative.
struct Charge {
  ChargeType type = ChargeType::Shipping;
  std::int64_t amount = 0;

  static void fields(auto& self, auto&& visit) {
    visit("type", self.type);
    visit("amount", self.amount);
  }
  bool operator==(const Charge&) const = default;
};

// Units of one line, as shipments, cancellations and returns name them.
struct LineQuantity {
  LineId line_id;
  Quantity quantity = 0;

  static void fields(auto& self, auto&& visit) {
    visit("lineId", self.line_id);
    visit("quantity", self.quantity);
  }
  bool operator==(const LineQuantity&) const = default;
};

// A line as its vendor promised it: later catalogue changes touch nothing of it.
struct ReservedLine {
  LineId line_id;
  ProductId product_id;
  Quantity quantity = 0;
  std::string name;
  std::string sku;
  Money unit_price;

  static void fields(auto& self, auto&& visit) {
    visit("lineId", self.line_id);
    visit("productId", self.product_id);
    visit("quantity", self.quantity);
    visit("name", self.name);
    visit("SKU", self.sku);
    visit("unitPrice", self.unit_price);
  }
  bool operator==(const ReservedLine&) const = default;
};

// `settled`: no other vendor's answer can undo this reservation any more.
struct StockReserved {
  static constexpr std::string_view type = "StockReserved";
  OrderId order_id;
  VendorId vendor_id;
  CustomerId customer_id;
  std::vector<ReservedLine> lines;
  std::vector<Charge> charges;
  Sealed shipping_address;
  bool settled = false;

  static void fields(auto& self, auto&& visit) {
    visit("orderId", self.order_id);
    visit("vendorId", self.vendor_id);
    visit("customerId", self.customer_id);
    visit("lines", self.lines);
    visit("charges", self.charges);
    visit("shippingAddress", self.shipping_address);
    visit("settled", self.settled);
  }
  bool operator==(const StockReserved&) const = default;
};

struct ReservationRefused {
  static constexpr std::string_view type = "ReservationRefused";
  OrderId order_id;
  VendorId vendor_id;
  Rejection refusal;

  static void fields(auto& self, auto&& visit) {
    visit("orderId", self.order_id);
    visit("vendorId", self.vendor_id);
    visit("refusal", self.refusal);
  }
  bool operator==(const ReservationRefused&) const = default;
};

// The events below name the sub-order first, and then what changed.
void sub_order_fields(auto& self, auto&& visit) {
  visit("orderId", self.order_id);
  visit("vendorId", self.vendor_id);
}

struct ReservationSettled {
  static constexpr std::string_view type = "ReservationSettled";
  OrderId order_id;
  VendorId vendor_id;

  static void fields(auto& self, auto&& visit) { sub_order_fields(self, visit); }
  bool operator==(const ReservationSettled&) const = default;
};

struct SubOrderConfirmed {
  static constexpr std::string_view type = "SubOrderConfirmed";
  OrderId order_id;
  VendorId vendor_id;

  static void fields(auto& self, auto&& visit) { sub_order_fields(self, visit); }
  bool operator==(const SubOrderConfirmed&) const = default;
};

struct SubOrderPacked {
  static constexpr std::string_view type = "SubOrderPacked";
  OrderId order_id;
  VendorId vendor_id;

  static void fields(auto& self, auto&& visit) { sub_order_fields(self, visit); }
  bool operator==(const SubOrderPacked&) const = default;
};

struct SubOrderNoted {
  static constexpr std::string_view type = "SubOrderNoted";
  OrderId order_id;
  VendorId vendor_id;
  std::string note;

  static void fields(auto& self, auto&& visit) {
    sub_order_fields(self, visit);
    visit("note", self.note);
  }
  bool operator==(const SubOrderNoted&) const = default;
};

// These units will not ship; exactly their reservation is released. `requested`: it answers a
// cancellation that the order's partition requested.
struct LinesCancelled {
  static constexpr std::string_view type = "LinesCancelled";
  OrderId order_id;
  VendorId vendor_id;
  std::vector<LineQuantity> lines;
  std::string reason;
  bool requested = false;

  static void fields(auto& self, auto&& visit) {
    sub_order_fields(self, visit);
    visit("lines", self.lines);
    visit("reason", self.reason);
    visit("requested", self.requested);
  }
  bool operator==(const LinesCancelled&) const = default;
};

// The answer to a cancellation that the order's partition requested and can't have.
struct CancellationRefused {
  static constexpr std::string_view type = "CancellationRefused";
  OrderId order_id;
  VendorId vendor_id;
  Rejection refusal;

  static void fields(auto& self, auto&& visit) {
    sub_order_fields(self, visit);
    visit("refusal", self.refusal);
  }
  bool operator==(const CancellationRefused&) const = default;
};

struct AddressChanged {
  static constexpr std::string_view type = "AddressChanged";
  OrderId order_id;
  VendorId vendor_id;
  Sealed shipping_address;

  static void fields(auto& self, auto&& visit) {
    sub_order_fields(self, visit);
    visit("shippingAddress", self.shipping_address);
  }
  bool operator==(const AddressChanged&) const = default;
};

struct AddressChangeRefused {
  static constexpr std::string_view type = "AddressChangeRefused";
  OrderId order_id;
  VendorId vendor_id;
  Rejection refusal;

  static void fields(auto& self, auto&& visit) {
    sub_order_fields(self, visit);
    visit("refusal", self.refusal);
  }
  bool operator==(const AddressChangeRefused&) const = default;
};

struct ShipmentDispatched {
  static constexpr std::string_view type = "ShipmentDispatched";
  OrderId order_id;
  VendorId vendor_id;
  ShipmentId shipment_id;
  std::vector<LineQuantity> lines;
  std::string carrier;
  std::string tracking_code;
  WarehouseId warehouse_id;

  static void fields(auto& self, auto&& visit) {
    sub_order_fields(self, visit);
    visit("shipmentId", self.shipment_id);
    visit("lines", self.lines);
    visit("carrier", self.carrier);
    visit("trackingCode", self.tracking_code);
    visit("warehouseId", self.warehouse_id);
  }
  bool operator==(const ShipmentDispatched&) const = default;
};

// Holds what changed; a note is added to the shipment's notes.
struct ShipmentUpdated {
  static constexpr std::string_view type = "ShipmentUpdated";
  OrderId order_id;
  VendorId vendor_id;
  ShipmentId shipment_id;
  std::optional<std::string> carrier;
  std::optional<std::string> tracking_code;
  std::string note;

  static void fields(auto& self, auto&& visit) {
    sub_order_fields(self, visit);
    visit("shipmentId", self.shipment_id);
    visit("carrier", self.carrier);
    visit("trackingCode", self.tracking_code);
    visit("note", self.note);
  }
  bool operator==(const ShipmentUpdated&) const = default;
};

struct ShipmentProblemReported {
  static constexpr std::string_view type = "ShipmentProblemReported";
  OrderId order_id;
  VendorId vendor_id;
  ShipmentId shipment_id;
  std::string note;

  static void fields(auto& self, auto&& visit) {
    sub_order_fields(self, visit);
    visit("shipmentId", self.shipment_id);
    visit("note", self.note);
  }
  bool operator==(const ShipmentProblemReported&) const = default;
};

struct ShipmentLost {
  static constexpr std::string_view type = "ShipmentLost";
  OrderId order_id;
  VendorId vendor_id;
  ShipmentId shipment_id;
  std::string note;

  static void fields(auto& self, auto&& visit) {
    sub_order_fields(self, visit);
    visit("shipmentId", self.shipment_id);
    visit("note", self.note);
  }
  bool operator==(const ShipmentLost&) const = default;
};

// The lost units are open to ship again, and reserved anew.
struct LostShipmentReplaced {
  static constexpr std::string_view type = "LostShipmentReplaced";
  OrderId order_id;
  VendorId vendor_id;
  ShipmentId shipment_id;

  static void fields(auto& self, auto&& visit) {
    sub_order_fields(self, visit);
    visit("shipmentId", self.shipment_id);
  }
  bool operator==(const LostShipmentReplaced&) const = default;
};

// The lost units will not be sent again and need not be paid.
struct LostShipmentWrittenOff {
  static constexpr std::string_view type = "LostShipmentWrittenOff";
  OrderId order_id;
  VendorId vendor_id;
  ShipmentId shipment_id;

  static void fields(auto& self, auto&& visit) {
    sub_order_fields(self, visit);
    visit("shipmentId", self.shipment_id);
  }
  bool operator==(const LostShipmentWrittenOff&) const = default;
};

struct ShipmentDelivered {
  static constexpr std::string_view type = "ShipmentDelivered";
  OrderId order_id;
  VendorId vendor_id;
  ShipmentId shipment_id;

  static void fields(auto& self, auto&& visit) {
    sub_order_fields(self, visit);
    visit("shipmentId", self.shipment_id);
  }
  bool operator==(const ShipmentDelivered&) const = default;
};

struct ReturnRequested {
  static constexpr std::string_view type = "ReturnRequested";
  OrderId order_id;
  VendorId vendor_id;
  ReturnId return_id;
  std::vector<LineQuantity> lines;
  std::string reason;

  static void fields(auto& self, auto&& visit) {
    sub_order_fields(self, visit);
    visit("returnId", self.return_id);
    visit("lines", self.lines);
    visit("reason", self.reason);
  }
  bool operator==(const ReturnRequested&) const = default;
};

// What came back is on the shelf of `warehouse_id` again when `restocked`, else written off.
struct ReturnReceived {
  static constexpr std::string_view type = "ReturnReceived";
  OrderId order_id;
  VendorId vendor_id;
  ReturnId return_id;
  bool restocked = false;
  WarehouseId warehouse_id;

  static void fields(auto& self, auto&& visit) {
    sub_order_fields(self, visit);
    visit("returnId", self.return_id);
    visit("restocked", self.restocked);
    visit("warehouseId", self.warehouse_id);
  }
  bool operator==(const ReturnReceived&) const = default;
};

struct ReturnRefused {
  static constexpr std::string_view type = "ReturnRefused";
  OrderId order_id;
  VendorId vendor_id;
  ReturnId return_id;
  std::string reason;

  static void fields(auto& self, auto&& visit) {
    sub_order_fields(self, visit);
    visit("returnId", self.return_id);
    visit("reason", self.reason);
  }
  bool operator==(const ReturnRefused&) const = default;
};

// What a vendor's partition decides about its part of an order, and the order's partition records.
struct SubOrderEvent
    : std::variant<StockReserved, ReservationRefused, ReservationSettled, SubOrderConfirmed,
                   SubOrderPacked, SubOrderNoted, LinesCancelled, CancellationRefused,
                   AddressChanged, AddressChangeRefused, ShipmentDispatched, ShipmentUpdated,
                   ShipmentProblemReported, ShipmentLost, LostShipmentReplaced,
                   LostShipmentWrittenOff, ShipmentDelivered, ReturnRequested, ReturnReceived,
                   ReturnRefused> {
  using OneOf = variant;

  SubOrderEvent();
  template <AlternativeOf<OneOf> T>
  SubOrderEvent(T&& value)
      : OneOf(std::in_place_type<std::remove_cvref_t<T>>, std::forward<T>(value)) {}
  SubOrderEvent(const SubOrderEvent&);
  SubOrderEvent(SubOrderEvent&&) noexcept;
  SubOrderEvent& operator=(const SubOrderEvent&);
  SubOrderEvent& operator=(SubOrderEvent&&) noexcept;
  ~SubOrderEvent();
  bool operator==(const SubOrderEvent& other) const;
};

}  // namespace cassette::domain

template <>
struct cassette::EnumNames<cassette::domain::ChargeType> {
  static constexpr std::array<std::string_view, 4> values{"shipping", "tax", "discount", "fee"};
};
