// LedgerCheck: what can be said of the ledgers without knowing any rule.
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "eventstore/codec.h"
#include "tests/simulation/ledger_check.h"
#include "tests/simulation/verdict.h"

namespace cassette::sim {

using eventstore::Commit;
using eventstore::Hash;
using eventstore::Position;
using eventstore::RecordedEvent;
using eventstore::Seen;
using eventstore::StoredCommit;

namespace {

[[noreturn]] void object(const StoredCommit& stored, const std::string& what) {
  wrong(fmt::format("commit {} {}", eventstore::format(stored.position), what));
}

// The chain once more, by the hash alone.
std::vector<StoredCommit> read_ledger(eventstore::MemoryLedger& ledger, std::uint32_t partition) {
  std::vector<StoredCommit> commits;
  Hash last{};
  const std::uint64_t end = ledger.last_sequence().value();
  for (std::uint64_t n = 1; n <= end; ++n) {
    const std::string body = ledger.read(n).value()->body;
    auto commit = eventstore::decode(body);
    if (!commit.ok() || commit.value().prev != last) continue;
    last = eventstore::hash_of(body);
    commits.push_back({{partition, n}, last, body.size(), std::move(commit).value()});
  }
  return commits;
}

class Partition {
 public:
  explicit Partition(const std::vector<std::vector<StoredCommit>>& all) : all_(all) {}

  void check(const std::vector<StoredCommit>& commits) {
    for (const StoredCommit& stored : commits) {
      check_owner(stored);
      check_time(stored);
      check_causes(stored);
    }
  }

 private:
  // Who has lost a partition never commits again: each claim has an owner of its own.
  void check_owner(const StoredCommit& stored) {
    const Commit& commit = stored.commit;
    if (commit.owner == owner_) return;
    if (!former_.insert(commit.owner).second) object(stored, "is of an owner who was fenced");
    owner_ = commit.owner;
    for (const RecordedEvent& recorded : commit.events) {
      const auto* claim = std::get_if<domain::PartitionClaimed>(&recorded.event);
      if (claim != nullptr && claim->owner == owner_) return;
    }
    object(stored, "is of a new owner, and claims nothing");
  }

  void check_time(const StoredCommit& stored) {
    if (stored.commit.at < at_) object(stored, "is earlier than the one before");
    at_ = stored.commit.at;
    for (const auto& [partition, seen] : stored.commit.seen) {
      const auto& others = all_.at(partition);
      const auto found = std::ranges::find(
          others, seen.commit, [](const StoredCommit& each) { return each.position.commit; });
      if (found == others.end() || found->hash != seen.hash) {
        object(stored, fmt::format("has seen {}:{}, which is not there", partition, seen.commit));
      }
      if (found->commit.at > at_) object(stored, "is earlier than what it has seen");
      if (seen.commit < seen_[partition].commit) object(stored, "has seen less than before");
      seen_[partition] = seen;
    }
  }

  // Every event of another partition is reacted to in its order there, and never again later.
  void check_causes(const StoredCommit& stored) {
    std::map<std::uint32_t, eventstore::EventRef> begun = reacted_;
    for (const RecordedEvent& recorded : stored.commit.events) {
      if (!recorded.cause.on_remote) continue;
      const eventstore::EventRef& ref = *recorded.cause.on_remote;
      const std::uint32_t from = ref.position.partition;
      const auto before = reacted_.find(from);
      if (before != reacted_.end() && ref <= before->second) {
        object(stored, fmt::format("reacts to {} once more", eventstore::format(ref)));
      }
      const auto last = begun.find(from);
      if (last != begun.end() && ref < last->second) object(stored, "reacts out of order");
      if (ref.position.commit > seen_[from].commit) object(stored, "reacts to what it hasn't seen");
      begun[from] = ref;
    }
    reacted_ = std::move(begun);
  }

  const std::vector<std::vector<StoredCommit>>& all_;
  std::set<std::string> former_;
  std::string owner_;
  domain::Timestamp at_;
  std::map<std::uint32_t, Seen> seen_;
  std::map<std::uint32_t, eventstore::EventRef> reacted_;
};

}  // namespace

std::vector<std::vector<StoredCommit>> read_ledgers(World& world) {
  const Shield shield;
  std::vector<std::vector<StoredCommit>> all;
  for (std::uint32_t p = 0; p < world.plan.partitions; ++p) {
    all.push_back(read_ledger(*world.ledgers[p], p));
  }
  for (const auto& commits : all) Partition(all).check(commits);
  return all;
}

}  // namespace cassette::sim
