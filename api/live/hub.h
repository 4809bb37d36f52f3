// Hub: brings what the ledgers' readers give to the members whom it concerns, each event once and
// in order a partition, and brings members that were away up with the present: from a ring of
// recent events, or, where that is too short, by readers of older ones. It knows no socket.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "api/http/problem.h"
#include "api/live/index.h"
#include "api/live/ring.h"
#include "eventstore/chain.h"

namespace cassette::api {

// Of all partitions together.
inline constexpr std::size_t kRingBytes = 16 * 1024 * 1024;

// A part of what a member missed, to be read by somebody who may block.
struct OlderWanted {
  MemberPtr member;
  std::uint32_t partition = 0;
  Place after;
  eventstore::ChainHead head;  // where the chain goes on; all zero: at `after`, to be looked up
  std::uint64_t until = 0;     // the commit that the hub has come to
};

struct Older {
  MemberPtr member;
  std::uint32_t partition = 0;
  std::vector<LiveEventPtr> events;  // that match
  Place at;                          // everything up to here was read
  eventstore::ChainHead head;
  bool no_commit = false;  // the place where it began is in no valid commit
};

// A part of a ledger, in order.
struct Recent {
  std::uint32_t partition = 0;
  std::vector<LiveCommit> commits;
  std::uint64_t head = 0;  // the last commit read
  bool left_out = false;   // nobody was there: the events were not kept
  bool levels = false;     // the events say what they touch
};

struct HubParts {
  std::function<void(OlderWanted)> read_older;  // must not block
  // Somebody watches the product whose stock was changed by this commit.
  std::function<void(std::string vendor, std::string product, eventstore::Position)> read_level;
  // The member can't go on; it has left.
  std::function<void(const MemberPtr&, Problem)> end;
};

// Used by one thread, but for `heads` and the flags, which any may ask.
class Hub {
 public:
  // `starts`: by partition, the commit after which the present begins. Rings hold `ring_bytes`
  // together.
  Hub(const std::vector<std::uint64_t>& starts, HubParts parts,
      std::size_t ring_bytes = kRingBytes);

  void take(Recent recent);
  void take(Older older);
  void take(const LevelPtr& level) { levels_.tell(level); }

  // Without a cursor it begins with what happens next. Events up to now may be put in its mailbox
  // at once.
  void join(const MemberPtr& member, const std::optional<Cursor>& after);
  // Nothing more is put in its mailbox.
  void leave(const MemberPtr& member);
  // The mailbox of a member that is behind has room again.
  void go_on(const MemberPtr& member);

  // Where a member that joins without a cursor begins.
  Cursor now() const;
  // Up to which place everything for the member was taken from its mailbox.
  std::string cursor_of(const Member& member) const;
  std::size_t size() const { return members_.size(); }

  // ---- any thread

  // How far each ledger is read.
  std::vector<eventstore::Position> heads() const;
  // Whether events are of use to anybody.
  bool wanted() const { return wanted_.load(std::memory_order_acquire); }
  bool levels_wanted() const { return levels_wanted_.load(std::memory_order_acquire); }

  // Now and then: events are no more kept once nobody has been here for a while.
  void rest_if_idle();

 private:
  struct Partition {
    Partition(std::size_t ring_bytes, std::uint64_t start_) : ring(ring_bytes, 0), start(start_) {}

    Ring ring;
    bool begun = false;         // something was read
    const std::uint64_t start;  // where the present begins
    std::atomic<std::uint64_t> head{0};
  };

  void tell(std::uint32_t partition, const LiveEventPtr& event);
  void tell_levels(const LiveEvent& event);
  void read_level(const std::string& vendor, const std::string& product);
  // To a member that is behind, though not in this partition.
  void put(const MemberPtr& member, std::uint32_t partition, const LiveEventPtr& event);
  // False when the mailbox was full before the ring's end.
  bool replay(const MemberPtr& member, std::uint32_t partition);
  void fall_behind(const MemberPtr& member, Cursor at);
  // Whether it is up with the present now, and no more behind.
  bool end_if_up(const MemberPtr& member);
  // Everyone's events after `from` were not kept.
  void miss(std::uint32_t partition, std::uint64_t from);
  Place end_of(std::uint32_t partition) const;
  // Where a member stands that has been put everything up to now.
  Cursor present_of(const Behind& behind) const;

  HubParts parts_;
  std::vector<std::unique_ptr<Partition>> partitions_;
  EventIndex events_;
  LevelIndex levels_;
  std::unordered_set<MemberPtr> members_;
  std::unordered_set<MemberPtr> behind_;
  int idle_rounds_ = 0;
  std::atomic<bool> wanted_{true};  // whoever was cut off by a restart is about to be back
  std::atomic<bool> levels_wanted_{false};
};

}  // namespace cassette::api
