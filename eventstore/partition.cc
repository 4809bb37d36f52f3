// Partition: which partition an id lives in. Changing this is another ledger, never an upgrade.
#include <xxhash.h>

#include "domain/check.h"
#include "eventstore/codec.h"

namespace cassette::eventstore {

std::uint32_t partition_of(std::string_view id, std::uint32_t partitions) {
  CHECK(partitions > 0);
  return static_cast<std::uint32_t>(XXH3_64bits(id.data(), id.size()) % partitions);
}

}  // namespace cassette::eventstore
