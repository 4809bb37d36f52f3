// Rejections: every no of the rules, each named for the rule that says it.
// A rejection appends nothing; its fields are what the asker needs to do better.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domain/one_of.h"
#include "domain/values.h"

namespace cassette::domain {

// `entity` is "vendor", "product", "stock", "order", "sub-order", "line", "shipment", "return" or
// "customer".
struct NotFound {
  static constexpr std::string_view type = "NotFound";
  std::string entity;
  std::string id;

  static void fields(auto& self, auto&& visit) {
    visit("entity", self.entity);
    visit("id", self.id);
  }
  bool operator==(const NotFound&) const = default;
};

struct AlreadyExists {
  static constexpr std::string_view type = "AlreadyExists";
  std::string entity;
  std::string id;

  static void fields(auto& self, auto&& visit) {
    visit("entity", self.entity);
    visit("id", self.id);
  }
  bool operator==(const AlreadyExists&) const = default;
};

// The expected version is not the entity's.
struct VersionMismatch {
  static constexpr std::string_view type = "VersionMismatch";
  Version expected = 0;
  Version actual = 0;

  static void fields(auto& self, auto&& visit) {
    visit("expected", self.expected);
    visit("actual", self.actual);
  }
  bool operator==(const VersionMismatch&) const = default;
};

struct OnHandMismatch {
  static constexpr std::string_view type = "OnHandMismatch";
  Quantity expected = 0;
  Quantity actual = 0;

  static void fields(auto& self, auto&& visit) {
    visit("expected", self.expected);
    visit("actual", self.actual);
  }
  bool operator==(const OnHandMismatch&) const = default;
};

// Well-formed, but can't be meant: `field` is the JSON name of what is wrong.
struct InvalidCommand {
  static constexpr std::string_view type = "InvalidCommand";
  std::string field;
  std::string why;

  static void fields(auto& self, auto&& visit) {
    visit("field", self.field);
    visit("why", self.why);
  }
  bool operator==(const InvalidCommand&) const = default;
};

// The asker's role may not do this.
struct NotPermitted {
  static constexpr std::string_view type = "NotPermitted";
  std::string field;
  std::string why;

  static void fields(auto& self, auto&& visit) {
    visit("field", self.field);
    visit("why", self.why);
  }
  bool operator==(const NotPermitted&) const = default;
};

struct DuplicateSku {
  static constexpr std::string_view type = "DuplicateSku";
  std::string sku;
  ProductId product_id;  // the listed product that has it

  static void fields(auto& self, auto&& visit) {
    visit("SKU", self.sku);
    visit("productId", self.product_id);
  }
  bool operator==(const DuplicateSku&) const = default;
};

// Counting or adjusting would leave less than is promised. `orders` are in the way, at most 20.
struct BelowReserved {
  static constexpr std::string_view type = "BelowReserved";
  Quantity on_hand = 0;
  Quantity reserved = 0;
  std::vector<OrderId> orders;

  static void fields(auto& self, auto&& visit) {
    visit("onHand", self.on_hand);
    visit("reserved", self.reserved);
    visit("orders", self.orders);
  }
  bool operator==(const BelowReserved&) const = default;
};

struct Shortage {
  LineId line_id;
  VendorId vendor_id;
  ProductId product_id;
  Quantity wanted = 0;
  Quantity available = 0;

  static void fields(auto& self, auto&& visit) {
    visit("lineId", self.line_id);
    visit("vendorId", self.vendor_id);
    visit("productId", self.product_id);
    visit("wanted", self.wanted);
    visit("available", self.available);
  }
  bool operator==(const Shortage&) const = default;
};

// `retryable` while other orders' reservations on the same items are unsettled.
struct InsufficientStock {
  static constexpr std::string_view type = "InsufficientStock";
  std::vector<Shortage> lines;
  bool retryable = false;

  static void fields(auto& self, auto&& visit) {
    visit("lines", self.lines);
    visit("retryable", self.retryable);
  }
  bool operator==(const InsufficientStock&) const = default;
};

struct VendorIsSuspended {
  static constexpr std::string_view type = "VendorIsSuspended";
  VendorId vendor_id;

