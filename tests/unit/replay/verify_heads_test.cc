// Verify, heads and cuts: what a signed head proves that the chain can't, from where judging may
// start and up to where it reads; and that no fault of reading leaves a thread waiting.
#include "replay/verify.h"

#include <algorithm>

#include "tests/support/notary_rig.h"
#include "tests/support/small_market.h"

#include <doctest/doctest.h>

using namespace cassette;
using namespace cassette::testing;
using eventstore::Position;
using replay::FindingKind;
using replay::SignedHead;
using replay::Verdict;
using replay::VerifyOptions;
using replay::VerifyReport;
using test::must;

namespace {

std::string told(const VerifyReport& report) {
  std::string text = report.error;
  for (const auto& finding : report.findings) {
    text += format(finding.position) + " " + std::string(name_of(finding.kind)) + ": " +
            finding.what + "\n";
  }
  return text;
}

bool finds(const VerifyReport& report, FindingKind kind, Position position) {
  return std::ranges::any_of(report.findings, [&](const replay::Finding& each) {
    return each.kind == kind && each.position == position;
  });
}

SignedHead head_of(const TapeMaker& tape) {
  NotaryRig rig(tape);
  rig.recover();
  return *rig.sign();
}

VerifyOptions trusting(const SignedHead& head) {
  VerifyOptions options;
  options.keys = {notary_key().public_key()};
  options.since = head;
  return options;
}

VerifyReport verify_tape(const TapeMaker& tape, const VerifyOptions& options) {
  return replay::verify(MemoryLedgers(tape_of(tape)).all(), options);
}

const domain::LinesCancelled kImpossible{{"nobody"}, {"v1"}, {{{1}, 1}}, "no", false};

}  // namespace

// ---- since

TEST_CASE("verify since: a sound ledger is sound, and what was not judged is told") {
  for (const std::uint32_t partitions : {1U, 4U}) {
    CAPTURE(partitions);
    TapeMaker tape = busy_market(partitions);
    const SignedHead head = head_of(tape);
    tape.run(place_order("later", {item("v1", "p1", 1), item("v2", "p2", 1)}));
    tape.run(advance("both-1", "v2", domain::OrderStatus::Delivered));
    const VerifyReport report = verify_tape(tape, trusting(head));
    CHECK_MESSAGE(report.verdict == Verdict::Sound, told(report));
    CHECK(report.signed_heads == 1);
    REQUIRE(report.trusted.size() == partitions);
    for (std::uint32_t p = 0; p < partitions; ++p) {
      CHECK(report.trusted[p] == Position{p, head.partitions[p].commit});
    }
  }
}

namespace {

// Legal for the fold, and a step that no shipment may take.
void break_path(TapeMaker& tape, const std::string& order) {
  const std::string shipment = "shipment-" + order;
  tape.run(place_order(order, {item("v1", "p1", 1)}));
  tape.run(advance(order, "v1", domain::OrderStatus::Shipped));
  tape.forge(0, {domain::ShipmentLost{{order}, {"v1"}, {shipment}, ""},
                 domain::ShipmentProblemReported{{order}, {"v1"}, {shipment}, ""}});
}

}  // namespace

TEST_CASE("verify since: what is broken before the head is not judged, what is after it is") {
  TapeMaker tape = small_market();
  break_path(tape, "early");
  REQUIRE(verify_tape(tape, {}).verdict == Verdict::Unsound);
  const SignedHead head = head_of(tape);
  const VerifyReport trusted = verify_tape(tape, trusting(head));
  CHECK_MESSAGE(trusted.verdict == Verdict::Sound, told(trusted));
  break_path(tape, "late");
  const VerifyReport report = verify_tape(tape, trusting(head));
  INFO(told(report));
  CHECK(finds(report, FindingKind::BrokenInvariant, {0, tape.bodies().size()}));
}

TEST_CASE("verify since: a state that is wrong at the end is found, whenever it came to be") {
  TapeMaker tape = small_market();
  tape.run(place_manual_order("early", {item("v1", "p1", 1)}));
  tape.forge(0, {domain::ReservationExpired{{"early"}, {}}});
  const VerifyReport report = verify_tape(tape, trusting(head_of(tape)));
  INFO(told(report));
  CHECK(finds(report, FindingKind::BrokenInvariant, {0, tape.bodies().size()}));
}

TEST_CASE("verify since: the state that was taken on trust is what follows is judged by") {
  TapeMaker tape = busy_market(1);
  const SignedHead head = head_of(tape);
  tape.forge(0, {kImpossible});
  const VerifyReport report = verify_tape(tape, trusting(head));
  INFO(told(report));
  CHECK(finds(report, FindingKind::IllegalEvent, {0, tape.bodies().size()}));
}

