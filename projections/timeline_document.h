// TimelineEntry: one event as GET /events serves it, and the entities whose timelines it is on.
// A record of a vendor's decision in the order's partition is on the order's timeline only, since
// the vendor's has the decision itself.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eventstore/commit.h"
#include "projections/fold_meta.h"

namespace cassette::projections {

// All of the document but its last member, `data`, the event's own fields.
struct TimelineHeader {
  std::string id;        // "p:commit:index"
  std::string position;  // "p:commit"
  domain::Timestamp at;
  std::optional<domain::Timestamp> occurred_at;
  std::string type;
  std::string by;
  std::string request_id;  // empty: by no request, or from before they were kept
  std::string cause;  // the id of the event that called for this one
  std::string vendor_id;
  std::string product_id;
  std::string order_id;
  std::string customer_id;

  static void fields(auto& self, auto&& visit) {
    visit("id", self.id);
    visit("position", self.position);
    visit("at", self.at);
    visit("occurredAt", self.occurred_at);
    visit("type", self.type);
    visit("by", self.by);
    visit("requestId", self.request_id);
    visit("cause", self.cause);
    visit("vendorId", self.vendor_id);
    visit("productId", self.product_id);
    visit("orderId", self.order_id);
    visit("customerId", self.customer_id);
  }
};

struct TimelineEntry {
  domain::Timestamp at;
  eventstore::EventRef ref;
  std::string body;                   // the document
  std::string vendor_id;              // empty: on no vendor's timeline
  std::string order_id;               // empty: on no order's
  std::vector<std::string> products;  // "vendor/product" of each that it touches
  std::string customer_id{};          // of a customer's own events; empty: on no customer's
  bool erasure = false;               // of a customer's data
};

// Nothing for a ledger fact. `products` are the stock items that the event changed.
std::optional<TimelineEntry> timeline_entry(const eventstore::RecordedEvent& event,
                                            const FoldMeta& meta,
                                            std::vector<std::string> products);

}  // namespace cassette::projections
