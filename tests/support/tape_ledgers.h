// A tape's bodies as ledgers in memory.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <vector>

#include "eventstore/memory_ledger.h"
#include "tests/support/tape_maker.h"

namespace cassette::testing {

using Tape = std::vector<Bodies>;  // by partition

inline Tape tape_of(const TapeMaker& maker) {
  Tape tape;
  for (std::uint32_t p = 0; p < maker.partitions(); ++p) tape.push_back(maker.bodies(p));
  return tape;
}

class MemoryLedgers {
 public:
  explicit MemoryLedgers(const Tape& tape) {
    for (const Bodies& bodies : tape) {
      ledgers_.push_back(std::make_unique<eventstore::MemoryLedger>());
      borrowed_.push_back(ledgers_.back().get());
      for (std::size_t i = 0; i < bodies.size(); ++i) {
        const auto stored = ledgers_.back()->append(i, bodies[i], {}, std::chrono::seconds(1));
        REQUIRE(stored.outcome == eventstore::AppendOutcome::Stored);
      }
    }
  }

  const std::vector<eventstore::Ledger*>& all() const { return borrowed_; }
  eventstore::MemoryLedger& operator[](std::size_t partition) { return *ledgers_[partition]; }

 private:
  std::vector<std::unique_ptr<eventstore::MemoryLedger>> ledgers_;
  std::vector<eventstore::Ledger*> borrowed_;
};

}  // namespace cassette::testing
