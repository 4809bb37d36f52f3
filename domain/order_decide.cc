// Order: decides placing, confirming, expiring and cancelling, and what a vendor's answer calls
// for. It refuses to decide for a vendor's partition: there it can only ask.
#include <algorithm>
#include <set>

#include "domain/order.h"
#include "domain/preconditions.h"
#include "domain/sub_order_rules.h"

namespace cassette::domain {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;

using Refusal = std::optional<Rejection>;

Refusal absent_or_changed(const Order& order, const auto& command) {
  if (!order.exists()) return NotFound{"order", command.order_id.value};
  if (mismatched(command.expected_version, order.version)) {
    return VersionMismatch{*command.expected_version, order.version};
  }
  return std::nullopt;
}

std::vector<VendorId> vendors_where(const Order& order, auto&& wanted) {
  std::vector<VendorId> vendors;
  for (const OrderPart& part : order.parts) {
    if (wanted(part)) vendors.push_back(part.vendor_id);
  }
  return vendors;
}

}  // namespace

// ---- placing

namespace {

bool privileged(Role role) {
  return role == Role::Administrator || role == Role::Service || role == Role::System;
}

Refusal money_refusal(const std::optional<Money>& money, const char* field) {
  if (!money) return std::nullopt;
  if (!valid_currency(money->currency.code)) return InvalidCommand{field, "has no valid currency"};
  if (money->amount < 0 || money->amount > kMaxAmount) {
    return InvalidCommand{field, "must be from 0 to " + std::to_string(kMaxAmount)};
  }
  return std::nullopt;
}

Refusal item_refusal(const OrderItem& item, Role asked_by) {
  if (item.quantity < 1 || item.quantity > kMaxQuantity) {
    return InvalidCommand{"quantity", "must be from 1 to " + std::to_string(kMaxQuantity)};
  }
  if (auto refusal = money_refusal(item.expected_unit_price, "expectedUnitPrice")) return refusal;
  if (item.unit_price && !privileged(asked_by)) {
    return NotPermitted{"unitPrice", "is an administrator's or a service's to set"};
  }
  return money_refusal(item.unit_price, "unitPrice");
}

Refusal charge_refusal(const PlaceOrder& command, const VendorCharge& charge) {
  const auto sells = [&charge](const auto& item) { return item.vendor_id == charge.vendor_id; };
  if (std::ranges::none_of(command.items, sells)) {
    return InvalidCommand{"charges", "names a vendor that the order does not have"};
  }
  const bool discount = charge.type == ChargeType::Discount;
  if (discount ? charge.amount > 0 : charge.amount < 0) {
    return InvalidCommand{"charges", "only a discount is negative"};
  }
  if (charge.amount < -kMaxAmount || charge.amount > kMaxAmount) {
    return InvalidCommand{"charges", "an amount is too large"};
  }
  return std::nullopt;
}

Refusal charges_refusal(const PlaceOrder& command) {
  if (command.charges.empty()) return std::nullopt;
  if (!privileged(command.asked_by)) {
    return NotPermitted{"charges", "are an administrator's or a service's to set"};
  }
  if (command.charges.size() > kMaxOrderLines) {
    return InvalidCommand{"charges", "has too many entries"};
  }
  for (const VendorCharge& charge : command.charges) {
    if (auto refusal = charge_refusal(command, charge)) return refusal;
  }
  return std::nullopt;
}

Refusal policy_refusal(const PlaceOrder& command, const Policy& policy) {
  const bool may = privileged(command.asked_by);
  if (command.confirmation && !may) {
    return NotPermitted{"confirmation", "is an administrator's or a service's to choose"};
  }
  if (!command.reservation_seconds) return std::nullopt;
  const std::int64_t seconds = *command.reservation_seconds;
  if (seconds < 1 || seconds > kMaxReservationSeconds) {
    return InvalidCommand{"reservationSeconds",
                          "must be from 1 to " + std::to_string(kMaxReservationSeconds)};
  }
  if (seconds > policy.reservation_max_seconds && !may) {
    return NotPermitted{"reservationSeconds",
                        "must be at most " + std::to_string(policy.reservation_max_seconds)};
  }
  return std::nullopt;
}

bool has_too_many_vendors(const std::vector<OrderItem>& items) {
  if (items.size() <= kMaxOrderVendors) return false;
  std::set<std::string_view> vendors;
  for (const OrderItem& item : items) vendors.insert(item.vendor_id.value);
  return vendors.size() > kMaxOrderVendors;
}

Refusal place_refusal(const Order& order, const PlaceOrder& command, const Policy& policy) {
  if (order.exists()) return AlreadyExists{"order", command.order_id.value};
  if (command.items.empty()) return InvalidCommand{"items", "must not be empty"};
  if (command.items.size() > kMaxOrderLines) {
    return InvalidCommand{"items", "has more than " + std::to_string(kMaxOrderLines) + " lines"};
  }
  for (const OrderItem& item : command.items) {
    if (auto refusal = item_refusal(item, command.asked_by)) return refusal;
  }
  if (has_too_many_vendors(command.items)) {
    return InvalidCommand{"items",
                          "is of more than " + std::to_string(kMaxOrderVendors) + " vendors"};
  }
  if (auto refusal = charges_refusal(command)) return refusal;
  return policy_refusal(command, policy);
}

std::vector<PlacedLine> lines_of(std::vector<OrderItem> items) {
  std::vector<PlacedLine> lines;
  lines.reserve(items.size());
  for (OrderItem& item : items) {
    const LineId id{static_cast<std::uint32_t>(lines.size() + 1)};
    lines.push_back({id, std::move(item.vendor_id), std::move(item.product_id), item.quantity,
                     std::move(item.expected_unit_price), std::move(item.unit_price)});
  }
  return lines;
}

}  // namespace

