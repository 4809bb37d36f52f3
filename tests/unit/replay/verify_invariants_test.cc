// Verify, invariants: each is broken on purpose by a ledger whose chain, claims and times are
// right, and is found at the commit that breaks it.
#include "replay/verify.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "eventstore/codec.h"
#include "tests/support/small_market.h"
#include "tests/support/tape_ledgers.h"

using namespace cassette;
using namespace cassette::testing;
using domain::Event;
using domain::Events;
using eventstore::Commit;
using eventstore::Position;
using eventstore::RecordedEvent;
using replay::FindingKind;
using replay::Verdict;
using replay::VerifyReport;

namespace {

VerifyReport verify_tape(const Tape& tape) {
  return replay::verify(MemoryLedgers(tape).all(), {});
}

std::string told(const VerifyReport& report) {
  std::string text = report.error;
  for (const auto& finding : report.findings) {
    text += format(finding.position) + " " + std::string(name_of(finding.kind)) + ": " +
            finding.what + "\n";
  }
  return text;
}

// One finding is of that kind and place, and says `what`.
void require_finds(const VerifyReport& report, FindingKind kind, Position position,
                   const std::string& what) {
  INFO(told(report));
  CHECK(report.verdict == Verdict::Unsound);
  const auto wanted = [&](const replay::Finding& each) {
    return each.kind == kind && each.position == position &&
           each.what.find(what) != std::string::npos;
  };
  CHECK(std::ranges::any_of(report.findings, wanted));
}

std::uint64_t last(const TapeMaker& tape, std::uint32_t partition = 0) {
  return tape.bodies(partition).size();
}

void require_forged(TapeMaker& tape, Events events, FindingKind kind, const std::string& what) {
  tape.forge(0, std::move(events));
  require_finds(verify_tape(tape_of(tape)), kind, {0, last(tape)}, what);
}

// An order of two units of p1, packed and sent.
TapeMaker sent() {
  TapeMaker tape = small_market();
  tape.run(place_order("o1", {item("v1", "p1", 2)}));
  tape.run(advance("o1", "v1", domain::OrderStatus::Shipped));
  return tape;
}

// Changes the last commit that `change` takes, and chains all anew.
Tape changed(const TapeMaker& maker, std::uint32_t partition,
             const std::function<bool(Commit&)>& change, std::uint64_t& where) {
  Tape tape = tape_of(maker);
  for (where = tape[partition].size(); where > 0; --where) {
    std::string& body = tape[partition][where - 1];
    Commit commit = eventstore::decode(body).value();
    if (!change(commit)) continue;
    body.clear();
    encode(commit, body);
    break;
  }
  REQUIRE(where > 0);
  tape[partition] = rechained(tape[partition]);
  return tape;
}

template <class E>
E* event_of(Commit& commit) {
  for (RecordedEvent& recorded : commit.events) {
    if (E* found = std::get_if<E>(&recorded.event)) return found;
  }
  return nullptr;
}

}  // namespace

// ---- stock

TEST_CASE("verify: on hand below what is reserved") {
  TapeMaker tape = small_market();
  tape.run(place_order("o1", {item("v1", "p1", 8)}));
  require_forged(tape, {domain::StockAdjusted{{"v1"}, {"p1"}, {}, -11, "gone"}},
                 FindingKind::IllegalEvent, "quantity >= 0");
}

TEST_CASE("verify: a count that leaves a promise without units is told by the event after it") {
  TapeMaker tape = small_market();
  tape.run(place_order("o1", {item("v1", "p1", 8)}));
  // Seven on the shelf for eight promised: one is missing, and the event says two.
  require_forged(tape,
                 {domain::StockCounted{{"v1"}, {"p1"}, {}, 7},
                  domain::StockShortfallRecorded{{"v1"}, {"p1"}, 2}},
                 FindingKind::IllegalEvent, "StockShortfallRecorded");
}

TEST_CASE("verify: more is reserved than there is") {
  TapeMaker tape = small_market();
  domain::StockReserved event{{"o1"}, {"v1"}, {"customer-1"}, {}, {}, {}, true};
  event.lines = {{{1}, {"p1"}, 11, "Product p1", "SKU-p1", {1000, {"USD"}}}};
  require_forged(tape, {event}, FindingKind::IllegalEvent, "item.reserved <= item.on_hand");
}

// ---- reservations

