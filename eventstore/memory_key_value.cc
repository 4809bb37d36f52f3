// MemoryKeyValue: a map under one mutex.
#include "eventstore/memory_key_value.h"

namespace cassette::eventstore {
namespace {

Failure<StoreError> conflict(std::string_view key, std::string_view why) {
  return Failure{
      StoreError{StoreError::Kind::Conflict, "key " + std::string(key) + " " + std::string(why)}};
}

}  // namespace

std::uint64_t MemoryKeyValue::write(std::string_view key, std::string_view value) {
  entries_.insert_or_assign(std::string(key), KeyValueEntry{std::string(value), ++revision_});
  return revision_;
}

Stored<std::optional<KeyValueEntry>> MemoryKeyValue::get(std::string_view key) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end()) return std::optional<KeyValueEntry>{};
  return std::optional<KeyValueEntry>{found->second};
}

Stored<std::uint64_t> MemoryKeyValue::create(std::string_view key, std::string_view value) {
  const std::lock_guard lock(mutex_);
  if (entries_.contains(key)) return conflict(key, "is there already");
  return write(key, value);
}

Stored<std::uint64_t> MemoryKeyValue::update(std::string_view key, std::string_view value,
                                             std::uint64_t revision) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end() || found->second.revision != revision) {
    return conflict(key, "has another revision");
  }
  return write(key, value);
}

Stored<std::uint64_t> MemoryKeyValue::put(std::string_view key, std::string_view value) {
  const std::lock_guard lock(mutex_);
  return write(key, value);
}

Stored<Done> MemoryKeyValue::purge(std::string_view key) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  if (found != entries_.end()) entries_.erase(found);
  ++revision_;
  return Done{};
}

Stored<Done> MemoryKeyValue::scrub(std::string_view) {
  return Done{};
}

Stored<std::vector<std::string>> MemoryKeyValue::keys() {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [key, entry] : entries_) names.push_back(key);
  return names;
}

}  // namespace cassette::eventstore
