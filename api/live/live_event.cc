// Live event: from the public event, and what is known of its order.
#include "api/live/live_event.h"

#include "api/live/cursor.h"
#include "api/live/order_facts.h"

namespace cassette::api {
namespace {

std::shared_ptr<LiveEvent> rendered(projections::PublicEvent event) {
  auto live = std::make_shared<LiveEvent>();
  live->ref = event.ref;
  live->type = event.type;
  live->vendor_id = std::move(event.vendor_id);
  live->order_id = std::move(event.order_id);
  live->customer_id = std::move(event.customer_id);
  live->products = std::move(event.products);
  live->frame.reserve(event.type.size() + event.body.size() + 20);
  live->frame.append("event: ").append(event.type).append("\ndata: ");
  live->body_at = live->frame.size();
  live->frame.append(event.body).append("\n\n");
  return live;
}

}  // namespace

std::vector<LiveEventPtr> live_events(const eventstore::StoredCommit& commit, std::uint32_t after,
                                      OrderFacts& facts, bool levels) {
  auto events = after == kWholeCommit ? projections::public_events(commit)
                                      : projections::public_events(commit, after);
  std::vector<LiveEventPtr> all;
  all.reserve(events.size());
  for (projections::PublicEvent& event : events) {
    auto live = rendered(std::move(event));
    facts.complete(*live, levels);
    all.push_back(std::move(live));
  }
  return all;
}

}  // namespace cassette::api
