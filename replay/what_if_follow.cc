// What the shadow makes of each event that the record was asked for: a fact to be taken over, a
// deed to be done again, or a wish to be decided anew.
#include <algorithm>
#include <tuple>

#include "replay/what_if_shadow.h"

namespace cassette::replay {

using namespace domain;

namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;

template <class E>
concept OfLedger = kIsOneOf<E, LedgerCreated, PartitionClaimed>;

// No rule of a what-if has to do with them.
template <class E>
concept IsFact = kIsOneOf<E, VendorRegistered, VendorChanged, VendorSuspended, VendorReinstated,
                          ProductListed, ProductRevised, ProductDelisted, CustomerRegistered,
                          CustomerChanged, CustomerErased>;

// What a vendor did to a sub-order.
template <class E>
concept IsDeed = kIsOneOf<E, SubOrderPacked, SubOrderNoted, LinesCancelled, ShipmentDispatched,
                          ShipmentUpdated, ShipmentProblemReported, ShipmentLost,
                          LostShipmentWrittenOff, ShipmentDelivered, ReturnRequested,
                          ReturnReceived, ReturnRefused>;

template <class E>
concept BeginsStockWish = kIsOneOf<E, StockCounted, StockAdjusted, StockThresholdsSet>;

// Comes of one that was taken before, or of a reaction: the shadow has its own.
template <class E>
concept IsConsequence =
    kIsOneOf<E, StockShortfallRecorded, ReorderPointReached, StockRequested, OrderSettled,
             OrderCancelled, SubOrderRecorded, StockReserved, ReservationRefused,
             ReservationSettled, SubOrderConfirmed, CancellationRefused, AddressChanged,
             AddressChangeRefused>;

// Where an event stands among those of one count or adjustment; 0 for others.
int stage_of(const Event& event) {
  return std::visit(
      []<class E>(const E&) {
        if constexpr (kIsOneOf<E, StockCounted, StockAdjusted>) return 1;
        if constexpr (std::is_same_v<E, StockShortfallRecorded>) return 2;
        if constexpr (std::is_same_v<E, StockThresholdsSet>) return 3;
        if constexpr (std::is_same_v<E, ReorderPointReached>) return 4;
        return 0;
      },
      event);
}

std::pair<const VendorId*, const ProductId*> item_of(const Event& event) {
  return std::visit(
      []<class E>(const E& e) -> std::pair<const VendorId*, const ProductId*> {
        if constexpr (BeginsStockWish<E> ||
                      kIsOneOf<E, StockShortfallRecorded, ReorderPointReached>) {
          return {&e.vendor_id, &e.product_id};
        } else {
          return {nullptr, nullptr};
        }
      },
      event);
}

bool is_of_one_wish(const eventstore::RecordedEvent& a, const eventstore::RecordedEvent& b) {
  const auto [vendor, product] = item_of(a.event);
  const auto [other_vendor, other_product] = item_of(b.event);
  return other_vendor != nullptr && *vendor == *other_vendor && *product == *other_product &&
         a.cause == b.cause && a.by == b.by && a.occurred_at == b.occurred_at &&
         a.request == b.request;
}

}  // namespace

struct WhatIfShadow::StockWish {
  VendorId vendor;
  ProductId product;
  WarehouseId warehouse;
  std::optional<Quantity> counted;
  Quantity delta = 0;
  std::string reason;
  std::optional<Quantity> reorder_point;
  std::optional<Quantity> safety_stock;

  void add(const Event& event) {
    if (const auto* count = std::get_if<StockCounted>(&event)) {
      warehouse = count->warehouse_id;
      counted = count->quantity;
    } else if (const auto* adjusted = std::get_if<StockAdjusted>(&event)) {
      warehouse = adjusted->warehouse_id;
      delta = adjusted->delta;
      reason = adjusted->reason;
    } else if (const auto* set = std::get_if<StockThresholdsSet>(&event)) {
      reorder_point = set->reorder_point;
      safety_stock = set->safety_stock;
    }
  }
};

struct WhatIfShadow::Follow {
  WhatIfShadow& shadow;
  const Event& event;

  void operator()(const OfLedger auto&) const {}
  void operator()(const IsConsequence auto&) const {}
  void operator()(const IsFact auto&) const { shadow.commit({event}); }
  void operator()(const IsDeed auto& deed) const {
    shadow.redo(event, deed.vendor_id, deed.order_id);
  }
  void operator()(const LostShipmentReplaced& replaced) const { shadow.replace(replaced); }
  void operator()(const OrderPlaced& placed) const { shadow.place(placed); }
  void operator()(const OrderConfirmed& confirmed) const { shadow.confirm(confirmed); }
  void operator()(const ReservationExpired& expired) const {
    if (shadow.moved_.contains(expired.order_id.value)) return;
    shadow.expire(expired.order_id, shadow.now_);
  }
  void operator()(const CancellationRequested& asked) const {
    shadow.wish(CancelOrder{asked.order_id, asked.reason, asked.requested_by, std::nullopt});
  }
  void operator()(const AddressChangeRequested& asked) const {
    shadow.wish(ChangeOrderAddress{asked.order_id, asked.shipping_address, std::nullopt});
  }
  // All events that one command gave, as far as they are of the item.
  void operator()(const BeginsStockWish auto& first) const {
    const auto& events = shadow.stored_->commit.events;
    StockWish wish;
    wish.vendor = first.vendor_id;
    wish.product = first.product_id;
    std::size_t end = shadow.index_;
    for (int stage = 0; end < events.size(); ++end) {
      const int next = stage_of(events[end].event);
      if (next <= stage || !is_of_one_wish(events[shadow.index_], events[end])) break;
      stage = next;
      wish.add(events[end].event);
    }
    shadow.skip_to_ = end;
    shadow.change_stock(wish);
  }
};

