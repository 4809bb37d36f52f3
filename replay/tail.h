// Tail: shows the commits of all partitions as they are, event by event and void messages too.
// It judges the chain and nothing else; whether what happened was right is verify's.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <string_view>
#include <vector>

#include "eventstore/commit.h"
#include "eventstore/ledger.h"
#include "eventstore/store_error.h"
#include "replay/erased.h"

namespace cassette::replay {

enum class TailFormat { Text, Json };

struct TailOptions {
  TailFormat format = TailFormat::Text;
  // The first message wanted of each partition named; of the others, 1.
  std::vector<eventstore::Position> from;
  // Goes on with what is appended later; otherwise ends with what was there at start.
  bool follow = true;
  // Whose personal data is shown as "(erased)", besides those whose erasure is seen on the way. May
  // be empty. Called from several threads, never from two at once.
  IsErased is_erased{};
};

// Takes a line without its end. False: no more. Called from several threads, never from two at
// once.
using TakeLine = std::function<bool(std::string_view line)>;

// Shows `ledgers`, all partitions in their order; each partition's lines are in order, those of
// different ones come as they are read. Blocks until the end, `stop`, or the taker has had enough:
// all of these are success. Failures: Unavailable when a ledger can't be read, Corrupt at a hole,
// Unsupported for what a newer version wrote.
eventstore::Stored<eventstore::Done> tail(std::span<eventstore::Ledger* const> ledgers,
                                          const TailOptions& options, const TakeLine& take,
                                          const std::stop_token& stop);

}  // namespace cassette::replay
