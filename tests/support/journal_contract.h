// The contract of Journal, as one suite that every implementation passes: call `journal_contract`
// inside a TEST_CASE. `make` gives a new and empty journal at each call.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "eventstore/journal.h"

// After ours: both define CHECK, and here doctest's is meant.
#include <doctest/doctest.h>

namespace cassette::test {

using eventstore::Journal;
using eventstore::JournalEntry;
using eventstore::JournalOptions;

using MakeJournal = std::function<std::unique_ptr<Journal>(const JournalOptions&)>;

inline std::uint64_t append_to(Journal& journal, const std::string& id, const std::string& body) {
  const auto sequence = journal.append(id, body);
  REQUIRE_MESSAGE(sequence.ok(), sequence.error().what);
  return sequence.value();
}

inline std::vector<std::uint64_t> sequences_of(
    const eventstore::Stored<std::vector<JournalEntry>>& read) {
  REQUIRE_MESSAGE(read.ok(), read.error().what);
  std::vector<std::uint64_t> sequences;
  for (const JournalEntry& entry : read.value()) {
    CHECK(entry.body == "body " + std::to_string(entry.sequence));
    sequences.push_back(entry.sequence);
  }
  return sequences;
}

inline void append_numbered(Journal& journal, std::uint64_t from, std::uint64_t to) {
  for (auto n = from; n <= to; ++n) {
    const std::string number = std::to_string(n);
    CHECK(append_to(journal, "e" + number, "body " + number) == n);
  }
}

using Sequences = std::vector<std::uint64_t>;

inline void journal_appending_contract(const MakeJournal& make) {
  const auto journal = make({});
  SUBCASE("a new journal is empty") {
    const auto bounds = journal->bounds();
    REQUIRE(bounds.ok());
    CHECK(bounds.value().first == 1);
    CHECK(bounds.value().last == 0);
    CHECK(sequences_of(journal->read_forward(1, 10)).empty());
    CHECK(sequences_of(journal->read_backward(100, 10)).empty());
  }
  SUBCASE("bodies are bytes") {
    const std::string bytes("\0\xff\n and more", 11);
    CHECK(append_to(*journal, "a", bytes) == 1);
    const auto read = journal->read_forward(1, 1);
    REQUIRE(read.ok());
    REQUIRE(read.value().size() == 1);
    CHECK(read.value()[0].body == bytes);
  }
  SUBCASE("an id that is appended again is there once") {
    append_numbered(*journal, 1, 3);
    CHECK(append_to(*journal, "e2", "body 2") == 2);
    CHECK(journal->bounds().value().last == 3);
    append_numbered(*journal, 4, 4);
  }
  SUBCASE("an entry above the limit is refused, and one at it is taken") {
    const std::string largest(eventstore::kMaxEntryBytes, 'x');
    CHECK(append_to(*journal, "a", largest) == 1);
    const auto refused = journal->append("b", largest + "x");
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind == eventstore::StoreError::Kind::Unsupported);
    CHECK(journal->bounds().value().last == 1);
  }
}

inline void journal_reading_contract(const MakeJournal& make) {
  const auto journal = make({});
  append_numbered(*journal, 1, 5);
  SUBCASE("forward, oldest first, from where it is asked to and no more than asked for") {
    CHECK(sequences_of(journal->read_forward(2, 2)) == Sequences{2, 3});
    CHECK(sequences_of(journal->read_forward(4, 10)) == Sequences{4, 5});
    CHECK(sequences_of(journal->read_forward(0, 2)) == Sequences{1, 2});
    CHECK(sequences_of(journal->read_forward(6, 2)).empty());
  }
  SUBCASE("backward, newest first") {
    CHECK(sequences_of(journal->read_backward(4, 2)) == Sequences{4, 3});
    CHECK(sequences_of(journal->read_backward(2, 10)) == Sequences{2, 1});
    CHECK(sequences_of(journal->read_backward(~0ULL, 2)) == Sequences{5, 4});
    CHECK(sequences_of(journal->read_backward(0, 2)).empty());
  }
  SUBCASE("a read gives no more than its bound") {
    append_numbered(*journal, 6, eventstore::kMaxEntriesRead + 10);
    CHECK(sequences_of(journal->read_forward(1, 10'000)).size() == eventstore::kMaxEntriesRead);
    CHECK(sequences_of(journal->read_backward(~0ULL, 10'000)).size() ==
          eventstore::kMaxEntriesRead);
  }
  SUBCASE("journals are apart") {
    const auto other = make({});
    CHECK(append_to(*other, "e1", "body 1") == 1);
    CHECK(journal->bounds().value().last == 5);
  }
}

inline void journal_limits_contract(const MakeJournal& make) {
  const auto journal = make({.max_entries = 12});
  const std::string body(1024, 'x');
  for (int n = 1; n <= 40; ++n) append_to(*journal, "e" + std::to_string(n), body);
  const auto bounds = journal->bounds();
  REQUIRE(bounds.ok());
  CHECK(bounds.value().last == 40);
  CHECK(bounds.value().first == 29);
  const auto oldest = journal->read_forward(1, 1);
  REQUIRE(oldest.ok());
  REQUIRE(oldest.value().size() == 1);
  CHECK(oldest.value()[0].sequence == bounds.value().first);
  const auto back = journal->read_backward(~0ULL, 100);
  REQUIRE(back.ok());
  CHECK(back.value().size() == bounds.value().last - bounds.value().first + 1);
}

inline void journal_contract(const MakeJournal& make) {
  SUBCASE("appending") {
    journal_appending_contract(make);
  }
  SUBCASE("reading") {
    journal_reading_contract(make);
  }
  SUBCASE("the oldest goes when there is no more room") {
    journal_limits_contract(make);
  }
}

}  // namespace cassette::test
