// Stock requests: what a count, an adjustment or a bulk line may say, and the command it means.
#pragma once

#include <optional>

#include "api/http/preconditions.h"
#include "api/http/request_types.h"
#include "domain/stock_item.h"

namespace cassette::api {

// What counts and adjustments share.
struct StockChange {
  std::optional<Count> expected_on_hand;
  std::optional<domain::OnShortfall> on_shortfall;
  std::optional<domain::WarehouseId> warehouse_id;
  std::optional<Count> reorder_point;
  std::optional<Count> safety_stock;
  std::optional<PastTime> occurred_at;

  static void fields(auto& self, auto&& visit) {
    visit("expectedOnHand", self.expected_on_hand);
    visit("onShortfall", self.on_shortfall);
    visit("warehouseId", self.warehouse_id);
    visit("reorderPoint", self.reorder_point);
    visit("safetyStock", self.safety_stock);
    visit("occurredAt", self.occurred_at);
  }
};

struct CountRequest {
  Count quantity;
  StockChange change;

  static void fields(auto& self, auto&& visit) {
    visit("quantity", self.quantity);
    StockChange::fields(self.change, visit);
  }
};

struct AdjustRequest {
  std::optional<Delta> delta;
  std::optional<Reason> reason;
  StockChange change;

  static void fields(auto& self, auto&& visit) {
    visit("delta", self.delta);
    visit("reason", self.reason);
    StockChange::fields(self.change, visit);
  }
};

// `productId` or `sku`; `quantity` or `delta`.
struct StockLineRequest {
  std::optional<domain::ProductId> product_id;
  std::optional<Code> sku;
  std::optional<Count> quantity;
  AdjustRequest adjustment;

  static void fields(auto& self, auto&& visit) {
    visit("productId", self.product_id);
    visit("sku", self.sku);
    visit("quantity", self.quantity);
    AdjustRequest::fields(self.adjustment, visit);
  }
};

domain::CountStock to_count(const domain::VendorId& vendor, const domain::ProductId& product,
                            const CountRequest& request, const Preconditions& demanded);
domain::AdjustStock to_adjustment(const domain::VendorId& vendor, const domain::ProductId& product,
                                  const AdjustRequest& request, const Preconditions& demanded);

// Nothing when the adjustment says something.
std::optional<Problem> refuse_empty(const AdjustRequest& request);

}  // namespace cassette::api