Decision decide(const Order& order, PlaceOrder command, Timestamp now, const Policy& policy) {
  if (auto refusal = place_refusal(order, command, policy)) return Failure{*std::move(refusal)};
  const Confirmation confirmation = command.confirmation.value_or(policy.confirmation);
  std::optional<Timestamp> reserved_until;
  if (confirmation == Confirmation::Manual) {
    const std::int64_t seconds =
        command.reservation_seconds.value_or(policy.reservation_max_seconds);
    reserved_until = Timestamp{now.micros + seconds * kMicrosPerSecond};
  }
  return events_of(OrderPlaced{std::move(command.order_id), std::move(command.customer_id),
                               lines_of(std::move(command.items)), std::move(command.charges),
                               std::move(command.shipping_address), confirmation,
                               command.on_shortage, reserved_until});
}

// ---- confirming and expiring

Decision decide(const Order& order, const ConfirmOrder& command, Timestamp now) {
  if (auto refusal = absent_or_changed(order, command)) return Failure{*std::move(refusal)};
  if (order.expired) return Failure{ReservationHasExpired{command.order_id}};
  const bool standing = std::ranges::any_of(order.parts, &OrderPart::stands);
  const bool placing = order.phase == OrderPhase::Placing;
  if (order.phase == OrderPhase::Failed || (!standing && !placing)) {
    return Failure{illegal(OrderStatus::Cancelled, OrderStatus::Confirmed, {})};
  }
  if (order.confirmed) return Events{};
  if (order.reserved_until && now >= *order.reserved_until) {
    return Failure{ReservationHasExpired{command.order_id}};
  }
  if (placing) return Failure{OrderIsUnsettled{command.order_id}};
  return events_of(OrderConfirmed{
      command.order_id, vendors_where(order, [](const auto& part) { return part.stands(); })});
}

Decision decide(const Order& order, const ExpireReservation& command, Timestamp now) {
  if (!order.exists() || !order.may_expire() || *order.reserved_until > now) return Events{};
  return events_of(ReservationExpired{
      command.order_id, vendors_where(order, [](const auto& part) { return part.stands(); })});
}