TEST_CASE("verify since: a beginning that is not the one that was signed is not taken on trust") {
  const TapeMaker tape = busy_market(1);
  const SignedHead head = head_of(tape);
  Tape rewritten = tape_of(tape);
  std::string& body = rewritten[0][5];
  body.replace(body.find("\"quantity\":10"), 13, "\"quantity\":90");
  rewritten[0] = rechained(rewritten[0]);
  const VerifyReport report = replay::verify(MemoryLedgers(rewritten).all(), trusting(head));
  INFO(told(report));
  CHECK(report.verdict == Verdict::Unsound);
  CHECK(std::ranges::any_of(report.findings, [](const replay::Finding& each) {
    return each.kind == FindingKind::RewrittenHistory;
  }));
}

TEST_CASE("verify since: only from a head whose key is trusted, and that fits") {
  const TapeMaker tape = busy_market(1);
  const SignedHead head = head_of(tape);
  VerifyOptions options = trusting(head);
  SUBCASE("no key") {
    options.keys.clear();
  }
  SUBCASE("another key") {
    options.keys = {eventstore::NotaryKey::from_seed({1}).public_key()};
  }
  SUBCASE("a head that was changed") {
    options.since->partitions[0].commit -= 1;
  }
  SUBCASE("a head of more partitions") {
    options.since->partitions.resize(2);
  }
  const VerifyReport report = verify_tape(tape, options);
  CHECK(report.verdict == Verdict::CouldNotRun);
  CHECK_FALSE(report.error.empty());
}

// ---- heads

TEST_CASE("verify heads: a history that was rewritten, hashes and all, and a tail that was cut") {
  TapeMaker tape = busy_market(2);
  VerifyOptions options;
  options.heads = {head_of(tape)};
  options.keys = {notary_key().public_key()};
  const VerifyReport sound = verify_tape(tape, options);
  CHECK_MESSAGE(sound.verdict == Verdict::Sound, told(sound));
  CHECK(sound.signed_heads == 1);
  Tape tampered = tape_of(tape);
  const std::uint32_t p = tape.home("v1");
  FindingKind kind = FindingKind::CutTail;
  SUBCASE("cut") {
    tampered[p].pop_back();
    if (tampered[1 - p].size() > 2) tampered[1 - p].pop_back();
  }
  SUBCASE("rewritten") {
    for (std::string& body : tampered[p]) {
      const std::size_t at = body.find("Vendor v1");
      if (at != std::string::npos) body.replace(at, 9, "Vendor v9");
    }
    tampered[p] = rechained(tampered[p]);
    kind = FindingKind::RewrittenHistory;
  }
  const VerifyReport report = replay::verify(MemoryLedgers(tampered).all(), options);
  INFO(told(report));
  CHECK(report.verdict == Verdict::Unsound);
  CHECK(std::ranges::any_of(report.findings,
                            [&](const replay::Finding& each) { return each.kind == kind; }));
}

TEST_CASE("verify heads: one of another ledger, and one of another key") {
  const TapeMaker tape = busy_market(1);
  VerifyOptions options;
  options.keys = {notary_key().public_key()};
  SUBCASE("of a ledger with more partitions") {
    options.heads = {head_of(busy_market(2))};
  }
  SUBCASE("of another key") {
    options.heads = {replay::sign(head_of(tape), eventstore::NotaryKey::from_seed({9}))};
  }
  const VerifyReport report = verify_tape(tape, options);
  INFO(told(report));
  CHECK(report.verdict == Verdict::Unsound);
  CHECK(report.findings.front().kind == FindingKind::BrokenHeads);
}

// A last commit that could not be read made verify give up, whatever was signed.
TEST_CASE("verify heads: a commit that can't be read is held against what was signed") {
  const TapeMaker tape = busy_market(1);
  VerifyOptions options;
  options.heads = {head_of(tape)};
  options.keys = {notary_key().public_key()};
  Tape tampered = tape_of(tape);
  const std::uint64_t last = tampered[0].size();
  std::string& body = tampered[0].back();
  SUBCASE("a type") {
    const std::size_t at = body.find("\"type\":\"");
    REQUIRE(at != std::string::npos);
    body[at + 8] = 'Z';
  }
  SUBCASE("the version") {
    const std::size_t at = body.find("\"v\":1");
    REQUIRE(at != std::string::npos);
    body[at + 4] = '9';
  }
  const VerifyReport bare = replay::verify(MemoryLedgers(tampered).all(), {});
  CHECK(bare.verdict == Verdict::CouldNotRun);
  const VerifyReport report = replay::verify(MemoryLedgers(tampered).all(), options);
  INFO(told(report));
  CHECK(report.verdict == Verdict::Unsound);
  CHECK(finds(report, FindingKind::RewrittenHistory, {0, last}));
  CHECK(finds(report, FindingKind::SeveredChain, {0, last}));
}

namespace {

// A ledger of which every message is gone, though it knows how many it had.
class Emptied : public test::FaultyLedger {
 public:
  using FaultyLedger::FaultyLedger;
  eventstore::Stored<std::unique_ptr<eventstore::LedgerReader>> follow(std::uint64_t) override {
    return Failure{eventstore::StoreError{eventstore::StoreError::Kind::Unavailable, "nothing"}};
  }
  eventstore::Stored<std::optional<eventstore::Message>> read(std::uint64_t) override {
    return std::optional<eventstore::Message>{};
  }
};

}  // namespace

