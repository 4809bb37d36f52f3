// OldCommandFilter: lets RocksDB drop remembered commands that are too old, while it compacts.
// So forgetting costs no reads, no tombstones and no thread of its own.
#pragma once

#include <rocksdb/compaction_filter.h>

#include <atomic>
#include <cstdint>
#include <string>

#include "domain/values.h"

namespace cassette::eventstore {

// Thread-safe: RocksDB calls it from its background threads.
class OldCommandFilter : public rocksdb::CompactionFilter {
 public:
  void forget_until(domain::Timestamp horizon) {
    horizon_micros_.store(horizon.micros, std::memory_order_relaxed);
  }

  // True for a command remembered at the horizon or before. What can't be read is kept.
  bool Filter(int level, const rocksdb::Slice& key, const rocksdb::Slice& value,
              std::string* new_value, bool* value_changed) const override;
  const char* Name() const override { return "cassette.old-commands"; }

 private:
  std::atomic<std::int64_t> horizon_micros_{0};
};

}  // namespace cassette::eventstore
