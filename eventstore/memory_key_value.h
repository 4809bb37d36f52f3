// MemoryKeyValue: a bucket in memory, for tests and as the model of JetStream's.
#pragma once

#include <map>
#include <mutex>

#include "eventstore/key_value.h"

namespace cassette::eventstore {

// Never Unavailable, never blocks. Revisions count the bucket's writes, as JetStream's do.
class MemoryKeyValue : public KeyValue {
 public:
  Stored<std::optional<KeyValueEntry>> get(std::string_view key) override;
  Stored<std::uint64_t> create(std::string_view key, std::string_view value) override;
  Stored<std::uint64_t> update(std::string_view key, std::string_view value,
                               std::uint64_t revision) override;
  Stored<std::uint64_t> put(std::string_view key, std::string_view value) override;
  Stored<Done> purge(std::string_view key) override;
  Stored<Done> scrub(std::string_view key) override;
  Stored<std::vector<std::string>> keys() override;

 private:
  std::uint64_t write(std::string_view key, std::string_view value);

  std::mutex mutex_;
  std::map<std::string, KeyValueEntry, std::less<>> entries_;
  std::uint64_t revision_ = 0;
};

}  // namespace cassette::eventstore
