// KeyValue: a small durable map with compare-and-set, for leases, wrapped keys and who may ask.
// Never for facts: those are the ledger's. The in-memory and the JetStream KV implementation pass
// one contract suite.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eventstore/store_error.h"

namespace cassette::eventstore {

struct KeyValueEntry {
  std::string value;
  std::uint64_t revision = 0;
};

// One bucket. Keys are of [A-Za-z0-9_=.-]; values are bytes. Thread-safe; every call blocks for
// round trips, a get for one, `keys` for one a key, `names` for one a 100,000 keys, and fails with
// Unavailable after the connection's timeout, or at once while there has been no server for
// seconds.
class KeyValue {
 public:
  virtual ~KeyValue() = default;

  // Nothing when the key is absent or was removed.
  virtual Stored<std::optional<KeyValueEntry>> get(std::string_view key) = 0;
  // Gives the new revision. Conflict when the key is there.
  virtual Stored<std::uint64_t> create(std::string_view key, std::string_view value) = 0;
  // Conflict when the key's revision is another.
  virtual Stored<std::uint64_t> update(std::string_view key, std::string_view value,
                                       std::uint64_t revision) = 0;
  virtual Stored<std::uint64_t> put(std::string_view key, std::string_view value) = 0;
  // Removing what is absent is no error. Earlier values of the key are erased from disk, unless the
  // bucket was opened as one that holds no secret.
  virtual Stored<Done> purge(std::string_view key) = 0;
  // Erases from disk what earlier values of the key are left there, by a write cut short or one
  // that could not erase what it replaced. The present value stays. Success says that none is left.
  virtual Stored<Done> scrub(std::string_view key) = 0;
  // As `purge`, and leaves no trace that the key was ever there: for keys that are named once only.
  virtual Stored<Done> forget(std::string_view key) { return purge(key); }
  virtual Stored<std::vector<std::string>> keys() = 0;
  // As `keys`, in one pass: some may have been removed. What was forgotten is not among them.
  virtual Stored<std::vector<std::string>> names() { return keys(); }
};

}  // namespace cassette::eventstore