void WhatIfShadow::follow(std::size_t index) {
  if (index < skip_to_) return;
  index_ = index;
  const eventstore::RecordedEvent& recorded = stored_->commit.events[index];
  if (recorded.cause.on) return;
  if (recorded.cause.on_remote) {
    const eventstore::EventRef& on = *recorded.cause.on_remote;
    return deliver(on.position.partition, on.position.commit, on.index);
  }
  std::visit(Follow{*this, recorded.event}, recorded.event);
}

// ---- orders

void WhatIfShadow::place(const OrderPlaced& placed) {
  PlaceOrder command;
  command.order_id = placed.order_id;
  command.customer_id = placed.customer_id;
  command.items.reserve(placed.lines.size());
  for (const PlacedLine& line : placed.lines) {
    command.items.push_back({line.vendor_id, line.product_id, line.quantity,
                             line.expected_unit_price, line.unit_price});
  }
  command.charges = placed.charges;
  command.shipping_address = placed.shipping_address;
  command.confirmation = placed.confirmation;
  command.on_shortage = rules_.on_shortage.value_or(placed.on_shortage);
  std::int64_t recorded = 0;
  if (placed.reserved_until) {
    recorded = (placed.reserved_until->micros - now_.micros) / kMicrosPerSecond;
    command.reservation_seconds = rules_.reservation_seconds(recorded);
  }
  const std::int64_t seconds = command.reservation_seconds.value_or(0);
  if (!decide(std::move(command))) return world_.refuse(placed, *refusal_, stored_->position);
  if (!placed.reserved_until) return;
  deadlines_.emplace(Timestamp{now_.micros + seconds * kMicrosPerSecond}, placed.order_id);
  if (seconds == recorded) return;
  moved_.insert(placed.order_id.value);
  ++counts_.moved_deadlines;
}

void WhatIfShadow::confirm(const OrderConfirmed& confirmed) {
  if (decide(ConfirmOrder{confirmed.order_id, std::nullopt})) return;
  const bool late = std::holds_alternative<ReservationHasExpired>(*refusal_);
  ++(late ? counts_.late_confirmations : counts_.fell_away);
}

void WhatIfShadow::wish(Command command) {
  if (!decide(std::move(command))) ++counts_.fell_away;
}

// ---- sub-orders

bool WhatIfShadow::stands_as_recorded(const VendorId& vendor, const OrderId& order) {
  world_.unpack({&vendor, &order});
  record_.unpack({&vendor, &order});
  const SubOrder* mine = world_.marketplace().sub_order(vendor, order);
  const SubOrder* theirs = record_.marketplace().sub_order(vendor, order);
  if (mine == nullptr || theirs == nullptr) return false;
  const auto what_counts = [](const SubOrder& it) {
    return std::tie(it.preparation, it.refused, it.currency, it.lines, it.charges, it.shipments,
                    it.returns);
  };
  return what_counts(*mine) == what_counts(*theirs);
}

void WhatIfShadow::redo(const Event& event, const VendorId& vendor, const OrderId& order) {
  if (stands_as_recorded(vendor, order)) return commit({event});
  ++counts_.fell_away;
}

// It needs units that are available.
void WhatIfShadow::replace(const LostShipmentReplaced& replaced) {
  UpdateShipment command;
  command.order_id = replaced.order_id;
  command.vendor_id = replaced.vendor_id;
  command.shipment_id = replaced.shipment_id;
  command.resolution = LossResolution::Replaced;
  const bool stands = stands_as_recorded(replaced.vendor_id, replaced.order_id);
  if (!stands || !decide(std::move(command))) ++counts_.fell_away;
}

// ---- stock

// The shelf changes by as much as it did in the record, but never below nothing.
void WhatIfShadow::change_stock(const StockWish& it) {
  const auto shelf = [&it](const WhatIfWorld& world) {
    const auto item = world.marketplace().stock(it.vendor, it.product);
    return item.value_or(StockItem{}).at(it.warehouse);
  };
  const auto rule_or = [&it](const std::optional<ThresholdRule>& rule,
                             const std::optional<Quantity>& recorded) {
    const auto ruled = rule ? rule->of(it.vendor, it.product) : std::nullopt;
    return ruled ? ruled : recorded;
  };
  const Quantity before = shelf(world_);
  const Quantity delta = it.counted ? *it.counted - shelf(record_) : it.delta;
  if (before + delta < 0) ++counts_.shelves_short;
  const Quantity after = std::clamp<Quantity>(before + delta, 0, kMaxQuantity);
  const auto reorder_point = rule_or(rules_.reorder_point, it.reorder_point);
  const auto safety_stock = rule_or(rules_.safety_stock, it.safety_stock);
  constexpr auto kFreeze = OnShortfall::Freeze;
  if (it.counted) {
    return wish(CountStock{it.vendor, it.product, after, it.warehouse, {}, {}, false, kFreeze,
                           reorder_point, safety_stock});
  }
  if (after == before && !reorder_point && !safety_stock) return;
  wish(AdjustStock{it.vendor, it.product, after - before, it.reason, it.warehouse, {}, {}, kFreeze,
                   reorder_point, safety_stock});
}

}  // namespace cassette::replay
