// ByteStore: millions of small values by key, packed one behind the other. It allocates for a
// megabyte at a time and not for each, and takes back nothing of what is replaced or removed: it is
// for values that come once and stay.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace cassette::replay {

// Not thread-safe.
class ByteStore {
 public:
  // Replaces what has the key.
  void put(std::string_view key, std::string_view value);
  // Nothing when there is none. Valid as long as the store is.
  std::optional<std::string_view> find(std::string_view key) const;
  // Nothing happens when there is none.
  void remove(std::string_view key);

  // Visits all, in no order: `visit(key, value)`.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const Slot& slot : slots_) {
      if (slot.entry != nullptr) visit(key_of(slot.entry), value_of(slot.entry));
    }
  }

 private:
  // Lengths of key and value, and then both.
  struct Slot {
    std::uint64_t hash = 0;
    const char* entry = nullptr;
    bool removed = false;  // a search goes on behind it
  };

  static std::string_view key_of(const char* entry);
  static std::string_view value_of(const char* entry);
  // The slot that has the key; null when none has.
  const Slot* slot_of(std::string_view key) const;
  // The first that is free for the hash.
  Slot& free_slot(std::uint64_t hash);
  void grow();
  const char* write(std::string_view key, std::string_view value);

  std::vector<Slot> slots_;  // a power of two of them, or none
  std::size_t used_ = 0;     // removed ones included
  std::vector<std::unique_ptr<char[]>> chunks_;
  std::size_t room_ = 0;  // in the last chunk
  char* next_ = nullptr;
};

}  // namespace cassette::replay
