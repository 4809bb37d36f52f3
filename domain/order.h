// Order: one customer's purchase over several vendors, as its own partition keeps it.
// It asks the vendors one after another, settles, confirms, expires; the vendors' partitions
// decide everything about their own parts, and it records what they decided.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/order_events.h"
#include "domain/sub_order.h"

namespace cassette::domain {

// Lines of one order: bounds a commit, a document and a decision.
inline constexpr std::size_t kMaxOrderLines = 1000;
// Vendors of one order: each is asked, answers and is recorded, where all live together in one
// commit.
inline constexpr std::size_t kMaxOrderVendors = 100;
// The default deadline of a manual confirmation, and the longest that a customer may ask for.
inline constexpr std::int64_t kDefaultReservationSeconds = 15 * 60;
// The longest deadline at all, for administrators and services: a year.
inline constexpr std::int64_t kMaxReservationSeconds = 366LL * 24 * 3600;

// The marketplace's own settings, where an order does not override them.
struct Policy {
  Confirmation confirmation = Confirmation::Automatic;
  std::int64_t reservation_max_seconds = kDefaultReservationSeconds;
};

// ---- commands

struct OrderItem {
  VendorId vendor_id;
  ProductId product_id;
  Quantity quantity = 0;
  std::optional<Money> expected_unit_price;
  std::optional<Money> unit_price;
};

struct PlaceOrder {
  OrderId order_id;
  CustomerId customer_id;
  std::vector<OrderItem> items;
  std::vector<VendorCharge> charges;
  Sealed shipping_address;
  std::optional<Confirmation> confirmation;
  std::optional<std::int64_t> reservation_seconds;
  OnShortage on_shortage = OnShortage::Reject;
  Role asked_by = Role::System;
};

struct ConfirmOrder {
  OrderId order_id;
  std::optional<Version> expected_version;
};

// Cancels what has not shipped, at every vendor.
struct CancelOrder {
  OrderId order_id;
  std::string reason;
  Role asked_by = Role::System;
  std::optional<Version> expected_version;
};

struct ChangeOrderAddress {
  OrderId order_id;
  Sealed shipping_address;
  std::optional<Version> expected_version;
};

// The deadline has come.
struct ExpireReservation {
  OrderId order_id;
};

// A vendor's partition decided `change`.
struct RecordSubOrder {
  OrderId order_id;
  VendorId vendor_id;
  SubOrderEvent change;
};

// ---- state

enum class PartPhase { Unasked, Asked, Answered };

// What the order knows of one vendor's part.
struct OrderPart {
  VendorId vendor_id;
  PartPhase phase = PartPhase::Unasked;
  std::uint32_t outstanding = 0;  // requests to the vendor's partition not answered yet
  SubOrder sub_order;             // folded from what was recorded

  // Promised by its vendor, and not wholly cancelled since.
  bool stands() const;
  static void fields(auto& self, auto&& visit) {
    visit("vendorId", self.vendor_id);
    visit("phase", self.phase);
    visit("outstanding", self.outstanding);
    visit("subOrder", self.sub_order);
  }
  bool operator==(const OrderPart&) const = default;
};

// Placing: vendors are being asked. Open: all have answered. Failed: shortage, expiry or
// cancellation of the whole; no vendor is asked any more and it can't be confirmed.
enum class OrderPhase { Placing, Open, Failed };

struct Order {
  Version version = 0;
  OrderPhase phase = OrderPhase::Placing;
  bool confirmed = false;
  bool expired = false;
  Confirmation confirmation = Confirmation::Automatic;
  OnShortage on_shortage = OnShortage::Reject;
  std::optional<Timestamp> reserved_until;
  CustomerId customer_id;
  Currency currency;  // of the first answer
  Sealed shipping_address;
  std::vector<OrderPart> parts;       // in the order of vendor ids
  std::vector<PlacedLine> lines;      // of vendors not asked yet; empty once all are
  std::vector<VendorCharge> charges;  // likewise

  bool exists() const { return version > 0; }
  OrderStatus status() const;
  OrderPart* part(const VendorId& vendor);
  const OrderPart* part(const VendorId& vendor) const;
  // Waits for its confirmation, and has a deadline.
  bool may_expire() const;
  // Every ask is answered and every release seen: it may leave memory, and is fetched again when
  // it is named.
  bool at_rest() const;
  // What an engine has to have from its start on.
  bool awake() const { return exists() && (!at_rest() || may_expire()); }
  // Nothing is outstanding and every part is closed.
  bool closed() const;
  static void fields(auto& self, auto&& visit) {
    visit("version", self.version);
    visit("phase", self.phase);
    visit("confirmed", self.confirmed);
    visit("expired", self.expired);
    visit("confirmation", self.confirmation);
    visit("onShortage", self.on_shortage);
    visit("reservedUntil", self.reserved_until);
    visit("customerId", self.customer_id);
    visit("currency", self.currency);
    visit("shippingAddress", self.shipping_address);
    visit("parts", self.parts);
    visit("lines", self.lines);
    visit("charges", self.charges);
  }
  bool operator==(const Order&) const = default;
};

// ---- evolve

void evolve(Order& order, const OrderPlaced& event);
void evolve(Order& order, const StockRequested& event);
void evolve(Order& order, const OrderSettled& event);
void evolve(Order& order, const OrderConfirmed& event);
void evolve(Order& order, const OrderCancelled& event);
void evolve(Order& order, const ReservationExpired& event);
void evolve(Order& order, const CancellationRequested& event);
void evolve(Order& order, const AddressChangeRequested& event);
void evolve(Order& order, const SubOrderRecorded& event);

// ---- decide

// AlreadyExists, InvalidCommand (no lines, a bad quantity, …), NotPermitted (an override that only
// an administrator or service may give). Shortage is found when the vendors are asked.
Decision decide(const Order& order, PlaceOrder command, Timestamp now, const Policy& policy);
// NotFound, VersionMismatch, ReservationHasExpired, OrderIsUnsettled, IllegalTransition when it is
// cancelled. Confirming twice gives no event.
Decision decide(const Order& order, const ConfirmOrder& command, Timestamp now);
// NotFound, VersionMismatch, IllegalTransition when nothing of it can be cancelled by the asker.
Decision decide(const Order& order, const CancelOrder& command);
// NotFound, VersionMismatch, OrderIsUnsettled, IllegalTransition from Packed on.
Decision decide(const Order& order, const ChangeOrderAddress& command);
// No event unless the order is unconfirmed and its deadline is not after `now`.
Decision decide(const Order& order, const ExpireReservation& command, Timestamp now);
// Never a rejection: the vendor's partition has decided already. Asks the next vendor, settles,
// confirms or gives up, as the answer demands.
Decision decide(const Order& order, RecordSubOrder command);

// ---- asks

// The vendors of `placed`, in the order in which they are asked.
std::vector<VendorId> vendors_of(const OrderPlaced& placed);
// The part of an ask of `vendor` that its answer depends on: the lines and charges of `placed` that
// are its own.
ReserveStock terms_of(const OrderPlaced& placed, const VendorId& vendor, const Currency& currency);
// The ask of the first vendor, in no currency yet.
ReserveStock first_ask(const OrderPlaced& placed);

}  // namespace cassette::domain

template <>
struct cassette::EnumNames<cassette::domain::PartPhase> {
  static constexpr std::array<std::string_view, 3> values{"Unasked", "Asked", "Answered"};
};
template <>
struct cassette::EnumNames<cassette::domain::OrderPhase> {
  static constexpr std::array<std::string_view, 3> values{"Placing", "Open", "Failed"};
};
