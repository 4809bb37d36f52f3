// A table of open addresses, searched one after the other, over chunks that only grow.
#include "replay/byte_store.h"

#include <algorithm>
#include <cstring>

#include "domain/values.h"

namespace cassette::replay {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{1} << 20;
constexpr std::size_t kFirstSlots = 1'024;
// Of three slots two are used at most: searches stay short.
constexpr std::size_t kUsed = 2;
constexpr std::size_t kOf = 3;

struct Lengths {
  std::uint32_t key = 0;
  std::uint32_t value = 0;
};

Lengths lengths_of(const char* entry) {
  Lengths lengths;
  std::memcpy(&lengths, entry, sizeof lengths);
  return lengths;
}

}  // namespace

std::string_view ByteStore::key_of(const char* entry) {
  return {entry + sizeof(Lengths), lengths_of(entry).key};
}

std::string_view ByteStore::value_of(const char* entry) {
  const Lengths lengths = lengths_of(entry);
  return {entry + sizeof(Lengths) + lengths.key, lengths.value};
}

void ByteStore::put(std::string_view key, std::string_view value) {
  remove(key);
  if (used_ * kOf >= slots_.size() * kUsed) grow();
  const std::uint64_t hash = domain::hash_of_id(key);
  Slot& slot = free_slot(hash);
  if (!slot.removed) ++used_;
  slot = {hash, write(key, value), false};
}

std::optional<std::string_view> ByteStore::find(std::string_view key) const {
  const Slot* slot = slot_of(key);
  if (slot == nullptr) return std::nullopt;
  return value_of(slot->entry);
}

void ByteStore::remove(std::string_view key) {
  const Slot* found = slot_of(key);
  if (found == nullptr) return;
  Slot& slot = slots_[static_cast<std::size_t>(found - slots_.data())];
  slot.entry = nullptr;
  slot.removed = true;
}

const ByteStore::Slot* ByteStore::slot_of(std::string_view key) const {
  if (slots_.empty()) return nullptr;
  const std::uint64_t hash = domain::hash_of_id(key);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
    const Slot& slot = slots_[i];
    if (slot.entry == nullptr && !slot.removed) return nullptr;
    if (slot.entry != nullptr && slot.hash == hash && key_of(slot.entry) == key) return &slot;
  }
}

ByteStore::Slot& ByteStore::free_slot(std::uint64_t hash) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t i = hash & mask;
  while (slots_[i].entry != nullptr) i = (i + 1) & mask;
  return slots_[i];
}

void ByteStore::grow() {
  std::vector<Slot> old(std::max(kFirstSlots, 2 * slots_.size()));
  old.swap(slots_);
  used_ = 0;
  for (const Slot& slot : old) {
    if (slot.entry == nullptr) continue;
    free_slot(slot.hash) = slot;
    ++used_;
  }
}

const char* ByteStore::write(std::string_view key, std::string_view value) {
  const Lengths lengths{static_cast<std::uint32_t>(key.size()),
                        static_cast<std::uint32_t>(value.size())};
  const std::size_t size = sizeof lengths + key.size() + value.size();
  if (size > room_) {
    room_ = std::max(size, kChunkBytes);
    chunks_.push_back(std::make_unique_for_overwrite<char[]>(room_));
    next_ = chunks_.back().get();
  }
  char* const entry = next_;
  std::memcpy(entry, &lengths, sizeof lengths);
  std::copy(key.begin(), key.end(), entry + sizeof lengths);
  std::copy(value.begin(), value.end(), entry + sizeof lengths + key.size());
  next_ += size;
  room_ -= size;
  return entry;
}

}  // namespace cassette::replay
