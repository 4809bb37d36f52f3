// Every event's asks and answers, one overload a group of events and no catch-all.
#include "replay/asks.h"

#include <algorithm>

namespace cassette::replay {

using namespace domain;

namespace {

template <class E>
concept IsQuiet =
    kIsOneOf<E, LedgerCreated, PartitionClaimed, VendorRegistered, VendorChanged, VendorSuspended,
             VendorReinstated, ProductListed, ProductRevised, ProductDelisted, StockCounted,
             StockAdjusted, StockShortfallRecorded, StockThresholdsSet, ReorderPointReached,
             CustomerRegistered, CustomerChanged, CustomerErased>;

struct ForEachAsk {
  const std::function<void(const Ask&)>& visit;

  void each(AskKind kind, const auto& event) const {
    for (const VendorId& vendor : event.vendors) visit({kind, &event.order_id, &vendor});
  }

  void operator()(const IsQuiet auto&) const {}
  void operator()(const SubOrderRecorded&) const {}
  void operator()(const OrderPlaced& event) const {
    const auto first = std::ranges::min_element(event.lines, {}, &PlacedLine::vendor_id);
    if (first == event.lines.end()) return;
    visit({AskKind::Reserve, &event.order_id, &first->vendor_id});
  }
  void operator()(const StockRequested& event) const {
    visit({AskKind::Reserve, &event.order_id, &event.vendor_id});
  }
  void operator()(const OrderSettled& event) const { each(AskKind::Settle, event); }
  void operator()(const OrderConfirmed& event) const { each(AskKind::Confirm, event); }
  void operator()(const OrderCancelled& event) const { each(AskKind::Cancel, event); }
  void operator()(const ReservationExpired& event) const { each(AskKind::Cancel, event); }
  void operator()(const CancellationRequested& event) const { each(AskKind::Cancel, event); }
  void operator()(const AddressChangeRequested& event) const {
    each(AskKind::ChangeAddress, event);
  }
  void operator()(const IsSubOrderEvent auto& event) const {
    visit({AskKind::Record, &event.order_id, &event.vendor_id});
  }
};

template <class E>
constexpr std::optional<AskKind> kAnswers = std::nullopt;
template <>
constexpr std::optional<AskKind> kAnswers<StockReserved> = AskKind::Reserve;
template <>
constexpr std::optional<AskKind> kAnswers<ReservationRefused> = AskKind::Reserve;
template <>
constexpr std::optional<AskKind> kAnswers<ReservationSettled> = AskKind::Settle;
template <>
constexpr std::optional<AskKind> kAnswers<SubOrderConfirmed> = AskKind::Confirm;
template <>
constexpr std::optional<AskKind> kAnswers<LinesCancelled> = AskKind::Cancel;
template <>
constexpr std::optional<AskKind> kAnswers<CancellationRefused> = AskKind::Cancel;
template <>
constexpr std::optional<AskKind> kAnswers<AddressChanged> = AskKind::ChangeAddress;
template <>
constexpr std::optional<AskKind> kAnswers<AddressChangeRefused> = AskKind::ChangeAddress;
template <>
constexpr std::optional<AskKind> kAnswers<SubOrderRecorded> = AskKind::Record;

}  // namespace

void for_each_ask(const Event& event, const std::function<void(const Ask&)>& visit) {
  std::visit(ForEachAsk{visit}, event);
}

std::optional<Ask> answered_by(const Event& event) {
  return std::visit(
      []<class E>(const E& e) -> std::optional<Ask> {
        if constexpr (kAnswers<E>.has_value()) return Ask{*kAnswers<E>, &e.order_id, &e.vendor_id};
        return std::nullopt;
      },
      event);
}

std::string_view home_of(const Event& event) {
  return std::visit(
      []<class E>(const E& e) -> std::string_view {
        if constexpr (IsSubOrderEvent<E>) {
          return e.vendor_id.value;
        } else if constexpr (requires { e.order_id; }) {
          return e.order_id.value;
        } else if constexpr (requires { e.vendor_id; }) {
          return e.vendor_id.value;
        } else if constexpr (requires { e.customer_id; }) {
          return e.customer_id.value;
        } else {
          static_assert(kIsOneOf<E, LedgerCreated, PartitionClaimed>);
          return {};
        }
      },
      event);
}

}  // namespace cassette::replay
