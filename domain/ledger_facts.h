// Ledger facts: what a ledger says of itself. No rule of the marketplace reads them.
#pragma once

#include <cstdint>
#include <string>

#include "domain/values.h"

namespace cassette::domain {

// Commit 1 of every partition's stream. Another `partitions` or `hash` is another ledger.
struct LedgerCreated {
  static constexpr std::string_view type = "LedgerCreated";
  std::string ledger_id;
  std::uint32_t partitions = 1;
  std::uint32_t partition = 0;
  std::string hash;

  static void fields(auto& self, auto&& visit) {
    visit("ledgerId", self.ledger_id);
    visit("partitions", self.partitions);
    visit("partition", self.partition);
    visit("hash", self.hash);
  }
  bool operator==(const LedgerCreated&) const = default;
};

// The first commit of each new owner. `owner` is the commit's.
struct PartitionClaimed {
  static constexpr std::string_view type = "PartitionClaimed";
  std::string owner;

  static void fields(auto& self, auto&& visit) { visit("owner", self.owner); }
  bool operator==(const PartitionClaimed&) const = default;
};

}  // namespace cassette::domain
