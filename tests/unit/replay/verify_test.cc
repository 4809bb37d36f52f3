// Verify: a sound ledger is sound, and each kind of damage is found where it is.
#include "replay/verify.h"
#include "replay/report.h"

#include <algorithm>

#include "eventstore/archive.h"
#include "eventstore/codec.h"
#include "tests/support/small_market.h"
#include "tests/support/tape_ledgers.h"

#include <doctest/doctest.h>

using namespace cassette;
using namespace cassette::testing;
using eventstore::Commit;
using eventstore::Position;
using replay::FindingKind;
using replay::Verdict;
using replay::VerifyReport;

namespace {

VerifyReport verify_tape(const Tape& tape) {
  return replay::verify(MemoryLedgers(tape).all(), {});
}

VerifyReport verify_tape(const TapeMaker& maker) {
  return verify_tape(tape_of(maker));
}

std::string told(const VerifyReport& report) {
  std::string text = report.error;
  for (const auto& finding : report.findings) {
    text += format(finding.position) + " " + std::string(name_of(finding.kind)) + ": " +
            finding.what + "\n";
  }
  return text;
}

void require_sound(const VerifyReport& report) {
  REQUIRE_MESSAGE(report.verdict == Verdict::Sound, told(report));
}

// The report's first finding is this.
void require_first(const VerifyReport& report, FindingKind kind, Position position) {
  INFO(told(report));
  CHECK(report.verdict == Verdict::Unsound);
  REQUIRE_FALSE(report.findings.empty());
  CHECK(name_of(report.findings.front().kind) == name_of(kind));
  CHECK(format(report.findings.front().position) == format(position));
}

// One of them is.
void require_finds(const VerifyReport& report, FindingKind kind, Position position) {
  INFO(told(report));
  CHECK(report.verdict == Verdict::Unsound);
  const auto wanted = [&](const replay::Finding& each) {
    return each.kind == kind && each.position == position;
  };
  CHECK(std::ranges::any_of(report.findings, wanted));
}

domain::StockReserved reservation(const std::string& order, domain::Quantity quantity) {
  domain::StockReserved event;
  event.order_id = {order};
  event.vendor_id = {"v1"};
  event.customer_id = {"customer-1"};
  event.lines = {{{1}, {"p1"}, quantity, "Product p1", "SKU-p1", {1000, {"USD"}}}};
  event.settled = true;
  return event;
}

std::uint64_t last(const TapeMaker& tape, std::uint32_t partition = 0) {
  return tape.bodies(partition).size();
}

}  // namespace

TEST_CASE("verify: sound ledgers of 1, 2 and 4 partitions, with every way that an order can go") {
  for (const std::uint32_t partitions : {1U, 2U, 4U}) {
    CAPTURE(partitions);
    const TapeMaker tape = busy_market(partitions);
    const VerifyReport report = verify_tape(tape);
    require_sound(report);
    std::uint64_t commits = 0;
    for (std::uint32_t p = 0; p < partitions; ++p) commits += last(tape, p);
    CHECK(report.commits == commits);
    CHECK(report.events > commits);
    CHECK(report.void_messages == 0);
    CHECK(report.pending_reactions == 0);
    CHECK(report.heads.size() == partitions);
    CHECK(report.ledger_id == "ledger-of-tests");
  }
}

TEST_CASE("verify: an empty ledger is sound") {
  require_sound(verify_tape(Tape{{}}));
}

TEST_CASE("verify: no ledger at all could not run") {
  CHECK(replay::verify({}, {}).verdict == Verdict::CouldNotRun);
}

TEST_CASE("verify: a void message is told and is not unsound") {
  TapeMaker tape = small_market();
  tape.put_raw(0, "put here by hand");
  const Position where{0, last(tape)};
  tape.run(place_order("o1", {item("v1", "p1", 1)}));
  const VerifyReport report = verify_tape(tape);
  require_sound(report);
  CHECK(report.void_messages == 1);
  REQUIRE(report.voids.size() == 1);
  CHECK(format(report.voids[0].position) == format(where));
}

TEST_CASE("verify: an oversell") {
  TapeMaker tape = small_market();
  tape.forge(0, {domain::Event(reservation("o1", 11))});
  require_first(verify_tape(tape), FindingKind::IllegalEvent, {0, last(tape)});
}

TEST_CASE("verify: a reservation that ends twice") {
  TapeMaker tape = small_market();
  tape.run(place_order("o1", {item("v1", "p1", 2)}));
  tape.run(cancel_order("o1"));
  tape.forge(0, {domain::LinesCancelled{{"o1"}, {"v1"}, {{{1}, 2}}, "again", false}});
  require_first(verify_tape(tape), FindingKind::IllegalEvent, {0, last(tape)});
}

