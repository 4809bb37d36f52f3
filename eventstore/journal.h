// Journal: a durable list that is only appended to, and forgets its oldest entries by age and
// number. For what is kept to be read and not to be folded: facts are the ledger's. The in-memory
// and the JetStream implementation pass one contract suite.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "eventstore/store_error.h"

namespace cassette::eventstore {

// The largest entry, in bytes.
inline constexpr std::size_t kMaxEntryBytes = 256 * 1024;
// Entries that one read gives at most: each is a round trip, some 50 us on loopback.
inline constexpr std::size_t kMaxEntriesRead = 256;

struct JournalOptions {
  std::chrono::hours max_age{400 * 24};             // a year, and time to look back at it
  // Then the oldest goes. A number and not bytes: for bytes nats-server sets room aside, and on a
  // disk that has less it neither makes such a stream nor finds one that was there.
  std::uint64_t max_entries = 1'000'000;
  std::uint32_t replicas = 1;
  bool keep_limits = false;  // of one that is there, whatever is said above
};

// Sequences count from 1 without gaps. Empty when first > last.
struct JournalBounds {
  std::uint64_t first = 1;  // the oldest that is still there
  std::uint64_t last = 0;
};

struct JournalEntry {
  std::uint64_t sequence = 0;
  std::string body;
};

// Thread-safe. Calls block for a round trip, reads for one an entry; each fails with Unavailable
// after the connection's timeout.
class Journal {
 public:
  virtual ~Journal() = default;

  // Gives the entry's sequence. `id` is the entry's own, of [A-Za-z0-9_.-]: appended again under it
  // within two minutes it is there once, and the first sequence is given. So after Unavailable,
  // which leaves open whether it is stored, the same call settles it. Full when there is no room at
  // all, Unsupported when the body is above kMaxEntryBytes.
  virtual Stored<std::uint64_t> append(std::string_view id, std::string_view body) = 0;

  virtual Stored<JournalBounds> bounds() = 0;

  // Up to `limit` entries (kMaxEntriesRead at most) from `from` on, oldest first; what is before
  // the first begins there. None past the end.
  virtual Stored<std::vector<JournalEntry>> read_forward(std::uint64_t from, std::size_t limit) = 0;
  // The same from `from` back, newest first; what is past the end begins there.
  virtual Stored<std::vector<JournalEntry>> read_backward(std::uint64_t from,
                                                          std::size_t limit) = 0;
};

}  // namespace cassette::eventstore
