// SilentLedger: a ledger in memory that says it has more than it delivers, and then waits for
// nobody.
#pragma once

#include <memory>

#include "eventstore/memory_ledger.h"

namespace cassette::testing {

class SilentLedger : public eventstore::MemoryLedger {
 public:
  std::uint64_t missing = 0;  // messages that are said to be there and never come

  eventstore::Stored<std::uint64_t> last_sequence() override {
    const auto last = MemoryLedger::last_sequence();
    return last ? last.value() + missing : last;
  }
  eventstore::Stored<std::unique_ptr<eventstore::LedgerReader>> follow(
      std::uint64_t from) override {
    class Reader : public eventstore::LedgerReader {
     public:
      explicit Reader(std::unique_ptr<eventstore::LedgerReader> inner) : inner_(std::move(inner)) {}
      eventstore::Stored<std::vector<eventstore::Message>> next(
          std::chrono::milliseconds) override {
        return inner_->next(std::chrono::milliseconds(0));
      }
      void interrupt() override { inner_->interrupt(); }

     private:
      std::unique_ptr<eventstore::LedgerReader> inner_;
    };
    auto inner = MemoryLedger::follow(from);
    if (!inner) return inner;
    return std::unique_ptr<eventstore::LedgerReader>(new Reader(std::move(inner).value()));
  }
};

}  // namespace cassette::testing
