// Properties of the domain over any sequence of commands and any order of delivery: the invariants
// hold after every event, folding is repeatable, what is accepted twice is silent, and when all
// that was called for is delivered no order is left hanging and no reservation is left over.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <map>

#include "tests/property/random_commands.h"
#include "tests/support/bicycle_parts.h"
#include "tests/support/describe.h"
#include "tests/support/partition_runner.h"

using namespace cassette;
using namespace cassette::domain;
using namespace cassette::tests;

namespace {

std::size_t draw(std::size_t from, std::size_t end) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(from, end));
}

// Every aggregate as text, by its key.
std::map<std::string, std::string> picture(const Marketplace& state) {
  std::map<std::string, std::string> texts;
  state.for_each_stock([&](const VendorId& vendor, const ProductId& product, const StockItem& it) {
    texts["stock " + vendor.value + "/" + product.value] = describe(it);
  });
  state.for_each_sub_order([&](const VendorId& vendor, const OrderId& id, const SubOrder& it) {
    texts["sub-order " + vendor.value + "/" + id.value] = describe(it);
  });
  state.for_each_order(
      [&](const OrderId& id, const Order& it) { texts["order " + id.value] = describe(it); });
  for (const char* id : {"acme", "bolt", "crank", "dynamo"}) {
    const VendorId vendor{id};
    if (const Vendor* it = state.vendor(vendor)) texts["vendor " + vendor.value] = describe(*it);
    for (const char* part : {"chain", "pedal", "lamp"}) {
      if (const auto it = state.product(vendor, {part}))
        texts["product " + vendor.value + "/" + part] = describe(*it);
      texts["SKU " + vendor.value + "/" + part] =
          state.sku_holder(vendor, details(part, 1).sku).value;
    }
  }
  for (const char* id : {"c0", "c1", "c8"}) {
    const Customer* it = state.customer({id});
    if (it != nullptr) texts["customer " + std::string(id)] = describe(*it);
  }
  return texts;
}

void expect_sound(const PartitionRunner& runner) {
  if (!runner.faults.empty()) RC_FAIL(runner.faults.front());
  for (std::size_t i = 0; i < runner.size(); ++i) {
    const Violations found = violations(runner.partition(i));
    if (!found.empty()) RC_FAIL(found.front());
  }
}

void expect_same_when_folded_again(const PartitionRunner& runner) {
  for (std::size_t i = 0; i < runner.size(); ++i) {
    Marketplace again;
    for (const Event& event : runner.log(i)) again.evolve(event);
    RC_ASSERT(picture(again) == picture(runner.partition(i)));
  }
}

// Nothing is on its way: what the order knows of a part is what its vendor's partition says.
void expect_at_rest(const PartitionRunner& runner, const OrderId& id, const Order& order) {
  if (order.phase == OrderPhase::Placing) RC_FAIL(id.value + " is still placing");
  for (const OrderPart& part : order.parts) {
    if (part.phase == PartPhase::Asked) RC_FAIL(id.value + " was never answered");
    if (part.outstanding > 0) RC_FAIL(id.value + " waits for a release");
    if (part.phase == PartPhase::Unasked) continue;
    const SubOrder* theirs = runner.sub_order(part.vendor_id.value.c_str(), id);
    RC_ASSERT(theirs != nullptr);
    RC_ASSERT(describe(*theirs) == describe(part.sub_order));
    if (!part.stands()) continue;
    if (!part.sub_order.settled) RC_FAIL(id.value + " holds an unsettled reservation");
    const bool dead = order.phase == OrderPhase::Failed && !order.confirmed;
    if (dead) RC_FAIL(id.value + " failed, and yet holds a reservation");
  }
}

void expect_at_rest(const PartitionRunner& runner) {
  for (std::size_t i = 0; i < runner.size(); ++i) {
    runner.partition(i).for_each_order(
        [&runner](const OrderId& id, const Order& order) { expect_at_rest(runner, id, order); });
    runner.partition(i).for_each_stock(
        [](const VendorId&, const ProductId&, const StockItem& item) {
          RC_ASSERT(item.unsettled == 0);
        });
  }
}

}  // namespace

TEST_CASE("invariants hold after every event, and every order comes to rest") {
  CHECK(rc::check([] {
    const std::size_t partitions = draw(1, 4);
    PartitionRunner runner{partitions};
    open_shops(runner);
    const std::size_t steps = draw(1, 120);
    for (std::size_t i = 0; i < steps; ++i) {
      take_step(runner);
      expect_sound(runner);
    }
    RC_ASSERT(runner.settle());
    expect_sound(runner);
    expect_at_rest(runner);
    expect_same_when_folded_again(runner);
  }));
}

TEST_CASE("an accepted command that is sent again gives no event") {
  CHECK(rc::check([] {
    const std::size_t partitions = draw(1, 4);
    PartitionRunner runner{partitions};
    open_shops(runner);
    const std::size_t steps = draw(1, 80);
    for (std::size_t i = 0; i < steps; ++i) {
      const Command command = any_command(runner);
      const Decision first = runner.run(command);
      if (!first.ok() || is_another_wish(command)) continue;
      if (draw(0, 2) == 1) RC_ASSERT(runner.settle());
      const Decision again = runner.run(command);
      if (again.ok() && !again.value().empty()) {
        RC_FAIL("first " + describe(first.value()) + ", then " + describe(again.value()));
      }
    }
  }));
}
