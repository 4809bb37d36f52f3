// ModelWriter: where the projector puts what it folds. It keeps; reading ledgers is the
// projector's.
#pragma once

#include <vector>

#include "domain/values.h"
#include "eventstore/chain.h"
#include "eventstore/commit.h"
#include "eventstore/store_error.h"

namespace cassette::projections {

// How far one partition is folded: its last commit, that commit's hash, and its time.
struct ModelPoint {
  std::uint64_t commit = 0;
  eventstore::Hash hash{};
  domain::Timestamp at;

  static void fields(auto& self, auto&& visit) {
    visit("commit", self.commit);
    visit("hash", self.hash);
    visit("at", self.at);
  }
  bool operator==(const ModelPoint&) const = default;
};

// One thread uses it.
class ModelWriter {
 public:
  virtual ~ModelWriter() = default;

  // What is written, one a partition in their order.
  virtual std::vector<ModelPoint> points() const = 0;

  // Folds a commit in memory. One at or below the point is skipped; a gap is Corrupt, and a wrong
  // `prev` Mismatch. After a failure nothing more may be folded or written.
  virtual eventstore::Stored<eventstore::Done> fold(const eventstore::StoredCommit& commit) = 0;

  // Writes documents, indexes and points of all that was folded, in one batch. After a failure the
  // same may be written again.
  virtual eventstore::Stored<eventstore::Done> write() = 0;
};

}  // namespace cassette::projections
