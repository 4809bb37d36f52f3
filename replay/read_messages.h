// A partition's messages in order, up to an end that the ledger says it has: what every one-pass
// reader of replay waits for, gives up on and can be stopped at.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>

#include "eventstore/ledger.h"

namespace cassette::replay {

// How long a reader is asked at a time, and how many times in a row it may have nothing though the
// ledger has more: half a minute in all.
inline constexpr std::chrono::milliseconds kLedgerPoll{500};
inline constexpr int kMaxSilentPolls = 60;

// Sequences of messages, both of them in it; none when `last` is before `first`.
struct ReadRange {
  std::uint32_t partition = 0;
  std::uint64_t first = 1;
  std::uint64_t last = 0;
};

// False: enough was read. A failure ends the reading and is its result.
using TakeMessage = std::function<eventstore::Stored<bool>(const eventstore::Message& message)>;

// Told after each lot what the last message was that was taken.
using MessagesTaken = std::function<void(std::uint64_t last)>;

// Blocks, on the calling thread. Where messages are missing, `take` sees the next one that is
// there, be it after the range: a gap is the chain's to judge. A reader that has lost its server is
// waited for. Unavailable when nothing comes for half a minute though the range goes on, and when
// `stop` is requested, which ends a wait at once; else what the ledger or `take` fails with.
eventstore::Stored<eventstore::Done> read_messages(eventstore::Ledger& ledger,
                                                   const ReadRange& range,
                                                   const std::stop_token& stop,
                                                   const TakeMessage& take,
                                                   const MessagesTaken& taken = {});

}  // namespace cassette::replay