// ---- cancelling

namespace {

// Has, or may be about to get, units that have not shipped.
bool cancellable(const OrderPart& part) {
  if (part.phase == PartPhase::Asked) return true;
  return part.stands() && part.sub_order.open_units() > 0;
}

bool customer_may_cancel(const OrderPart& part) {
  return part.phase == PartPhase::Asked ||
         (cancellable(part) && part.sub_order.preparation != Preparation::Packed);
}

}  // namespace

Decision decide(const Order& order, const CancelOrder& command) {
  if (auto refusal = absent_or_changed(order, command)) return Failure{*std::move(refusal)};
  // In an order that failed, whoever owes an answer was asked already, and whoever refused a
  // customer would again.
  const bool failed = order.phase == OrderPhase::Failed;
  const bool customer = command.asked_by == Role::Customer;
  const auto promising = [failed, customer](const OrderPart& part) {
    if (failed && part.outstanding > 0) return false;
    return customer ? customer_may_cancel(part) : cancellable(part);
  };
  std::vector<VendorId> vendors = vendors_where(order, promising);
  if (vendors.empty()) {
    const bool standing = std::ranges::any_of(order.parts, &OrderPart::stands);
    if (failed || !standing) return Events{};
    return Failure{illegal(order.status(), OrderStatus::Cancelled, {})};
  }
  if (!failed) vendors = vendors_where(order, cancellable);
  return events_of(CancellationRequested{
      command.order_id, std::move(vendors),
      command.reason.empty() ? std::string(kCancelled) : command.reason, command.asked_by, true});
}

// ---- address

Decision decide(const Order& order, const ChangeOrderAddress& command) {
  if (auto refusal = absent_or_changed(order, command)) return Failure{*std::move(refusal)};
  const auto stands = [](const OrderPart& part) { return part.stands(); };
  const auto packed = [&stands](const OrderPart& part) {
    return stands(part) && part.sub_order.status() > OrderStatus::Confirmed;
  };
  std::vector<VendorId> vendors = vendors_where(order, stands);
  const bool over = order.phase == OrderPhase::Failed || std::ranges::any_of(order.parts, packed);
  if (over || (vendors.empty() && order.phase == OrderPhase::Open)) {
    const OrderStatus status = order.status();
    return Failure{illegal(status, status, {})};
  }
  const auto awaited = [](const OrderPart& part) { return part.outstanding > 0; };
  if (order.phase == OrderPhase::Placing || std::ranges::any_of(order.parts, awaited)) {
    return Failure{OrderIsUnsettled{command.order_id}};
  }
  if (order.shipping_address == command.shipping_address) return Events{};
  return events_of(
      AddressChangeRequested{command.order_id, std::move(vendors), command.shipping_address});
}

// ---- what a vendor decided

namespace {

// What follows from the answer of one vendor, on the order as it was before the answer.
class Answered {
 public:
  // `events` begin with the record of the answer, and have room for kMost.
  Answered(const Order& order, Events& events)
      : order_(order), record_(std::get<SubOrderRecorded>(events.front())), events_(events) {
    evolve(answer_, record_.change);
  }
  static constexpr std::size_t kMost = 3;

  void reserved() {
    if (order_.phase == OrderPhase::Placing) return next_or_settle(nullptr);
    // The order failed while its vendor was asked. Unless it is asked to cancel already:
    if (order_.part(record_.vendor_id)->outstanding > 0) return;
    events_.emplace_back(CancellationRequested{record_.order_id,
                                               {record_.vendor_id},
                                               order_.expired ? "expired" : std::string(kCancelled),
                                               Role::System,
                                               false});
  }

