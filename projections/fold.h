// fold: which documents an event changes, for every event there is. Pure but for the documents: the
// same commits give the same documents, byte for byte.
#pragma once

#include <optional>

#include "eventstore/commit.h"
#include "projections/documents.h"

namespace cassette::projections {

// Each document is folded from one partition only, so commits of different partitions commute.
// CHECK-fails when an event contradicts the documents: it was never decided on them.
void fold(Documents& documents, const eventstore::StoredCommit& commit);

// The document of an order that `commit` places, as the whole commit leaves it: what the models
// hold of it at that position. Its events are at `first_event` and behind. Nothing when the commit
// does not place it there.
std::optional<OrderDocument> fold_placed(const eventstore::StoredCommit& commit,
                                         std::uint32_t first_event, const domain::OrderId& order);

}  // namespace cassette::projections
