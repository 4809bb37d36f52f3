// StockDocument: a stock item as GET /vendors/{v}/inventory/{p} serves it.
// Its numbers are the domain's: every change goes through domain::StockItem and back.
#pragma once

#include <concepts>
#include <vector>

#include "domain/stock_item.h"
#include "projections/fold_meta.h"

namespace cassette::projections {

struct StockDocument {
  std::string inventory_id;  // "V/P"
  domain::VendorId vendor_id;
  domain::ProductId product_id;
  domain::Quantity available = 0;
  domain::Quantity on_hand = 0;
  domain::Quantity reserved = 0;
  domain::Quantity unsettled = 0;  // of `reserved`: may yet be given up by their orders
  domain::Quantity missing = 0;    // of `on_hand`: promised, but not on the shelf
  domain::Quantity safety_stock = 0;
  domain::Quantity reorder_point = 0;
  Shown<std::vector<domain::WarehouseStock>> locations{std::in_place};
  domain::Version version = 0;
  domain::Timestamp created_at;  // first counted; lists are ordered by it
  domain::Timestamp last_updated;

  static void fields(auto& self, auto&& visit) {
    visit("inventoryId", self.inventory_id);
    visit("vendorId", self.vendor_id);
    visit("productId", self.product_id);
    visit("quantityAvailable", self.available);
    visit("quantityOnHand", self.on_hand);
    visit("quantityReserved", self.reserved);
    visit("quantityUnsettled", self.unsettled);
    visit("quantityMissing", self.missing);
    visit("safetyStock", self.safety_stock);
    visit("reorderPoint", self.reorder_point);
    visit("locations", self.locations);
    visit("version", self.version);
    visit("createdAt", self.created_at);
    visit("lastUpdated", self.last_updated);
  }
  bool operator==(const StockDocument&) const = default;
};

// Nothing left to sell.
bool out_of_stock(const StockDocument& document);
// At or below a reorder point that was set.
bool low(const StockDocument& document);

domain::StockItem state_of(const StockDocument& document);
// Takes over what became of the item, at `meta.at`.
void show(StockDocument& document, const domain::StockItem& item, const FoldMeta& meta);

// The events that are about one stock item and nothing else.
template <class E>
concept IsStockEvent = std::same_as<E, domain::StockCounted> ||
    std::same_as<E, domain::StockAdjusted> || std::same_as<E, domain::StockShortfallRecorded> ||
    std::same_as<E, domain::StockThresholdsSet> || std::same_as<E, domain::ReorderPointReached>;

template <IsStockEvent E>
void evolve(StockDocument& document, const E& event, const FoldMeta& meta) {
  domain::StockItem item = state_of(document);
  domain::evolve(item, event);
  document.vendor_id = event.vendor_id;
  document.product_id = event.product_id;
  show(document, item, meta);
}

}  // namespace cassette::projections
