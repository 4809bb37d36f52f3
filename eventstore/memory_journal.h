// MemoryJournal: a journal in memory, for tests and as the model of JetStream's. It forgets by
// number, never by age, since it knows no clock.
#pragma once

#include <deque>
#include <map>
#include <mutex>

#include "eventstore/journal.h"

namespace cassette::eventstore {

// Unavailable only when told to be; never blocks.
class MemoryJournal : public Journal {
 public:
  explicit MemoryJournal(JournalOptions options = {}) : options_(options) {}

  Stored<std::uint64_t> append(std::string_view id, std::string_view body) override;
  Stored<JournalBounds> bounds() override;
  Stored<std::vector<JournalEntry>> read_forward(std::uint64_t from, std::size_t limit) override;
  Stored<std::vector<JournalEntry>> read_backward(std::uint64_t from, std::size_t limit) override;

  // A fault: from now on, or no longer, every call is Unavailable.
  void set_down(bool down);

 private:
  JournalBounds range() const;
  const JournalEntry& at(std::uint64_t sequence) const;

  const JournalOptions options_;
  std::mutex mutex_;
  std::deque<JournalEntry> entries_;
  std::map<std::string, std::uint64_t, std::less<>> sequences_;  // by id
  std::uint64_t last_ = 0;
  bool down_ = false;
};

}  // namespace cassette::eventstore