TEST_CASE("verify: units of a reservation that are given back twice") {
  TapeMaker tape = small_market();
  tape.run(place_order("o1", {item("v1", "p1", 2)}));
  const domain::LinesCancelled all{{"o1"}, {"v1"}, {{{1}, 2}}, "no", false};
  require_forged(tape, {all, all}, FindingKind::IllegalEvent, "LinesCancelled");
}

TEST_CASE("verify: units that ship after they were given back") {
  TapeMaker tape = small_market();
  tape.run(place_order("o1", {item("v1", "p1", 2)}));
  tape.run(advance("o1", "v1", domain::OrderStatus::Packed));
  require_forged(tape,
                 {domain::LinesCancelled{{"o1"}, {"v1"}, {{{1}, 1}}, "no", false},
                  domain::ShipmentDispatched{{"o1"}, {"v1"}, {"s1"}, {{{1}, 2}}, "DHL", "T", {}}},
                 FindingKind::IllegalEvent, "ShipmentDispatched");
}

TEST_CASE("verify: a reservation that ends before it began") {
  TapeMaker tape = small_market();
  require_forged(tape, {domain::LinesCancelled{{"o9"}, {"v1"}, {{{1}, 2}}, "no", false}},
                 FindingKind::IllegalEvent, "LinesCancelled");
}

TEST_CASE("verify: an order that expires before its deadline") {
  TapeMaker tape = small_market();
  tape.run(place_manual_order("o1", {item("v1", "p1", 2)}));
  require_forged(tape, {domain::ReservationExpired{{"o1"}, {{"v1"}}}}, FindingKind::BrokenInvariant,
                 "order o1 expires before its deadline");
}

TEST_CASE("verify: an order that expires, and gives nothing back") {
  TapeMaker tape = small_market();
  tape.run(place_manual_order("o1", {item("v1", "p1", 2)}));
  tape.wait(3600LL * 1'000'000);
  tape.forge(0, {domain::ReservationExpired{{"o1"}, {}}});
  const Position where{0, last(tape)};
  tape.run(register_vendor("v9"));  // found where it shows, and not at the end
  require_finds(verify_tape(tape_of(tape)), FindingKind::BrokenInvariant, where,
                "order o1: was given up, and keeps a reservation");
}

TEST_CASE("verify: an order that expires twice") {
  TapeMaker tape = small_market();
  tape.run(place_manual_order("o1", {item("v1", "p1", 2)}));
  tape.wait(3600LL * 1'000'000);
  tape.expire();
  require_forged(tape, {domain::ReservationExpired{{"o1"}, {}}}, FindingKind::IllegalEvent,
                 "ReservationExpired");
}

TEST_CASE("verify: a call to give back that was not answered") {
  TapeMaker tape = small_market();
  tape.run(place_manual_order("o1", {item("v1", "p1", 2)}));
  tape.wait(3600LL * 1'000'000);
  require_forged(tape, {domain::ReservationExpired{{"o1"}, {{"v1"}}}}, FindingKind::MissingReaction,
                 "ReservationExpired");
}

// ---- status paths

TEST_CASE("verify: packed before it was confirmed") {
  TapeMaker tape = small_market();
  tape.run(place_manual_order("o1", {item("v1", "p1", 2)}));
  require_forged(tape, {domain::SubOrderPacked{{"o1"}, {"v1"}}}, FindingKind::IllegalEvent,
                 "SubOrderPacked");
}

TEST_CASE("verify: shipped before it was packed") {
  TapeMaker tape = small_market();
  tape.run(place_order("o1", {item("v1", "p1", 2)}));
  require_forged(tape,
                 {domain::ShipmentDispatched{{"o1"}, {"v1"}, {"s1"}, {{{1}, 2}}, "DHL", "T", {}}},
                 FindingKind::IllegalEvent, "ShipmentDispatched");
}

TEST_CASE("verify: lost after it was delivered") {
  TapeMaker tape = sent();
  tape.run(advance("o1", "v1", domain::OrderStatus::Delivered));
  require_forged(tape, {domain::ShipmentLost{{"o1"}, {"v1"}, {"shipment-o1"}, ""}},
                 FindingKind::BrokenInvariant, "has no shipment shipment-o1 that is open");
}

