// Settling: reads the tick before the document and the positions after it, so that no change
// between is missed and none that was seen is left out.
#include "api/http/settling.h"

#include <algorithm>
#include <chrono>

#include "api/http/writes.h"
#include "eventstore/codec.h"
#include "eventstore/json_write.h"
#include "projections/fold.h"

namespace cassette::api {
namespace {

using Clock = std::chrono::steady_clock;

// The partitions that the order concerns, each as far as its ledger is known after the document was
// read: what the document shows was committed before, in all of them. With one partition the
// write's own position is all.
std::vector<eventstore::Position> concerned(const Call& call, const OrderGlance& order,
                                            eventstore::Position written) {
  const std::uint32_t partitions = call.services.gateway.partitions();
  std::vector<eventstore::Position> positions = {written};
  if (partitions == 1) return positions;
  const auto heads = call.services.gateway.heads();
  const auto add = [&](std::uint32_t partition) {
    const auto at = std::ranges::find(heads, partition, &eventstore::Position::partition);
    if (at == heads.end()) return;
    const auto own = std::ranges::find(positions, partition, &eventstore::Position::partition);
    if (own == positions.end()) {
      positions.push_back(*at);
    } else {
      *own = std::max(*own, *at);
    }
  };
  add(written.partition);
  add(eventstore::partition_of(order.order_id.value, partitions));
  for (const PartGlance& part : order.sub_orders) {
    add(eventstore::partition_of(part.vendor_id.value, partitions));
  }
  std::ranges::sort(positions);
  return positions;
}

}  // namespace

std::optional<Settled> settled_by_commit(const Call& call, const domain::OrderId& id,
                                         const eventstore::Accepted& accepted) {
  const eventstore::StoredCommit* commit = accepted.commit ? accepted.commit->decoded() : nullptr;
  if (!commit) return std::nullopt;
  const auto document = projections::fold_placed(*commit, accepted.first_event, id);
  if (!document) return std::nullopt;
  OrderGlance order = glance_at(*document);
  if (!is_settled(order)) return std::nullopt;
  auto positions = concerned(call, order, accepted.position);
  return Settled{{eventstore::to_json(*document), document->version},
                 std::move(order),
                 true,
                 std::move(positions)};
}

Answered<Settled> await_order(const Call& call, const domain::OrderId& id,
                              eventstore::Position written,
                              const std::function<bool(const OrderGlance&)>& done) {
  const auto deadline = Clock::now() + call.services.waits.settled;
  const auto waited = await_written(call, written);
  if (!waited) return Failure{waited.error()};
  auto& models = call.services.models;
  for (;;) {
    const std::uint64_t tick = models.tick();
    auto document = read_document(call, Model::Orders, id.value, "order");
    if (!document) return Failure{std::move(document).error()};
    auto order = glance_at(document.value().body);
    if (!order) return Failure{std::move(order).error()};
    const bool reached = done(order.value());
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    // Once folding has stopped there is nothing to wait for.
    if (reached || left.count() <= 0 || models.failure()) {
      auto positions = concerned(call, order.value(), written);
      return Settled{std::move(document).value(), std::move(order).value(), reached,
                     std::move(positions)};
    }
    models.wait_beyond(tick, left);
  }
}

}  // namespace cassette::api