  static void fields(auto& self, auto&& visit) { visit("vendorId", self.vendor_id); }
  bool operator==(const VendorIsSuspended&) const = default;
};

// The product is unknown to its vendor, or was delisted.
struct ProductIsNotListed {
  static constexpr std::string_view type = "ProductIsNotListed";
  LineId line_id;
  VendorId vendor_id;
  ProductId product_id;

  static void fields(auto& self, auto&& visit) {
    visit("lineId", self.line_id);
    visit("vendorId", self.vendor_id);
    visit("productId", self.product_id);
  }
  bool operator==(const ProductIsNotListed&) const = default;
};

struct PriceChanged {
  static constexpr std::string_view type = "PriceChanged";
  LineId line_id;
  VendorId vendor_id;
  ProductId product_id;
  Money expected;
  Money actual;

  static void fields(auto& self, auto&& visit) {
    visit("lineId", self.line_id);
    visit("vendorId", self.vendor_id);
    visit("productId", self.product_id);
    visit("expected", self.expected);
    visit("actual", self.actual);
  }
  bool operator==(const PriceChanged&) const = default;
};

struct MixedCurrency {
  static constexpr std::string_view type = "MixedCurrency";
  VendorId vendor_id;
  Currency expected;
  Currency actual;

  static void fields(auto& self, auto&& visit) {
    visit("vendorId", self.vendor_id);
    visit("expected", self.expected);
    visit("actual", self.actual);
  }
  bool operator==(const MixedCurrency&) const = default;
};

struct CustomerIsErased {
  static constexpr std::string_view type = "CustomerIsErased";
  CustomerId customer_id;

  static void fields(auto& self, auto&& visit) { visit("customerId", self.customer_id); }
  bool operator==(const CustomerIsErased&) const = default;
};

// `allowed` names the statuses that may follow `from`.
struct IllegalTransition {
  static constexpr std::string_view type = "IllegalTransition";
  std::string from;
  std::string to;
  std::vector<std::string> allowed;

  static void fields(auto& self, auto&& visit) {
    visit("from", self.from);
    visit("to", self.to);
    visit("allowed", self.allowed);
  }
  bool operator==(const IllegalTransition&) const = default;
};

// The order's deadline passed before it was confirmed.
struct ReservationHasExpired {
  static constexpr std::string_view type = "ReservationHasExpired";
  OrderId order_id;

  static void fields(auto& self, auto&& visit) { visit("orderId", self.order_id); }
  bool operator==(const ReservationHasExpired&) const = default;
};

// The order still waits for a vendor's answer.
struct OrderIsUnsettled {
  static constexpr std::string_view type = "OrderIsUnsettled";
  OrderId order_id;

  static void fields(auto& self, auto&& visit) { visit("orderId", self.order_id); }
  bool operator==(const OrderIsUnsettled&) const = default;
};

// A line was asked for more than is open to ship, to cancel or to return.
struct QuantityExceedsOpen {
  static constexpr std::string_view type = "QuantityExceedsOpen";
  LineId line_id;
  Quantity wanted = 0;
  Quantity open = 0;

  static void fields(auto& self, auto&& visit) {
    visit("lineId", self.line_id);
    visit("wanted", self.wanted);
    visit("open", self.open);
  }
  bool operator==(const QuantityExceedsOpen&) const = default;
};

// Every way the rules say no.
struct Rejection : std::variant<NotFound, AlreadyExists, VersionMismatch, OnHandMismatch,
                                InvalidCommand, NotPermitted, DuplicateSku, BelowReserved,
                                InsufficientStock, VendorIsSuspended, ProductIsNotListed,
                                PriceChanged, MixedCurrency, CustomerIsErased, IllegalTransition,
                                ReservationHasExpired, OrderIsUnsettled, QuantityExceedsOpen> {
  using OneOf = variant;

  Rejection();
  template <AlternativeOf<OneOf> T>
  Rejection(T&& value)
      : OneOf(std::in_place_type<std::remove_cvref_t<T>>, std::forward<T>(value)) {}
  Rejection(const Rejection&);
  Rejection(Rejection&&) noexcept;
  Rejection& operator=(const Rejection&);
  Rejection& operator=(Rejection&&) noexcept;
  ~Rejection();
  bool operator==(const Rejection& other) const;
};

// Its name on the wire. Valid for ever.
std::string_view type_of(const Rejection& rejection);

}  // namespace cassette::domain
