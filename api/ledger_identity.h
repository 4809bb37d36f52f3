// LedgerIdentity: what all partitions of a ledger have in common, agreed before the first is made.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "eventstore/key_value.h"

namespace cassette::api {

inline constexpr std::string_view kLedgerBucket = "cassette-ledger";

struct LedgerIdentity {
  std::string ledger_id;
  std::uint32_t partitions = 1;

  static void fields(auto& self, auto&& visit) {
    visit("ledgerId", self.ledger_id);
    visit("partitions", self.partitions);
  }
};

// The ledger's identity: as the bucket has it, else `fresh_id` and the wanted partitions (1 when
// none are), put there for every later start. Mismatch when other partitions are wanted than there
// are.
eventstore::Stored<LedgerIdentity> agree_on_ledger(eventstore::KeyValue& bucket,
                                                   const std::string& fresh_id,
                                                   std::optional<std::uint32_t> wanted);

}  // namespace cassette::api
