// JetStream against the contracts that the implementations in memory pass too.
#include "tests/support/journal_contract.h"
#include "tests/support/key_value_contract.h"
#include "tests/support/ledger_contract.h"
#include "tests/support/nats_fixture.h"

namespace cassette::test {
namespace {

// One server for a test case; every subcase asks for ledgers of its own.
struct Rig {
  NatsFixture nats;
  std::unique_ptr<eventstore::JetStreamConnection> connection = nats.connect();
  std::uint32_t made = 0;

  std::unique_ptr<Ledger> ledger() {
    must(connection->create_ledger_stream(made, {}));
    return connection->ledger(made++);
  }
  std::unique_ptr<KeyValue> bucket() {
    return must(connection->create_bucket("bucket-" + std::to_string(made++)));
  }
  std::unique_ptr<KeyValue> bucket_without_secrets() {
    return must(
        connection->create_bucket("bucket-" + std::to_string(made++), {.erase_replaced = false}));
  }
  std::unique_ptr<Journal> journal(const JournalOptions& options) {
    return must(connection->open_journal("JOURNAL-" + std::to_string(made++), options));
  }
};

TEST_CASE("JetStream keeps the ledger's contract") {
  Rig rig;
  ledger_contract([&] { return rig.ledger(); });
}

TEST_CASE("JetStream keeps the key-value contract") {
  Rig rig;
  key_value_contract([&] { return rig.bucket(); });
}

TEST_CASE("a bucket without secrets keeps the same contract") {
  Rig rig;
  key_value_contract([&] { return rig.bucket_without_secrets(); });
}

TEST_CASE("JetStream keeps the journal's contract") {
  Rig rig;
  journal_contract([&](const JournalOptions& options) { return rig.journal(options); });
}

TEST_CASE("A journal is there after a restart, and takes new limits when it is opened again") {
  Rig rig;
  const auto journal = must(rig.connection->open_journal("SECURITY"));
  for (int n = 1; n <= 20; ++n) {
    must(journal->append("e" + std::to_string(n), std::string(1024, 'x')));
  }
  rig.nats.kill9();
  must(rig.nats.server().restart());
  const auto connection = rig.nats.connect();
  CHECK(must(must(connection->open_journal("SECURITY"))->bounds()).last == 20);
  const auto smaller = must(connection->open_journal("SECURITY", {.max_entries = 4}));
  CHECK(must(smaller->bounds()).first == 17);
  CHECK(must(smaller->bounds()).last == 20);
}

TEST_CASE("A stream that was made for something else is not taken for a journal") {
  Rig rig;
  must(rig.connection->create_ledger_stream(7, {}));
  const auto journal = rig.connection->open_journal("LEDGER-7");
  REQUIRE_FALSE(journal.ok());
  CHECK(journal.error().kind == eventstore::StoreError::Kind::Mismatch);
}

}  // namespace
}  // namespace cassette::test
