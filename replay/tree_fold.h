// TreeFold: reads one partition's ledger into its Merkle tree, each valid commit a leaf. It follows
// no further than it is told, and signs nothing.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <stop_token>

#include "eventstore/chain.h"
#include "eventstore/commit_tree.h"
#include "eventstore/ledger.h"
#include "replay/known_commits.h"
#include "replay/progress.h"
#include "replay/signed_head.h"

namespace cassette::replay {

// One thread uses it. `ledger` outlives it.
class TreeFold {
 public:
  // Goes on where `base` stands, if the tree holds that; else the tree is emptied, and its root is
  // held against `base` again once it has as many leaves. Mismatch when the ledger does not hold
  // the commit of `base`.
  static eventstore::Stored<TreeFold> begin(std::uint32_t partition, eventstore::Ledger& ledger,
                                            eventstore::CommitTree tree, const PartitionHead& base);

  // Each call below fails with Mismatch from when the tree had another root than `base` names.

  // Takes those that follow one another from where the tree is, by their hashes.
  eventstore::Stored<eventstore::Done> take(std::span<const KnownCommit> commits);

  // Reads to message `end`. Unavailable when `stop` was asked for first, or no message comes for
  // half a minute; Mismatch, Corrupt and Unsupported when the ledger ends before, is not what
  // `base` named or can't be read on.
  eventstore::Stored<eventstore::Done> read_to(std::uint64_t end, const std::stop_token& stop = {},
                                               ProgressMeter* progress = nullptr);

  // Whether the ledger still holds the last commit read: Mismatch when not.
  eventstore::Stored<eventstore::Done> check_ledger() const;

  // Void messages included.
  std::uint64_t read() const { return chain_.head().read; }
  PartitionHead head() const;
  // The latest time of a commit read since the beginning.
  domain::Timestamp latest() const { return latest_; }
  // What commits read since the beginning have seen of the other partitions: the last of each.
  const std::map<std::uint32_t, std::uint64_t>& seen() const { return seen_; }

  eventstore::CommitTree& tree() { return tree_; }
  const eventstore::CommitTree& tree() const { return tree_; }

 private:
  TreeFold(std::uint32_t partition, eventstore::Ledger& ledger, eventstore::CommitTree tree,
           const PartitionHead& base, const eventstore::ChainHead& start)
      : partition_(partition),
        ledger_(&ledger),
        tree_(std::move(tree)),
        base_(base),
        chain_(partition, start) {}

  eventstore::Stored<eventstore::Done> follow_to(std::uint64_t end, const std::stop_token& stop,
                                                 ProgressMeter* progress);
  eventstore::Stored<eventstore::Done> take(const eventstore::Message& message);
  eventstore::Stored<eventstore::Done> add(const KnownCommit& commit);
  eventstore::Stored<eventstore::Done> check_base() const;

  std::uint32_t partition_;
  eventstore::Ledger* ledger_;
  eventstore::CommitTree tree_;
  PartitionHead base_;
  eventstore::Chain chain_;
  domain::Timestamp latest_;
  std::map<std::uint32_t, std::uint64_t> seen_;
  bool contradicts_ = false;  // `base_`, and will for good
};

// Whether the tree's first leaves are those that `head` names, all that is stored above them
// included. Reads that much of the tree.
bool proves(const eventstore::CommitTree& tree, const PartitionHead& head);
// The same in a few reads, of a tree that is known to prove a later head.
bool holds(const eventstore::CommitTree& tree, const PartitionHead& head);

}  // namespace cassette::replay
