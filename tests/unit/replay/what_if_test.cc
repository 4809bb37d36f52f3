// What-if: without other rules nothing differs, whatever happened and over however many partitions;
// with them, exactly what they decide does.
#include "replay/what_if_report.h"

#include <atomic>

#include "eventstore/codec.h"
#include "tests/support/engine_rig.h"
#include "tests/support/small_market.h"
#include "tests/support/tape_ledgers.h"

#include <doctest/doctest.h>

using namespace cassette;
using namespace cassette::testing;
using replay::OrderOutcome;
using replay::WhatIfReport;
using replay::WhatIfRules;
using replay::WhatIfSide;

namespace {

constexpr std::int64_t kSecond = 1'000'000;

WhatIfRules rules_of(std::string_view json) {
  auto rules = replay::parse_rules(json);
  REQUIRE_MESSAGE(rules.ok(), rules.error());
  return std::move(rules).value();
}

WhatIfReport what_if(const std::vector<eventstore::Ledger*>& ledgers, std::string_view rules) {
  auto report = replay::what_if(ledgers, rules_of(rules), {});
  REQUIRE_MESSAGE(report.ok(), report.error().what);
  return std::move(report).value();
}

WhatIfReport what_if(const TapeMaker& tape, std::string_view rules) {
  return what_if(MemoryLedgers(tape_of(tape)).all(), rules);
}

std::uint64_t count(const WhatIfSide& side, OrderOutcome outcome) {
  return side.orders[static_cast<std::size_t>(outcome)];
}

void require_no_difference(const WhatIfReport& report) {
  INFO(to_text(report));
  CHECK(report.differing_orders == 0);
  CHECK(report.differing_items == 0);
  CHECK(report.recorded.orders == report.what_if.orders);
  CHECK(report.recorded.units_kept == report.what_if.units_kept);
  CHECK(report.recorded.reorder_points_reached == report.what_if.reorder_points_reached);
  CHECK(report.counts.fell_away == 0);
  CHECK(report.counts.late_confirmations == 0);
  CHECK(report.counts.moved_deadlines == 0);
  CHECK(report.counts.shelves_short == 0);
}

domain::CountStock count_with(const std::string& vendor, const std::string& product,
                              domain::Quantity quantity, domain::Quantity reorder_point) {
  domain::CountStock command = count_stock(vendor, product, quantity);
  command.reorder_point = reorder_point;
  return command;
}

domain::AdjustStock adjust(const std::string& vendor, const std::string& product,
                           domain::Quantity delta) {
  domain::AdjustStock command;
  command.vendor_id = {vendor};
  command.product_id = {product};
  command.delta = delta;
  command.reason = "found";
  return command;
}

// All that a vendor can do to a parcel, and the counts and thresholds around it.
void play_parcels(TapeMaker& tape) {
  tape.run(count_with("v1", "p1", 40, 30), "count");
  tape.run(place_order("parcels", {item("v1", "p1", 12)}));
  tape.run(adjust("v1", "p1", -3));
  tape.run(place_order("regretted", {item("v1", "p1", 1), item("v2", "p2", 1)}));
  tape.run(cancel_order("regretted"));
  const domain::UpdateShipment lost{{"parcels"},
                                    {"v1"},
                                    {"shipment-parcels"},
                                    domain::ShipmentStatus::Lost,
                                    domain::LossResolution::Replaced,
                                    "other carrier",
                                    std::nullopt,
                                    "gone",
                                    std::nullopt};
  tape.run(advance("parcels", "v1", domain::OrderStatus::Shipped));
  tape.run(lost);
  tape.run(domain::ShipLines{{"parcels"}, {"v1"}, {"second"}, {{{1}, 5}}, "ups", "", {"west"}, {}});
  tape.run(domain::CancelLines{
      {"parcels"}, {"v1"}, {}, "no more", domain::Role::Vendor, false, std::nullopt});
  tape.run(domain::RequestReturn{{"parcels"}, {"v1"}, {"back"}, {{{1}, 2}}, "broken", {}});
  domain::ResolveReturn received{{"parcels"}, {"v1"},   {"back"}, domain::ReturnStatus::Received,
                                 true,        {"west"}, "",       std::nullopt};
  tape.run(received);
  domain::CountStock frozen = count_stock("v2", "p2", 0);
  frozen.on_shortfall = domain::OnShortfall::Freeze;
  tape.run(frozen);
}

}  // namespace

// ---- the control

