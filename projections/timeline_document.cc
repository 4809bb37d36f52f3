// Renders events for the timeline.
#include "projections/timeline_document.h"

#include <algorithm>

#include "eventstore/json_write.h"

namespace cassette::projections {
namespace {

std::string cause_of(const eventstore::Cause& cause, const FoldMeta& meta) {
  if (cause.on) return eventstore::format(eventstore::EventRef{meta.ref.position, *cause.on});
  if (cause.on_remote) return eventstore::format(*cause.on_remote);
  return "";
}

template <class E>
void name_entities(TimelineHeader& header, const E& event) {
  if constexpr (requires { event.vendor_id; }) header.vendor_id = event.vendor_id.value;
  if constexpr (requires { event.product_id; }) header.product_id = event.product_id.value;
  if constexpr (requires { event.order_id; }) header.order_id = event.order_id.value;
  if constexpr (requires { event.customer_id; }) header.customer_id = event.customer_id.value;
}

std::string render(const TimelineHeader& header, const auto& event) {
  eventstore::JsonBuffer out;
  eventstore::write_json(out, header);
  out.resize(out.size() - 1);  // open again: one member follows
  eventstore::append(out, R"(,"data":)");
  eventstore::write_json(out, event);
  out.push_back('}');
  return fmt::to_string(out);
}

struct Entry {
  const eventstore::RecordedEvent& recorded;
  const FoldMeta& meta;
  std::vector<std::string> products;

  using Made = std::optional<TimelineEntry>;
  Made operator()(const domain::LedgerCreated&) { return std::nullopt; }
  Made operator()(const domain::PartitionClaimed&) { return std::nullopt; }

  template <class E>
  Made operator()(const E& event) {
    TimelineHeader header;
    header.id = eventstore::format(meta.ref);
    header.position = eventstore::format(meta.ref.position);
    header.at = meta.at;
    header.occurred_at = meta.occurred_at;
    header.type = E::type;
    header.by = meta.by;
    header.request_id = meta.request_id;
    header.cause = cause_of(recorded.cause, meta);
    name_entities(header, event);
    TimelineEntry entry{.at = meta.at,
                        .ref = meta.ref,
                        .body = render(header, event),
                        .vendor_id = {},
                        .order_id = header.order_id,
                        .products = std::move(products)};
    if (!std::same_as<E, domain::SubOrderRecorded>) entry.vendor_id = header.vendor_id;
    // An order's events are found by the order, and it by its customer.
    if (header.order_id.empty()) entry.customer_id = header.customer_id;
    entry.erasure = std::same_as<E, domain::CustomerErased>;
    if (!header.product_id.empty() && entry.products.empty()) {
      entry.products.push_back(header.vendor_id + "/" + header.product_id);
    }
    return entry;
  }
};

}  // namespace

std::optional<TimelineEntry> timeline_entry(const eventstore::RecordedEvent& event,
                                            const FoldMeta& meta,
                                            std::vector<std::string> products) {
  return std::visit(Entry{event, meta, std::move(products)}, event.event);
}

}  // namespace cassette::projections
