// fold: which documents an event changes, for every event there is. Pure but for the documents: the
// same commits give the same documents, byte for byte.
#pragma once

#include "eventstore/commit.h"
#include "projections/documents.h"

namespace cassette::projections {

// Each document is folded from one partition only, so commits of different partitions commute.
// CHECK-fails when an event contradicts the documents: it was never decided on them.
void fold(Documents& documents, const eventstore::StoredCommit& commit);

}  // namespace cassette::projections
