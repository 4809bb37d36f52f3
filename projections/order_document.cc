// Folds an order's own events into its document. Its status is the least advanced of its parts that
// are not cancelled; a part that is never asked, since the order failed, counts as cancelled.
#include "projections/order_document.h"

#include <algorithm>

#include "domain/check.h"

namespace cassette::projections {
namespace {

using domain::OrderPhase;
using domain::OrderStatus;

SubOrderDocument* find_part(OrderDocument& document, const domain::VendorId& vendor) {
  const auto found = std::ranges::find(*document.sub_orders, vendor, &SubOrderDocument::vendor_id);
  return found == document.sub_orders->end() ? nullptr : &*found;
}

SubOrderDocument& part_of(OrderDocument& document, const domain::VendorId& vendor) {
  SubOrderDocument* part = find_part(document, vendor);
  CHECK(part != nullptr);
  return *part;
}

bool counts(const OrderDocument& document, const SubOrderDocument& part) {
  if (part.status == OrderStatus::Cancelled) return false;
  return answered(part) || document.phase != OrderPhase::Failed;
}

// What follows from the parts for the whole.
void sum_up(OrderDocument& document) {
  std::optional<OrderStatus> least;
  std::int64_t payable = 0;
  document.fulfilment = {};
  for (const SubOrderDocument& part : *document.sub_orders) {
    if (part.payable_amount) payable += part.payable_amount->amount;
    if (!counts(document, part)) continue;
    least = std::min(least.value_or(part.status), part.status);
    ++document.fulfilment.sub_orders;
    if (part.status >= OrderStatus::Shipped) ++document.fulfilment.shipped;
    if (part.status == OrderStatus::Delivered) ++document.fulfilment.delivered;
  }
  document.status = least.value_or(OrderStatus::Cancelled);
  if (document.total_amount) {
    document.payable_amount = domain::Money{payable, document.total_amount->currency};
  }
}

void touch(OrderDocument& document, const FoldMeta& meta) {
  ++document.version;
  document.updated_at = meta.at;
}

// No vendor is asked any more. The first part without an answer may have been asked already; when
// the order fails by an answer, none has.
void fail(OrderDocument& document, bool asking) {
  const bool was_placing = document.phase == OrderPhase::Placing;
  document.phase = OrderPhase::Failed;
  document.reserved_until.reset();
  bool skip = asking && was_placing;
  for (SubOrderDocument& part : *document.sub_orders) {
    if (answered(part)) continue;
    if (!skip) cancel_unasked(part);
    skip = false;
  }
}

void await(OrderDocument& document, const std::vector<domain::VendorId>& vendors) {
  for (const domain::VendorId& vendor : vendors) ++part_of(document, vendor).outstanding;
}

ItemDocument item_of(const domain::PlacedLine& line) {
  ItemDocument item;
  item.line_id = line.line_id;
  item.product_id = line.product_id;
  item.quantity = line.quantity;
  return item;
}

// In the order of vendor ids, in which the vendors are asked.
SubOrderDocument& part_for(OrderDocument& document, const domain::OrderPlaced& event,
                           const domain::VendorId& vendor) {
  std::vector<SubOrderDocument>& parts = *document.sub_orders;
  const auto at = std::ranges::lower_bound(parts, vendor, {}, &SubOrderDocument::vendor_id);
  if (at != parts.end() && at->vendor_id == vendor) return *at;
  SubOrderDocument part;
  part.vendor_id = vendor;
  part.shipping_address = event.shipping_address;
  return *parts.insert(at, std::move(part));
}

// Which requests a recorded change answers, and what else the order takes from it.
struct Answer {
  OrderDocument& document;
  SubOrderDocument& part;

  template <class E>
  void operator()(const E& change) const {
    if constexpr (std::same_as<E, domain::LinesCancelled>) {
      if (change.requested) answered_request();
    } else if constexpr (std::same_as<E, domain::AddressChanged>) {
      document.shipping_address = change.shipping_address;
      answered_request();
    } else if constexpr (std::same_as<E, domain::CancellationRefused> ||
                         std::same_as<E, domain::AddressChangeRefused>) {
      answered_request();
    }
  }
  void answered_request() const {
    CHECK(part.outstanding > 0);
    --part.outstanding;
  }
};

}  // namespace

void evolve(OrderDocument& document, const domain::OrderPlaced& event, const FoldMeta& meta) {
  touch(document, meta);
  document.order_id = event.order_id;
  document.customer_id = event.customer_id;
  document.confirmation = event.confirmation;
  document.on_shortage = event.on_shortage;
  document.reserved_until = event.reserved_until;
  document.shipping_address = event.shipping_address;
  document.occurred_at = meta.occurred_at;
  document.created_at = meta.at;
  for (const domain::PlacedLine& line : event.lines) {
    part_for(document, event, line.vendor_id).items->push_back(item_of(line));
  }
  for (const domain::VendorCharge& charge : event.charges) {
    SubOrderDocument* part = find_part(document, charge.vendor_id);
    if (part != nullptr) part->charges->push_back({charge.type, charge.amount});
  }
  sum_up(document);
}

void evolve(OrderDocument& document, const domain::StockRequested&, const FoldMeta& meta) {
  touch(document, meta);
}

void evolve(OrderDocument& document, const domain::OrderSettled& event, const FoldMeta& meta) {
  touch(document, meta);
  document.phase = OrderPhase::Open;
  document.settled = true;
  document.total_amount = event.total_amount;
  sum_up(document);
}

void evolve(OrderDocument& document, const domain::OrderConfirmed&, const FoldMeta& meta) {
  touch(document, meta);
  document.confirmed = true;
  document.reserved_until.reset();
}

void evolve(OrderDocument& document, const domain::OrderCancelled& event, const FoldMeta& meta) {
  touch(document, meta);
  document.refusal = event.refusal;
  fail(document, false);
  await(document, event.vendors);
  sum_up(document);
}

void evolve(OrderDocument& document, const domain::ReservationExpired& event,
            const FoldMeta& meta) {
  touch(document, meta);
  document.expired = true;
  fail(document, true);
  await(document, event.vendors);
  sum_up(document);
}

void evolve(OrderDocument& document, const domain::CancellationRequested& event,
            const FoldMeta& meta) {
  touch(document, meta);
  if (event.whole) {
    document.cancel_reason = event.reason;
    fail(document, true);
  }
  await(document, event.vendors);
  sum_up(document);
}

void evolve(OrderDocument& document, const domain::AddressChangeRequested& event,
            const FoldMeta& meta) {
  touch(document, meta);
  await(document, event.vendors);
}

void evolve(OrderDocument& document, const domain::SubOrderRecorded& event, const FoldMeta& meta) {
  touch(document, meta);
  SubOrderDocument& part = part_of(document, event.vendor_id);
  const auto fold = [&](const auto& change) {
    Answer{document, part}(change);
    evolve(part, change, meta);
  };
  std::visit(fold, event.change);
  sum_up(document);
}

}  // namespace cassette::projections