TEST_CASE("verify heads: messages that are gone are missing, also where the stream knows of them") {
  const TapeMaker tape = busy_market(1);
  VerifyOptions options;
  options.heads = {head_of(tape)};
  options.keys = {notary_key().public_key()};
  MemoryLedgers ledgers(tape_of(tape));
  Emptied emptied(ledgers[0]);
  std::vector<eventstore::Ledger*> all{&emptied};
  const VerifyReport report = replay::verify(all, options);
  INFO(told(report));
  CHECK(report.verdict == Verdict::Unsound);
  CHECK(finds(report, FindingKind::Hole, {0, 1}));
  CHECK(finds(report, FindingKind::CutTail, {0, 1}));
}

// With the trees of one partition, what heads say of another was lost.
TEST_CASE("verify heads: what one partition's tree names exactly leaves the others' findings") {
  const TapeMaker tape = busy_market(2);
  NotaryRig rig(tape);
  rig.recover();
  VerifyOptions options;
  options.heads = {*rig.sign()};
  options.keys = {notary_key().public_key()};
  options.data = rig.folder.path();
  Tape tampered = tape_of(tape);
  for (Bodies& bodies : tampered) bodies.pop_back();
  const VerifyReport report = replay::verify(MemoryLedgers(tampered).all(), options);
  INFO(told(report));
  for (const std::uint32_t p : {0U, 1U}) {
    CHECK(finds(report, FindingKind::CutTail, {p, tape.bodies(p).size()}));
  }
}

// ---- until

TEST_CASE("verify until: a cut that ends before the head to start from leaves nothing to judge") {
  TapeMaker tape = busy_market(1);
  VerifyOptions options = trusting(head_of(tape));
  const std::uint64_t end = options.since->partitions[0].commit;
  options.until = replay::Cut{{end - 1}};
  const VerifyReport report = verify_tape(tape, options);
  CHECK(report.verdict == Verdict::CouldNotRun);
  CHECK(report.error.find("not within the cut") != std::string::npos);
  options.until = replay::Cut{{end}};
  CHECK(verify_tape(tape, options).verdict == Verdict::Sound);
}

TEST_CASE("verify until: what comes after the cut is neither read nor judged") {
  for (const std::uint32_t partitions : {1U, 4U}) {
    CAPTURE(partitions);
    TapeMaker tape = busy_market(partitions);
    const domain::Timestamp moment = tape.now();
    tape.wait(1'000'000);
    const std::uint32_t home = tape.home("v1");
    tape.forge(home, {kImpossible});
    const MemoryLedgers ledgers(tape_of(tape));
    VerifyOptions options;
    CHECK(replay::verify(ledgers.all(), options).verdict == Verdict::Unsound);
    options.until = must(replay::cut_at(ledgers.all(), moment));
    const VerifyReport report = replay::verify(ledgers.all(), options);
    CHECK_MESSAGE(report.verdict == Verdict::Sound, told(report));
    CHECK(report.heads[home].commit + 1 == tape.bodies(home).size());
  }
}

TEST_CASE("verify until: nothing behind a cut is read, not even what was seen of it") {
  const TapeMaker tape = busy_market(2);
  const MemoryLedgers ledgers(tape_of(tape));
  for (const std::uint32_t p : {0U, 1U}) {
    VerifyOptions options;
    options.until = replay::Cut{{tape.bodies(0).size(), tape.bodies(1).size()}};
    options.until->commits[p] = 2;
    CHECK(replay::verify(ledgers.all(), options).heads[p].commit == 2);
  }
}

// ---- reading

TEST_CASE("verify: whoever is told to stop stops, with every thread") {
  std::stop_source stop;
  stop.request_stop();
  VerifyOptions options;
  options.stop = stop.get_token();
  const VerifyReport report = verify_tape(busy_market(4), options);
  CHECK(report.verdict == Verdict::CouldNotRun);
  CHECK(report.error == "it was stopped");
}

namespace {

// Says how long it is, and can't be read.
class Shut : public test::FaultyLedger {
 public:
  using FaultyLedger::FaultyLedger;
  eventstore::Stored<std::unique_ptr<eventstore::LedgerReader>> follow(std::uint64_t) override {
    return Failure{eventstore::StoreError{eventstore::StoreError::Kind::Unavailable, "shut"}};
  }
};

}  // namespace

TEST_CASE("verify: a ledger that can't be read ends it, whatever the others wait for") {
  const TapeMaker tape = busy_market(3);
  MemoryLedgers ledgers(tape_of(tape));
  for (std::size_t p = 0; p < 3; ++p) {
    Shut shut(ledgers[p]);
    std::vector<eventstore::Ledger*> all = ledgers.all();
    all[p] = &shut;
    const VerifyReport report = replay::verify(all, {});
    CHECK(report.verdict == Verdict::CouldNotRun);
    CHECK(report.error == "shut");
  }
}
