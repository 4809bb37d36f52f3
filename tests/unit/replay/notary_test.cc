// The notary: heads over what the ledgers hold, each extending the last, and one only for each
// size, whatever it was killed in the middle of.
#include "replay/notary.h"

#include "eventstore/codec.h"
#include "tests/support/notary_rig.h"
#include "tests/support/small_market.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <map>

using namespace cassette;
using namespace cassette::testing;
using eventstore::Position;
using eventstore::StoreError;
using replay::NoProof;
using replay::SignedHead;
using test::Fault;
using test::must;

namespace {

namespace fs = std::filesystem;

fs::path pending_of(const NotaryRig& rig) {
  return rig.folder / "notary/pending.json";
}

TEST_CASE("notary: heads over 1, 2 and 4 partitions, each signed and following the one before") {
  for (const std::uint32_t partitions : {1U, 2U, 4U}) {
    CAPTURE(partitions);
    TapeMaker tape = small_market(partitions);
    NotaryRig rig(tape);
    rig.recover();
    const SignedHead first = *rig.sign();
    CHECK(first.number == 1);
    CHECK_FALSE(rig.sign());
    tape.run(place_order("o1", {item("v1", "p1", 1)}));
    rig.copy(tape);
    CHECK(must(rig.notary->behind()) > 0);
    const SignedHead second = *rig.sign();
    CHECK(must(rig.notary->behind()) == 0);
    CHECK(replay::verify_signature(second, notary_key().public_key()).ok());
    CHECK(replay::verify_succession(first, second).ok());
    for (std::uint32_t p = 0; p < partitions; ++p) {
      CHECK(second.partitions[p].commit == tape.commits(p).back().position.commit);
      CHECK(second.partitions[p].hash == tape.commits(p).back().hash);
      CHECK(second.partitions[p].size == tape.commits(p).size());
    }
    CHECK(rig.streamed() == std::vector{first, second});
    CHECK(rig.filed() == std::vector{first, second});
    CHECK_FALSE(fs::exists(pending_of(rig)));
  }
}

TEST_CASE("notary: an empty ledger has nothing to sign, and void messages are no leaves") {
  NotaryRig empty(Tape{{}});
  empty.recover();
  CHECK_FALSE(empty.sign());
  TapeMaker tape = small_market();
  tape.put_raw(0, "put here by hand");
  tape.run(register_vendor("v3"));
  NotaryRig rig(tape);
  rig.recover();
  const SignedHead head = *rig.sign();
  CHECK(head.partitions[0].commit == tape.bodies().size());
  CHECK(head.partitions[0].size == tape.bodies().size() - 1);
  CHECK(rig.notary->prove({0, tape.bodies().size()}, 0).ok());
  const auto voided = rig.notary->prove({0, tape.bodies().size() - 1}, 0);
  REQUIRE_FALSE(voided.ok());
  CHECK(voided.error().kind == NoProof::Kind::NoSuchCommit);
}

// A head is signed while another partition grows: what its commits have seen is in it.
TEST_CASE("notary: a head is closed under what its commits have seen") {
  class Growing : public eventstore::MemoryLedger {
   public:
    std::uint64_t hidden = 0;
    eventstore::Stored<std::uint64_t> last_sequence() override {
      const auto last = MemoryLedger::last_sequence();
      return last.value() - std::min(last.value(), hidden);
    }
  };
  const TapeMaker tape = busy_market(2);
  Growing ledgers[2];
  std::vector<eventstore::Ledger*> all;
  for (std::uint32_t p = 0; p < 2; ++p) {
    all.push_back(&ledgers[p]);
    for (std::size_t i = 0; i < tape.bodies(p).size(); ++i) {
      ledgers[p].append(i, tape.bodies(p)[i], {}, std::chrono::seconds(1));
    }
  }
  ledgers[0].hidden = tape.bodies(0).size() / 2;  // not there yet when the notary looked
  eventstore::MemoryLedger stream;
  const test::TemporaryFolder folder;
  const auto notary =
      must(replay::Notary::open({all, &stream, folder.path(), "ledger-of-tests", notary_key()}));
  must(notary->recover());
  const SignedHead head = *must(notary->sign({1}));
  for (std::uint32_t p = 0; p < 2; ++p) {
    for (const auto& stored : tape.commits(p)) {
      if (stored.position.commit > head.partitions[p].commit) continue;
      CHECK(stored.commit.at <= head.at);
      for (const auto& [other, seen] : stored.commit.seen) {
        CHECK(seen.commit <= head.partitions[other].commit);
      }
    }
  }
  CHECK(head.partitions[0].commit > tape.bodies(0).size() - ledgers[0].hidden);
}

TEST_CASE("notary: what it is told is not read again, and what is missing is") {
  TapeMaker tape = small_market();
  tape.put_raw(0, "put here by hand");
  for (int i = 0; i < 10; ++i) tape.run(register_vendor("more-" + std::to_string(i)));
  const std::vector<eventstore::StoredCommit>& commits = tape.commits();
  class Counting : public eventstore::MemoryLedger {
   public:
    int reads = 0;
    eventstore::Stored<std::optional<eventstore::Message>> read(std::uint64_t at) override {
      ++reads;
      return MemoryLedger::read(at);
    }
  };
  NotaryRig plain(tape);
  plain.recover();
  const SignedHead expected = *plain.sign();
  for (const std::size_t missing : {commits.size(), std::size_t{0}, commits.size() / 2}) {
    CAPTURE(missing);
    Counting ledger;
    for (std::size_t i = 0; i < tape.bodies().size(); ++i) {
      ledger.append(i, tape.bodies()[i], {}, std::chrono::seconds(1));
    }
    eventstore::MemoryLedger stream;
    const test::TemporaryFolder folder;
    const auto notary = must(
        replay::Notary::open({{&ledger}, &stream, folder.path(), "ledger-of-tests", notary_key()}));
    must(notary->recover());
    for (std::size_t i = 0; i < commits.size(); ++i) {
      if (i != missing) notary->know(commits[i]);
      if (i % 3 == 0 && i != missing) notary->know(commits[i]);
    }
    ledger.reads = 0;
    CHECK(must(notary->sign(plain.now))->partitions == expected.partitions);
    CHECK((ledger.reads == 0) == (missing == commits.size()));
  }
}

// Every place where a process can end between signing and being done.
TEST_CASE("notary: killed while a head is on its way, the next one stores the same head") {
  TapeMaker tape = small_market(2);
  for (const Fault fault : {Fault::LoseRequest, Fault::LoseAck, Fault::Refuse, Fault::Late}) {
    CAPTURE(static_cast<int>(fault));
    NotaryRig rig(tape);
    rig.recover();
    // As many as one call makes: it gives up with the head signed and pending.
    rig.faulty.fail(std::vector<Fault>(fault == Fault::Refuse ? 1 : 8, fault));
    const auto signed_head = rig.try_sign();
    if (fault != Fault::LoseAck) REQUIRE_FALSE(signed_head.ok());
    const bool on_its_way = fs::exists(pending_of(rig));
    REQUIRE(on_its_way == (fault != Fault::LoseAck));
    const std::string text = on_its_way ? must(eventstore::read_file(pending_of(rig)))
                                        : replay::to_line(*signed_head.value()) + "\n";
    rig.faulty.deliver_late();  // whatever hung in the network
    rig.recover();
    CHECK_FALSE(rig.sign());
    REQUIRE(rig.streamed().size() == 1);
    CHECK(replay::to_line(rig.streamed().front()) + "\n" == text);
    CHECK(rig.filed() == rig.streamed());
    CHECK_FALSE(fs::exists(pending_of(rig)));
  }
}

TEST_CASE("notary: without being killed it stores the same head, too, before it signs another") {
  TapeMaker tape = small_market();
  NotaryRig rig(tape);
  rig.recover();
  rig.faulty.fail(std::vector<Fault>(8, Fault::LoseRequest));
  REQUIRE_FALSE(rig.try_sign().ok());
  CHECK_FALSE(rig.notary->trouble().empty());
  const std::string text = must(eventstore::read_file(pending_of(rig)));
  tape.run(register_vendor("v3"));
  rig.copy(tape);
  const SignedHead second = *rig.sign();
  CHECK(rig.notary->trouble().empty());
  CHECK(second.number == 2);
  REQUIRE(rig.streamed().size() == 2);
  CHECK(replay::to_line(rig.streamed()[0]) + "\n" == text);
  CHECK(rig.filed() == rig.streamed());
}

TEST_CASE("notary: stored in the stream and not in the file, or in both and still pending") {
  TapeMaker tape = small_market();
  NotaryRig rig(tape);
  rig.recover();
  const SignedHead head = *rig.sign();
  const std::string line = replay::to_line(head) + "\n";
  std::ofstream(pending_of(rig)) << line;
  rig.recover();
  CHECK_FALSE(fs::exists(pending_of(rig)));
  CHECK(rig.streamed().size() == 1);
  std::ofstream(pending_of(rig)) << line;
  fs::resize_file(replay::heads_file(rig.folder.path()), line.size() / 2);
  rig.recover();
  CHECK(rig.streamed().size() == 1);
  CHECK(rig.filed() == std::vector{head});
  CHECK_FALSE(rig.sign());
}

TEST_CASE("notary: it signs nothing that does not extend the last head") {
  TapeMaker tape = busy_market(1);
  NotaryRig rig(tape);
  rig.recover();
  const SignedHead head = *rig.sign();

  SUBCASE("a shorter ledger") {
    rig.ledgers[0].truncate(head.partitions[0].commit - 1);
    const auto recovered = rig.open().recover();
    REQUIRE_FALSE(recovered.ok());
    CHECK(recovered.error().kind == StoreError::Kind::Mismatch);
    CHECK(rig.notary->trouble().find("does not extend") != std::string::npos);
  }
  SUBCASE("another one of the same length") {
    Bodies changed = tape.bodies();
    changed[3].replace(changed[3].find("v1"), 2, "w1");
    rig.ledgers[0].truncate(0);
    for (std::size_t i = 0; i < changed.size(); ++i) {
      rig.ledgers[0].append(i, rechained(changed)[i], {}, std::chrono::seconds(1));
    }
    CHECK(rig.open().recover().error().kind == StoreError::Kind::Mismatch);
  }
  SUBCASE("while it runs") {
    rig.ledgers[0].truncate(head.partitions[0].commit - 1);
    for (int i = 0; i < 3; ++i) {
      rig.ledgers[0].append(head.partitions[0].commit - 1 + std::uint64_t(i), "another", {},
                            std::chrono::seconds(1));
    }
    const auto signed_head = rig.try_sign();
    REQUIRE_FALSE(signed_head.ok());
    CHECK(signed_head.error().kind == StoreError::Kind::Mismatch);
  }
  CHECK(rig.streamed() == std::vector{head});
  CHECK(rig.filed() == std::vector{head});
}

TEST_CASE("notary: a tree that is built anew must have the root that was signed") {
  TapeMaker tape = small_market();
  NotaryRig rig(tape);
  rig.recover();
  SignedHead head = *rig.sign();
  head.partitions[0].root[0] ^= 1;
  rig.notary.reset();
  rig.stream.truncate(0);
  fs::remove(rig.folder / "notary/0.tree");
  std::ofstream(replay::heads_file(rig.folder.path()))
      << replay::to_line(replay::sign(head, notary_key())) << "\n";
  rig.recover();
  tape.run(register_vendor("v3"));
  rig.copy(tape);
  const auto signed_head = rig.try_sign();
  REQUIRE_FALSE(signed_head.ok());
  CHECK(signed_head.error().kind == StoreError::Kind::Mismatch);
  CHECK(signed_head.error().what.find("another root") != std::string::npos);
  // Not the next time either, when the place where it shows has been read.
  tape.run(register_vendor("v4"));
  rig.copy(tape);
  CHECK_FALSE(rig.try_sign().ok());
  CHECK(rig.filed().size() == 1);
}

TEST_CASE("notary: a head of its key that it does not know is a contradiction, and not signed on") {
  const TapeMaker tape = small_market();
  NotaryRig rig(tape);
  rig.recover();
  SignedHead forged = *rig.sign();
  forged.at.micros += 5;
  forged.signature.clear();
  fs::remove(replay::heads_file(rig.folder.path()));
  std::ofstream(replay::heads_file(rig.folder.path()))
      << replay::to_line(replay::sign(forged, notary_key())) << "\n";
  CHECK(rig.open().recover().error().kind == StoreError::Kind::Mismatch);
}

TEST_CASE("notary: what others put into the stream is passed over") {
  TapeMaker tape = small_market();
  NotaryRig rig(tape);
  rig.faulty.inject("put here by hand");
  rig.recover();
  const SignedHead head = *rig.sign();
  SignedHead stranger = head;
  stranger.number = 2;
  stranger.prev = replay::hash_of(head);
  stranger.signature.clear();
  rig.faulty.inject(replay::to_line(replay::sign(stranger, eventstore::NotaryKey::from_seed({1}))));
  rig.faulty.fail({Fault::Intrude});
  tape.run(register_vendor("v3"));
  rig.copy(tape);
  CHECK(rig.sign()->number == 2);
  CHECK(rig.notary->foreign() == 3);
  rig.recover();
  CHECK(rig.filed().size() == 2);
}

TEST_CASE("notary: two of them, with keys of their own, share a stream") {
  TapeMaker tape = small_market();
  NotaryRig one(tape);
  const test::TemporaryFolder folder;
  const auto other =
      must(replay::Notary::open({one.ledgers.all(), &one.faulty, folder.path(), "ledger-of-tests",
                                 eventstore::NotaryKey::from_seed({1})}));
  one.recover();
  must(other->recover());
  for (int i = 0; i < 3; ++i) {
    tape.run(register_vendor("more-" + std::to_string(i)));
    one.copy(tape);
    CHECK(one.sign()->number == static_cast<std::uint64_t>(i) + 1);
    CHECK(must(other->sign(one.now))->number == static_cast<std::uint64_t>(i) + 1);
  }
  CHECK(one.streamed().size() == 6);
  CHECK(one.filed().size() == 3);
}

TEST_CASE("notary: with a new key it goes on from the heads of the old one") {
  TapeMaker tape = small_market();
  NotaryRig rig(tape);
  rig.recover();
  const SignedHead first = *rig.sign();
  rig.key = eventstore::NotaryKey::from_seed({1});
  rig.recover();
  REQUIRE(rig.notary->keys().size() == 2);
  CHECK(rig.notary->keys().back() == rig.key.public_key());
  tape.run(register_vendor("v3"));
  rig.copy(tape);
  const SignedHead second = *rig.sign();
  CHECK(replay::verify_succession(first, second).ok());
  CHECK(replay::verify_signature(second, rig.key.public_key()).ok());
  fs::remove(replay::heads_file(rig.folder.path()));
  rig.recover();
  CHECK(rig.filed() == std::vector{first, second});
}

TEST_CASE("notary: every commit is proven under every head that covers it, and read back") {
  TapeMaker tape = busy_market(2);
  NotaryRig rig(tape);
  rig.recover();
  const SignedHead first = *rig.sign();
  tape.run(register_vendor("v3"));
  tape.run(register_vendor("v4"));
  rig.copy(tape);
  rig.sign();
  for (std::uint32_t p = 0; p < 2; ++p) {
    for (std::uint64_t commit = 1; commit <= tape.bodies(p).size(); ++commit) {
      for (const std::uint64_t number : {1, 2}) {
        const auto proof = rig.notary->prove({p, commit}, number);
        if (number == 1 && commit > first.partitions[p].commit) {
          REQUIRE_FALSE(proof.ok());
          CHECK(proof.error().kind == NoProof::Kind::NotCovered);
          continue;
        }
        REQUIRE(proof.ok());
        const std::string text = replay::to_json(replay::Proof(proof.value()));
        const auto again = std::get<replay::InclusionProof>(replay::parse_proof(text).value());
        CHECK(again.body == tape.bodies(p)[commit - 1]);
        CHECK(objection(again, proof.value().head).empty());
      }
    }
  }
  CHECK(rig.notary->prove({7, 1}, 0).error().kind == NoProof::Kind::NoSuchCommit);
  CHECK(rig.notary->prove({0, 0}, 0).error().kind == NoProof::Kind::NoSuchCommit);
  CHECK(rig.notary->prove({0, 1}, 3).error().kind == NoProof::Kind::NoSuchHead);
}

TEST_CASE("notary: one head is proven to go on from another, and a changed proof proves nothing") {
  TapeMaker tape = busy_market(2);
  NotaryRig rig(tape);
  rig.recover();
  rig.sign();
  for (int i = 0; i < 5; ++i) tape.run(register_vendor("more-" + std::to_string(i)));
  rig.copy(tape);
  rig.sign();
  const auto proof = rig.notary->prove_since(1, 0);
  REQUIRE(proof.ok());
  const std::string text = replay::to_json(replay::Proof(proof.value()));
  const auto again = std::get<replay::ConsistencyProof>(replay::parse_proof(text).value());
  CHECK(objection(again, proof.value().head).empty());
  CHECK_FALSE(objection(again, proof.value().since).empty());
  replay::ConsistencyProof changed = again;
  changed.since.partitions[0].root[0] ^= 1;
  CHECK_FALSE(objection(changed, changed.head).empty());
  changed = again;
  changed.paths.pop_back();
  CHECK_FALSE(objection(changed, changed.head).empty());
  CHECK(rig.notary->prove_since(2, 1).error().kind == NoProof::Kind::NotInOrder);
  CHECK(rig.notary->prove_since(3, 0).error().kind == NoProof::Kind::NoSuchHead);
}

TEST_CASE("notary: a proof of a commit that was changed since is not given") {
  const TapeMaker tape = small_market();
  NotaryRig rig(tape);
  rig.recover();
  rig.sign();
  Bodies changed = tape.bodies();
  rig.ledgers[0].truncate(2);
  changed[2][changed[2].size() / 2] ^= 1;
  for (std::size_t i = 2; i < changed.size(); ++i) {
    rig.ledgers[0].append(i, changed[i], {}, std::chrono::seconds(1));
  }
  CHECK(rig.notary->prove({0, 2}, 0).ok());
  CHECK(rig.notary->prove({0, 3}, 0).error().kind == NoProof::Kind::Failed);
}

}  // namespace
