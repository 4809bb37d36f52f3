// Invariants: what must hold of a partition's state after every event, whoever decided it.
// It judges and changes nothing; what it finds is for a verifier or a test to report.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/entity_map.h"
#include "domain/marketplace.h"

namespace cassette::domain {

// One sentence each, which names the aggregate and the figures that contradict each other.
using Violations = std::vector<std::string>;

// What the sub-orders of one stock item claim of it.
struct Promised {
  Quantity reserved = 0;   // open units
  Quantity unsettled = 0;  // of them: in reservations that are not settled

  bool operator==(const Promised&) const = default;
};

// ---- one aggregate: adds what is wrong with it

void check_stock(const VendorId& vendor, const ProductId& product, const StockItem& item,
                 const Promised& promised, Violations& found);
void check_sub_order(const VendorId& vendor, const OrderId& id, const SubOrder& sub_order,
                     Violations& found);
void check_order(const OrderId& id, const Order& order, Violations& found);
// The same without what it has recorded of its vendors' sub-orders.
void check_order_itself(const OrderId& id, const Order& order, Violations& found);

// ---- everything

// Checks every aggregate in memory; takes as long as the state is large.
Violations violations(const Marketplace& marketplace);

// ---- after every event

// Follows a ledger from its first event, keeping its own books of what is counted, promised, ended,
// billed and sent, apart from the aggregates' own folding, so that an error in either shows. One
// call takes as long as the event's sub-order has lines, shipments and returns. Not thread-safe;
// one to a marketplace.
class RunningCheck {
 public:
  // Call right after `marketplace` folded `event`, for every event and in their order. Judges the
  // aggregates that the event touched.
  Violations violations_of(const Marketplace& marketplace, const Event& event);
  // After the last event: what may stand only until the commit is whole.
  Violations violations_at_end(const Marketplace& marketplace) const;
  // The same as the first, for an event that is not to be judged: it is only entered in the books.
  void follow(const Marketplace& marketplace, const Event& event);

 private:
  struct Line {
    LineId line_id;
    ProductId product_id;
    Quantity open = 0;
    Quantity ordered = 0;
    Quantity given_up = 0;  // cancelled, or lost and written off
    std::int64_t unit_price = 0;
  };
  struct Parcel {
    ShipmentId shipment_id;
    ShipmentStatus status = ShipmentStatus::Shipped;
    bool resolved = false;  // as lost
    std::vector<LineQuantity> lines;
  };
  // A sub-order until it is closed.
  struct Claim {
    OrderStatus status = OrderStatus::Pending;
    bool settled = false;
    std::int64_t charges = 0;
    std::vector<Line> lines;
    std::vector<Parcel> parcels;
  };
  // A stock item as it was after the last event, and what is claimed of it since.
  struct Shelf {
    Promised promised;
    Quantity on_hand = 0;
    Quantity missing = 0;
    std::vector<WarehouseStock> locations;
    Quantity counted_in = 0;  // by counts and adjustments, and what was missing and shipped
    Quantity shipped = 0;
    Quantity restocked = 0;

    Quantity physical() const { return on_hand - missing; }
  };
  struct Shop {
    EntityMap<OrderId, Claim> claims;
    EntityMap<ProductId, Shelf> shelves;
  };
  // An order until it is closed.
  struct OrderBook {
    OrderPhase phase = OrderPhase::Placing;
    OrderStatus status = OrderStatus::Pending;
    bool confirmed = false;
    bool given_up = false;              // for a shortage, or by expiry: nothing of it may stand
    std::optional<std::int64_t> total;  // once settled
  };
  struct Fold;  // one overload a group of events

  EntityMap<VendorId, Shop> shops_;
  EntityMap<OrderId, OrderBook> orders_;
};

}  // namespace cassette::domain
