// HandEngine: an engine played by hand, in one thread and without a ledger: it decides, encodes and
// reads back commits as an engine and its readers do, and leaves them to the caller. It answers
// nobody.
#pragma once

#include <optional>
#include <string>

#include "eventstore/working_state.h"

namespace cassette::bench {

class HandEngine {
 public:
  // `archive` outlives it; closed orders are looked up there.
  explicit HandEngine(eventstore::Archive& archive) : state_({}, archive) {}

  // Puts the command's events into the batch that is open, at a fixed time. `id` is remembered with
  // it unless it is empty.
  void decide(domain::Command command, const std::string& id = "");
  // Whether the batch is as large as an engine lets it become.
  bool full() const;
  // Closes the batch and gives the commit, decoded from its own bytes. The batch is open and not
  // empty.
  eventstore::StoredCommit commit();
  // What the archive has folded may leave memory. Call it after each fold.
  void forget_archived();

  // Where a fold of all commits so far stands.
  const eventstore::FoldPoint& point() const { return point_; }

 private:
  void open();

  eventstore::WorkingState state_;
  std::optional<eventstore::Batch> batch_;
  eventstore::FoldPoint point_;
};

}  // namespace cassette::bench
