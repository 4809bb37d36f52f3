// LedgerIdentity: create once, or read.
#include "api/ledger_identity.h"

#include "eventstore/json_read.h"
#include "eventstore/json_write.h"

namespace cassette::api {

using eventstore::Stored;
using eventstore::StoreError;

Stored<LedgerIdentity> agree_on_ledger(eventstore::KeyValue& bucket, const std::string& fresh_id,
                                       std::optional<std::uint32_t> wanted) {
  LedgerIdentity identity{fresh_id, wanted.value_or(1)};
  std::string value;
  eventstore::write_json(value, identity);
  auto created = bucket.create("ledger", value);
  if (created.ok()) return identity;
  if (created.error().kind != StoreError::Kind::Conflict) return Failure{created.error()};
  auto found = bucket.get("ledger");
  if (!found.ok()) return Failure{found.error()};
  if (!found.value() || !eventstore::read_json(found.value()->value, identity)) {
    return Failure{StoreError{StoreError::Kind::Corrupt, "the ledger's identity can't be read"}};
  }
  if (wanted && *wanted != identity.partitions) {
    return Failure{StoreError{StoreError::Kind::Mismatch,
                              "the ledger has " + std::to_string(identity.partitions) +
                                  " partitions, not " + std::to_string(*wanted) +
                                  ": changing that needs an export and import"}};
  }
  return identity;
}

}  // namespace cassette::api
