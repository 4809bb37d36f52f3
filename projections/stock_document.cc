// Turns a stock document into the domain's item and back.
#include "projections/stock_document.h"

namespace cassette::projections {
namespace {

const domain::WarehouseId& main_warehouse() {
  static const domain::WarehouseId kMain{std::string(domain::kMainWarehouse)};
  return kMain;
}

bool only_main(const std::vector<domain::WarehouseStock>& locations) {
  return locations.size() == 1 && locations[0].warehouse_id == main_warehouse();
}

}  // namespace

bool out_of_stock(const StockDocument& document) {
  return document.available == 0;
}

bool low(const StockDocument& document) {
  return document.reorder_point > 0 && document.available <= document.reorder_point;
}

domain::StockItem state_of(const StockDocument& document) {
  domain::StockItem item;
  item.version = document.version;
  item.on_hand = document.on_hand;
  item.reserved = document.reserved;
  item.unsettled = document.unsettled;
  item.missing = document.missing;
  item.safety_stock = document.safety_stock;
  item.reorder_point = document.reorder_point;
  if (!only_main(*document.locations)) item.locations = *document.locations;
  return item;
}

void show(StockDocument& document, const domain::StockItem& item, const FoldMeta& meta) {
  if (document.version == 0) {
    document.inventory_id = document.vendor_id.value + "/" + document.product_id.value;
    document.created_at = meta.at;
  }
  document.version = item.version;
  document.available = item.available();
  document.on_hand = item.on_hand;
  document.reserved = item.reserved;
  document.unsettled = item.unsettled;
  document.missing = item.missing;
  document.safety_stock = item.safety_stock;
  document.reorder_point = item.reorder_point;
  if (item.locations.empty()) {
    document.locations->assign(1, {main_warehouse(), item.on_hand - item.missing});
  } else {
    document.locations = item.locations;
  }
  document.last_updated = meta.at;
}

}  // namespace cassette::projections