TEST_CASE("what-if: under the rules as they were, nothing differs") {
  for (const std::uint32_t partitions : {1U, 2U, 4U}) {
    CAPTURE(partitions);
    TapeMaker tape = busy_market(partitions);
    play_parcels(tape);
    const WhatIfReport report = what_if(tape, "{}");
    require_no_difference(report);
    CHECK(report.heads.size() == partitions);
    CHECK(report.recorded.reorder_points_reached > 0);
    CHECK(count(report.recorded, OrderOutcome::Expired) == 1);
    CHECK(count(report.recorded, OrderOutcome::Cancelled) == 1);
  }
}

// Orders of three partitions' vendors at once, for fewer units than are wanted: who gets the last
// one was decided between partitions, and must come out as it did.
TEST_CASE("what-if: engines that raced for the last units are followed as they went") {
  EngineRig rig({.partitions = 3});
  rig.start();
  std::vector<std::string> vendors;
  for (std::uint32_t p = 0; p < 3; ++p) {
    vendors.push_back(rig.id_at(p, "v"));
    stock_up(rig, vendors.back(), "part", 60);
  }
  std::atomic<int> answers{0};
  constexpr int kOrders = 150;
  for (int n = 0; n < kOrders; ++n) {
    domain::PlaceOrder order = place_order("o" + std::to_string(n), {});
    order.items = {item(vendors[n % 3], "part", 1 + n % 2), item(vendors[(n + 1) % 3], "part", 1)};
    if (n % 3 == 0) order.on_shortage = domain::OnShortage::CancelShortVendors;
    if (n % 5 == 0) order.confirmation = domain::Confirmation::Manual;
    eventstore::Request request;
    request.command = std::move(order);
    request.by = "admin";
    rig.submit(std::move(request), [&](const eventstore::Reply&) { ++answers; });
  }
  REQUIRE(rig.eventually(0, [&](const domain::Marketplace&) { return answers == kOrders; }));
  for (int n = 0; n < kOrders; n += 10) {
    (void)rig.execute(domain::ConfirmOrder{{"o" + std::to_string(n)}, {}});
  }
  rig.now_micros += 3600 * kSecond;
  (void)rig.execute(adjust(vendors[0], "part", 1));
  rig.stop();
  std::vector<eventstore::Ledger*> ledgers;
  for (std::uint32_t p = 0; p < 3; ++p) ledgers.push_back(&rig.ledger(p));
  const WhatIfReport report = what_if(ledgers, "{}");
  require_no_difference(report);
  CHECK(report.recorded.units_lost_to_shortage > 0);
}

// ---- other rules

TEST_CASE("what-if: safety stock loses the sales that would have gone below it, and no others") {
  for (const std::uint32_t partitions : {1U, 3U}) {
    CAPTURE(partitions);
    TapeMaker tape = small_market(partitions);
    tape.run(place_order("first", {item("v1", "p1", 4)}));
    tape.run(place_order("second", {item("v1", "p1", 4), item("v2", "p2", 1)}));
    tape.run(advance("second", "v1", domain::OrderStatus::Delivered));
    tape.run(place_order("third", {item("v2", "p2", 2)}));
    const WhatIfReport report = what_if(tape, R"({"safetyStock":{"items":{"v1/p1":4}}})");
    INFO(to_text(report));
    CHECK(report.differing_orders == 1);
    REQUIRE(report.differences.size() == 1);
    CHECK(report.differences[0].order == "second");
    CHECK(report.differences[0].what_if.outcome() == OrderOutcome::LostToShortage);
    CHECK(report.what_if.units_lost_to_shortage == 5);
    CHECK(report.what_if.values.at("USD").lost_to_shortage == 4 * 1000 + 250);
    CHECK(report.recorded.units_kept - report.what_if.units_kept == 5);
    // Packed, shipped and delivered: three deeds without a sub-order to be done to.
    CHECK(report.counts.fell_away == 3);
  }
}

