// Ledger: one partition's stream of messages, as everyone above JetStream sees it.
// It orders and keeps bytes, and knows nothing of what they mean. The in-memory and the JetStream
// implementation pass one contract suite.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eventstore/store_error.h"

namespace cassette::eventstore {

// The largest body that `append` takes, in bytes: NATS's max_payload is set to it plus headers. A
// commit takes nothing more from 256 KiB on, but what it took last brings its reactions with it: a
// thousand lines of the longest names, over a hundred vendors, stay below 3 MiB.
inline constexpr std::size_t kMaxBodyBytes = 4 * 1024 * 1024;

struct Message {
  std::uint64_t sequence = 0;
  std::string body;
  std::vector<std::uint32_t> addressed;  // partitions with a reaction in it, from the header
};

enum class AppendOutcome {
  Stored,         // acknowledged: on disk as the stream's durability promises
  WrongSequence,  // refused: the stream's last sequence is another
  Refused,        // refused for good: full, too large, no such stream
  Unknown,        // no answer in time: it may or may not be stored
};

struct AppendResult {
  AppendOutcome outcome = AppendOutcome::Unknown;
  std::string why;  // empty when stored
};

// Follows a stream from one sequence on, every message once, in order. One thread uses it.
class LedgerReader {
 public:
  virtual ~LedgerReader() = default;

  // The next messages, at least one unless `timeout` passes or `interrupt` is called first: then
  // none. A reader reconnects by itself; Unavailable says that it is trying, and may be repeated.
  virtual Stored<std::vector<Message>> next(std::chrono::milliseconds timeout) = 0;

  // Makes a blocked or the following `next` return at once. Any thread.
  virtual void interrupt() = 0;
};

// Thread-safe, but for `append`: one caller at a time.
class Ledger {
 public:
  virtual ~Ledger() = default;

  // Stores `body` as message `expected_last` + 1, or not at all. Blocks until the stream's leader
  // answers or `timeout` passes.
  virtual AppendResult append(std::uint64_t expected_last, std::string_view body,
                              const std::vector<std::uint32_t>& addressed,
                              std::chrono::milliseconds timeout) = 0;

  // Of the stream's leader; 0 when it is empty.
  virtual Stored<std::uint64_t> last_sequence() = 0;

  // From the stream's leader, never from a replica's direct get. Nothing when it isn't there.
  virtual Stored<std::optional<Message>> read(std::uint64_t sequence) = 0;

  // Starts at `from` (1 is the first message).
  virtual Stored<std::unique_ptr<LedgerReader>> follow(std::uint64_t from) = 0;
};

}  // namespace cassette::eventstore