TEST_CASE("verify: only a problem, after it was lost") {
  TapeMaker tape = sent();
  require_forged(tape,
                 {domain::ShipmentLost{{"o1"}, {"v1"}, {"shipment-o1"}, ""},
                  domain::ShipmentProblemReported{{"o1"}, {"v1"}, {"shipment-o1"}, ""}},
                 FindingKind::BrokenInvariant, "shipment shipment-o1 went from Lost to Problem");
}

TEST_CASE("verify: an order that is confirmed, and was settled never") {
  TapeMaker tape = small_market();
  tape.forge(0, {domain::OrderPlaced{{"o1"},
                                     {"c"},
                                     {{{1}, {"v1"}, {"p1"}, 1, {}, {}}},
                                     {},
                                     {},
                                     domain::Confirmation::Manual,
                                     domain::OnShortage::Reject,
                                     tape.now()}});
  require_forged(tape, {domain::OrderConfirmed{{"o1"}, {}}}, FindingKind::IllegalEvent,
                 "OrderConfirmed");
}

// ---- sums

TEST_CASE("verify: a total that is not the sum of the sub-orders") {
  TapeMaker tape = small_market();
  tape.run(place_order("o1", {item("v1", "p1", 2), item("v2", "p2", 1)}));
  std::uint64_t where = 0;
  const Tape damaged = changed(
      tape, 0,
      [](Commit& commit) {
        auto* settled = event_of<domain::OrderSettled>(commit);
        return settled != nullptr && ++settled->total_amount.amount != 0;
      },
      where);
  require_finds(verify_tape(damaged), FindingKind::BrokenInvariant, {0, where},
                "order o1: the total is 2251, should be 2250");
}

TEST_CASE("verify: a sub-order that is recorded dearer than it was reserved, total and all") {
  TapeMaker tape = small_market();
  tape.run(place_order("o1", {item("v1", "p1", 2)}));
  std::uint64_t where = 0;
  const Tape damaged = changed(
      tape, 0,
      [](Commit& commit) {
        auto* record = event_of<domain::SubOrderRecorded>(commit);
        auto* settled = event_of<domain::OrderSettled>(commit);
        if (record == nullptr || settled == nullptr) return false;
        std::get<domain::StockReserved>(record->change).lines[0].unit_price.amount = 1001;
        settled->total_amount.amount = 2002;
        return true;
      },
      where);
  require_finds(verify_tape(damaged), FindingKind::DifferentRecord, {0, where},
                "sub-order v1/o1 is not recorded as its vendor has it");
}

// ---- over partitions

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

}  // namespace

TEST_CASE("verify: an order that records what its vendor never decided") {
  Apart apart;
  const domain::SubOrderPacked packed{{apart.order}, {apart.vendor}};
  apart.tape.forge(0, {domain::SubOrderRecorded{{apart.order}, {apart.vendor}, packed}});
  const VerifyReport report = verify_tape(tape_of(apart.tape));
  const Position where{0, last(apart.tape, 0)};
  require_finds(report, FindingKind::DifferentRecord, where,
                "is not recorded as its vendor has it");
  require_finds(report, FindingKind::WrongCause, where, "answers what nothing has asked");
}

TEST_CASE("verify: what is on its way between partitions is not unsound") {
  Apart apart;
  const domain::SubOrderNoted noted{{apart.order}, {apart.vendor}, "soon"};
  apart.tape.forge(1, {noted});
  const VerifyReport report = verify_tape(tape_of(apart.tape));
  CHECK_MESSAGE(report.verdict == Verdict::Sound, told(report));
  CHECK(report.pending_reactions == 1);
}

TEST_CASE("verify: damage in every partition is found, and told by its time") {
  TapeMaker tape = busy_market(4);
  std::vector<Position> where;
  for (const std::uint32_t p : {2U, 0U, 3U, 1U}) {
    tape.wait(1'000'000);
    tape.forge(p, {domain::LinesCancelled{{"nobody"}, {"v"}, {{{1}, 1}}, "no", false}});
    where.push_back({p, last(tape, p)});
  }
  const Tape damaged = tape_of(tape);
  for (int run = 0; run < 5; ++run) {
    const VerifyReport report = verify_tape(damaged);
    INFO(told(report));
    std::vector<Position> found;
    for (const replay::Finding& each : report.findings) {
      if (each.kind == FindingKind::IllegalEvent) found.push_back(each.position);
    }
    CHECK(found == where);
  }
}