TEST_CASE(
    "what-if: a shortage policy that takes all or nothing, and one that takes what there is") {
  TapeMaker tape = small_market(4);
  domain::PlaceOrder order = place_order("some", {item("v1", "p1", 1), item("v2", "p2", 9)});
  order.on_shortage = domain::OnShortage::CancelShortVendors;
  tape.run(order);
  const WhatIfReport whole = what_if(tape, R"({"onShortage":"reject"})");
  CHECK(count(whole.recorded, OrderOutcome::ShortInPart) == 1);
  CHECK(whole.recorded.units_lost_to_shortage == 9);
  CHECK(count(whole.what_if, OrderOutcome::LostToShortage) == 1);
  CHECK(whole.what_if.units_lost_to_shortage == 10);
  CHECK(whole.what_if.units_kept == 0);

  // Over partitions a refusal is recorded, and so can be decided otherwise.
  const std::string id = [&] {
    for (int n = 0;; ++n) {
      std::string name = "o" + std::to_string(n);
      if (tape.home(name) != tape.home("v2")) return name;
    }
  }();
  tape.run(place_order(id, {item("v1", "p1", 2), item("v2", "p2", 9)}));
  const WhatIfReport part = what_if(tape, R"({"onShortage":"cancel-short-vendors"})");
  INFO(to_text(part));
  CHECK(count(part.recorded, OrderOutcome::LostToShortage) == 1);
  CHECK(count(part.what_if, OrderOutcome::LostToShortage) == 0);
  CHECK(count(part.what_if, OrderOutcome::ShortInPart) == 2);
  CHECK(part.what_if.units_kept == 3);
}

TEST_CASE("what-if: a shorter deadline ends an order before its payment, and frees what it held") {
  for (const std::uint32_t partitions : {1U, 3U}) {
    CAPTURE(partitions);
    TapeMaker tape = small_market(partitions);
    tape.run(place_manual_order("paid-late", {item("v1", "p1", 8)}));
    tape.run(place_manual_order("paid-soon", {item("v2", "p2", 1)}));
    tape.wait(60 * kSecond);
    tape.run(domain::ConfirmOrder{{"paid-soon"}, {}});
    tape.wait(300 * kSecond);
    // Refused in the record for want of stock, which leaves a trace only over partitions.
    tape.attempt(place_order("hopeful", {item("v1", "p1", 8)}));
    tape.wait(120 * kSecond);
    tape.run(domain::ConfirmOrder{{"paid-late"}, {}});
    const WhatIfReport report = what_if(tape, R"({"reservationMaxSeconds":300})");
    INFO(to_text(report));
    CHECK(report.counts.moved_deadlines == 2);
    CHECK(report.counts.late_confirmations == 1);
    CHECK(count(report.recorded, OrderOutcome::Expired) == 0);
    CHECK(count(report.what_if, OrderOutcome::Expired) == 1);
    const std::uint64_t rescued = count(report.recorded, OrderOutcome::LostToShortage);
    CHECK(count(report.what_if, OrderOutcome::LostToShortage) == 0);
    CHECK(count(report.what_if, OrderOutcome::Stands) ==
          count(report.recorded, OrderOutcome::Stands) - 1 + rescued);
    CHECK(report.what_if.units_kept == (rescued > 0 ? 9 : 1));
  }
}

TEST_CASE("what-if: a longer deadline keeps what had expired, and leaves others' own ones alone") {
  TapeMaker tape = small_market();
  tape.run(place_manual_order("default", {item("v1", "p1", 1)}));
  domain::PlaceOrder own = place_manual_order("own", {item("v1", "p1", 1)});
  own.reservation_seconds = 60;
  tape.run(own);
  domain::PlaceOrder longer = place_manual_order("longer", {item("v1", "p1", 1)});
  longer.reservation_seconds = 7200;
  tape.run(longer);
  tape.wait(3600 * kSecond);
  tape.expire();
  tape.run(place_order("later", {item("v1", "p1", 1)}));
  const WhatIfReport report = what_if(tape, R"({"reservationMaxSeconds":86400})");
  INFO(to_text(report));
  CHECK(count(report.recorded, OrderOutcome::Expired) == 2);
  CHECK(count(report.what_if, OrderOutcome::Expired) == 1);
  CHECK(report.counts.moved_deadlines == 1);
  REQUIRE(report.differences.size() == 1);
  CHECK(report.differences[0].order == "default");
}

TEST_CASE("what-if: another reorder point is reached at another time, and can bring units") {
  TapeMaker tape = small_market();
  tape.run(place_order("a", {item("v1", "p1", 6)}));
  tape.wait(100 * kSecond);
  domain::PlaceOrder b = place_order("b", {item("v1", "p1", 4), item("v2", "p2", 7)});
  b.on_shortage = domain::OnShortage::CancelShortVendors;
  tape.run(b);
  const WhatIfReport reached = what_if(tape, R"({"reorderPoint":{"default":4}})");
  CHECK(reached.recorded.reorder_points_reached == 0);
  CHECK(reached.what_if.reorder_points_reached == 1);
  CHECK(reached.differing_orders == 0);

  // Two of v2/p2 are short of 5: at 6, one has to be counted first.
  const std::string_view rules =
      R"({"reorderPoint":{"vendors":{"v2":5}},"replenish":{"units":2,"afterSeconds":50}})";
  TapeMaker restocked = small_market();
  restocked.run(adjust("v2", "p2", 3));
  restocked.run(place_order("a", {item("v2", "p2", 3)}));
  restocked.wait(100 * kSecond);
  b.items = {item("v1", "p1", 1), item("v2", "p2", 7)};
  restocked.run(b);
  const WhatIfReport report = what_if(restocked, rules);
  INFO(to_text(report));
  CHECK(report.counts.replenished_units == 2);
  CHECK(count(report.recorded, OrderOutcome::ShortInPart) == 1);
  CHECK(count(report.what_if, OrderOutcome::ShortInPart) == 0);
  CHECK(report.what_if.units_lost_to_shortage == 0);
}

