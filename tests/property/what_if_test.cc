// Properties of a what-if over any history: under the rules as they were nothing differs, and under
// no rules does the other history contradict itself.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "replay/what_if_report.h"
#include "tests/property/random_commands.h"
#include "tests/support/bicycle_parts.h"
#include "tests/support/tape_ledgers.h"

using namespace cassette;
using namespace cassette::domain;
using namespace cassette::tests;
using cassette::testing::MemoryLedgers;
using cassette::testing::TapeMaker;

namespace {

std::size_t draw(std::size_t from, std::size_t end) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(from, end));
}

// A history, beside which a runner goes that knows what there is to do something with.
class Drawn {
 public:
  explicit Drawn(std::size_t partitions) : tape_(static_cast<std::uint32_t>(partitions)) {
    open_shops(runner_);
    for (const char* vendor : {"acme", "bolt", "crank"}) {
      tape_.run(RegisterVendor{{vendor}, vendor, {}, {}});
      for (const char* product : {"chain", "pedal"}) {
        tape_.run(ListProduct{{vendor}, {product}, details(product, 1000)});
        tape_.run(count({vendor}, {product}, 6));
      }
    }
  }

  void step() {
    if (draw(0, 10) == 0) {
      tape_.wait(30'000'000);
      tape_.expire();
      runner_.pass(30);
      return;
    }
    const Command command = any_command(runner_);
    tape_.attempt(command);
    (void)runner_.run_all(command);
  }

  replay::WhatIfReport what_if(const replay::WhatIfRules& rules) const {
    const MemoryLedgers ledgers(cassette::testing::tape_of(tape_));
    auto report = replay::what_if(ledgers.all(), rules, {});
    if (!report.ok()) RC_FAIL(report.error().what);
    return std::move(report).value();
  }

 private:
  TapeMaker tape_;
  PartitionRunner runner_{1};
};

replay::WhatIfReport what_if_of_any_history(const replay::WhatIfRules& rules) {
  Drawn drawn(draw(1, 5));
  const std::size_t steps = draw(1, 120);
  for (std::size_t i = 0; i < steps; ++i) drawn.step();
  return drawn.what_if(rules);
}

std::optional<replay::ThresholdRule> any_threshold() {
  replay::ThresholdRule rule;
  if (draw(0, 2) == 0) return std::nullopt;
  if (draw(0, 2) == 0) rule.all = static_cast<Quantity>(draw(0, 6));
  if (draw(0, 2) == 0) rule.by_vendor["acme"] = static_cast<Quantity>(draw(0, 6));
  if (draw(0, 2) == 0) rule.by_item["bolt/chain"] = static_cast<Quantity>(draw(0, 6));
  return rule;
}

replay::WhatIfRules any_rules() {
  replay::WhatIfRules rules;
  rules.reorder_point = any_threshold();
  rules.safety_stock = any_threshold();
  // Of what `any_command` asks for: one, two or three minutes.
  rules.recorded_reservation_max_seconds = 60 * static_cast<std::int64_t>(draw(1, 4));
  if (draw(0, 2) == 0) rules.reservation_max_seconds = static_cast<std::int64_t>(draw(1, 400));
  if (draw(0, 2) == 0) rules.on_shortage = static_cast<OnShortage>(draw(0, 2));
  if (draw(0, 2) == 0) {
    rules.replenish = {static_cast<Quantity>(draw(1, 4)), static_cast<std::int64_t>(draw(0, 60))};
  }
  return rules;
}

}  // namespace

TEST_CASE("any history, decided again under the rules as they were, is the same") {
  CHECK(rc::check([] {
    const replay::WhatIfReport report = what_if_of_any_history({});
    if (report.differing_orders > 0 || report.differing_items > 0) RC_FAIL(to_text(report));
    RC_ASSERT(report.recorded.orders == report.what_if.orders);
    RC_ASSERT(report.recorded.reorder_points_reached == report.what_if.reorder_points_reached);
    if (report.counts.fell_away + report.counts.shelves_short > 0) RC_FAIL(to_text(report));
    RC_ASSERT(report.counts.late_confirmations == 0U);
  }));
}

TEST_CASE("any history can be decided again under any rules, and tells every order") {
  CHECK(rc::check([] {
    const replay::WhatIfReport report = what_if_of_any_history(any_rules());
    std::uint64_t orders = 0;
    for (const std::uint64_t each : report.recorded.orders) orders += each;
    std::uint64_t others = 0;
    for (const std::uint64_t each : report.what_if.orders) others += each;
    RC_ASSERT(orders == others);
  }));
}
