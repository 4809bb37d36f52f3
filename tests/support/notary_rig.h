// A notary on ledgers in memory, that can be ended at any moment and opened again on what it left.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "replay/notary.h"
#include "tests/support/faulty_ledger.h"
#include "tests/support/tape_ledgers.h"

// After ours: both define CHECK, and here doctest's is meant.
#include "tests/support/nats_fixture.h"

namespace cassette::testing {

inline const eventstore::NotaryKey& notary_key() {
  static const eventstore::NotaryKey key = eventstore::NotaryKey::from_seed({7, 7, 7});
  return key;
}

struct NotaryRig {
  test::TemporaryFolder folder;
  MemoryLedgers ledgers;
  eventstore::MemoryLedger stream;
  test::FaultyLedger faulty{stream};
  domain::Timestamp now{1'800'000'000'000'000};
  eventstore::NotaryKey key = notary_key();
  std::unique_ptr<replay::Notary> notary;

  explicit NotaryRig(const Tape& tape) : ledgers(tape) {}
  explicit NotaryRig(const TapeMaker& tape) : NotaryRig(tape_of(tape)) {}

  // Whatever ran before has been killed.
  replay::Notary& open() {
    notary.reset();
    notary = test::must(
        replay::Notary::open({ledgers.all(), &faulty, folder.path(), "ledger-of-tests", key}));
    return *notary;
  }
  replay::Notary& recover() {
    test::must(open().recover());
    return *notary;
  }
  // A second later.
  eventstore::Stored<std::optional<replay::SignedHead>> try_sign() {
    now.micros += 1'000'000;
    return notary->sign(now);
  }
  std::optional<replay::SignedHead> sign() { return test::must(try_sign()); }

  // What the tape has more of than the ledgers.
  void copy(const TapeMaker& tape) {
    for (std::uint32_t p = 0; p < tape.partitions(); ++p) {
      for (std::uint64_t at = test::must(ledgers[p].last_sequence()); at < tape.bodies(p).size();
           ++at) {
        ledgers[p].append(at, tape.bodies(p)[at], {}, std::chrono::seconds(1));
      }
    }
  }
  // All lines of the stream that are heads.
  std::vector<replay::SignedHead> streamed() {
    return test::must(replay::read_heads(stream, [](const replay::SignedHead&) { return true; }));
  }
  std::vector<replay::SignedHead> filed() const {
    return test::must(
        replay::parse_heads(test::must(eventstore::read_file(replay::heads_file(folder.path())))));
  }
};

}  // namespace cassette::testing
