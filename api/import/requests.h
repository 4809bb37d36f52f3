// Requests: the bodies that imports send, and the writes they make of them. One function a kind of
// write gives it its path, its key and the fact that stands afterwards; nothing is sent here.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/import/plan.h"
#include "domain/order.h"
#include "domain/values.h"

namespace cassette::api::importing {

struct WarehouseBody {
  std::string warehouse_id;
  std::string address;
  std::string country_code;

  static void fields(auto& self, auto&& visit) {
    visit("warehouseId", self.warehouse_id);
    visit("address", self.address);
    visit("countryCode", self.country_code);
  }
  bool operator==(const WarehouseBody&) const = default;
};

struct ContactBody {
  std::string email;
  std::string phone;

  static void fields(auto& self, auto&& visit) {
    visit("email", self.email);
    visit("phone", self.phone);
  }
  bool operator==(const ContactBody&) const = default;
};

struct VendorBody {
  std::string vendor_id;
  std::string name;
  ContactBody contact_info;
  std::vector<WarehouseBody> warehouse_locations;

  static void fields(auto& self, auto&& visit) {
    visit("vendorId", self.vendor_id);
    visit("name", self.name);
    visit("contactInfo", self.contact_info);
    visit("warehouseLocations", self.warehouse_locations);
  }
  bool operator==(const VendorBody&) const = default;
};

struct ProductBody {
  std::string product_id;
  std::string name;
  std::string description;
  std::string sku;
  domain::Money price;
  std::string category;
  std::map<std::string, std::string> specifications;

  static void fields(auto& self, auto&& visit) {
    visit("productId", self.product_id);
    visit("name", self.name);
    visit("description", self.description);
    visit("SKU", self.sku);
    visit("price", self.price);
    visit("category", self.category);
    visit("specifications", self.specifications);
  }
  bool operator==(const ProductBody&) const = default;
};

struct CountBody {
  domain::Quantity quantity = 0;
  domain::Quantity reorder_point = 0;
  domain::Quantity safety_stock = 0;

  static void fields(auto& self, auto&& visit) {
    visit("quantity", self.quantity);
    visit("reorderPoint", self.reorder_point);
    visit("safetyStock", self.safety_stock);
  }
  bool operator==(const CountBody&) const = default;
};

struct AddressBody {
  std::string name;
  std::string line1;
  std::string city;
  std::string postal_code;
  std::string country_code;

  static void fields(auto& self, auto&& visit) {
    visit("name", self.name);
    visit("line1", self.line1);
    visit("city", self.city);
    visit("postalCode", self.postal_code);
    visit("countryCode", self.country_code);
  }
  bool operator==(const AddressBody&) const = default;
};

struct CustomerBody {
  std::string customer_id;
  std::string name;
  ContactBody contact_info;
  std::vector<AddressBody> addresses;

  static void fields(auto& self, auto&& visit) {
    visit("customerId", self.customer_id);
    visit("name", self.name);
    visit("contactInfo", self.contact_info);
    visit("addresses", self.addresses);
  }
  bool operator==(const CustomerBody&) const = default;
};

struct ItemBody {
  std::string vendor_id;
  std::string product_id;
  domain::Quantity quantity = 0;
  std::optional<domain::Money> unit_price;

  static void fields(auto& self, auto&& visit) {
    visit("vendorId", self.vendor_id);
    visit("productId", self.product_id);
    visit("quantity", self.quantity);
    visit("unitPrice", self.unit_price);
  }
  bool operator==(const ItemBody&) const = default;
};

struct OrderBody {
  std::string order_id;
  std::string customer_id;
  std::vector<ItemBody> items;
  AddressBody shipping_address;
  domain::Confirmation confirmation = domain::Confirmation::Automatic;
  std::optional<std::int64_t> reservation_seconds;
  std::optional<domain::Timestamp> occurred_at;

  static void fields(auto& self, auto&& visit) {
    visit("orderId", self.order_id);
    visit("customerId", self.customer_id);
    visit("items", self.items);
    visit("shippingAddress", self.shipping_address);
    visit("confirmation", self.confirmation);
    visit("reservationSeconds", self.reservation_seconds);
    visit("occurredAt", self.occurred_at);
  }
  bool operator==(const OrderBody&) const = default;
};

// One body for all that happens to a sub-order; what a request has no use for stays empty.
struct ChangeBody {
  std::string shipment_id;
  std::string return_id;
  std::string vendor_id;
  std::string status;
  std::vector<domain::LineQuantity> items;
  std::string carrier;
  std::string tracking_code;
  std::string reason;
  std::string note;
  bool restock = false;
  std::optional<domain::Timestamp> occurred_at;

  static void fields(auto& self, auto&& visit) {
    visit("shipmentId", self.shipment_id);
    visit("returnId", self.return_id);
    visit("vendorId", self.vendor_id);
    visit("status", self.status);
    visit("items", self.items);
    visit("carrier", self.carrier);
    visit("trackingCode", self.tracking_code);
    visit("reason", self.reason);
    visit("note", self.note);
    visit("restock", self.restock);
    visit("occurredAt", self.occurred_at);
  }
  bool operator==(const ChangeBody&) const = default;
};

// Writes, and the documents they make. `source` sets the keys of one import apart from another's.
class Requests {
 public:
  explicit Requests(std::string source) : source_(std::move(source)) {}

  Write vendor(const VendorBody& body) const;
  Write suspension(const std::string& vendor, const std::string& reason) const;
  Write customer(const CustomerBody& body) const;
  Write product(const std::string& vendor, const ProductBody& body) const;
  Write count(const std::string& vendor, const std::string& product, const CountBody& body) const;
  Write order(const OrderBody& body) const;
  Write confirmation(const std::string& order, std::optional<domain::Timestamp> at) const;
  // The four below take the vendor from the body. `status` is Packed, Delivered or Cancelled.
  Write status(const std::string& order, const ChangeBody& body) const;
  Write shipment(const std::string& order, const ChangeBody& body) const;
  // A note on the sub-order.
  Write note(const std::string& order, const ChangeBody& body) const;
  // A note on a shipment, or with a status what happened to it; the note is the fact.
  Write shipment_note(const std::string& order, const std::string& shipment,
                      const ChangeBody& body) const;
  Write goods_return(const std::string& order, const ChangeBody& body) const;
  Write resolution(const std::string& order, const std::string& goods_return,
                   const ChangeBody& body) const;

 private:
  Write make(std::string method, std::string path, std::string body, std::string fact) const;

  std::string source_;
};

}  // namespace cassette::api::importing
