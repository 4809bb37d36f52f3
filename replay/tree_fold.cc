// TreeFold: the chain judges each message, the tree takes what is valid.
#include "replay/tree_fold.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "replay/read_messages.h"

namespace cassette::replay {

using eventstore::ChainHead;
using eventstore::CommitTree;
using eventstore::Done;
using eventstore::Ledger;
using eventstore::Message;
using eventstore::Stored;
using eventstore::StoredCommit;
using eventstore::StoreError;

namespace {

// So few messages are asked for one by one: a reader is a connection of its own.
constexpr std::uint64_t kFewMessages = 64;

Failure<StoreError> failure(StoreError::Kind kind, std::string what) {
  return Failure{StoreError{kind, std::move(what)}};
}

ChainHead chain_head(const PartitionHead& head) {
  return {head.commit, head.commit, head.hash};
}

}  // namespace

bool proves(const CommitTree& tree, const PartitionHead& head) {
  if (tree.size() < head.size) return false;
  const auto root = tree.computed_root(head.size);
  return root && root.value() == head.root;
}

bool holds(const CommitTree& tree, const PartitionHead& head) {
  if (tree.size() < head.size) return false;
  const auto root = eventstore::merkle_root(tree, head.size);
  return root && root.value() == head.root;
}

Stored<TreeFold> TreeFold::begin(std::uint32_t partition, Ledger& ledger, CommitTree tree,
                                 const PartitionHead& base) {
  if (base.size > 0) {
    const auto same = eventstore::check_head(ledger, chain_head(base));
    if (!same) {
      return failure(same.error().kind,
                     fmt::format("partition {} does not extend the last signed head: {}", partition,
                                 same.error().what));
    }
  }
  const bool kept = base.size > 0 && proves(tree, base);
  if (base.size > 0 && !kept) spdlog::warn("the tree of partition {} is built anew", partition);
  if (const auto cut = tree.keep(kept ? base.size : 0); !cut) return Failure{cut.error()};
  return TreeFold(partition, ledger, std::move(tree), base, kept ? chain_head(base) : ChainHead{});
}

Stored<Done> TreeFold::read_to(std::uint64_t end, const std::stop_token& stop,
                               ProgressMeter* progress) {
  if (auto sound = check_base(); !sound) return sound;
  if (end <= read()) return Done{};
  if (end - read() <= kFewMessages) {
    while (read() < end) {
      const auto message = ledger_->read(read() + 1);
      if (!message) return Failure{message.error()};
      if (!message.value()) {
        return failure(StoreError::Kind::Corrupt,
                       fmt::format("message {}:{} is missing", partition_, read() + 1));
      }
      if (auto taken = take(*message.value()); !taken) return taken;
    }
    return Done{};
  }
  return follow_to(end, stop, progress);
}

Stored<Done> TreeFold::follow_to(std::uint64_t end, const std::stop_token& stop,
                                 ProgressMeter* progress) {
  const auto last = ledger_->last_sequence();
  if (!last) return Failure{last.error()};
  if (last.value() < end) {
    return failure(StoreError::Kind::Mismatch,
                   fmt::format("partition {} ends with message {}, and not with {}", partition_,
                               last.value(), end));
  }
  return read_messages(
      *ledger_, {partition_, read() + 1, end}, stop,
      [this](const Message& message) -> Stored<bool> {
        if (auto taken = take(message); !taken) return Failure{std::move(taken).error()};
        return true;
      },
      [progress](std::uint64_t read) {
        if (progress != nullptr) progress->reach(read);
      });
}

Stored<Done> TreeFold::check_ledger() const {
  if (chain_.head().commit == 0) return Done{};
  auto same = eventstore::check_head(*ledger_, chain_.head());
  if (same) return same;
  return failure(same.error().kind,
                 fmt::format("partition {} does not extend what was read of it: {}", partition_,
                             same.error().what));
}

Stored<Done> TreeFold::take(std::span<const KnownCommit> commits) {
  if (auto sound = check_base(); !sound) return sound;
  for (const KnownCommit& commit : commits) {
    if (commit.commit <= read() || commit.prev != chain_.head().hash) continue;
    // Also when the disk is full: the leaf waits to be written.
    chain_ = eventstore::Chain(partition_, {commit.commit, commit.commit, commit.hash});
    if (auto added = add(commit); !added) return added;
  }
  return Done{};
}

Stored<Done> TreeFold::take(const Message& message) {
  if (message.sequence <= read()) return Done{};
  const auto link = chain_.accept(message);
  if (!link) return Failure{link.error()};
  const auto* const commit = std::get_if<StoredCommit>(&link.value());
  return commit == nullptr ? Stored<Done>(Done{}) : add(KnownCommit::of(*commit));
}

Stored<Done> TreeFold::add(const KnownCommit& commit) {
  if (auto added = tree_.append({commit.commit, commit.hash}); !added) return added;
  latest_ = std::max(latest_, commit.at);
  for (const auto& [partition, seen] : commit.seen) {
    seen_[partition] = std::max(seen_[partition], seen);
  }
  contradicts_ = contradicts_ || (tree_.size() == base_.size && tree_.root() != base_.root);
  return check_base();
}

Stored<Done> TreeFold::check_base() const {
  if (!contradicts_) return Done{};
  return failure(StoreError::Kind::Mismatch,
                 fmt::format("partition {} does not extend the last signed head: its first {} "
                             "commits have another root",
                             partition_, base_.size));
}

PartitionHead TreeFold::head() const {
  const ChainHead& last = chain_.head();
  if (last.commit == 0) return {0, {}, 0, eventstore::merkle_empty()};
  return {last.commit, last.hash, tree_.size(), tree_.root()};
}

}  // namespace cassette::replay
