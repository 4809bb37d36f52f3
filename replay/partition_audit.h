// PartitionAudit: folds one partition's commits from the first, and judges each by itself and by
// the state it was decided on. What partitions say of one another is LedgerAudit's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "domain/invariants.h"
#include "domain/marketplace.h"
#include "eventstore/commit.h"
#include "replay/closed_store.h"
#include "replay/command_memory.h"
#include "replay/commit_source.h"
#include "replay/findings.h"

namespace cassette::replay {

// A commit as others may have seen it.
struct Milestone {
  std::uint64_t commit = 0;
  domain::Timestamp at;
  eventstore::Hash hash{};
};

// Not thread-safe.
class PartitionAudit {
 public:
  PartitionAudit(std::uint32_t partition, std::uint32_t partitions, Findings& findings);

  void check(const eventstore::StoredCommit& stored);
  void check(const StrayMessage& message);
  // A message is missing after the last one.
  void check_hole(const std::string& what);
  // After the last message: what must hold of the whole.
  void finish();

  // The valid commit with that number; null when there is none.
  const Milestone* milestone(std::uint64_t commit) const;
  std::uint64_t last_commit() const { return history_.empty() ? 0 : history_.back().commit; }
  // Others have seen everything before `commit`, and won't name it again.
  void forget_before(std::uint64_t commit);

  // Of the genesis; empty before it.
  const std::string& ledger_id() const { return ledger_id_; }
  // False once the chain is broken: what follows can't be judged.
  bool whole() const { return whole_; }
  // False once an event contradicted the state: it is not folded any further.
  bool folding() const { return folding_; }
  // Every order, closed or not.
  void for_each_order(
      const std::function<void(const domain::OrderId&, const domain::Order&)>& visit) const;
  // Closed or not; nothing when there is none.
  std::optional<domain::SubOrder> sub_order(const domain::VendorId& vendor,
                                            const domain::OrderId& id) const;

 private:
  void check_genesis(const eventstore::StoredCommit& stored);
  void check_owner(const eventstore::StoredCommit& stored);
  void check_commands(const eventstore::StoredCommit& stored);
  void fold(const eventstore::StoredCommit& stored);
  // False when it contradicts the state.
  bool fold(const eventstore::StoredCommit& stored, std::size_t index);
  void check_home(eventstore::Position position, const domain::Event& event);
  bool is_copy(const StrayMessage& message) const;
  void sever(std::uint64_t sequence, const std::string& what);

  const std::uint32_t partition_;
  const std::uint32_t partitions_;
  Findings& findings_;
  domain::Marketplace marketplace_;
  ClosedStore closed_;
  domain::RunningCheck running_;
  CommandMemory commands_;
  std::vector<Milestone> history_;
  std::unordered_set<std::uint64_t> chained_;  // prefixes of all hashes in the chain
  std::uint64_t last_read_ = 0;
  std::string ledger_id_;
  std::string owner_;
  std::unordered_set<std::string> owners_;
  // A stray commit of an owner of ours, until the next message tells which of two was changed.
  std::optional<StrayMessage> suspect_;
  bool whole_ = true;
  bool folding_ = true;
};

}  // namespace cassette::replay
