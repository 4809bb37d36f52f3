// StockItem: folds counts, adjustments and what sub-orders do; decides counting and adjusting.
// It refuses to let go of what is promised: a shelf that is short keeps `on_hand` at `reserved`.
#include "domain/stock_item.h"

#include <algorithm>

#include "domain/preconditions.h"

namespace cassette::domain {
namespace {

const WarehouseId& named(const WarehouseId& warehouse) {
  static const WarehouseId kMain{std::string(kMainWarehouse)};
  return warehouse.empty() ? kMain : warehouse;
}

// What stands on shelves: `on_hand` without the units that are promised and missing.
Quantity physical(const StockItem& item) {
  return item.on_hand - item.missing;
}

// Lists the warehouses by name, so that any of them can change.
void spread(StockItem& item) {
  if (item.locations.empty()) item.locations.push_back({named({}), physical(item)});
}

// Drops what holds nothing; empty again when only the main warehouse is left.
void gather(StockItem& item) {
  std::erase_if(item.locations, [](const WarehouseStock& at) { return at.on_hand == 0; });
  if (item.locations.empty()) return;
  if (item.locations.size() == 1 && item.locations[0].warehouse_id == named({})) {
    item.locations.clear();
  }
  item.locations.shrink_to_fit();
}

Quantity& place(StockItem& item, const WarehouseId& warehouse) {
  const auto at =
      std::ranges::lower_bound(item.locations, warehouse, {}, &WarehouseStock::warehouse_id);
  if (at != item.locations.end() && at->warehouse_id == warehouse) return at->on_hand;
  return item.locations.insert(at, {warehouse, 0})->on_hand;
}

// Puts `quantity` at the warehouse without touching the totals.
void put(StockItem& item, const WarehouseId& warehouse, Quantity quantity) {
  if (item.locations.empty() && warehouse == named({})) return;
  spread(item);
  place(item, warehouse) = quantity;
  gather(item);
}

// Sets what a warehouse holds, and what follows from it for the totals.
void stand_at(StockItem& item, const WarehouseId& named_warehouse, Quantity quantity) {
  CHECK(quantity >= 0);
  const WarehouseId& warehouse = named(named_warehouse);
  const Quantity total = physical(item) - item.at(warehouse) + quantity;
  put(item, warehouse, quantity);
  item.missing = std::max<Quantity>(0, item.reserved - total);
  item.on_hand = total + item.missing;
}

// Takes up to `quantity` from one warehouse; gives what is still wanted.
Quantity take_from(Quantity& on_hand, Quantity quantity) {
  const Quantity taken = std::min(on_hand, quantity);
  on_hand -= taken;
  return quantity - taken;
}

void check(const StockItem& item) {
  CHECK(item.unsettled >= 0 && item.unsettled <= item.reserved);
  CHECK(item.reserved <= item.on_hand);
  CHECK(item.missing >= 0 && item.missing <= item.on_hand);
}

}  // namespace

Quantity StockItem::available() const {
  return std::max<Quantity>(0, on_hand - reserved - safety_stock);
}

Quantity StockItem::at(const WarehouseId& warehouse) const {
  const WarehouseId& wanted = named(warehouse);
  if (locations.empty()) return wanted == named({}) ? physical(*this) : 0;
  const auto found = std::ranges::find(locations, wanted, &WarehouseStock::warehouse_id);
  return found == locations.end() ? 0 : found->on_hand;
}

// ---- evolve

void evolve(StockItem& item, const StockCounted& event) {
  ++item.version;
  stand_at(item, event.warehouse_id, event.quantity);
  check(item);
}

void evolve(StockItem& item, const StockAdjusted& event) {
  CHECK(item.exists());
  ++item.version;
  stand_at(item, event.warehouse_id, item.at(event.warehouse_id) + event.delta);
  check(item);
}

void evolve(StockItem& item, const StockShortfallRecorded& event) {
  CHECK(item.missing == event.missing);
  ++item.version;
}

void evolve(StockItem& item, const StockThresholdsSet& event) {
  ++item.version;
  item.reorder_point = event.reorder_point;
  item.safety_stock = event.safety_stock;
}

void evolve(StockItem& item, const ReorderPointReached&) {
  CHECK(item.exists());
  ++item.version;
}

void reserve(StockItem& item, Quantity quantity, bool settled) {
  CHECK(quantity > 0);
  ++item.version;
  item.reserved += quantity;
  if (!settled) item.unsettled += quantity;
  check(item);
}

void settle(StockItem& item, Quantity quantity) {
  ++item.version;
  item.unsettled -= quantity;
  check(item);
}

void release(StockItem& item, Quantity quantity, bool settled) {
  CHECK(quantity > 0);
  ++item.version;
  const Quantity found_missing = std::min(item.missing, quantity);
  item.missing -= found_missing;
  item.on_hand -= found_missing;
  item.reserved -= quantity;
  if (!settled) item.unsettled -= quantity;
  check(item);
}

void ship(StockItem& item, Quantity quantity, const WarehouseId& warehouse) {
  CHECK(quantity > 0 && quantity <= item.reserved);
  ++item.version;
  Quantity wanted = quantity;
  if (item.locations.empty()) {
    wanted -= std::min(physical(item), quantity);
  } else {
    wanted = take_from(place(item, named(warehouse)), wanted);
    for (WarehouseStock& at : item.locations) wanted = take_from(at.on_hand, wanted);
  }
  item.missing -= wanted;
  item.on_hand -= quantity;
  item.reserved -= quantity;
  gather(item);
  check(item);
}

void restock(StockItem& item, Quantity quantity, const WarehouseId& warehouse) {
  CHECK(quantity > 0);
  ++item.version;
  const Quantity refilled = std::min(quantity, item.missing);
  put(item, named(warehouse), item.at(warehouse) + quantity);
  item.missing -= refilled;
  item.on_hand += quantity - refilled;
  check(item);
}

// ---- decide

bool has_room_for(const StockItem& item, const WarehouseId& warehouse) {
  return item.at(warehouse) > 0 || item.locations.size() < kMaxWarehouses;
}

namespace {

bool valid_quantity(const std::optional<Quantity>& quantity) {
  return !quantity || (*quantity >= 0 && *quantity <= kMaxQuantity);
}

InvalidCommand out_of_range(const char* field) {
  return {field, "must be from 0 to " + std::to_string(kMaxQuantity)};
}

// What counting and adjusting have in common, once it is known what the warehouse will hold.
struct Outcome {
  WarehouseId warehouse;
  Quantity quantity = 0;
  Quantity total = 0;    // on all shelves
  Quantity missing = 0;  // promised beyond that
};

Outcome outcome_of(const StockItem& item, const WarehouseId& warehouse, Quantity quantity) {
  const Quantity total = physical(item) - item.at(warehouse) + quantity;
  return {named(warehouse), quantity, total, std::max<Quantity>(0, item.reserved - total)};
}

// The rules of both, beside their own: versions, thresholds, warehouses and promises.
std::optional<Rejection> refused(const StockItem& item, const auto& command) {
  if (mismatched(command.expected_version, item.version)) {
    return VersionMismatch{*command.expected_version, item.version};
  }
  if (command.expected_on_hand && *command.expected_on_hand != item.on_hand) {
    return OnHandMismatch{*command.expected_on_hand, item.on_hand};
  }
  if (!valid_quantity(command.reorder_point)) return out_of_range("reorderPoint");
  if (!valid_quantity(command.safety_stock)) return out_of_range("safetyStock");
  return std::nullopt;
}

std::optional<Rejection> refused(const StockItem& item, const Outcome& outcome,
                                 OnShortfall on_shortfall) {
  if (outcome.quantity > 0 && !has_room_for(item, outcome.warehouse)) {
    const std::string most = std::to_string(kMaxWarehouses);
    return InvalidCommand{"warehouseId", "an item is kept in " + most + " warehouses at most"};
  }
  if (outcome.missing > 0 && on_shortfall == OnShortfall::Reject) {
    return BelowReserved{outcome.total, item.reserved, {}};
  }
  return std::nullopt;
}

void add_shortfall(Events& events, const auto& command, const Outcome& outcome) {
  if (outcome.missing == 0) return;
  events.emplace_back(
      StockShortfallRecorded{command.vendor_id, command.product_id, outcome.missing});
}

void add_thresholds(Events& events, const StockItem& item, const auto& command) {
  const Quantity reorder_point = command.reorder_point.value_or(item.reorder_point);
  const Quantity safety_stock = command.safety_stock.value_or(item.safety_stock);
  if (reorder_point == item.reorder_point && safety_stock == item.safety_stock) return;
  events.emplace_back(
      StockThresholdsSet{command.vendor_id, command.product_id, reorder_point, safety_stock});
}

}  // namespace

Decision decide(const StockItem& item, const CountStock& command) {
  if (!valid_quantity(command.quantity)) return Failure{out_of_range("quantity")};
  if (command.first_only && item.exists()) {
    return Failure{AlreadyExists{"stock", command.product_id.value}};
  }
  if (auto refusal = refused(item, command)) return Failure{*std::move(refusal)};
  const Outcome outcome = outcome_of(item, command.warehouse_id, command.quantity);
  if (auto refusal = refused(item, outcome, command.on_shortfall)) {
    return Failure{*std::move(refusal)};
  }
  Events events;
  if (!item.exists() || item.at(outcome.warehouse) != outcome.quantity) {
    events.emplace_back(
        StockCounted{command.vendor_id, command.product_id, outcome.warehouse, outcome.quantity});
    add_shortfall(events, command, outcome);
  }
  add_thresholds(events, item, command);
  return events;
}

Decision decide(const StockItem& item, const AdjustStock& command) {
  if (!item.exists()) return Failure{NotFound{"stock", command.product_id.value}};
  if (auto refusal = refused(item, command)) return Failure{*std::move(refusal)};
  const bool thresholds = command.reorder_point || command.safety_stock;
  if (command.delta == 0 && !thresholds) {
    return Failure{InvalidCommand{"delta", "must not be 0"}};
  }
  if (command.delta < -kMaxQuantity || command.delta > kMaxQuantity) {
    return Failure{InvalidCommand{"delta", "is out of range"}};
  }
  const Quantity quantity = item.at(command.warehouse_id) + command.delta;
  if (!valid_quantity(quantity)) {
    return Failure{InvalidCommand{"delta", "leaves the warehouse with less than 0 or too many"}};
  }
  Events events;
  if (command.delta != 0) {
    const Outcome outcome = outcome_of(item, command.warehouse_id, quantity);
    if (auto refusal = refused(item, outcome, command.on_shortfall)) {
      return Failure{*std::move(refusal)};
    }
    events.emplace_back(StockAdjusted{command.vendor_id, command.product_id, outcome.warehouse,
                                      command.delta, command.reason});
    add_shortfall(events, command, outcome);
  }
  add_thresholds(events, item, command);
  return events;
}

std::optional<ReorderPointReached> reorder_crossing(const StockItem& before, const StockItem& after,
                                                    const VendorId& vendor,
                                                    const ProductId& product) {
  const Quantity point = after.reorder_point;
  if (point == 0 || before.available() <= point || after.available() > point) return std::nullopt;
  return ReorderPointReached{vendor, product, after.available(), point};
}

}  // namespace cassette::domain
