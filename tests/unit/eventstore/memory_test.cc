// The in-memory ledger, bucket and journal pass the contracts; the faulty ledger fails as it is
// told.
#include "eventstore/memory_journal.h"
#include "eventstore/memory_key_value.h"
#include "eventstore/memory_ledger.h"
#include "tests/support/faulty_ledger.h"
#include "tests/support/journal_contract.h"
#include "tests/support/key_value_contract.h"
#include "tests/support/ledger_contract.h"

namespace cassette::test {
namespace {

using eventstore::MemoryKeyValue;
using eventstore::MemoryLedger;

TEST_CASE("MemoryLedger is a Ledger") {
  ledger_contract([] { return std::make_unique<MemoryLedger>(); });
}

TEST_CASE("MemoryKeyValue is a KeyValue") {
  key_value_contract([] { return std::make_unique<MemoryKeyValue>(); });
}

TEST_CASE("MemoryJournal is a Journal") {
  journal_contract([](const eventstore::JournalOptions& options) {
    return std::make_unique<eventstore::MemoryJournal>(options);
  });
}

TEST_CASE("FaultyLedger without faults is a Ledger") {
  std::vector<std::unique_ptr<MemoryLedger>> ledgers;
  ledger_contract([&] {
    ledgers.push_back(std::make_unique<MemoryLedger>());
    return std::make_unique<FaultyLedger>(*ledgers.back());
  });
}

TEST_CASE("A reader outlives its MemoryLedger") {
  auto ledger = std::make_unique<MemoryLedger>();
  fill(*ledger, 2);
  const auto reader = follow(*ledger, 1);
  ledger.reset();
  CHECK(take(*reader, 2)[1].sequence == 2);
}

TEST_CASE("Truncating a MemoryLedger forgets what was behind") {
  MemoryLedger ledger;
  fill(ledger, 3);
  ledger.truncate(1);
  CHECK(last_of(ledger) == 1);
  CHECK_FALSE(read(ledger, 2));
  CHECK(append(ledger, 1, "another two") == AppendOutcome::Stored);
}

struct Faulty {
  MemoryLedger sound;
  FaultyLedger ledger{sound};
};

TEST_CASE("A lost acknowledgement leaves the message stored") {
  Faulty faulty;
  faulty.ledger.fail({Fault::LoseAck});
  CHECK(append(faulty.ledger, 0, "one") == AppendOutcome::Unknown);
  CHECK(read(faulty.sound, 1)->body == "one");
  CHECK(append(faulty.ledger, 1, "two") == AppendOutcome::Stored);
  CHECK(faulty.ledger.appends() == 2);
}

TEST_CASE("Lost and refused requests store nothing") {
  Faulty faulty;
  faulty.ledger.fail({Fault::LoseRequest, Fault::Refuse});
  CHECK(append(faulty.ledger, 0, "one") == AppendOutcome::Unknown);
  CHECK(append(faulty.ledger, 0, "one") == AppendOutcome::Refused);
  CHECK(last_of(faulty.sound) == 0);
}

TEST_CASE("A late request is stored only while its sequence is free") {
  Faulty faulty;
  faulty.ledger.fail({Fault::Late});
  CHECK(append(faulty.ledger, 0, "late") == AppendOutcome::Unknown);
  CHECK(last_of(faulty.sound) == 0);
  SUBCASE("still free") {
    CHECK(faulty.ledger.deliver_late() == std::vector{AppendOutcome::Stored});
    CHECK(read(faulty.sound, 1)->body == "late");
  }
  SUBCASE("taken") {
    REQUIRE(append(faulty.ledger, 0, "again") == AppendOutcome::Stored);
    CHECK(faulty.ledger.deliver_late() == std::vector{AppendOutcome::WrongSequence});
    CHECK(last_of(faulty.sound) == 1);
  }
}

TEST_CASE("An intruder takes the sequence that an append expected") {
  Faulty faulty;
  faulty.ledger.set_intruder("foreign");
  faulty.ledger.fail({Fault::Intrude});
  CHECK(append(faulty.ledger, 0, "one") == AppendOutcome::WrongSequence);
  CHECK(read(faulty.sound, 1)->body == "foreign");
  faulty.ledger.inject("again");
  CHECK(read(faulty.sound, 2)->body == "again");
}

TEST_CASE("A held append is tried when it is released") {
  Faulty faulty;
  faulty.ledger.hold();
  auto appending = std::async(std::launch::async, [&] { return append(faulty.ledger, 0, "one"); });
  faulty.ledger.await_held();
  CHECK(last_of(faulty.ledger) == 0);
  faulty.ledger.release();
  CHECK(appending.get() == AppendOutcome::Stored);
  CHECK(last_of(faulty.ledger) == 1);
}

TEST_CASE("An unreadable ledger is Unavailable until it is readable again") {
  Faulty faulty;
  faulty.ledger.set_unreadable(true);
  CHECK_FALSE(faulty.ledger.last_sequence().ok());
  CHECK_FALSE(faulty.ledger.read(1).ok());
  faulty.ledger.set_unreadable(false);
  CHECK(last_of(faulty.ledger) == 0);
}

}  // namespace
}  // namespace cassette::test