TEST_CASE("verify: stock that was promised to nobody's order") {
  TapeMaker tape = small_market();
  tape.forge(0, {domain::Event(reservation("o1", 1))});
  require_finds(verify_tape(tape), FindingKind::WrongCause, {0, last(tape)});
}

TEST_CASE("verify: a forged commit with the right prev and an event that can't be") {
  TapeMaker tape = small_market();
  tape.run(place_order("o1", {item("v1", "p1", 2)}));
  tape.forge(0, {domain::OrderConfirmed{{"o1"}, {{"v1"}}}});
  require_first(verify_tape(tape), FindingKind::IllegalEvent, {0, last(tape)});
}

TEST_CASE("verify: a total that is not the sum of the parts") {
  TapeMaker tape = small_market();
  tape.run(place_order("o1", {item("v1", "p1", 2)}));
  Tape damaged = tape_of(tape);
  Commit commit = eventstore::decode(damaged[0].back()).value();
  for (eventstore::RecordedEvent& recorded : commit.events) {
    if (auto* settled = std::get_if<domain::OrderSettled>(&recorded.event)) {
      ++settled->total_amount.amount;
    }
  }
  damaged[0].back().clear();
  encode(commit, damaged[0].back());
  require_first(verify_tape(damaged), FindingKind::BrokenInvariant, {0, last(tape)});
}

TEST_CASE("verify: a byte changed in the middle, still a commit") {
  const TapeMaker tape = busy_market(1);
  Tape damaged = tape_of(tape);
  std::string& body = damaged[0][5];
  body.replace(body.find("\"quantity\":10"), 13, "\"quantity\":90");
  require_first(verify_tape(damaged), FindingKind::SeveredChain, {0, 6});
}

// A copy of a commit put into a ledger by hand was taken for the rest of a severed chain.
TEST_CASE("verify: a copy of a commit is void, and everything goes on") {
  const TapeMaker tape = busy_market(1);
  Tape intruded = tape_of(tape);
  intruded[0].insert(intruded[0].begin() + 4, intruded[0][1]);
  intruded[0].push_back(intruded[0][2]);
  const VerifyReport report = verify_tape(intruded);
  INFO(to_text(report));
  CHECK(report.verdict == Verdict::Sound);
  CHECK(report.void_messages == 2);
}

TEST_CASE("verify: a byte changed in the middle, no commit any more") {
  const TapeMaker tape = busy_market(1);
  Tape damaged = tape_of(tape);
  damaged[0][4][0] = '(';
  require_first(verify_tape(damaged), FindingKind::SeveredChain, {0, 5});
}

TEST_CASE("verify: a first message that does not create the ledger") {
  const TapeMaker tape = small_market();
  Tape damaged = tape_of(tape);
  damaged[0][0][0] = '(';
  require_first(verify_tape(damaged), FindingKind::WrongGenesis, {0, 1});
}

TEST_CASE("verify: a ledger read as another partition, or beside another ledger") {
  const TapeMaker tape = small_market(2);
  Tape swapped = tape_of(tape);
  std::swap(swapped[0], swapped[1]);
  require_finds(verify_tape(swapped), FindingKind::WrongGenesis, {0, 1});
  require_finds(verify_tape(Tape{tape.bodies(0)}), FindingKind::WrongGenesis, {0, 1});
}

TEST_CASE("verify: a command accepted twice within a day, and again after it") {
  TapeMaker tape;
  tape.run(register_vendor("v1"), "same");
  SUBCASE("within") {
    tape.wait(eventstore::kCommandMemoryMicros - 1'000'000);
    tape.run(register_vendor("v2"), "same");
    require_first(verify_tape(tape), FindingKind::RepeatedCommand, {0, last(tape)});
  }
  SUBCASE("after") {
    tape.wait(eventstore::kCommandMemoryMicros + 1'000'000);
    tape.run(register_vendor("v2"), "same");
    require_sound(verify_tape(tape));
  }
}

TEST_CASE("verify: time that runs back") {
  TapeMaker tape = small_market();
  tape.wait(-3'000'000);
  tape.run(register_vendor("v3"));
  require_first(verify_tape(tape), FindingKind::TimeRunsBack, {0, last(tape)});
}

TEST_CASE("verify: an owner that never claimed the partition") {
  TapeMaker tape = small_market();
  tape.forge(0, [](Commit& commit) { commit.owner = "somebody else"; });
  require_first(verify_tape(tape), FindingKind::Unclaimed, {0, last(tape)});
}

TEST_CASE("verify: a new owner that claims is one to whom the partition belongs") {
  TapeMaker tape = small_market();
  tape.forge(0, [](Commit& commit) {
    commit.owner = "the next";
    commit.events.push_back({domain::PartitionClaimed{"the next"}, {}, "system", {}});
  });
  require_sound(verify_tape(tape));
}

