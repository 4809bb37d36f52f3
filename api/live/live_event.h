// Live event: a public event as the gateway keeps and hands it on: rendered once, shared by all
// that get it. Immutable once it is made.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "eventstore/commit.h"
#include "projections/public_event.h"

namespace cassette::api {

class OrderFacts;

struct LiveEvent {
  eventstore::EventRef ref;
  std::string_view type;              // static
  std::string vendor_id;              // empty: a fact of the whole order
  std::string order_id;               // empty: none
  std::string customer_id;            // of its order; empty: none
  std::vector<std::string> products;  // that it names
  std::vector<std::string> touched;   // of its vendor: whose stock it may have changed
  std::string frame;                  // "event: TYPE\ndata: {…}\n\n"
  std::size_t body_at = 0;            // where in `frame` the CloudEvent begins

  std::string_view body() const {
    return std::string_view(frame).substr(body_at, frame.size() - body_at - 2);
  }
  // What it takes in memory, about; for the bounds.
  std::size_t bytes() const { return sizeof(LiveEvent) + frame.size() + 64 * products.size(); }
};

using LiveEventPtr = std::shared_ptr<const LiveEvent>;

// The public events of a commit after its event `after`, all when that is kWholeCommit, each with
// its order's customer, and, with `levels`, whose stock it touches. Blocks for disk reads where
// `facts` doesn't know. Any thread.
std::vector<LiveEventPtr> live_events(const eventstore::StoredCommit& commit, std::uint32_t after,
                                      OrderFacts& facts, bool levels);

}  // namespace cassette::api
