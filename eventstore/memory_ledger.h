// MemoryLedger: a ledger in memory, for tests and as the model that JetStream's is compared with.
// Everything it holds is gone with it.
#pragma once

#include <memory>

#include "eventstore/ledger.h"

namespace cassette::eventstore {

// Messages that one `next` gives at most: bounds what a reader that fell behind takes at once.
inline constexpr std::size_t kMemoryBatch = 256;

// Never Unavailable, and never waits but in a reader's `next`. Thread-safe, `append` included; its
// readers may outlive it.
class MemoryLedger : public Ledger {
 public:
  MemoryLedger();
  ~MemoryLedger() override;

  AppendResult append(std::uint64_t expected_last, std::string_view body,
                      const std::vector<std::uint32_t>& addressed,
                      std::chrono::milliseconds timeout) override;
  Stored<std::uint64_t> last_sequence() override;
  Stored<std::optional<Message>> read(std::uint64_t sequence) override;
  Stored<std::unique_ptr<LedgerReader>> follow(std::uint64_t from) override;

  // A fault: forgets every message after `sequence`, as a ledger restored from an older copy would.
  void truncate(std::uint64_t sequence);

  struct Stream;

 private:
  std::shared_ptr<Stream> stream_;
};

}  // namespace cassette::eventstore
