// ExportBounds: from where to where an export goes, as it was asked for and as messages.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "eventstore/commit.h"
#include "eventstore/ledger.h"
#include "eventstore/store_error.h"

namespace cassette::replay {

// A time of all partitions, or positions of some: "2026-11-23T21:07:00Z", "0:1841,1:77".
struct Bound {
  std::optional<domain::Timestamp> time;
  std::vector<eventstore::Position> positions;  // each partition once

  bool open() const { return !time && positions.empty(); }
};

// The empty text is the open bound; nothing for what is neither.
std::optional<Bound> parse_bound(std::string_view text);

// The messages of a partition that come: those after `after`, up to `end`.
struct MessageRange {
  std::uint64_t after = 0;
  std::uint64_t end = 0;
};

// A position in `from` is the last one that is not wanted, and one in `to` the last one that is;
// commits at or after a time in `from` are wanted, and those at or before one in `to`. Of the
// partitions that no position names all is. Mismatch for a position that the ledgers have not.
// Blocks for some reads.
eventstore::Stored<std::vector<MessageRange>> ranges_of(
    std::span<eventstore::Ledger* const> ledgers, const Bound& from, const Bound& to);

}  // namespace cassette::replay
