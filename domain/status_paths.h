// Status paths: which steps a sub-order, a shipment and an order may take, written down apart from
// the rules that take them. They judge what happened; what may happen next, decide() says.
#pragma once

#include "domain/events.h"
#include "domain/order.h"

namespace cassette::domain {

// Events that leave a sub-order's status as it is.
template <class E>
concept KeepsStatus =
    kIsOneOf<E, ReservationSettled, SubOrderNoted, CancellationRefused, AddressChanged,
             AddressChangeRefused, ShipmentUpdated, ShipmentProblemReported, ShipmentLost,
             ReturnRequested, ReturnReceived, ReturnRefused>;

// What the cancellation of lines may lead to: the end of what nothing was shipped of, or what the
// rest has reached already.
constexpr bool may_be_left(OrderStatus before, OrderStatus after) {
  if (before > OrderStatus::Packed) return false;
  if (after == before || after == OrderStatus::Cancelled) return true;
  return before == OrderStatus::Packed && after > OrderStatus::Packed;
}

// Whether an E may take a sub-order from `before` to `after`, when it is not its first event. After
// Delivered and Cancelled comes nothing, and only a lost shipment's replacement leads back.
template <IsSubOrderEvent E>
constexpr bool may_lead(OrderStatus before, OrderStatus after) {
  using enum OrderStatus;
  if constexpr (KeepsStatus<E>) {
    return before == after;
  } else if constexpr (kIsOneOf<E, StockReserved, ReservationRefused>) {
    return false;
  } else if constexpr (kIsOneOf<E, SubOrderConfirmed>) {
    return before == Pending && after == Confirmed;
  } else if constexpr (kIsOneOf<E, SubOrderPacked>) {
    return before == Confirmed && after == Packed;
  } else if constexpr (kIsOneOf<E, LinesCancelled>) {
    return may_be_left(before, after);
  } else if constexpr (kIsOneOf<E, ShipmentDispatched>) {
    return before == Packed && (after == Packed || after == Shipped);
  } else if constexpr (kIsOneOf<E, LostShipmentReplaced>) {
    return (before == Packed || before == Shipped) && after == Packed;
  } else {
    static_assert(kIsOneOf<E, ShipmentDelivered, LostShipmentWrittenOff>);
    if (before == Packed) return after == Packed;
    return before == Shipped && (after == Shipped || after == Delivered);
  }
}

// Whether a shipment may go from `before` to `after`. Delivered is the end; what was resolved as
// lost can't change either, which is the caller's to ask.
constexpr bool may_become(ShipmentStatus before, ShipmentStatus after) {
  using enum ShipmentStatus;
  if (before == Delivered) return false;
  return before == Lost ? after == Delivered
                        : after != Shipped && (after != before || after == Problem);
}

// Whether an order may go from `before` to `after`, or stay.
constexpr bool may_become(OrderPhase before, OrderPhase after) {
  return after >= before;  // Placing, Open, Failed
}

// Whether an order that has not failed may go from `before` to `after`, or stay: forwards, since it
// is where the least advanced of its sub-orders is, and back only when what one of these had lost
// was `replaced`. What has shipped is never cancelled.
constexpr bool may_become(OrderStatus before, OrderStatus after, bool replaced) {
  using enum OrderStatus;
  if (before == Cancelled || before == Delivered) return after == before;
  if (after == Cancelled) return before != Shipped;
  return after >= before || (replaced && before == Shipped && after == Packed);
}

}  // namespace cassette::domain
