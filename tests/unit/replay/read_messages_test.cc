// One pass over a partition's messages: what it waits for, where it ends, and what it gives up on.
#include "replay/read_messages.h"

#include <doctest/doctest.h>

#include <optional>
#include <vector>

#include "eventstore/memory_ledger.h"

namespace cassette {
namespace {

using eventstore::Message;
using eventstore::Stored;
using eventstore::StoreError;
using Sequences = std::vector<std::uint64_t>;

// A reader says what a script tells it to: lots, and that its server is away.
class ScriptedLedger : public eventstore::MemoryLedger {
 public:
  using Step = Stored<std::vector<Message>>;

  std::vector<Step> script;
  std::uint64_t from = 0;
  int interrupts = 0;

  Stored<std::unique_ptr<eventstore::LedgerReader>> follow(std::uint64_t first) override {
    from = first;
    return std::unique_ptr<eventstore::LedgerReader>(new Reader(*this));
  }

 private:
  class Reader : public eventstore::LedgerReader {
   public:
    explicit Reader(ScriptedLedger& ledger) : ledger_(ledger) {}
    Step next(std::chrono::milliseconds) override {
      if (step_ < ledger_.script.size()) return ledger_.script[step_++];
      return std::vector<Message>{};
    }
    void interrupt() override { ++ledger_.interrupts; }

   private:
    ScriptedLedger& ledger_;
    std::size_t step_ = 0;
  };
};

std::vector<Message> lot(std::initializer_list<std::uint64_t> sequences) {
  std::vector<Message> messages;
  for (const std::uint64_t each : sequences) messages.push_back({each, "body", {}});
  return messages;
}

ScriptedLedger::Step away(StoreError::Kind kind = StoreError::Kind::Unavailable) {
  return Failure{StoreError{kind, "away"}};
}

// What a read takes, and what it is told after each lot.
struct Taken {
  Sequences taken;
  Sequences told;
  std::optional<StoreError> error;
};

Taken read(ScriptedLedger& ledger, replay::ReadRange range, std::uint64_t enough = 0,
           const std::stop_token& stop = {}) {
  Taken result;
  const auto done = replay::read_messages(
      ledger, range, stop,
      [&](const Message& message) -> Stored<bool> {
        result.taken.push_back(message.sequence);
        return message.sequence != enough;
      },
      [&](std::uint64_t last) { result.told.push_back(last); });
  if (!done) result.error = done.error();
  return result;
}

}  // namespace

TEST_CASE("messages are read from the first to the last of a range, and no further") {
  ScriptedLedger ledger;
  ledger.script = {lot({3, 4}), lot({5, 6, 7})};
  const Taken result = read(ledger, {0, 3, 6});
  CHECK(ledger.from == 3);
  CHECK(result.taken == Sequences{3, 4, 5, 6});
  CHECK(result.told == Sequences{4, 6});
  CHECK_FALSE(result.error);
}

TEST_CASE("a range without messages asks the ledger nothing") {
  ScriptedLedger ledger;
  CHECK_FALSE(read(ledger, {0, 1, 0}).error);
  CHECK(ledger.from == 0);
}

TEST_CASE("a server that is away for a while is waited for") {
  ScriptedLedger ledger;
  ledger.script = {away(), lot({1}), away(), lot({}), lot({2})};
  const Taken result = read(ledger, {0, 1, 2});
  CHECK(result.taken == Sequences{1, 2});
  CHECK_FALSE(result.error);
}

TEST_CASE("what does not come is given up, and named") {
  ScriptedLedger ledger;
  ledger.script = {lot({1, 2})};
  const Taken result = read(ledger, {7, 1, 5});
  CHECK(result.taken == Sequences{1, 2});
  REQUIRE(result.error);
  CHECK(result.error->kind == StoreError::Kind::Unavailable);
  CHECK(result.error->what.find("message 7:3 does not come") != std::string::npos);
}

TEST_CASE("an error that waiting does not mend ends the reading") {
  ScriptedLedger ledger;
  ledger.script = {away(StoreError::Kind::Corrupt), lot({1})};
  const Taken result = read(ledger, {0, 1, 1});
  REQUIRE(result.error);
  CHECK(result.error->kind == StoreError::Kind::Corrupt);
  CHECK(result.taken.empty());
}

TEST_CASE("where the end is missing, the next message is shown, so that the gap is seen") {
  ScriptedLedger ledger;
  ledger.script = {lot({1, 2}), lot({5, 6})};
  CHECK(read(ledger, {0, 1, 4}).taken == Sequences{1, 2, 5});
}

TEST_CASE("whoever has enough ends the reading") {
  ScriptedLedger ledger;
  ledger.script = {lot({1, 2, 3})};
  const Taken result = read(ledger, {0, 1, 3}, 2);
  CHECK(result.taken == Sequences{1, 2});
  CHECK_FALSE(result.error);
}

TEST_CASE("a stop interrupts the reader and is said") {
  ScriptedLedger ledger;
  ledger.script = {lot({1})};
  std::stop_source stop;
  stop.request_stop();
  const Taken result = read(ledger, {0, 1, 1}, 0, stop.get_token());
  CHECK(ledger.interrupts == 1);
  CHECK(result.taken.empty());
  REQUIRE(result.error);
  CHECK(result.error->what == "told to stop");
}

}  // namespace cassette
