// FlakyLedger: one process's way to a ledger, which takes time and may fail as the weather is. What
// stands in the ledger is the same for all.
#pragma once

#include <memory>

#include "eventstore/memory_ledger.h"
#include "tests/simulation/weather.h"

namespace cassette::sim {

// `truth` and `weather` outlive it.
class FlakyLedger : public eventstore::Ledger {
 public:
  FlakyLedger(eventstore::MemoryLedger& truth, Weather& weather, ProcessId process)
      : truth_(truth), weather_(weather), process_(process) {}

  eventstore::AppendResult append(std::uint64_t expected_last, std::string_view body,
                                  const std::vector<std::uint32_t>& addressed,
                                  std::chrono::milliseconds timeout) override;
  eventstore::Stored<std::uint64_t> last_sequence() override;
  eventstore::Stored<std::optional<eventstore::Message>> read(std::uint64_t sequence) override;
  eventstore::Stored<std::unique_ptr<eventstore::LedgerReader>> follow(std::uint64_t from) override;

  // The last message whose storing was acknowledged to this process.
  std::uint64_t acknowledged() const { return acknowledged_; }

 private:
  eventstore::AppendResult store(std::uint64_t expected_last, std::string_view body,
                                 const std::vector<std::uint32_t>& addressed);
  void store_later(std::uint64_t expected_last, std::string_view body,
                   const std::vector<std::uint32_t>& addressed);
  // Whether a read gets through, after the time that it takes.
  bool answers();

  eventstore::MemoryLedger& truth_;
  Weather& weather_;
  const ProcessId process_;
  std::uint64_t acknowledged_ = 0;
};

}  // namespace cassette::sim
