// What-if: folds a ledger as it was recorded, and beside it as it would have been under other
// rules, and tells the two apart. It appends nothing and asks no engine. docs/what-if.md says what
// is decided anew and what is assumed.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "eventstore/ledger.h"
#include "replay/progress.h"
#include "replay/what_if_rules.h"
#include "replay/what_if_shadow.h"

namespace cassette::replay {

// Orders that are told one by one; the others are counted.
inline constexpr std::size_t kMaxDifferences = 100;

// Of goods, in minor units of one currency.
struct GoodsValue {
  std::int64_t kept = 0;  // of what is promised or sold, and neither cancelled nor written off
  std::int64_t lost_to_shortage = 0;
};

// One of the two histories, at its end. An order that has expired or is given up counts nothing as
// kept, even when its release is still under way.
struct WhatIfSide {
  std::array<std::uint64_t, EnumNames<OrderOutcome>::values.size()> orders{};  // by outcome
  domain::Quantity units_kept = 0;
  domain::Quantity units_lost_to_shortage = 0;
  std::map<std::string, GoodsValue> values;  // by currency
  std::uint64_t reorder_points_reached = 0;
};

struct OrderDifference {
  std::string order;
  OrderFate recorded;
  OrderFate what_if;
};

struct WhatIfReport {
  std::vector<eventstore::Position> heads;  // the last commit of each partition
  std::uint64_t commits = 0;
  std::uint64_t events = 0;
  std::uint64_t void_messages = 0;
  WhatIfSide recorded;
  WhatIfSide what_if;
  ShadowCounts counts;
  std::uint64_t differing_orders = 0;        // in outcome or in units kept
  std::vector<OrderDifference> differences;  // the first kMaxDifferences, as they were placed
  std::uint64_t differing_items = 0;         // stock items: what is on hand or reserved at the end
};

struct WhatIfOptions {
  ProgressMeter* progress = nullptr;  // counts messages
  std::stop_token stop;               // asked between commits: Unavailable then
};

// `ledgers` are all partitions in their order. Reads up to the heads found at start; ledgers may
// grow meanwhile. Blocks for as long as that takes. One thread reads each ledger; this one folds.
// Keeps the open orders of both histories in memory, the closed ones as bytes, and some 200 bytes
// of each order. Failures: those of reading; Corrupt for a ledger that is not sound, as
// `verify` would tell in full.
eventstore::Stored<WhatIfReport> what_if(std::span<eventstore::Ledger* const> ledgers,
                                         const WhatIfRules& rules, const WhatIfOptions& options);

}  // namespace cassette::replay
