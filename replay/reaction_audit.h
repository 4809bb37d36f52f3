// ReactionAudit: holds every call that an event makes against the events that answer it, in the
// same partition and over partitions: each once, in the commit that says it has seen the call. It
// knows no state; whether an answer was right is the partition audit's.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "eventstore/commit.h"
#include "replay/asks.h"
#include "replay/findings.h"

namespace cassette::replay {

// Not thread-safe. Takes all partitions' commits, each after those that it has seen.
class ReactionAudit {
 public:
  ReactionAudit(std::uint32_t partitions, Findings& findings);

  // `stored` follows the last commit of its partition.
  void check(const eventstore::StoredCommit& stored);

  // Calls that no commit has said to have seen: the ledgers end before.
  std::uint64_t pending() const;
  // The orders that they are about.
  std::set<std::string> pending_orders() const;

 private:
  // A call to another partition, kept until that one has seen it.
  struct Pending {
    eventstore::EventRef source;
    AskKind kind = AskKind::Reserve;
    domain::OrderId order;
    domain::VendorId vendor;
    std::optional<domain::SubOrderEvent> change;  // to be recorded
  };
  using Route = std::pair<std::uint32_t, std::uint32_t>;  // from, to
  struct Check;                                           // of one commit

  std::uint32_t home(std::string_view id) const;

  const std::uint32_t partitions_;
  Findings& findings_;
  std::map<Route, std::deque<Pending>> pending_;
};

}  // namespace cassette::replay
