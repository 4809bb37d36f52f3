// Tenure: one engine's ownership of one partition, from recovery and claim until it ends.
// It decides requests in batches, has one publish in flight, and answers nothing before the commit
// that the answer stands on is acknowledged. Losing the partition ends it; it never fights.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "eventstore/append_worker.h"
#include "eventstore/archiver.h"
#include "eventstore/inbox.h"
#include "eventstore/ledger_tail.h"
#include "eventstore/wakeup.h"
#include "eventstore/working_state.h"

namespace cassette::eventstore {

// The name of the partition hash, as genesis records it.
inline constexpr std::string_view kPartitionHash = "xxh3-64";

// How much an engine takes at once, and how long it waits.
struct EngineLimits {
  std::size_t inbox_capacity = 16384;  // requests: about 16 full commits
  // A commit takes no further request from here on, in estimated bytes: the size at which the disk
  // is busy with bytes rather than with waiting (DESIGN §9).
  std::size_t commit_target_bytes = 256 * 1024;
  std::chrono::milliseconds append_timeout{2000};  // before an append's outcome is Unknown
  std::chrono::milliseconds give_up_after{10000};  // without a word from the ledger: tell callers
};

struct EngineOptions : EngineLimits {
  PartitionSettings settings;
  std::string ledger_id;  // for a new ledger; an old one keeps its own
};

// What an engine runs on. Everything is borrowed and outlives it. The clock and the owner's id come
// from outside, so that a test or a simulator can set them.
struct EngineParts {
  Ledger& ledger;
  Archive& archive;
  std::vector<LedgerTail*> others;  // of the other partitions
  std::function<domain::Timestamp()> clock;
  std::function<std::string()> new_owner_id;
};

// What the world tells a tenure, and what it tells the world. Any thread.
struct EngineSignals {
  std::atomic<bool> stopping{false};   // finish what was taken in, and end
  std::atomic<bool> granted{false};    // the lease is ours
  std::atomic<bool> serving{false};    // claimed: requests are decided
  std::atomic<std::uint64_t> head{0};  // the last commit acknowledged
};

enum class TenureEnd {
  Stopped,  // told to, and drained
  Revoked,  // the lease is another's
  Fenced,   // another owner committed
  Failed,   // the ledger or the archive did; worth another tenure
  Unsound,  // the ledger is not the one folded before, or can't be understood
};

// How a tenure ends by `error`.
TenureEnd end_of(const StoreError& error);

class Tenure {
 public:
  Tenure(const EngineOptions& options, EngineParts& parts, EngineSignals& signals, Inbox& inbox,
         Wakeup& wakeup, Archiver& archiver);
  ~Tenure();
  Tenure(const Tenure&) = delete;
  Tenure& operator=(const Tenure&) = delete;

  // Recovers, claims and serves until it ends. Every caller taken from the inbox has an answer
  // then.
  TenureEnd run();
  // Why it ended, for the log; empty when it was told to.
  const std::string& why() const { return why_; }

 private:
  struct InFlight {
    Batch batch;
    std::shared_ptr<const std::string> body;
    std::vector<std::uint32_t> addressed;
    Hash hash{};  // of the body
    std::chrono::steady_clock::time_point since;
  };

  // What another partition's ledger has for us.
  struct Remote {
    std::unique_ptr<LedgerTail::Subscription> subscription;
    std::deque<std::shared_ptr<const TailItem>> waiting;
  };

  // ---- recovery (tenure_recovery.cc)
  std::optional<TenureEnd> recover();
  std::optional<TenureEnd> check_genesis();
  std::optional<TenureEnd> subscribe();
  void draft_claim(bool genesis);

  // ---- serving
  TenureEnd serve();
  std::optional<TenureEnd> advance();
  std::optional<TenureEnd> take_remote();
  // Takes what waits, for as long as the batch has room for it.
  std::optional<TenureEnd> take_waiting(Remote& remote);
  // False when it must wait for the next batch.
  bool take(const TailItem& item);
  // Whether the other partition's commit has seen a commit of ours that our ledger does not hold.
  std::optional<TenureEnd> check_seen(const StoredCommit& other);
  void take_inbox();
  void refuse_inbox();
  void publish();
  // With nothing to do: asks the leader, now and then, whether another owner has committed.
  void look();
  void start_append();
  bool drained() const;
  void wait();

  // ---- outcomes (tenure_outcome.cc)
  std::optional<TenureEnd> finish(const AppendDone& done);
  std::optional<TenureEnd> finish_confirmation(const AppendDone& done);
  void on_stored();
  void on_present();
  std::optional<TenureEnd> read_back();
  std::optional<TenureEnd> judge(const Message& message);
  std::optional<TenureEnd> give_up_or_retry(const std::string& why);
  // The same of a confirmation; what was only a look is left at that.
  std::optional<TenureEnd> give_up_confirming(const std::string& why);
  void advance_head(const Hash& hash);
  void release(Batch& batch, const std::shared_ptr<const AppendedCommit>& commit);
  FoldPoint archived_by(const Batch& batch);
  // The commit at the head, taken out of `stored`.
  std::shared_ptr<const AppendedCommit> take_commit(InFlight& stored) const;
  TenureEnd end(TenureEnd how, std::string why);
  void abandon(Batch& batch);

  Batch& draft();

  const EngineOptions& options_;
  EngineParts& parts_;
  EngineSignals& signals_;
  Inbox& inbox_;
  Wakeup& wakeup_;
  Archiver& archiver_;
  std::string owner_;
  std::string why_;
  ChainHead head_;  // of what is known to be in the ledger
  domain::Timestamp head_at_;
  std::map<std::uint32_t, Seen> head_seen_;
  std::optional<WorkingState> state_;
  std::optional<Batch> draft_;
  std::optional<InFlight> in_flight_;
  std::vector<Waiter> confirming_;  // replies that stand on what is committed already
  std::chrono::steady_clock::time_point confirming_since_;
  std::chrono::steady_clock::time_point asked_;  // the ledger, last
  std::vector<Submission> taken_;                // from the inbox, not decided yet
  std::size_t next_taken_ = 0;
  bool claimed_ = false;
  std::vector<Remote> remotes_;
  std::unique_ptr<AppendWorker> worker_;
};

}  // namespace cassette::eventstore
