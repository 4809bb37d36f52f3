// Settling: the bounded wait until an order's document shows what its partitions have decided, and
// the positions at which they have.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "api/http/order_glance.h"
#include "api/http/reads.h"

namespace cassette::api {

struct Settled {
  Document document;  // of the order, as stored
  OrderGlance order;
  bool reached = false;  // in time
  // Of every partition that the order concerns: who reads with them sees what `document` shows.
  std::vector<eventstore::Position> positions;
};

// An order that was placed, when its own commit already decided all there is to it: as the models
// show it at that position, which need not be waited for. Nothing when other partitions must answer
// first, and where `accepted` came without its commit.
std::optional<Settled> settled_by_commit(const Call& call, const domain::OrderId& id,
                                         const eventstore::Accepted& accepted);

// Waits for `written`, and then until `done` is true of the order. 503 when even `written` is not
// folded in time.
Answered<Settled> await_order(const Call& call, const domain::OrderId& id,
                              eventstore::Position written,
                              const std::function<bool(const OrderGlance&)>& done);

}  // namespace cassette::api
