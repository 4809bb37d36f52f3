// Bounds to messages, a partition after the other.
#include "replay/export_bounds.h"

#include <fmt/format.h>

#include <algorithm>

#include "replay/cut.h"

namespace cassette::replay {

using eventstore::Ledger;
using eventstore::Position;
using eventstore::Stored;
using eventstore::StoreError;

namespace {

// What the bound says of a partition; nothing when it doesn't. `earlier`: without the commits that
// are just at the time.
Stored<std::optional<std::uint64_t>> resolve(const Bound& bound, std::uint32_t partition,
                                             Ledger& ledger, bool earlier) {
  if (bound.time) {
    const domain::Timestamp time{bound.time->micros - (earlier ? 1 : 0)};
    const auto commit = last_commit_at(partition, ledger, time);
    if (!commit.ok()) return Failure{commit.error()};
    return std::optional(commit.value());
  }
  for (const Position& position : bound.positions) {
    if (position.partition == partition) return std::optional(position.commit);
  }
  return std::optional<std::uint64_t>();
}

Stored<MessageRange> range_of(std::uint32_t partition, Ledger& ledger, const Bound& from,
                              const Bound& to) {
  const auto last = ledger.last_sequence();
  if (!last.ok()) return Failure{last.error()};
  const auto after = resolve(from, partition, ledger, true);
  if (!after.ok()) return Failure{after.error()};
  const auto end = resolve(to, partition, ledger, false);
  if (!end.ok()) return Failure{end.error()};
  MessageRange range{after.value().value_or(0), end.value().value_or(last.value())};
  if (std::max(range.after, range.end) > last.value()) {
    return Failure{StoreError{StoreError::Kind::Mismatch,
                              fmt::format("the ledger of partition {} ends at {}", partition,
                                          format(Position{partition, last.value()}))}};
  }
  range.end = std::max(range.after, range.end);
  return range;
}

}  // namespace

std::optional<Bound> parse_bound(std::string_view text) {
  Bound bound;
  if (text.empty()) return bound;
  if (bound.time = domain::parse_timestamp(text); bound.time) return bound;
  while (true) {
    const std::size_t comma = text.find(',');
    const auto position = eventstore::parse_position(text.substr(0, comma));
    if (!position) return std::nullopt;
    const auto same = [&](const Position& each) { return each.partition == position->partition; };
    if (std::ranges::any_of(bound.positions, same)) return std::nullopt;
    bound.positions.push_back(*position);
    if (comma == std::string_view::npos) return bound;
    text = text.substr(comma + 1);
  }
}

Stored<std::vector<MessageRange>> ranges_of(std::span<Ledger* const> ledgers, const Bound& from,
                                            const Bound& to) {
  for (const Bound* bound : {&from, &to}) {
    for (const Position& position : bound->positions) {
      if (position.partition < ledgers.size()) continue;
      return Failure{StoreError{StoreError::Kind::Mismatch,
                                fmt::format("there is no partition {}: the ledger has {}",
                                            position.partition, ledgers.size())}};
    }
  }
  std::vector<MessageRange> ranges;
  for (std::uint32_t p = 0; p < ledgers.size(); ++p) {
    const auto range = range_of(p, *ledgers[p], from, to);
    if (!range.ok()) return Failure{range.error()};
    ranges.push_back(range.value());
  }
  return ranges;
}

}  // namespace cassette::replay