  void refused(const Rejection& refusal) {
    if (order_.phase != OrderPhase::Placing) return;
    const bool short_only = std::holds_alternative<InsufficientStock>(refusal);
    if (order_.on_shortage == OnShortage::Reject || !short_only) return give_up(refusal);
    next_or_settle(&refusal);
  }

 private:
  // Calls `visit(vendor, sub-order)` for every part that was answered, this one included.
  void each_answered(auto&& visit) const {
    for (const OrderPart& part : order_.parts) {
      if (part.vendor_id == record_.vendor_id) {
        visit(part.vendor_id, answer_);
      } else if (part.phase == PartPhase::Answered) {
        visit(part.vendor_id, part.sub_order);
      }
    }
  }

  std::vector<VendorId> standing(auto&& wanted) const {
    std::vector<VendorId> vendors;
    each_answered([&](const VendorId& vendor, const SubOrder& sub_order) {
      const bool stands = sub_order.status() != OrderStatus::Cancelled;
      if (stands && wanted(sub_order)) vendors.push_back(vendor);
    });
    return vendors;
  }

  std::vector<VendorId> standing() const {
    return standing([](const SubOrder&) { return true; });
  }

  Currency currency() const { return order_.currency.empty() ? answer_.currency : order_.currency; }

  void give_up(const Rejection& refusal) {
    events_.emplace_back(OrderCancelled{record_.order_id, refusal, standing()});
  }

  void next_or_settle(const Rejection* refusal) {
    const auto unasked = [](const OrderPart& part) { return part.phase == PartPhase::Unasked; };
    const auto next = std::ranges::find_if(order_.parts, unasked);
    if (next == order_.parts.end()) return settle(refusal);
    const bool last = std::none_of(std::next(next), order_.parts.end(), unasked);
    request(next->vendor_id, last);
  }

  void request(const VendorId& vendor, bool last) {
    StockRequested event{
        record_.order_id, vendor, order_.customer_id, {}, {}, order_.shipping_address,
        currency(),       last};
    for (const PlacedLine& line : order_.lines) {
      if (line.vendor_id == vendor) event.lines.push_back(line);
    }
    for (const VendorCharge& charge : order_.charges) {
      if (charge.vendor_id == vendor) event.charges.push_back({charge.type, charge.amount});
    }
    events_.emplace_back(std::move(event));
  }

  void settle(const Rejection* refusal) {
    bool promised = false;
    std::int64_t total = 0;
    each_answered([&](const VendorId&, const SubOrder& sub_order) {
      promised = promised || !sub_order.refused;
      total += sub_order.total();
    });
    if (!promised && refusal) return give_up(*refusal);
    const bool automatic = order_.confirmation == Confirmation::Automatic;
    const auto unaware = [automatic](const SubOrder& sub_order) {
      return !automatic && !sub_order.settled;
    };
    events_.emplace_back(
        OrderSettled{record_.order_id, Money{total, currency()}, standing(unaware)});
    std::vector<VendorId> vendors = standing();
    if (!automatic || vendors.empty()) return;
    events_.emplace_back(OrderConfirmed{record_.order_id, std::move(vendors)});
  }

  const Order& order_;
  const SubOrderRecorded& record_;
  Events& events_;
  SubOrder answer_;
};

}  // namespace

Decision decide(const Order& order, RecordSubOrder command) {
  CHECK(order.exists() && order.part(command.vendor_id) != nullptr);
  Events events;
  events.reserve(Answered::kMost);
  events.emplace_back(SubOrderRecorded{std::move(command.order_id), std::move(command.vendor_id),
                                       std::move(command.change)});
  const SubOrderEvent& change = std::get<SubOrderRecorded>(events.front()).change;
  if (std::holds_alternative<StockReserved>(change)) {
    Answered{order, events}.reserved();
  } else if (const auto* refused = std::get_if<ReservationRefused>(&change)) {
    Answered{order, events}.refused(refused->refusal);
  }
  CHECK(events.size() <= Answered::kMost);
  return events;
}

}  // namespace cassette::domain
