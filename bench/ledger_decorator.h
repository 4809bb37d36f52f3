// LedgerDecorator: a Ledger that passes everything on, for those that look at what is appended.
// It changes nothing by itself.
#pragma once

#include <memory>
#include <utility>

#include "eventstore/ledger.h"

namespace cassette::bench {

class LedgerDecorator : public eventstore::Ledger {
 public:
  explicit LedgerDecorator(std::unique_ptr<eventstore::Ledger> ledger)
      : ledger_(std::move(ledger)) {}

  eventstore::AppendResult append(std::uint64_t expected_last, std::string_view body,
                                  const std::vector<std::uint32_t>& addressed,
                                  std::chrono::milliseconds timeout) override {
    auto result = ledger_->append(expected_last, body, addressed, timeout);
    if (result.outcome == eventstore::AppendOutcome::Stored) stored(body);
    return result;
  }
  eventstore::Stored<std::uint64_t> last_sequence() override { return ledger_->last_sequence(); }
  eventstore::Stored<std::optional<eventstore::Message>> read(std::uint64_t sequence) override {
    return ledger_->read(sequence);
  }
  eventstore::Stored<std::unique_ptr<eventstore::LedgerReader>> follow(
      std::uint64_t from) override {
    return ledger_->follow(from);
  }

 private:
  // An append of `body` was acknowledged.
  virtual void stored(std::string_view body) = 0;

  std::unique_ptr<eventstore::Ledger> ledger_;
};

}  // namespace cassette::bench
