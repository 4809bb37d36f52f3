// MemoryJournal: a deque whose front is the oldest entry.
#include "eventstore/memory_journal.h"

#include <algorithm>

namespace cassette::eventstore {
namespace {

Failure<StoreError> down() {
  return Failure{StoreError{StoreError::Kind::Unavailable, "the journal is down"}};
}

}  // namespace

JournalBounds MemoryJournal::range() const {
  return {last_ - entries_.size() + 1, last_};
}

const JournalEntry& MemoryJournal::at(std::uint64_t sequence) const {
  return entries_[sequence - range().first];
}

Stored<std::uint64_t> MemoryJournal::append(std::string_view id, std::string_view body) {
  const std::lock_guard lock(mutex_);
  if (down_) return down();
  if (body.size() > kMaxEntryBytes) {
    return Failure{StoreError{StoreError::Kind::Unsupported, "the entry is too large"}};
  }
  if (const auto known = sequences_.find(id); known != sequences_.end()) return known->second;
  entries_.push_back({++last_, std::string(body)});
  sequences_.emplace(id, last_);
  while (entries_.size() > options_.max_entries) entries_.pop_front();
  return std::uint64_t{last_};
}

Stored<JournalBounds> MemoryJournal::bounds() {
  const std::lock_guard lock(mutex_);
  if (down_) return down();
  return range();
}

Stored<std::vector<JournalEntry>> MemoryJournal::read_forward(std::uint64_t from,
                                                              std::size_t limit) {
  const std::lock_guard lock(mutex_);
  if (down_) return down();
  std::vector<JournalEntry> read;
  limit = std::min(limit, kMaxEntriesRead);
  for (auto n = std::max(from, range().first); n <= last_ && read.size() < limit; ++n) {
    read.push_back(at(n));
  }
  return read;
}

Stored<std::vector<JournalEntry>> MemoryJournal::read_backward(std::uint64_t from,
                                                               std::size_t limit) {
  const std::lock_guard lock(mutex_);
  if (down_) return down();
  std::vector<JournalEntry> read;
  limit = std::min(limit, kMaxEntriesRead);
  for (auto n = std::min(from, last_); n >= range().first && read.size() < limit; --n) {
    read.push_back(at(n));
  }
  return read;
}

void MemoryJournal::set_down(bool down) {
  const std::lock_guard lock(mutex_);
  down_ = down;
}

}  // namespace cassette::eventstore
