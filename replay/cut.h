// Cut: the last commit of each partition that belongs to a moment, and how a moment is said. It
// finds commits by a few reads of each ledger, and folds nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "domain/values.h"
#include "eventstore/commit.h"
#include "eventstore/ledger.h"
#include "eventstore/store_error.h"

namespace cassette::replay {

// The cut of a time is closed under `seen`: a commit is never earlier than one that it has seen, so
// no effect is in the cut without its cause.
struct Cut {
  std::vector<std::uint64_t> commits;  // by partition; 0: none

  bool operator==(const Cut&) const = default;
};

// A position is a moment of its own partition only; a time is one of all of them.
using Moment = std::variant<eventstore::Position, domain::Timestamp>;

// "0:1841", or RFC 3339 in UTC with `Z`; nothing for anything else.
std::optional<Moment> parse_moment(std::string_view text);
// Back, as it is shown.
std::string format(const Moment& moment);

// Of each ledger, all partitions in their order, the last commit whose `at` is not after `at`: for
// a time to come, the last there is. Void messages are skipped, but for a long run of copies that
// follow one another as their originals do: only who reads the whole chain tells these. Blocks for
// some reads of each ledger's leader, about twenty for each time that its messages can be halved.
// Failures: those of reading; Unsupported for a commit of a newer version.
eventstore::Stored<Cut> cut_at(std::span<eventstore::Ledger* const> ledgers, domain::Timestamp at);

// The same of one ledger.
eventstore::Stored<std::uint64_t> last_commit_at(std::uint32_t partition,
                                                 eventstore::Ledger& ledger, domain::Timestamp at);

}  // namespace cassette::replay
