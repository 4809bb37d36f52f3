// Reactions: the commands that an event calls for. It reads the event and nothing else.
#include "domain/reactions.h"

namespace cassette::domain {
namespace {

using Commands = std::vector<Command>;

template <class C>
Commands one(C command) {
  Commands commands;
  commands.emplace_back(std::move(command));
  return commands;
}

// The short word that a cancelled part shows for the order's refusal.
struct CancelReason {
  const char* operator()(const InsufficientStock&) const { return "shortage"; }
  const char* operator()(const VendorIsSuspended&) const { return "vendor-suspended"; }
  const char* operator()(const ProductIsNotListed&) const { return "product-not-listed"; }
  const char* operator()(const PriceChanged&) const { return "price-changed"; }
  const char* operator()(const MixedCurrency&) const { return "mixed-currency"; }
  const char* operator()(const CustomerIsErased&) const { return "customer-erased"; }
  const char* operator()(const NotFound&) const { return "not-found"; }
  const char* operator()(const AlreadyExists&) const { return "refused"; }
  const char* operator()(const VersionMismatch&) const { return "refused"; }
  const char* operator()(const OnHandMismatch&) const { return "refused"; }
  const char* operator()(const InvalidCommand&) const { return "invalid"; }
  const char* operator()(const NotPermitted&) const { return "refused"; }
  const char* operator()(const DuplicateSku&) const { return "refused"; }
  const char* operator()(const BelowReserved&) const { return "refused"; }
  const char* operator()(const IllegalTransition&) const { return "refused"; }
  const char* operator()(const ReservationHasExpired&) const { return "expired"; }
  const char* operator()(const OrderIsUnsettled&) const { return "refused"; }
  const char* operator()(const QuantityExceedsOpen&) const { return "refused"; }
};

Commands cancel_each(const OrderId& order, const std::vector<VendorId>& vendors,
                     const std::string& reason, Role asked_by) {
  Commands commands;
  commands.reserve(vendors.size());
  for (const VendorId& vendor : vendors) {
    commands.emplace_back(CancelLines{order, vendor, {}, reason, asked_by, true, std::nullopt});
  }
  return commands;
}

// Events that call for nothing.
template <class E>
concept IsQuiet =
    kIsOneOf<E, LedgerCreated, PartitionClaimed, VendorRegistered, VendorChanged, VendorSuspended,
             VendorReinstated, ProductListed, ProductRevised, ProductDelisted, StockCounted,
             StockAdjusted, StockShortfallRecorded, StockThresholdsSet, ReorderPointReached,
             CustomerRegistered, CustomerChanged, CustomerErased, SubOrderRecorded>;

struct React {
  Commands operator()(const IsQuiet auto&) const { return {}; }
  Commands operator()(const OrderPlaced& event) const { return one(first_ask(event)); }
  Commands operator()(const StockRequested& event) const {
    return one(ReserveStock{event.order_id, event.vendor_id, event.customer_id, event.lines,
                            event.charges, event.shipping_address, event.currency, event.last});
  }
  Commands operator()(const OrderSettled& event) const {
    Commands commands;
    for (const VendorId& vendor : event.vendors) {
      commands.emplace_back(SettleReservation{event.order_id, vendor});
    }
    return commands;
  }
  Commands operator()(const OrderConfirmed& event) const {
    Commands commands;
    for (const VendorId& vendor : event.vendors) {
      commands.emplace_back(ConfirmSubOrder{event.order_id, vendor});
    }
    return commands;
  }
  Commands operator()(const OrderCancelled& event) const {
    return cancel_each(event.order_id, event.vendors, std::visit(CancelReason{}, event.refusal),
                       Role::System);
  }
  Commands operator()(const ReservationExpired& event) const {
    return cancel_each(event.order_id, event.vendors, "expired", Role::System);
  }
  Commands operator()(const CancellationRequested& event) const {
    return cancel_each(event.order_id, event.vendors, event.reason, event.requested_by);
  }
  Commands operator()(const AddressChangeRequested& event) const {
    Commands commands;
    for (const VendorId& vendor : event.vendors) {
      commands.emplace_back(ChangeSubOrderAddress{event.order_id, vendor, event.shipping_address});
    }
    return commands;
  }
  Commands operator()(const IsSubOrderEvent auto& event) const {
    return one(RecordSubOrder{event.order_id, event.vendor_id, event});
  }
};

}  // namespace

std::vector<Command> react(const Event& event) {
  return std::visit(React{}, event);
}

}  // namespace cassette::domain
