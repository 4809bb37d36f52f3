// The choice of the next commit among the partitions' first ones.
#include "replay/commit_merge.h"

#include <algorithm>
#include <utility>

namespace cassette::replay {

using eventstore::StoredCommit;
using eventstore::StoreError;

eventstore::Stored<CommitMerge> CommitMerge::open(std::span<eventstore::Ledger* const> ledgers) {
  std::vector<std::uint64_t> ends;
  for (eventstore::Ledger* ledger : ledgers) {
    auto last = ledger->last_sequence();
    if (!last.ok()) return Failure{std::move(last).error()};
    ends.push_back(last.value());
  }
  return CommitMerge(ledgers, ends);
}

CommitMerge::CommitMerge(std::span<eventstore::Ledger* const> ledgers,
                         const std::vector<std::uint64_t>& ends)
    : tracks_(std::make_unique<std::deque<Track>>()) {
  for (std::uint32_t p = 0; p < ledgers.size(); ++p) {
    tracks_->emplace_back(p, *ledgers[p], ends[p]);
    total_ += ends[p];
  }
}

eventstore::Stored<StoredCommit*> CommitMerge::front(Track& track) {
  while (SourceItem* item = track.source.peek()) {
    if (auto* stored = std::get_if<StoredCommit>(item)) return stored;
    if (auto* error = std::get_if<StoreError>(item)) return Failure{std::move(*error)};
    track.reached = sequence_of(*item, track.reached);
    track.source.pop();
    ++taken_;
    ++void_messages_;
  }
  return nullptr;
}

// Some other's commit, which `stored` has seen, comes first.
bool CommitMerge::must_wait(const StoredCommit& stored) {
  return std::ranges::any_of(stored.commit.seen, [this](const auto& entry) {
    const auto& [partition, seen] = entry;
    if (partition >= tracks_->size()) return false;
    Track& other = (*tracks_)[partition];
    return other.reached < seen.commit &&
           (other.source.peek() != nullptr || other.source.extend_to(seen.commit));
  });
}

eventstore::Stored<std::optional<StoredCommit>> CommitMerge::next() {
  Track* earliest = nullptr;
  StoredCommit* first = nullptr;
  bool waiting = false;
  for (Track& track : *tracks_) {
    auto stored = front(track);
    if (!stored.ok()) return Failure{std::move(stored).error()};
    if (stored.value() == nullptr) continue;
    if (tracks_->size() > 1 && must_wait(*stored.value())) {
      waiting = true;
      continue;
    }
    if (first != nullptr && first->commit.at <= stored.value()->commit.at) continue;
    earliest = &track;
    first = stored.value();
  }
  if (earliest == nullptr && waiting) {
    return Failure{StoreError{StoreError::Kind::Corrupt,
                              "commits of several partitions have seen what comes after them"}};
  }
  if (earliest == nullptr) return std::optional<StoredCommit>{};
  std::optional<StoredCommit> taken(std::move(*first));
  earliest->source.pop();
  earliest->reached = taken->position.commit;
  ++taken_;
  return taken;
}

}  // namespace cassette::replay
