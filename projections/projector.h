// Projector: folds the ledgers' commits into read models, as they come. One thread folds all
// partitions; one a partition reads and decodes. A commit that can't be folded stops it for good,
// with the reason in its progress; what came before it is folded, and what is written is served.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "eventstore/ledger.h"
#include "projections/commit_queue.h"
#include "projections/model_writer.h"
#include "projections/progress.h"

namespace cassette::projections {

// Bodies waiting to be folded: enough that reading goes on while a batch is written. Bytes.
inline constexpr std::uint64_t kMaxWaitingBytes = 8 << 20;
// Bodies of one batch: enough to write few batches when catching up, and little enough that a
// reader's positions move ten times a second, and that a disk which was full takes what waited.
inline constexpr std::uint64_t kMaxBatchBytes = 4 << 20;
// How long a commit waits for others while nobody waits for a position: a read that brings none may
// see a change this much later. What is written for an order costs less among others.
inline constexpr std::chrono::milliseconds kGatherPatience{10};

struct ProjectorOptions {
  std::uint64_t max_batch_bytes = kMaxBatchBytes;
  std::chrono::microseconds patience = kGatherPatience;
  // Its threads leave the processors to whoever else wants them: nobody waits for what is folded.
  bool yields = false;
  // Told of each commit once it is folded and written. From the folding thread, which it must not
  // block. Empty: nobody.
  std::function<void(const eventstore::StoredCommit&)> folded{};
  // Stops each partition after this commit; later ones are not folded. Empty: never.
  std::vector<eventstore::Position> until;
};

class Projector {
 public:
  // Checks that each ledger still holds the commit that its models stand at, and starts. `ledgers`
  // are in the order of partitions and outlive the projector. Failures: Mismatch when a ledger is
  // shorter or another, Unavailable. Blocks for reads of the leaders.
  static eventstore::Stored<std::unique_ptr<Projector>> start(
      const std::vector<eventstore::Ledger*>& ledgers, std::unique_ptr<ModelWriter> writer,
      std::shared_ptr<Progress> progress, ProjectorOptions options = {});
  // Stops, at the end of a batch.
  ~Projector();
  Projector(const Projector&) = delete;
  Projector& operator=(const Projector&) = delete;

  // Waits until every position is folded; false when `timeout` passed first, or it failed.
  bool drain_to(std::span<const eventstore::Position> positions, std::chrono::milliseconds timeout);

  // Ends the batch under way and all threads. What was not folded is when it is started again.
  void stop();

 private:
  class Feed;

  Projector(std::unique_ptr<ModelWriter> writer, std::shared_ptr<Progress> progress,
            ProjectorOptions options);
  void run();
  eventstore::Stored<eventstore::Done> apply(const std::deque<eventstore::StoredCommit>& commits);
  void fail(const eventstore::StoreError& error);

  const ProjectorOptions options_;
  std::unique_ptr<ModelWriter> writer_;
  std::shared_ptr<Progress> progress_;
  CommitQueue queue_;
  std::vector<std::unique_ptr<Feed>> feeds_;
  std::jthread thread_;
};

}  // namespace cassette::projections
