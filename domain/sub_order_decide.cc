// SubOrder: decides reservation, settlement, confirmation, cancellation and a changed address.
// It refuses what its vendor can't promise, and to cancel what has left the house.
#include <algorithm>
#include <unordered_map>

#include "domain/preconditions.h"
#include "domain/sub_order.h"
#include "domain/sub_order_rules.h"

namespace cassette::domain {

const Money& price_of(const PlacedLine& line, const Offer& offer) {
  return line.unit_price ? *line.unit_price : offer.price;
}

// ---- reservation

namespace {

std::optional<Rejection> line_refusal(const PlacedLine& line, const Offer& offer,
                                      const VendorId& vendor) {
  if (!offer.listed) {
    return ProductIsNotListed{line.line_id, vendor, line.product_id};
  }
  const Money& price = price_of(line, offer);
  if (line.expected_unit_price && *line.expected_unit_price != price) {
    return PriceChanged{line.line_id, vendor, line.product_id, *line.expected_unit_price, price};
  }
  return std::nullopt;
}

std::optional<Rejection> currency_refusal(std::span<const Offer> offers,
                                          const ReserveStock& command) {
  const Currency& first = price_of(command.lines.front(), offers.front()).currency;
  const Currency& expected = command.currency.empty() ? first : command.currency;
  for (std::size_t i = 0; i < offers.size(); ++i) {
    const Currency& actual = price_of(command.lines[i], offers[i]).currency;
    if (actual != expected) return MixedCurrency{command.vendor_id, expected, actual};
  }
  return std::nullopt;
}

// Refuses totals that would not stay exact, and a discount that exceeds the price.
std::optional<Rejection> total_refusal(std::span<const Offer> offers, const ReserveStock& command) {
  std::int64_t total = 0;
  for (std::size_t i = 0; i < offers.size(); ++i) {
    const PlacedLine& line = command.lines[i];
    const std::int64_t price = price_of(line, offers[i]).amount;
    if (price > 0 && line.quantity > (kMaxSubOrderTotal - total) / price) {
      return InvalidCommand{"quantity", "the total is too large"};
    }
    total += price * line.quantity;
  }
  for (const Charge& charge : command.charges) total += charge.amount;
  if (total > kMaxSubOrderTotal) return InvalidCommand{"charges", "the total is too large"};
  if (total < 0) return InvalidCommand{"charges", "the discount exceeds the price"};
  return std::nullopt;
}

bool enough_for(const Offer& offer, Quantity wanted) {
  return wanted <= offer.available;
}

std::optional<Rejection> shortage(std::span<const Offer> offers, const ReserveStock& command) {
  if (offers.size() == 1 && enough_for(offers[0], command.lines[0].quantity)) return std::nullopt;
  InsufficientStock refusal;
  std::unordered_map<std::string_view, Quantity> demands;
  for (const PlacedLine& line : command.lines) demands[line.product_id.value] += line.quantity;
  for (std::size_t i = 0; i < offers.size(); ++i) {
    const PlacedLine& line = command.lines[i];
    const Quantity wanted = demands[line.product_id.value];
    const Quantity available = offers[i].available;
    if (wanted <= available) continue;
    refusal.lines.push_back({line.line_id, command.vendor_id, line.product_id, wanted, available});
    refusal.retryable = refusal.retryable || offers[i].contended;
  }
  if (refusal.lines.empty()) return std::nullopt;
  return refusal;
}

StockReserved reservation(std::span<const Offer> offers, ReserveStock command) {
  StockReserved event{std::move(command.order_id),
                      std::move(command.vendor_id),
                      std::move(command.customer_id),
                      {},
                      std::move(command.charges),
                      std::move(command.shipping_address),
                      command.last};
  event.lines.reserve(offers.size());
  for (std::size_t i = 0; i < offers.size(); ++i) {
    PlacedLine& line = command.lines[i];
    const Offer& offer = offers[i];
    event.lines.push_back({line.line_id, std::move(line.product_id), line.quantity,
                           std::string(offer.name), std::string(offer.sku), price_of(line, offer)});
  }
  return event;
}

}  // namespace

std::optional<Rejection> refusal_of(const Vendor* vendor, std::span<const Offer> offers,
                                    const ReserveStock& command) {
  CHECK(offers.size() == command.lines.size() && !offers.empty());
  if (!vendor || !vendor->exists()) return NotFound{"vendor", command.vendor_id.value};
  if (vendor->status == VendorStatus::Suspended) return VendorIsSuspended{command.vendor_id};
  for (std::size_t i = 0; i < offers.size(); ++i) {
    auto refusal = line_refusal(command.lines[i], offers[i], command.vendor_id);
    if (refusal) return refusal;
  }
  if (auto refusal = currency_refusal(offers, command)) return refusal;
  if (auto refusal = total_refusal(offers, command)) return refusal;
  return shortage(offers, command);
}

SubOrderEvent decide(const Vendor* vendor, std::span<const Offer> offers, ReserveStock command) {
  if (auto refusal = refusal_of(vendor, offers, command)) {
    return ReservationRefused{command.order_id, command.vendor_id, *std::move(refusal)};
  }
  return reservation(offers, std::move(command));
}

// ---- settlement and confirmation

// A sub-order that is gone has nothing to settle or confirm, and nobody waits for an answer.
Decision decide(const SubOrder& sub_order, const SettleReservation& command) {
  if (!sub_order.exists() || sub_order.settled || sub_order.open_units() == 0) return Events{};
  return events_of(ReservationSettled{command.order_id, command.vendor_id});
}

Decision decide(const SubOrder& sub_order, const ConfirmSubOrder& command) {
  const bool pending = sub_order.exists() && sub_order.status() == OrderStatus::Pending;
  if (!pending) return Events{};
  return events_of(SubOrderConfirmed{command.order_id, command.vendor_id});
}

// ---- cancellation

namespace {

std::optional<Rejection> cancel_refusal(const SubOrder& sub_order, const CancelLines& command) {
  const OrderStatus status = sub_order.status();
  const bool left = sub_order.preparation == Preparation::Packed || sub_order.anything_shipped();
  if (sub_order.open_units() == 0 || (command.asked_by == Role::Customer && left)) {
    return illegal(status, OrderStatus::Cancelled, {});
  }
  return lines_refusal(sub_order, command.lines, open_of);
}

Decision cancel_lines(const SubOrder& sub_order, const CancelLines& command) {
  if (command.lines.empty() && sub_order.status() == OrderStatus::Cancelled) return Events{};
  if (auto refusal = cancel_refusal(sub_order, command)) return Failure{*std::move(refusal)};
  return events_of(LinesCancelled{command.order_id, command.vendor_id,
                                  command.lines.empty() ? all_open(sub_order) : command.lines,
                                  command.reason.empty() ? std::string(kCancelled) : command.reason,
                                  command.requested});
}

}  // namespace

Decision decide(const SubOrder& sub_order, const CancelLines& command) {
  if (!command.requested) {
    if (auto refusal = absent_or_changed(sub_order, command)) return Failure{*std::move(refusal)};
    return cancel_lines(sub_order, command);
  }
  const auto refuse = [&command](Rejection refusal) {
    return events_of(CancellationRefused{command.order_id, command.vendor_id, std::move(refusal)});
  };
  if (!sub_order.exists()) return refuse(NotFound{"sub-order", command.order_id.value});
  Decision decision = cancel_lines(sub_order, command);
  if (!decision) return refuse(std::move(decision).error());
  if (!decision.value().empty()) return decision;
  return refuse(illegal(OrderStatus::Cancelled, OrderStatus::Cancelled, {}));
}

// ---- address and notes

Decision decide(const SubOrder& sub_order, const ChangeSubOrderAddress& command) {
  const auto refuse = [&command](Rejection refusal) {
    return events_of(AddressChangeRefused{command.order_id, command.vendor_id, std::move(refusal)});
  };
  if (!sub_order.exists()) return refuse(NotFound{"sub-order", command.order_id.value});
  const OrderStatus status = sub_order.status();
  if (status != OrderStatus::Pending && status != OrderStatus::Confirmed) {
    return refuse(illegal(status, status, allowed_from(sub_order)));
  }
  return events_of(AddressChanged{command.order_id, command.vendor_id, command.shipping_address});
}

Decision decide(const SubOrder& sub_order, const NoteSubOrder& command) {
  if (auto refusal = absent_or_changed(sub_order, command)) return Failure{*std::move(refusal)};
  if (command.note.empty()) return Failure{InvalidCommand{"note", "must not be empty"}};
  if (sub_order.refused) {
    return Failure{illegal(OrderStatus::Cancelled, OrderStatus::Cancelled, {})};
  }
  return events_of(SubOrderNoted{command.order_id, command.vendor_id, command.note});
}

}  // namespace cassette::domain
