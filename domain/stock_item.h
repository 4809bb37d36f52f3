// StockItem: what one vendor has of one product, and what of it is promised to orders.
// Its one duty: `reserved` never exceeds `on_hand`, whatever is counted, adjusted or ordered.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/decision.h"
#include "domain/values.h"

namespace cassette::domain {

// The warehouse that counts and shipments mean when they name none.
inline constexpr std::string_view kMainWarehouse = "main";
// Warehouses one stock item may be spread over: a count names one, and a document lists all.
inline constexpr std::size_t kMaxWarehouses = 100;

enum class OnShortfall { Reject, Freeze };

// ---- commands

// Sets what a warehouse holds, as found by counting.
struct CountStock {
  VendorId vendor_id;
  ProductId product_id;
  Quantity quantity = 0;
  WarehouseId warehouse_id;  // empty: kMainWarehouse
  std::optional<Version> expected_version;
  std::optional<Quantity> expected_on_hand;  // of the total; ignores reservations
  bool first_only = false;                   // refused when there was a count before
  OnShortfall on_shortfall = OnShortfall::Reject;
  std::optional<Quantity> reorder_point;
  std::optional<Quantity> safety_stock;
};

struct AdjustStock {
  VendorId vendor_id;
  ProductId product_id;
  Quantity delta = 0;
  std::string reason;
  WarehouseId warehouse_id;
  std::optional<Version> expected_version;
  std::optional<Quantity> expected_on_hand;
  OnShortfall on_shortfall = OnShortfall::Reject;
  std::optional<Quantity> reorder_point;
  std::optional<Quantity> safety_stock;
};

// ---- events

// The warehouse now holds `quantity`. A frozen shortfall shows in the event that follows it.
struct StockCounted {
  static constexpr std::string_view type = "StockCounted";
  VendorId vendor_id;
  ProductId product_id;
  WarehouseId warehouse_id;
  Quantity quantity = 0;

  static void fields(auto& self, auto&& visit) {
    visit("vendorId", self.vendor_id);
    visit("productId", self.product_id);
    visit("warehouseId", self.warehouse_id);
    visit("quantity", self.quantity);
  }
  bool operator==(const StockCounted&) const = default;
};

struct StockAdjusted {
  static constexpr std::string_view type = "StockAdjusted";
  VendorId vendor_id;
  ProductId product_id;
  WarehouseId warehouse_id;
  Quantity delta = 0;
  std::string reason;

  static void fields(auto& self, auto&& visit) {
    visit("vendorId", self.vendor_id);
    visit("productId", self.product_id);
    visit("warehouseId", self.warehouse_id);
    visit("delta", self.delta);
    visit("reason", self.reason);
  }
  bool operator==(const StockAdjusted&) const = default;
};

// The shelf holds `missing` units less than is promised; `on_hand` stays at `reserved`.
struct StockShortfallRecorded {
  static constexpr std::string_view type = "StockShortfallRecorded";
  VendorId vendor_id;
  ProductId product_id;
  Quantity missing = 0;

  static void fields(auto& self, auto&& visit) {
    visit("vendorId", self.vendor_id);
    visit("productId", self.product_id);
    visit("missing", self.missing);
  }
  bool operator==(const StockShortfallRecorded&) const = default;
};

struct StockThresholdsSet {
  static constexpr std::string_view type = "StockThresholdsSet";
  VendorId vendor_id;
  ProductId product_id;
  Quantity reorder_point = 0;
  Quantity safety_stock = 0;

  static void fields(auto& self, auto&& visit) {
    visit("vendorId", self.vendor_id);
    visit("productId", self.product_id);
    visit("reorderPoint", self.reorder_point);
    visit("safetyStock", self.safety_stock);
  }
  bool operator==(const StockThresholdsSet&) const = default;
};

// `available` fell to the reorder point; once a crossing.
struct ReorderPointReached {
  static constexpr std::string_view type = "ReorderPointReached";
  VendorId vendor_id;
  ProductId product_id;
  Quantity available = 0;
  Quantity reorder_point = 0;

  static void fields(auto& self, auto&& visit) {
    visit("vendorId", self.vendor_id);
    visit("productId", self.product_id);
    visit("available", self.available);
    visit("reorderPoint", self.reorder_point);
  }
  bool operator==(const ReorderPointReached&) const = default;
};

// ---- state

struct WarehouseStock {
  WarehouseId warehouse_id;
  Quantity on_hand = 0;

  static void fields(auto& self, auto&& visit) {
    visit("warehouseId", self.warehouse_id);
    visit("quantityOnHand", self.on_hand);
  }
  bool operator==(const WarehouseStock&) const = default;
};

struct StockItem {
  Version version = 0;
  Quantity on_hand = 0;    // the sum of `locations`, frozen units included
  Quantity reserved = 0;   // promised to orders and not yet shipped
  Quantity unsettled = 0;  // of `reserved`: promised to orders that may yet be given up
  Quantity missing = 0;    // of `on_hand`: promised, but not on the shelf
  Quantity safety_stock = 0;
  Quantity reorder_point = 0;
  std::vector<WarehouseStock> locations;  // empty while all is in kMainWarehouse

  bool exists() const { return version > 0; }
  Quantity available() const;
  // What the named warehouse holds.
  Quantity at(const WarehouseId& warehouse) const;
  static void fields(auto& self, auto&& visit) {
    visit("version", self.version);
    visit("onHand", self.on_hand);
    visit("reserved", self.reserved);
    visit("unsettled", self.unsettled);
    visit("missing", self.missing);
    visit("safetyStock", self.safety_stock);
    visit("reorderPoint", self.reorder_point);
    visit("locations", self.locations);
  }
  bool operator==(const StockItem&) const = default;
};

// ---- evolve

void evolve(StockItem& item, const StockCounted& event);
void evolve(StockItem& item, const StockAdjusted& event);
void evolve(StockItem& item, const StockShortfallRecorded& event);
void evolve(StockItem& item, const StockThresholdsSet& event);
void evolve(StockItem& item, const ReorderPointReached& event);

// What a sub-order's events do to the stock items of its lines. Each is one change of version.
void reserve(StockItem& item, Quantity quantity, bool settled);
void settle(StockItem& item, Quantity quantity);
// `settled` tells whether the reservation had been settled before.
void release(StockItem& item, Quantity quantity, bool settled);
// Takes from `warehouse` first, then from the others in the order of their ids.
void ship(StockItem& item, Quantity quantity, const WarehouseId& warehouse);
void restock(StockItem& item, Quantity quantity, const WarehouseId& warehouse);

// ---- decide

// False when the warehouse would be one more than kMaxWarehouses.
bool has_room_for(const StockItem& item, const WarehouseId& warehouse);
// Failures: VersionMismatch, OnHandMismatch, AlreadyExists (first_only), BelowReserved without the
// orders in the way (the marketplace names them), InvalidCommand. The same count again: no event.
Decision decide(const StockItem& item, const CountStock& command);
// Failures: NotFound (never counted), the same, and InsufficientStock never: an adjustment below
// zero is InvalidCommand.
Decision decide(const StockItem& item, const AdjustStock& command);

// The event that a fall from `before` to `after` calls for; nothing when no crossing happened.
std::optional<ReorderPointReached> reorder_crossing(const StockItem& before, const StockItem& after,
                                                    const VendorId& vendor,
                                                    const ProductId& product);

}  // namespace cassette::domain

template <>
struct cassette::EnumNames<cassette::domain::OnShortfall> {
  static constexpr std::array<std::string_view, 2> values{"reject", "freeze"};
};
