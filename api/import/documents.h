// Documents as the API serves them, as far as an import looks at them. Members that are not named
// here are passed over.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/customer.h"
#include "domain/product.h"
#include "domain/sub_order.h"
#include "domain/vendor.h"

namespace cassette::api::importing {

struct VendorView {
  domain::VendorId vendor_id;
  domain::VendorStatus status = domain::VendorStatus::Active;

  static void fields(auto& self, auto&& visit) {
    visit("vendorId", self.vendor_id);
    visit("status", self.status);
  }
  bool operator==(const VendorView&) const = default;
};

// Of a customer, or of a product or stock item, which have both of the others.
struct NamedView {
  domain::CustomerId customer_id;
  domain::VendorId vendor_id;
  domain::ProductId product_id;

  static void fields(auto& self, auto&& visit) {
    visit("customerId", self.customer_id);
    visit("vendorId", self.vendor_id);
    visit("productId", self.product_id);
  }
  bool operator==(const NamedView&) const = default;
};

struct NoteView {
  std::string text;

  static void fields(auto& self, auto&& visit) { visit("text", self.text); }
  bool operator==(const NoteView&) const = default;
};

struct ShipmentView {
  domain::ShipmentId shipment_id;
  domain::ShipmentStatus status = domain::ShipmentStatus::Shipped;
  std::vector<NoteView> notes;

  static void fields(auto& self, auto&& visit) {
    visit("shipmentId", self.shipment_id);
    visit("status", self.status);
    visit("notes", self.notes);
  }
  bool operator==(const ShipmentView&) const = default;
};

struct ReturnView {
  domain::ReturnId return_id;
  domain::ReturnStatus status = domain::ReturnStatus::Requested;

  static void fields(auto& self, auto&& visit) {
    visit("returnId", self.return_id);
    visit("status", self.status);
  }
  bool operator==(const ReturnView&) const = default;
};

struct ItemView {
  domain::Quantity quantity = 0;

  static void fields(auto& self, auto&& visit) { visit("quantity", self.quantity); }
  bool operator==(const ItemView&) const = default;
};

struct SubOrderView {
  domain::VendorId vendor_id;
  domain::OrderStatus status = domain::OrderStatus::Pending;
  std::vector<ItemView> items;
  std::vector<ShipmentView> shipments;
  std::vector<ReturnView> returns;
  std::vector<NoteView> notes;

  static void fields(auto& self, auto&& visit) {
    visit("vendorId", self.vendor_id);
    visit("status", self.status);
    visit("items", self.items);
    visit("shipments", self.shipments);
    visit("returns", self.returns);
    visit("notes", self.notes);
  }
  bool operator==(const SubOrderView&) const = default;
};

struct OrderView {
  domain::OrderId order_id;
  domain::OrderStatus status = domain::OrderStatus::Pending;
  std::vector<SubOrderView> sub_orders;
  std::optional<domain::Money> total_amount;

  static void fields(auto& self, auto&& visit) {
    visit("orderId", self.order_id);
    visit("status", self.status);
    visit("subOrders", self.sub_orders);
    visit("totalAmount", self.total_amount);
  }
  bool operator==(const OrderView&) const = default;
};

// An order as its vendor's list shows it.
struct VendorOrderView {
  domain::OrderId order_id;

  static void fields(auto& self, auto&& visit) { visit("orderId", self.order_id); }
  bool operator==(const VendorOrderView&) const = default;
};

// `position` is "partition:commit".
struct EventView {
  std::string position;
  std::string type;
  std::optional<domain::Timestamp> occurred_at;

  static void fields(auto& self, auto&& visit) {
    visit("position", self.position);
    visit("type", self.type);
    visit("occurredAt", self.occurred_at);
  }
  bool operator==(const EventView&) const = default;
};

template <class Item>
struct PageView {
  std::vector<Item> items;
  std::string next;

  static void fields(auto& self, auto&& visit) {
    visit("items", self.items);
    visit("next", self.next);
  }
  bool operator==(const PageView&) const = default;
};

}  // namespace cassette::api::importing
