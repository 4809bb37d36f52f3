// ReactionAudit: holds every call from one partition to another against the events that answer it,
// each once, in the commit that says it has seen the call; and every order's record of a sub-order
// against what its vendor's partition decided, whenever nothing is on its way between them.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "replay/commit_note.h"
#include "replay/findings.h"

namespace cassette::replay {

// Not thread-safe. Takes all partitions' commits, each after those that it has seen: what it has
// taken at any time is a cut that is closed under `seen`.
class ReactionAudit {
 public:
  explicit ReactionAudit(Findings& findings) : findings_(findings) {}

  // `note` follows the last commit of its partition.
  void check(CommitNote& note);

  // Calls that no commit has said to have seen: the ledgers end before.
  std::uint64_t pending() const;
  // The orders that they are about.
  std::set<std::string> pending_orders() const;

 private:
  using Route = std::pair<std::uint32_t, std::uint32_t>;  // from, to
  // A sub-order, as far as its partitions differ or something is on its way.
  struct Record {
    PartFigures decided;
    PartFigures recorded;
    std::uint64_t on_the_way = 0;
  };

  std::vector<RemoteCall> take_due(const CommitNote& note);
  void check_answers(const CommitNote& note, const RemoteCall& call);
  void check_effect(const CommitNote& note, const RemoteEffect& effect,
                    const std::vector<RemoteCall>& due);
  void check_records(CommitNote& note, const std::vector<RemoteCall>& due);
  void settle(const CommitNote& note, const std::string& key);

  Findings& findings_;
  std::map<Route, std::deque<RemoteCall>> pending_;
  std::unordered_map<std::string, Record> records_;  // by vendor/order
};

}  // namespace cassette::replay
