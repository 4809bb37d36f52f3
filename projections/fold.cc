// Hands each event to the documents it changes, and keeps the tallies in step with them.
#include "projections/fold.h"

#include <deque>

namespace cassette::projections {
namespace {

using domain::IsSubOrderEvent;
using domain::OrderStatus;

template <class Owner, class Part>
std::string pair_key(const Owner& owner, const Part& part) {
  return owner.value + "/" + part.value;
}

// Counts how orders, sub-orders and stock items change, for the vendor and for all.
class Tallier {
 public:
  Tallier(Table<TallyDocument>& tallies, const FoldMeta& meta) : tallies_(tallies), meta_(meta) {}

  // `before` is nothing for a new one.
  void order(std::optional<OrderStatus> before, OrderStatus after) {
    if (before == after) return;
    move(kWholeScope, &TallyDocument::orders, before, after);
  }
  void sub_order(const domain::VendorId& vendor, std::optional<OrderStatus> before,
                 OrderStatus after) {
    if (before == after) return;
    move(kWholeScope, &TallyDocument::sub_orders, before, after);
    move(tally_scope(vendor), &TallyDocument::sub_orders, before, after);
  }
  void stock(const domain::VendorId& vendor, int low_change, int out_change) {
    if (low_change == 0 && out_change == 0) return;
    for (const std::string& scope : {std::string(kWholeScope), tally_scope(vendor)}) {
      TallyDocument& now = at(scope, kTallyNow);
      now.low_stock += low_change;
      now.out_of_stock += out_change;
    }
  }

 private:
  using Counts = std::map<std::string, std::int64_t> TallyDocument::*;

  void move(std::string_view scope, Counts counts, std::optional<OrderStatus> before,
            OrderStatus after) {
    const std::string entered(name_of(after));
    TallyDocument& now = at(scope, kTallyNow);
    if (before) --(now.*counts)[std::string(name_of(*before))];
    ++(now.*counts)[entered];
    ++(at(scope, tally_hour(meta_.at)).*counts)[entered];
  }
  TallyDocument& at(std::string_view scope, std::string_view period) {
    TallyDocument& tally = tallies_.at(tally_key(scope, period, meta_.ref.position.partition));
    ++tally.version;
    return tally;
  }

  Table<TallyDocument>& tallies_;
  const FoldMeta& meta_;
};

// Folds one event. Holds the keys of the stock items it touched.
class EventFold {
 public:
  EventFold(Documents& documents, const FoldMeta& meta)
      : documents_(documents), meta_(meta), tallier_(documents.tallies, meta) {}

  std::vector<std::string> touched() && { return std::move(touched_); }

  void operator()(const domain::LedgerCreated&) {}
  void operator()(const domain::PartitionClaimed&) {}

  void operator()(const domain::VendorRegistered& event) { vendor(event); }
  void operator()(const domain::VendorChanged& event) { vendor(event); }
  void operator()(const domain::VendorSuspended& event) { vendor(event); }
  void operator()(const domain::VendorReinstated& event) { vendor(event); }

  void operator()(const domain::ProductListed& event) { product(event); }
  void operator()(const domain::ProductRevised& event) { product(event); }
  void operator()(const domain::ProductDelisted& event) { product(event); }

  void operator()(const domain::StockCounted& event) { stock(event); }
  void operator()(const domain::StockAdjusted& event) { stock(event); }
  void operator()(const domain::StockShortfallRecorded& event) { stock(event); }
  void operator()(const domain::StockThresholdsSet& event) { stock(event); }
  void operator()(const domain::ReorderPointReached& event) { stock(event); }

  void operator()(const domain::CustomerRegistered& event) { customer(event); }
  void operator()(const domain::CustomerChanged& event) { customer(event); }
  void operator()(const domain::CustomerErased& event) { customer(event); }

  void operator()(const domain::OrderPlaced& event) { order(event); }
  void operator()(const domain::StockRequested& event) { order(event); }
  void operator()(const domain::OrderSettled& event) { order(event); }
  void operator()(const domain::OrderConfirmed& event) { order(event); }
  void operator()(const domain::OrderCancelled& event) { order(event); }
  void operator()(const domain::ReservationExpired& event) { order(event); }
  void operator()(const domain::CancellationRequested& event) { order(event); }
  void operator()(const domain::AddressChangeRequested& event) { order(event); }
  void operator()(const domain::SubOrderRecorded& event) { order(event); }

  template <IsSubOrderEvent E>
  void operator()(const E& event) {
    const std::string key = pair_key(event.vendor_id, event.order_id);
    VendorOrderDocument& document = std::same_as<E, domain::StockReserved>
                                        ? documents_.vendor_orders.make(key)
                                        : documents_.vendor_orders.at(key);
    if (!concerns(document, event)) return;
    std::optional<OrderStatus> before;
    if (document.part.version > 0) before = document.part.status;
    if constexpr (domain::MovesStock<E>) move_stock(document.part, event);
    evolve(document, event, meta_);
    tallier_.sub_order(event.vendor_id, before, document.part.status);
  }

