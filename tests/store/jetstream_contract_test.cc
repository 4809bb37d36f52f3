// JetStream against the contracts that the implementations in memory pass too.
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
};

TEST_CASE("JetStream keeps the ledger's contract") {
  Rig rig;
  ledger_contract([&] { return rig.ledger(); });
}

TEST_CASE("JetStream keeps the key-value contract") {
  Rig rig;
  key_value_contract([&] { return rig.bucket(); });
}

}  // namespace
}  // namespace cassette::test
