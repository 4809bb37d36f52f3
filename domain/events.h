// Events: the complete list of facts, for whoever folds all of them.
#pragma once

#include <string_view>

#include "domain/customer.h"
#include "domain/decision.h"
#include "domain/ledger_facts.h"
#include "domain/one_of.h"
#include "domain/order_events.h"
#include "domain/product.h"
#include "domain/stock_item.h"
#include "domain/sub_order_events.h"
#include "domain/vendor.h"

namespace cassette::domain {

// Every fact a ledger can hold.
struct Event
    : std::variant<LedgerCreated, PartitionClaimed, VendorRegistered, VendorChanged,
                   VendorSuspended, VendorReinstated, ProductListed, ProductRevised,
                   ProductDelisted, StockCounted, StockAdjusted, StockShortfallRecorded,
                   StockThresholdsSet, ReorderPointReached, CustomerRegistered, CustomerChanged,
                   CustomerErased, OrderPlaced, StockRequested, OrderSettled, OrderConfirmed,
                   OrderCancelled, ReservationExpired, CancellationRequested,
                   AddressChangeRequested, SubOrderRecorded, StockReserved, ReservationRefused,
                   ReservationSettled, SubOrderConfirmed, SubOrderPacked, SubOrderNoted,
                   LinesCancelled, CancellationRefused, AddressChanged, AddressChangeRefused,
                   ShipmentDispatched, ShipmentUpdated, ShipmentProblemReported, ShipmentLost,
                   LostShipmentReplaced, LostShipmentWrittenOff, ShipmentDelivered, ReturnRequested,
                   ReturnReceived, ReturnRefused> {
  using OneOf = variant;

  Event();
  template <AlternativeOf<OneOf> T>
  Event(T&& value) : OneOf(std::in_place_type<std::remove_cvref_t<T>>, std::forward<T>(value)) {}
  Event(const Event&);
  Event(Event&&) noexcept;
  Event& operator=(const Event&);
  Event& operator=(Event&&) noexcept;
  ~Event();
  bool operator==(const Event& other) const;
};

// The events that a vendor's partition decides about a sub-order.
template <class T>
concept IsSubOrderEvent = kIsAlternative<T, SubOrderEvent::OneOf>;

// Its name on the wire. Valid for ever.
std::string_view type_of(const Event& event);

}  // namespace cassette::domain