TEST_CASE("verify: seen that runs back, or was never there") {
  TapeMaker tape = busy_market(2);
  const auto seen = [&](std::uint64_t commit, eventstore::Hash hash) {
    tape.forge(0, [&](Commit& forged) { forged.seen[1] = {commit, hash}; });
  };
  const auto& others = tape.commits(1);
  SUBCASE("back") {
    seen(others[0].position.commit, others[0].hash);
    require_first(verify_tape(tape), FindingKind::SeenRunsBack, {0, last(tape, 0)});
  }
  SUBCASE("with another hash") {
    seen(others.back().position.commit, others[0].hash);
    require_first(verify_tape(tape), FindingKind::SeenUnknown, {0, last(tape, 0)});
  }
  SUBCASE("beyond the end") {
    seen(others.back().position.commit + 1, others[0].hash);
    require_first(verify_tape(tape), FindingKind::SeenUnknown, {0, last(tape, 0)});
  }
}

TEST_CASE("verify: an event in a partition that is not its own") {
  TapeMaker tape = small_market(2);
  const std::uint32_t other = 1 - tape.home("v7");
  tape.forge(other, {domain::VendorRegistered{{"v7"}, "Vendor 7", {}, {}}});
  require_first(verify_tape(tape), FindingKind::Misplaced, {other, last(tape, other)});
}

namespace {

// An order in partition 0 whose vendor is in partition 1.
struct Apart {
  TapeMaker tape{2};
  std::string order;
  std::string vendor;

  Apart() {
    for (int i = 0; order.empty() || vendor.empty(); ++i) {
      const std::string n = std::to_string(i);
      if (tape.home("o" + n) == 0) order = "o" + n;
      if (tape.home("v" + n) == 1) vendor = "v" + n;
    }
    tape.run(register_vendor(vendor));
    tape.run(list_product(vendor, "p1"));
    tape.run(count_stock(vendor, "p1", 10));
    tape.run(place_order(order, {item(vendor, "p1", 1)}));
  }
};

// The last commit of `partition` with an event that `pick` takes, changed and chained again.
Tape changed(const TapeMaker& maker, std::uint32_t partition,
             const std::function<bool(Commit&)>& change) {
  Tape tape = tape_of(maker);
  for (std::size_t i = tape[partition].size(); i-- > 0;) {
    Commit commit = eventstore::decode(tape[partition][i]).value();
    if (!change(commit)) continue;
    tape[partition][i].clear();
    encode(commit, tape[partition][i]);
    break;
  }
  tape[partition] = rechained(tape[partition]);
  return tape;
}

}  // namespace

TEST_CASE("verify: a call of another partition that was seen and not answered") {
  const Apart apart;
  const Tape tape = changed(apart.tape, 1, [](Commit& commit) {
    return std::erase_if(commit.events, [](const eventstore::RecordedEvent& recorded) {
             return std::holds_alternative<domain::StockReserved>(recorded.event);
           }) > 0;
  });
  const VerifyReport report = verify_tape(tape);
  INFO(told(report));
  CHECK(std::ranges::any_of(report.findings, [](const replay::Finding& each) {
    return each.kind == FindingKind::MissingReaction && each.position.partition == 1;
  }));
}

TEST_CASE("verify: a record that is not what the vendor decided") {
  const Apart apart;
  const Tape tape = changed(apart.tape, 0, [](Commit& commit) {
    for (eventstore::RecordedEvent& recorded : commit.events) {
      auto* record = std::get_if<domain::SubOrderRecorded>(&recorded.event);
      if (record == nullptr) continue;
      auto* reserved = std::get_if<domain::StockReserved>(&record->change);
      if (reserved == nullptr) continue;
      reserved->lines[0].quantity = 2;
      return true;
    }
    return false;
  });
  const VerifyReport report = verify_tape(tape);
  INFO(told(report));
  CHECK(std::ranges::any_of(report.findings, [](const replay::Finding& each) {
    return each.kind == FindingKind::DifferentRecord && each.position.partition == 0;
  }));
}

TEST_CASE("verify: a call that is answered again by a later commit") {
  Apart apart;
  const auto& commits = apart.tape.commits(1);
  eventstore::RecordedEvent again;
  for (const eventstore::StoredCommit& stored : commits) {
    for (const eventstore::RecordedEvent& recorded : stored.commit.events) {
      if (std::holds_alternative<domain::SubOrderConfirmed>(recorded.event)) again = recorded;
    }
  }
  REQUIRE(again.cause.on_remote.has_value());
  apart.tape.forge(1, [&](Commit& commit) { commit.events.push_back(again); });
  require_finds(verify_tape(apart.tape), FindingKind::WrongCause, {1, last(apart.tape, 1)});
}
