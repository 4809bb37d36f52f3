// What a sub-order's events do to the stock of its products: reserve, settle, release, ship,
// restock. Lines of one product are one demand and one change of its stock item.
#include <algorithm>

#include "domain/events.h"
#include "domain/sub_order.h"

namespace cassette::domain {
namespace {

struct Demand {
  const ProductId* product;
  Quantity quantity;
};

// The quantities summed by product, in the order in which the products first come. Orders have few
// lines, so a search beats a map.
class Demands {
 public:
  void add(const ProductId& product, Quantity quantity) {
    if (quantity == 0) return;
    const auto same = [&product](const Demand& each) { return *each.product == product; };
    const auto found = std::ranges::find_if(list_, same);
    if (found == list_.end()) {
      list_.push_back({&product, quantity});
    } else {
      found->quantity += quantity;
    }
  }
  void apply(const StockOf& item_of, auto&& change) const {
    for (const Demand& each : list_) change(item_of(*each.product), each.quantity);
  }

 private:
  std::vector<Demand> list_;
};

Demands demands_of(const SubOrder& sub_order, const std::vector<LineQuantity>& lines) {
  Demands demands;
  for (const LineQuantity& each : lines) {
    const SubOrderLine* line = sub_order.line(each.line_id);
    CHECK(line != nullptr);
    demands.add(line->product_id, each.quantity);
  }
  return demands;
}

void settle_open(const SubOrder& before, const StockOf& item_of) {
  if (before.settled) return;
  Demands demands;
  for (const SubOrderLine& line : before.lines) demands.add(line.product_id, line.open());
  demands.apply(item_of, [](StockItem& item, Quantity quantity) { settle(item, quantity); });
}

}  // namespace

void apply_to_stock(const SubOrder&, const StockReserved& event, const StockOf& item_of) {
  Demands demands;
  for (const ReservedLine& line : event.lines) demands.add(line.product_id, line.quantity);
  demands.apply(item_of, [&event](StockItem& item, Quantity quantity) {
    reserve(item, quantity, event.settled);
  });
}

void apply_to_stock(const SubOrder& before, const ReservationSettled&, const StockOf& item_of) {
  settle_open(before, item_of);
}

void apply_to_stock(const SubOrder& before, const SubOrderConfirmed&, const StockOf& item_of) {
  settle_open(before, item_of);
}

void apply_to_stock(const SubOrder& before, const LinesCancelled& event, const StockOf& item_of) {
  demands_of(before, event.lines).apply(item_of, [&before](StockItem& item, Quantity quantity) {
    release(item, quantity, before.settled);
  });
}

void apply_to_stock(const SubOrder& before, const ShipmentDispatched& event,
                    const StockOf& item_of) {
  demands_of(before, event.lines).apply(item_of, [&event](StockItem& item, Quantity quantity) {
    ship(item, quantity, event.warehouse_id);
  });
}

void apply_to_stock(const SubOrder& before, const LostShipmentReplaced& event,
                    const StockOf& item_of) {
  const Shipment* shipment = before.shipment(event.shipment_id);
  CHECK(shipment != nullptr);
  demands_of(before, shipment->lines).apply(item_of, [](StockItem& item, Quantity quantity) {
    reserve(item, quantity, true);
  });
}

void apply_to_stock(const SubOrder& before, const ReturnReceived& event, const StockOf& item_of) {
  if (!event.restocked) return;
  const Return* returned = before.find_return(event.return_id);
  CHECK(returned != nullptr);
  demands_of(before, returned->lines).apply(item_of, [&event](StockItem& item, Quantity quantity) {
    restock(item, quantity, event.warehouse_id);
  });
}

void apply_to_stock(const SubOrder& before, const SubOrderEvent& event, const StockOf& item_of) {
  const auto apply = [&before, &item_of]<class E>(const E& change) {
    if constexpr (MovesStock<E>) apply_to_stock(before, change, item_of);
  };
  std::visit(apply, event);
}

}  // namespace cassette::domain
