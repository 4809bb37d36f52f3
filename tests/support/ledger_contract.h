// The contract of Ledger, as one suite that every implementation passes: call `ledger_contract`
// inside a TEST_CASE. `make` gives a new and empty ledger at each call.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "eventstore/ledger.h"

// After ours: both define CHECK, and here doctest's is meant.
#include <doctest/doctest.h>

namespace cassette::test {

using eventstore::AppendOutcome;
using eventstore::Ledger;
using eventstore::LedgerReader;
using eventstore::Message;

using MakeLedger = std::function<std::unique_ptr<Ledger>()>;

// Longer than any call takes that is not stuck.
inline constexpr std::chrono::seconds kPatience{20};

inline AppendOutcome append(Ledger& ledger, std::uint64_t expected_last, std::string_view body,
                            const std::vector<std::uint32_t>& addressed = {}) {
  return ledger.append(expected_last, body, addressed, kPatience).outcome;
}

inline std::uint64_t last_of(Ledger& ledger) {
  const auto last = ledger.last_sequence();
  REQUIRE(last.ok());
  return last.value();
}

inline std::optional<Message> read(Ledger& ledger, std::uint64_t sequence) {
  auto message = ledger.read(sequence);
  REQUIRE(message.ok());
  return message.value();
}

inline std::unique_ptr<LedgerReader> follow(Ledger& ledger, std::uint64_t from) {
  auto reader = ledger.follow(from);
  REQUIRE(reader.ok());
  return std::move(reader).value();
}

// `count` messages, which must come within the patience of each `next`.
inline std::vector<Message> take(LedgerReader& reader, std::size_t count) {
  std::vector<Message> taken;
  while (taken.size() < count) {
    auto batch = reader.next(kPatience);
    REQUIRE(batch.ok());
    REQUIRE_FALSE(batch.value().empty());
    for (Message& message : batch.value()) taken.push_back(std::move(message));
  }
  return taken;
}

inline std::string every_byte() {
  std::string bytes;
  for (int c = 0; c < 256; ++c) bytes.push_back(static_cast<char>(c));
  return bytes;
}

inline void appending_contract(const MakeLedger& make) {
  const auto ledger = make();
  SUBCASE("an empty ledger ends at 0 and takes message 1 after it") {
    CHECK(last_of(*ledger) == 0);
    CHECK(append(*ledger, 0, "one") == AppendOutcome::Stored);
    CHECK(last_of(*ledger) == 1);
    const auto message = read(*ledger, 1);
    REQUIRE(message);
    CHECK(message->sequence == 1);
    CHECK(message->body == "one");
    CHECK(message->addressed.empty());
  }
  SUBCASE("an empty ledger refuses to follow a message that isn't there") {
    CHECK(append(*ledger, 1, "two") == AppendOutcome::WrongSequence);
    CHECK(last_of(*ledger) == 0);
  }
  SUBCASE("a wrong sequence, too low or too high, stores nothing") {
    REQUIRE(append(*ledger, 0, "one") == AppendOutcome::Stored);
    REQUIRE(append(*ledger, 1, "two") == AppendOutcome::Stored);
    CHECK(append(*ledger, 0, "stale") == AppendOutcome::WrongSequence);
    CHECK(append(*ledger, 1, "stale") == AppendOutcome::WrongSequence);
    CHECK(append(*ledger, 3, "early") == AppendOutcome::WrongSequence);
    CHECK(last_of(*ledger) == 2);
    CHECK_FALSE(read(*ledger, 3));
    CHECK(append(*ledger, 2, "three") == AppendOutcome::Stored);
    CHECK(read(*ledger, 3)->body == "three");
  }
  SUBCASE("reading what is absent gives nothing") {
    CHECK_FALSE(read(*ledger, 1));
    REQUIRE(append(*ledger, 0, "one") == AppendOutcome::Stored);
    CHECK_FALSE(read(*ledger, 2));
    CHECK_FALSE(read(*ledger, 1'000'000));
  }
}

inline void content_contract(const MakeLedger& make) {
  const auto ledger = make();
  SUBCASE("bodies are bytes") {
    REQUIRE(append(*ledger, 0, every_byte()) == AppendOutcome::Stored);
    REQUIRE(append(*ledger, 1, "") == AppendOutcome::Stored);
    CHECK(read(*ledger, 1)->body == every_byte());
    CHECK(read(*ledger, 2)->body.empty());
    const auto messages = take(*follow(*ledger, 1), 2);
    CHECK(messages[0].body == every_byte());
    CHECK(messages[1].body.empty());
  }
  SUBCASE("the largest body fits, and one byte more is refused for good") {
    std::string body(eventstore::kMaxBodyBytes, 'x');
    body.back() = 'y';
    REQUIRE(append(*ledger, 0, body) == AppendOutcome::Stored);
    CHECK(read(*ledger, 1)->body == body);
    CHECK(append(*ledger, 1, body + "z") == AppendOutcome::Refused);
    CHECK(last_of(*ledger) == 1);
  }
  SUBCASE("addressed partitions come back, in their order") {
    const std::vector<std::uint32_t> partitions{0, 3, 17, 4'000'000'000U};
    REQUIRE(append(*ledger, 0, "one", partitions) == AppendOutcome::Stored);
    REQUIRE(append(*ledger, 1, "two") == AppendOutcome::Stored);
    CHECK(read(*ledger, 1)->addressed == partitions);
    const auto messages = take(*follow(*ledger, 1), 2);
    CHECK(messages[0].addressed == partitions);
    CHECK(messages[1].addressed.empty());
  }
  SUBCASE("ledgers are apart") {
    const auto other = make();
    REQUIRE(append(*ledger, 0, "mine") == AppendOutcome::Stored);
    CHECK(last_of(*other) == 0);
    CHECK(append(*other, 0, "yours") == AppendOutcome::Stored);
    CHECK(read(*ledger, 1)->body == "mine");
  }
}

inline void fill(Ledger& ledger, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    REQUIRE(append(ledger, i, "body " + std::to_string(i + 1)) == AppendOutcome::Stored);
  }
}

inline void following_contract(const MakeLedger& make) {
  const auto ledger = make();
  SUBCASE("following gives every message once, in order, in as many batches as it takes") {
    constexpr std::uint64_t kCount = 600;
    fill(*ledger, kCount);
    const auto reader = follow(*ledger, 1);
    const auto messages = take(*reader, kCount);
    REQUIRE(messages.size() == kCount);
    for (std::uint64_t i = 0; i < kCount; ++i) {
      REQUIRE(messages[i].sequence == i + 1);
      REQUIRE(messages[i].body == "body " + std::to_string(i + 1));
    }
    const auto none = reader->next(std::chrono::milliseconds(1));
    REQUIRE(none.ok());
    CHECK(none.value().empty());
  }
  SUBCASE("following starts in the middle") {
    fill(*ledger, 5);
    const auto messages = take(*follow(*ledger, 4), 2);
    CHECK(messages[0].sequence == 4);
    CHECK(messages[1].sequence == 5);
  }
  SUBCASE("following may start behind the end, and then waits for that message") {
    fill(*ledger, 2);
    const auto reader = follow(*ledger, 3);
    const auto none = reader->next(std::chrono::milliseconds(1));
    REQUIRE(none.ok());
    CHECK(none.value().empty());
    REQUIRE(append(*ledger, 2, "three") == AppendOutcome::Stored);
    CHECK(take(*reader, 1)[0].body == "three");
  }
  SUBCASE("two readers do not disturb each other") {
    fill(*ledger, 3);
    const auto first = follow(*ledger, 1);
    const auto second = follow(*ledger, 2);
    CHECK(take(*first, 3)[0].sequence == 1);
    CHECK(take(*second, 2)[0].sequence == 2);
  }
}

inline void waiting_contract(const MakeLedger& make) {
  const auto ledger = make();
  SUBCASE("a waiting reader wakes for each message that is appended") {
    const auto reader = follow(*ledger, 1);
    constexpr std::uint64_t kCount = 100;
    auto reading = std::async(std::launch::async, [&] { return take(*reader, kCount); });
    fill(*ledger, kCount);
    const auto messages = reading.get();
    for (std::uint64_t i = 0; i < kCount; ++i) REQUIRE(messages[i].sequence == i + 1);
  }
  SUBCASE("interrupting wakes a waiting reader with nothing, and loses nothing") {
    const auto reader = follow(*ledger, 1);
    auto waiting = std::async(std::launch::async, [&] { return reader->next(10 * kPatience); });
    reader->interrupt();
    REQUIRE(waiting.wait_for(kPatience) == std::future_status::ready);
    const auto none = waiting.get();
    REQUIRE(none.ok());
    CHECK(none.value().empty());
    fill(*ledger, 1);
    CHECK(take(*reader, 1)[0].sequence == 1);
  }
  SUBCASE("an interrupt that comes first makes the following next return at once, and only it") {
    const auto reader = follow(*ledger, 1);
    reader->interrupt();
    auto waiting = std::async(std::launch::async, [&] { return reader->next(10 * kPatience); });
    REQUIRE(waiting.wait_for(kPatience) == std::future_status::ready);
    CHECK(waiting.get().value().empty());
    fill(*ledger, 2);
    CHECK(take(*reader, 2)[1].sequence == 2);
  }
}

inline void ledger_contract(const MakeLedger& make) {
  SUBCASE("appending") {
    appending_contract(make);
  }
  SUBCASE("content") {
    content_contract(make);
  }
  SUBCASE("following") {
    following_contract(make);
  }
  SUBCASE("waiting") {
    waiting_contract(make);
  }
}

}  // namespace cassette::test
