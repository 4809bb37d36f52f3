// WhatIfShadow: decides history again under other rules, commit by commit beside the record. What
// the rules can't have changed happens as it did; all that depends on stock or a deadline is
// decided anew, by the marketplace's own code. It writes nothing.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "eventstore/commit.h"
#include "replay/what_if_rules.h"
#include "replay/what_if_world.h"

namespace cassette::replay {

// What the shadow could not take over, or had to make up.
struct ShadowCounts {
  std::uint64_t moved_deadlines = 0;     // orders whose deadline is another than recorded
  std::uint64_t late_confirmations = 0;  // of an order that has expired
  std::uint64_t fell_away = 0;           // wishes and deeds that had nothing to be done to
  std::uint64_t shelves_short = 0;  // counts and adjustments that would leave less than nothing
  std::uint64_t replenished_units = 0;
};

// Not thread-safe. Takes all partitions' commits, each after those that it has seen.
class WhatIfShadow {
 public:
  // `record` is what was recorded before the event in hand; both must outlive it. Of the record,
  // closed orders are unpacked when they are looked at.
  WhatIfShadow(std::uint32_t partitions, const WhatIfRules& rules, WhatIfWorld& record);
  WhatIfShadow(const WhatIfShadow&) = delete;
  WhatIfShadow& operator=(const WhatIfShadow&) = delete;

  // Around the events of a commit: `begin`, `follow` for each event before the record folds it, and
  // `end` when it has folded all. The commit must stay where it is meanwhile.
  void begin(const eventstore::StoredCommit& stored);
  void follow(std::size_t index);
  void end();

  const WhatIfWorld& world() const { return world_; }
  const ShadowCounts& counts() const { return counts_; }

 private:
  // What an event asks of another partition.
  struct Call {
    std::uint64_t commit = 0;  // the recorded commit beside which it was decided,
    std::size_t index = 0;     // and the event
    domain::Command command;
  };
  using Route = std::pair<std::uint32_t, std::uint32_t>;  // from, to
  struct Arrival {
    domain::Timestamp at;
    domain::VendorId vendor;
    domain::ProductId product;

    auto operator<=>(const Arrival&) const = default;
  };
  struct StockWish;  // a count or an adjustment, put together from its events
  struct Follow;     // one overload a group of events

  std::uint32_t home(std::string_view id) const;

  // ---- time
  void pass_time();
  bool is_recorded_to_expire(const domain::OrderId& id) const;
  void expire(const domain::OrderId& id, domain::Timestamp at);
  void replenish(const Arrival& arrival);

  // ---- deciding
  // Decides at home, folds what was decided and what it calls for; calls of others wait. False when
  // it is rejected: `refusal_` is why.
  bool decide(domain::Command command);
  void commit(domain::Events events);
  void fold(domain::Event event);
  void call(const domain::Event& event, domain::Command command, std::uint32_t to);
  bool is_in_record(const domain::Event& event);
  // Runs the calls of `from` up to the event.
  void deliver(std::uint32_t from, std::uint64_t commit, std::size_t index);
  // Runs what only the shadow asks, and what was asked before it on the same way.
  void deliver_unrecorded();

  // ---- following
  void place(const domain::OrderPlaced& placed);
  void confirm(const domain::OrderConfirmed& confirmed);
  void wish(domain::Command command);
  bool stands_as_recorded(const domain::VendorId& vendor, const domain::OrderId& order);
  void redo(const domain::Event& event, const domain::VendorId& vendor,
            const domain::OrderId& order);
  void replace(const domain::LostShipmentReplaced& replaced);
  void change_stock(const StockWish& wish);

  const std::uint32_t partitions_;
  const WhatIfRules& rules_;
  WhatIfWorld& record_;
  std::uint32_t partition_ = 0;  // that decides now
  WhatIfWorld world_;
  ShadowCounts counts_;

  const eventstore::StoredCommit* stored_ = nullptr;
  bool beside_record_ = false;  // the commit's own partition decides what the commit decided
  std::size_t index_ = 0;       // of the event in hand
  std::size_t matched_ = 0;     // where the next event of the record is looked for first
  std::size_t skip_to_ = 0;     // events before it were taken with an earlier one
  domain::Timestamp now_;
  std::map<Route, std::deque<Call>> calls_;
  std::set<Route> hurried_;          // with a call that only the shadow has
  std::vector<domain::Event> done_;  // folded beside this commit
  std::optional<domain::Rejection> refusal_;

  std::unordered_set<std::string> moved_;  // orders whose deadline is another than recorded
  std::set<std::pair<domain::Timestamp, domain::OrderId>> deadlines_;
  std::multiset<Arrival> arrivals_;
};

}  // namespace cassette::replay
