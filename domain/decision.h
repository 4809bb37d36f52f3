// Decision: what every `decide` gives, the events of a yes or the rejection of a no.
// An empty list of events means "already so".
#pragma once

#include <variant>
#include <vector>

#include "domain/rejections.h"
#include "domain/result.h"

namespace cassette::domain {

struct LedgerCreated;
struct PartitionClaimed;
struct VendorRegistered;
struct VendorChanged;
struct VendorSuspended;
struct VendorReinstated;
struct ProductListed;
struct ProductRevised;
struct ProductDelisted;
struct StockCounted;
struct StockAdjusted;
struct StockShortfallRecorded;
struct StockThresholdsSet;
struct ReorderPointReached;
struct CustomerRegistered;
struct CustomerChanged;
struct CustomerErased;
struct OrderPlaced;
struct StockRequested;
struct OrderSettled;
struct OrderConfirmed;
struct OrderCancelled;
struct ReservationExpired;
struct CancellationRequested;
struct AddressChangeRequested;
struct SubOrderRecorded;
struct StockReserved;
struct ReservationRefused;
struct ReservationSettled;
struct SubOrderConfirmed;
struct SubOrderPacked;
struct SubOrderNoted;
struct LinesCancelled;
struct CancellationRefused;
struct AddressChanged;
struct AddressChangeRefused;
struct ShipmentDispatched;
struct ShipmentUpdated;
struct ShipmentProblemReported;
struct ShipmentLost;
struct LostShipmentReplaced;
struct LostShipmentWrittenOff;
struct ShipmentDelivered;
struct ReturnRequested;
struct ReturnReceived;
struct ReturnRefused;

// What a vendor's partition decides about its part of an order, and the order's partition records.
using SubOrderEvent =
    std::variant<StockReserved, ReservationRefused, ReservationSettled, SubOrderConfirmed,
                 SubOrderPacked, SubOrderNoted, LinesCancelled, CancellationRefused, AddressChanged,
                 AddressChangeRefused, ShipmentDispatched, ShipmentUpdated, ShipmentProblemReported,
                 ShipmentLost, LostShipmentReplaced, LostShipmentWrittenOff, ShipmentDelivered,
                 ReturnRequested, ReturnReceived, ReturnRefused>;

// Every fact a ledger can hold. Complete in domain/events.h.
using Event =
    std::variant<LedgerCreated, PartitionClaimed, VendorRegistered, VendorChanged, VendorSuspended,
                 VendorReinstated, ProductListed, ProductRevised, ProductDelisted, StockCounted,
                 StockAdjusted, StockShortfallRecorded, StockThresholdsSet, ReorderPointReached,
                 CustomerRegistered, CustomerChanged, CustomerErased, OrderPlaced, StockRequested,
                 OrderSettled, OrderConfirmed, OrderCancelled, ReservationExpired,
                 CancellationRequested, AddressChangeRequested, SubOrderRecorded, StockReserved,
                 ReservationRefused, ReservationSettled, SubOrderConfirmed, SubOrderPacked,
                 SubOrderNoted, LinesCancelled, CancellationRefused, AddressChanged,
                 AddressChangeRefused, ShipmentDispatched, ShipmentUpdated, ShipmentProblemReported,
                 ShipmentLost, LostShipmentReplaced, LostShipmentWrittenOff, ShipmentDelivered,
                 ReturnRequested, ReturnReceived, ReturnRefused>;

using Events = std::vector<Event>;
using Decision = Result<Events, Rejection>;

// Who asks, as far as the rules care.
enum class Role { Administrator, Service, Vendor, Customer, Auditor, System };

}  // namespace cassette::domain

template <>
struct cassette::EnumNames<cassette::domain::Role> {
  static constexpr std::array<std::string_view, 6> values{"admin",    "service", "vendor",
                                                          "customer", "auditor", "system"};
};
