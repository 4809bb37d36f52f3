// EntityMap: aggregates by id. It remembers the entry that it found last, since the events and
// reactions of one order ask for the same shop and the same order again and again, and in a large
// map each lookup waits for memory. Not thread-safe, not even for two readers.
#pragma once

#include <cstddef>
#include <unordered_map>
#include <utility>

namespace cassette::domain {

// Entries stay where they are until they are erased.
template <class Id, class T>
class EntityMap {
  using Entries = std::unordered_map<Id, T>;

 public:
  using Entry = typename Entries::value_type;

  EntityMap() = default;
  ~EntityMap() = default;
  // What was found last is another map's entry.
  EntityMap(const EntityMap& other) : entries_(other.entries_) {}
  EntityMap(EntityMap&& other) noexcept : entries_(std::move(other.entries_)) {
    other.last_ = nullptr;
  }
  EntityMap& operator=(EntityMap other) noexcept {
    entries_.swap(other.entries_);
    last_ = nullptr;
    return *this;
  }

  // Null when there is none.
  const T* find(const Id& id) const {
    if (last_ != nullptr && last_->first == id) return &last_->second;
    const auto found = entries_.find(id);
    if (found == entries_.end()) return nullptr;
    last_ = &*found;
    return &last_->second;
  }

  // Makes the entry when there is none.
  Entry& at(const Id& id) {
    if (last_ == nullptr || last_->first != id) last_ = &*entries_.try_emplace(id).first;
    return const_cast<Entry&>(*last_);  // an entry of `entries_`, which is not const here
  }

  // Nothing happens when there is none.
  void erase(const Id& id) {
    last_ = nullptr;
    entries_.erase(id);
  }

  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }

 private:
  Entries entries_;
  mutable const Entry* last_ = nullptr;
};

}  // namespace cassette::domain
