// Order events: what an order's own partition decided, and what it recorded of its vendors.
// Facts only; rules and state are in order.h.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/sub_order_events.h"
#include "domain/values.h"

namespace cassette::domain {

enum class Confirmation { Automatic, Manual };
enum class OnShortage { Reject, CancelShortVendors };

// `unit_price` overrides the catalogue's; `expected_unit_price` refuses another.
struct PlacedLine {
  LineId line_id;
  VendorId vendor_id;
  ProductId product_id;
  Quantity quantity = 0;
  std::optional<Money> expected_unit_price;
  std::optional<Money> unit_price;

  static void fields(auto& self, auto&& visit) {
    visit("lineId", self.line_id);
    visit("vendorId", self.vendor_id);
    visit("productId", self.product_id);
    visit("quantity", self.quantity);
    visit("expectedUnitPrice", self.expected_unit_price);
    visit("unitPrice", self.unit_price);
  }
  bool operator==(const PlacedLine&) const = default;
};

struct VendorCharge {
  VendorId vendor_id;
  ChargeType type = ChargeType::Shipping;
  std::int64_t amount = 0;

  static void fields(auto& self, auto&& visit) {
    visit("vendorId", self.vendor_id);
    visit("type", self.type);
    visit("amount", self.amount);
  }
  bool operator==(const VendorCharge&) const = default;
};

// The order stands and its first vendor, by id, is asked. `reserved_until` only when manual.
struct OrderPlaced {
  static constexpr std::string_view type = "OrderPlaced";
  OrderId order_id;
  CustomerId customer_id;
  std::vector<PlacedLine> lines;
  std::vector<VendorCharge> charges;
  Sealed shipping_address;
  Confirmation confirmation = Confirmation::Automatic;
  OnShortage on_shortage = OnShortage::Reject;
  std::optional<Timestamp> reserved_until;

  static void fields(auto& self, auto&& visit) {
    visit("orderId", self.order_id);
    visit("customerId", self.customer_id);
    visit("lines", self.lines);
    visit("charges", self.charges);
    visit("shippingAddress", self.shipping_address);
    visit("confirmation", self.confirmation);
    visit("onShortage", self.on_shortage);
    visit("reservedUntil", self.reserved_until);
  }
  bool operator==(const OrderPlaced&) const = default;
};

// The next vendor is asked, in the currency that the first one answered in. `last`: no vendor is
// asked after this one.
struct StockRequested {
  static constexpr std::string_view type = "StockRequested";
  OrderId order_id;
  VendorId vendor_id;
  CustomerId customer_id;
  std::vector<PlacedLine> lines;
  std::vector<Charge> charges;
  Sealed shipping_address;
  Currency currency;
  bool last = false;

  static void fields(auto& self, auto&& visit) {
    visit("orderId", self.order_id);
    visit("vendorId", self.vendor_id);
    visit("customerId", self.customer_id);
    visit("lines", self.lines);
    visit("charges", self.charges);
    visit("shippingAddress", self.shipping_address);
    visit("currency", self.currency);
    visit("last", self.last);
  }
  bool operator==(const StockRequested&) const = default;
};

// Every vendor has answered. `vendors` hold reservations that don't know of it yet.
struct OrderSettled {
  static constexpr std::string_view type = "OrderSettled";
  OrderId order_id;
  Money total_amount;
  std::vector<VendorId> vendors;

  static void fields(auto& self, auto&& visit) {
    visit("orderId", self.order_id);
    visit("totalAmount", self.total_amount);
    visit("vendors", self.vendors);
  }
  bool operator==(const OrderSettled&) const = default;
};

// `vendors` are those whose sub-orders become Confirmed.
struct OrderConfirmed {
  static constexpr std::string_view type = "OrderConfirmed";
  OrderId order_id;
  std::vector<VendorId> vendors;

  static void fields(auto& self, auto&& visit) {
    visit("orderId", self.order_id);
    visit("vendors", self.vendors);
  }
  bool operator==(const OrderConfirmed&) const = default;
};

// The order can't stand, for `refusal`; the reservations of `vendors` are to be released.
struct OrderCancelled {
  static constexpr std::string_view type = "OrderCancelled";
  OrderId order_id;
  Rejection refusal;
  std::vector<VendorId> vendors;

  static void fields(auto& self, auto&& visit) {
    visit("orderId", self.order_id);
    visit("refusal", self.refusal);
    visit("vendors", self.vendors);
  }
  bool operator==(const OrderCancelled&) const = default;
};

// The deadline passed unconfirmed; the reservations of `vendors` are to be released.
struct ReservationExpired {
  static constexpr std::string_view type = "ReservationExpired";
  OrderId order_id;
  std::vector<VendorId> vendors;

  static void fields(auto& self, auto&& visit) {
    visit("orderId", self.order_id);
    visit("vendors", self.vendors);
  }
  bool operator==(const ReservationExpired&) const = default;
};

// `vendors` are asked to cancel what has not shipped; each grants or refuses. `whole`: the order
// as such was cancelled, so that it can't be confirmed and asks no further vendor.
struct CancellationRequested {
  static constexpr std::string_view type = "CancellationRequested";
  OrderId order_id;
  std::vector<VendorId> vendors;
  std::string reason;
  Role requested_by = Role::System;
  bool whole = false;

  static void fields(auto& self, auto&& visit) {
    visit("orderId", self.order_id);
    visit("vendors", self.vendors);
    visit("reason", self.reason);
    visit("requestedBy", self.requested_by);
    visit("whole", self.whole);
  }
  bool operator==(const CancellationRequested&) const = default;
};

struct AddressChangeRequested {
  static constexpr std::string_view type = "AddressChangeRequested";
  OrderId order_id;
  std::vector<VendorId> vendors;
  Sealed shipping_address;

  static void fields(auto& self, auto&& visit) {
    visit("orderId", self.order_id);
    visit("vendors", self.vendors);
    visit("shippingAddress", self.shipping_address);
  }
  bool operator==(const AddressChangeRequested&) const = default;
};

// A vendor's partition decided `change`, and the order's has taken note of it.
struct SubOrderRecorded {
  static constexpr std::string_view type = "SubOrderRecorded";
  OrderId order_id;
  VendorId vendor_id;
  SubOrderEvent change;

  static void fields(auto& self, auto&& visit) {
    visit("orderId", self.order_id);
    visit("vendorId", self.vendor_id);
    visit("change", self.change);
  }
  bool operator==(const SubOrderRecorded&) const = default;
};

}  // namespace cassette::domain

template <>
struct cassette::EnumNames<cassette::domain::Confirmation> {
  static constexpr std::array<std::string_view, 2> values{"automatic", "manual"};
};
template <>
struct cassette::EnumNames<cassette::domain::OnShortage> {
  static constexpr std::array<std::string_view, 2> values{"reject", "cancel-short-vendors"};
};
