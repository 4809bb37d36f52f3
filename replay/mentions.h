// Mentions: finds the few commits that name an id, by looking for its text in all bodies of a
// ledger. It decodes and hashes only what it finds; whether the rest is a sound chain is verify's.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "eventstore/commit.h"
#include "eventstore/ledger.h"
#include "eventstore/store_error.h"

namespace cassette::replay {

struct MentionSearch {
  std::uint32_t partition = 0;
  std::uint64_t from = 1;                         // the first message looked at
  std::string_view id;                            // of [A-Za-z0-9_-], so that it is never escaped
  std::function<void(std::uint64_t)> progress{};  // told how many messages more were looked at
};

struct Mentions {
  std::uint64_t read = 0;                         // the last message looked at
  std::vector<eventstore::StoredCommit> commits;  // in their order
  std::vector<std::uint64_t> void_messages;       // that name the id, and are none of the chain's
};

// Looks up to the ledger's end as it is at the start. Blocks for as long as reading takes.
// Failures: Unavailable when the ledger can't be read or after a stop, Unsupported for a commit
// found of a newer version.
eventstore::Stored<Mentions> find_mentions(eventstore::Ledger& ledger, const MentionSearch& search,
                                           const std::stop_token& stop);

}  // namespace cassette::replay
