// WorkingState: what an engine decides on. It runs a command, and the reactions that stay in the
// partition, on speculative state and puts the events into a batch; it appends nothing itself.
// One thread uses it.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "domain/marketplace.h"
#include "eventstore/archive.h"
#include "eventstore/batch.h"
#include "eventstore/inbox.h"

namespace cassette::eventstore {

// Which partition this is, and by which rules it decides.
struct PartitionSettings {
  std::uint32_t partition = 0;
  std::uint32_t partitions = 1;
  domain::Policy policy;
};

class WorkingState {
 public:
  // Borrows `archive`, for what is at rest and so no longer in memory.
  WorkingState(const PartitionSettings& settings, Archive& archive);

  // Starts from the archive as it stands, which must have folded the whole ledger.
  Stored<Done> load(const FoldPoint& point);

  // A batch whose time is the latest of `clock` and the last batch's.
  Batch open_batch(domain::Timestamp clock);

  // The batch is to be as late as `at`. Only while nothing was decided in it.
  void advance_time(Batch& batch, domain::Timestamp at);

  // Decides and puts events and the waiting caller into `batch`.
  void decide(Submission submission, Batch& batch);
  // Runs the reactions that `source`, a commit of another partition, has for this one. The batch is
  // not earlier than it.
  void react_to(const StoredCommit& source, Batch& batch);
  // Ends the reservations whose deadline is not after the batch's time, until the batch has
  // `target_bytes`: the rest is for the next one.
  void expire(Batch& batch, std::size_t target_bytes);

  // What kept a reaction from being run. From then on the speculative state is of no use: nothing
  // decided since the last commit may be appended.
  const std::optional<StoreError>& failure() const { return failure_; }

  // Writes into the batch how far other partitions were read. The batch takes nothing more.
  void close(Batch& batch);

  // The commit is in the ledger at `number`. `next` is the batch that was begun meanwhile, if any:
  // its repeats of the commit's commands are told its position, which may be forgotten soon.
  void committed(Batch& batch, std::uint64_t number, Batch* next = nullptr);
  // The batch held replies alone, and stands on commit `number`.
  void confirmed(const Batch& batch, std::uint64_t number);
  // The reply to a waiter of `batch`, committed at or standing on `position`.
  Reply resolve(Waiter& waiter, Position position) const;
  // Lets go of what is at rest and folded by the archive, which stands at commit `folded`.
  void forget_archived(std::uint64_t folded);

  std::optional<domain::Timestamp> next_deadline() const;
  const std::map<std::uint32_t, Seen>& seen() const { return seen_; }
  // Another partition's commit was read that has nothing for us.
  void pass(std::uint32_t partition, Seen seen);
  const domain::Marketplace& marketplace() const { return marketplace_; }
  // Orders and sub-orders that wait for the archive, and remembered commands: what bounds memory.
  std::size_t retained() const { return marketplace_.waiting() + commands_.size(); }

 private:
  struct Remembered {
    std::string digest;
    int status = 200;
    std::uint64_t serial = 0;
    Position position;  // commit 0 until it is known
    domain::Timestamp at;
  };
  using Commands = std::unordered_map<std::string, Remembered>;
  struct Retained {
    std::uint64_t serial = 0;
    Commands::value_type* command = nullptr;  // which stays where it is
  };

  struct StockName {
    domain::VendorId vendor;
    domain::ProductId product;
  };
  // Of a count or an adjustment; nothing for other commands.
  static std::optional<StockName> stock_of(const domain::Command& command);

  // Whether the command was accepted before: then its waiter is in the batch already.
  bool answer_repeat(Submission& submission, Batch& batch);
  void decide_new(Submission& submission, Batch& batch);
  // Loads from the archive what the command needs and memory has let go of.
  Stored<Done> hydrate(const domain::Command& command);
  // Adds to a count's refusal the orders in the way that are at rest.
  Stored<Done> name_holders(const StockName& item, domain::BelowReserved& refusal);
  void remember(Request& request, Batch& batch);
  void find_first(Waiter& waiter) const;
  void append(domain::Events events, const RecordedEvent& envelope, Batch& batch);
  void append_and_react(domain::Events events, const RecordedEvent& envelope, Batch& batch);
  // Of the events that the batch still holds, which it lets go of then.
  void run_reactions(Batch& batch);
  void run_reaction(domain::Command&& command, const RecordedEvent& envelope, Batch& batch);
  std::uint32_t home(std::string_view id) const;

  const PartitionSettings settings_;
  Archive& archive_;
  domain::Marketplace marketplace_;
  std::map<std::uint32_t, Seen> seen_;
  std::map<std::uint32_t, Seen> seen_written_;  // as the ledger has it
  domain::Timestamp last_at_;
  std::uint64_t next_serial_ = 1;
  // Of the last batch: the next one has room for as many from the start, since moving to more room
  // costs as much as deciding.
  std::size_t usual_waiters_ = 0;
  std::size_t usual_bytes_ = 0;

  Commands commands_;
  std::deque<Retained> command_order_;                           // by serial
  std::deque<std::pair<std::uint64_t, std::uint64_t>> numbers_;  // serial and commit, acknowledged
  std::optional<StoreError> failure_;
};

}  // namespace cassette::eventstore
