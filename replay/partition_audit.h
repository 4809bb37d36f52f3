// PartitionAudit: folds one partition's commits from the first, and judges each by itself and by
// the state it was decided on. What partitions say of one another is LedgerAudit's.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "domain/invariants.h"
#include "domain/marketplace.h"
#include "eventstore/commit.h"
#include "replay/closed_store.h"
#include "replay/commit_note.h"
#include "replay/commit_screen.h"
#include "replay/commit_source.h"
#include "replay/findings.h"

namespace cassette::replay {

// Not thread-safe.
class PartitionAudit {
 public:
  // Commits up to `judged_from` are folded as they are, and only the chain is judged. `findings`
  // must outlive it.
  PartitionAudit(std::uint32_t partition, std::uint32_t partitions, std::uint64_t judged_from,
                 Findings& findings);

  // With what was found of it by itself. Gives what all partitions' audit needs of it.
  CommitNote check(const eventstore::StoredCommit& stored, Screened screened);
  void check(const StrayMessage& message);
  // A message is missing after the last one.
  void check_hole(const std::string& what);
  // The next message would follow the last commit and can't be read, and what comes after it shows
  // that it is not what was written.
  void check_changed(const std::string& what);
  // After the last message: what must hold of the whole.
  void finish();

  std::uint64_t last_commit() const { return last_commit_; }
  // Of the last commit.
  domain::Timestamp time() const { return time_; }
  // The last message, void or not.
  std::uint64_t last_read() const { return last_read_; }

  // Of the genesis; empty before it.
  const std::string& ledger_id() const { return ledger_id_; }
  // False once the chain is broken: what follows can't be judged.
  bool whole() const { return whole_; }
  // Whether a commit with that hash stands in the chain so far.
  bool holds(const eventstore::Hash& hash) const;
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
  void fold(const eventstore::StoredCommit& stored, CommitNote& note);
  // False when it contradicts the state.
  bool fold(const eventstore::StoredCommit& stored, std::size_t index);
  void finish_commit(const eventstore::StoredCommit& stored, CommitNote& note);
  void judge(const eventstore::StoredCommit& stored, std::size_t index);
  void check_home(eventstore::Position position, const domain::Event& event);
  void check_deadline(const eventstore::StoredCommit& stored, const domain::Event& event);
  void after(const domain::Event& event, const CommitNote& note);
  void compare_record(const domain::SubOrderRecorded& event, const CommitNote& note);
  void note_parts(const eventstore::StoredCommit& stored, CommitNote& note) const;
  bool is_local(std::string_view id) const;
  bool is_copy(const StrayMessage& message) const;
  bool is_rooted(const StrayMessage& message) const;
  // `follower`: the hash of a commit that stands in the chain and comes after the suspect.
  void sever_at_suspect(const eventstore::Hash* follower);
  void sever(std::uint64_t sequence, const std::string& what);

  const std::uint32_t partition_;
  const std::uint32_t partitions_;
  const std::uint64_t judged_from_;
  Findings& findings_;
  domain::Marketplace marketplace_;
  ClosedStore closed_;
  domain::RunningCheck running_;
  // Events of the commit after which something was closed, and records that were behind then.
  std::vector<const domain::Event*> closing_;
  std::vector<const domain::SubOrderRecorded*> behind_;
  std::unordered_set<std::uint64_t> chained_;  // prefixes of all hashes in the chain
  std::unordered_set<std::uint64_t> forked_;   // and of strays that go back to one of these
  eventstore::Hash last_hash_{};               // of the last commit
  std::uint64_t last_read_ = 0;
  std::uint64_t last_told_ = 0;  // the last message that was no copy
  std::uint64_t last_commit_ = 0;
  domain::Timestamp time_;
  std::string ledger_id_;
  std::string owner_;
  std::unordered_set<std::string> owners_;
  // A stray commit that a chain was broken before or at, until the next one tells which it is.
  struct Suspect {
    std::uint64_t sequence = 0;
    std::uint64_t before = 0;  // the message before it that was no copy
    eventstore::Hash prev{};
    eventstore::Hash hash{};
  };
  std::optional<Suspect> suspect_;
  bool whole_ = true;
  bool folding_ = true;
};

}  // namespace cassette::replay