// A count says what changed on the shelf: what would not have been sold is still there after it.
TEST_CASE("what-if: counts change a shelf by as much as they did") {
  TapeMaker tape = small_market();
  tape.run(place_order("sold", {item("v1", "p1", 6)}));
  tape.run(advance("sold", "v1", domain::OrderStatus::Delivered));
  tape.run(count_stock("v1", "p1", 3));  // one of the four was gone
  tape.run(place_order("next", {item("v1", "p1", 3)}));
  const WhatIfReport report = what_if(tape, R"({"safetyStock":{"items":{"v1/p1":5}}})");
  INFO(to_text(report));
  // 10 on the shelf, 6 above 5 wanted: lost. 9 after the count: 3 of the 4 above 5.
  CHECK(report.what_if.units_lost_to_shortage == 6);
  CHECK(count(report.what_if, OrderOutcome::Stands) == 1);
}

// ---- rules and ledgers that are none

TEST_CASE("what-if: rules that can't be meant are refused by name") {
  const auto refusal = [](std::string_view json) {
    const auto rules = replay::parse_rules(json);
    return rules.ok() ? std::string("taken") : rules.error();
  };
  CHECK(refusal("{}") == "taken");
  CHECK(refusal("") == "is no JSON object");
  CHECK(refusal("[]") == "is no JSON object");
  CHECK(refusal(R"({"onShortage":"reject")") == "is no JSON object");
  CHECK(refusal(R"({"onShortage":"reject"} {})") == "is broken JSON");
  CHECK(refusal(R"({"onShortage":"accept-lines"})").find("onShortage") != std::string::npos);
  CHECK(refusal(R"({"reservationSeconds":3})").find("reservationSeconds") != std::string::npos);
  CHECK(refusal(R"({"reorderPoint":{"all":3}})").find("reorderPoint") != std::string::npos);
  CHECK(refusal(R"({"reorderPoint":{"default":-1}})") ==
        "reorderPoint must be from 0 to 1000000000");
  CHECK(refusal(R"({"safetyStock":{"items":{"p1":1}}})").find("VENDOR/PRODUCT") !=
        std::string::npos);
  CHECK(refusal(R"({"reservationMaxSeconds":0})").find("from 1 to") != std::string::npos);
  CHECK(refusal(R"({"replenish":{"units":0}})").find("replenish.units") != std::string::npos);
}

TEST_CASE("what-if: a ledger that contradicts itself is named as not sound") {
  TapeMaker tape = small_market();
  domain::OrderSettled settled;
  settled.order_id = {"never-placed"};
  tape.forge(0, {domain::Event(settled)});
  const auto report = replay::what_if(MemoryLedgers(tape_of(tape)).all(), {}, {});
  REQUIRE_FALSE(report.ok());
  CHECK(report.error().kind == eventstore::StoreError::Kind::Corrupt);
  CHECK(report.error().what.find("0:" + std::to_string(tape.bodies().size())) != std::string::npos);
}

TEST_CASE("what-if: void messages are passed over, and both forms tell the same") {
  TapeMaker tape = busy_market(2);
  tape.put_raw(1, "put here by hand");
  tape.run(place_order("after", {item("v1", "p1", 1)}));
  const WhatIfReport report = what_if(tape, R"({"safetyStock":{"default":3}})");
  CHECK(report.void_messages == 1);
  const std::string text = to_text(report);
  const std::string json = to_json(report);
  CHECK(text.find("units lost to shortage") != std::string::npos);
  CHECK(json.find(R"("differingOrders":)" + std::to_string(report.differing_orders)) !=
        std::string::npos);
  CHECK(report.differing_orders > 0);
  for (const auto& each : report.differences) {
    CHECK(text.find(" " + each.order + ": ") != std::string::npos);
    CHECK(json.find("\"orderId\":\"" + each.order + "\"") != std::string::npos);
  }
}
