// Cursor: how far a subscriber has come, as text that it keeps and sends back: one place a
// partition. It grants nothing, so it is neither sealed nor secret.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eventstore/commit.h"

namespace cassette::api {

// The index of a place that has the whole of its commit behind it.
inline constexpr std::uint32_t kWholeCommit = std::numeric_limits<std::uint32_t>::max();

// In one partition: everything up to and with this event was seen. The default is before all.
struct Place {
  std::uint64_t commit = 0;
  std::uint32_t index = kWholeCommit;

  auto operator<=>(const Place&) const = default;
};

inline Place place_of(const eventstore::EventRef& ref) {
  return {ref.position.commit, ref.index};
}

// By partition.
using Cursor = std::vector<Place>;

// "0:1841.3,1:77": of partition 0 up to event 3 of commit 1841, of partition 1 all of commit 77.
std::string format_cursor(const Cursor& cursor);

// Nothing for what format_cursor does not write for so many partitions.
std::optional<Cursor> parse_cursor(std::string_view text, std::size_t partitions);

}  // namespace cassette::api