 private:
  void vendor(const auto& event) {
    evolve(documents_.vendors.at(event.vendor_id.value), event, meta_);
  }
  void product(const auto& event) {
    evolve(documents_.products.at(pair_key(event.vendor_id, event.product_id)), event, meta_);
  }
  void customer(const auto& event) {
    evolve(documents_.customers.at(event.customer_id.value), event, meta_);
  }
  void stock(const auto& event) {
    change_stock(pair_key(event.vendor_id, event.product_id), event.vendor_id,
                 [&](StockDocument& document) { evolve(document, event, meta_); });
  }
  template <class E>
  void order(const E& event) {
    const std::string& key = event.order_id.value;
    OrderDocument& document = std::same_as<E, domain::OrderPlaced> ? documents_.orders.make(key)
                                                                   : documents_.orders.at(key);
    std::optional<OrderStatus> before;
    if (document.version > 0) before = document.status;
    evolve(document, event, meta_);
    tallier_.order(before, document.status);
  }

  void change_stock(const std::string& key, const domain::VendorId& vendor, auto&& change) {
    StockDocument& document = documents_.stock.at(key);
    const bool counted = document.version > 0;
    const int was_low = low(document) ? 1 : 0;
    const int was_out = counted && out_of_stock(document) ? 1 : 0;
    change(document);
    tallier_.stock(vendor, (low(document) ? 1 : 0) - was_low,
                   (out_of_stock(document) ? 1 : 0) - was_out);
  }

  // Applies what the event does to the stock of its lines' products.
  template <class E>
  void move_stock(const SubOrderDocument& part, const E& event) {
    struct Moved {
      domain::ProductId product;
      domain::StockItem item;
    };
    std::deque<Moved> moved;  // until all have moved
    const auto item_of = [&](const domain::ProductId& product) -> domain::StockItem& {
      for (Moved& each : moved) {
        if (each.product == product) return each.item;
      }
      const StockDocument& document = documents_.stock.at(pair_key(event.vendor_id, product));
      return moved.emplace_back(Moved{product, state_of(document)}).item;
    };
    domain::apply_to_stock(state_of(part), event, item_of);
    for (const Moved& each : moved) {
      touched_.push_back(pair_key(event.vendor_id, each.product));
      change_stock(touched_.back(), event.vendor_id,
                   [&](StockDocument& document) { show(document, each.item, meta_); });
    }
  }

  Documents& documents_;
  const FoldMeta& meta_;
  Tallier tallier_;
  std::vector<std::string> touched_;
};

// Folds an event into the document of one order, if it is an event of that order's own.
struct OrderFold {
  OrderDocument& document;
  const domain::OrderId& order;
  const eventstore::StoredCommit& stored;
  std::uint32_t index;

  template <class E>
  void operator()(const E& event) const {
    if constexpr (requires(const FoldMeta& meta) { evolve(document, event, meta); }) {
      if (event.order_id != order) return;
      const eventstore::RecordedEvent& recorded = stored.commit.events[index];
      evolve(
          document, event,
          {stored.commit.at, {stored.position, index}, recorded.by.text(), recorded.occurred_at});
    }
  }
};

}  // namespace

std::optional<OrderDocument> fold_placed(const eventstore::StoredCommit& stored,
                                         std::uint32_t first_event, const domain::OrderId& order) {
  const auto& events = stored.commit.events;
  if (first_event >= events.size()) return std::nullopt;
  const auto* placed = std::get_if<domain::OrderPlaced>(&events[first_event].event);
  if (placed == nullptr || placed->order_id != order) return std::nullopt;
  OrderDocument document;
  for (std::uint32_t i = first_event; i < events.size(); ++i) {
    std::visit(OrderFold{document, order, stored, i}, events[i].event);
  }
  return document;
}

void fold(Documents& documents, const eventstore::StoredCommit& stored) {
  FoldMeta meta{stored.commit.at, {stored.position, 0}, {}, {}};
  for (const eventstore::RecordedEvent& recorded : stored.commit.events) {
    meta.by = recorded.by.text();
    meta.occurred_at = recorded.occurred_at;
    meta.request_id = recorded.request.text();
    EventFold event_fold(documents, meta);
    std::visit(event_fold, recorded.event);
    std::optional<TimelineEntry> entry =
        timeline_entry(recorded, meta, std::move(event_fold).touched());
    if (entry) documents.timeline.add(*std::move(entry));
    ++meta.ref.index;
  }
}

}  // namespace cassette::projections
