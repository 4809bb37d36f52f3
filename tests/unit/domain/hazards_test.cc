// The failures that shops in use today are known for, each told on one partition and, where orders
// cross partitions, on three.
#include <doctest/doctest.h>

#include "tests/support/bicycle_parts.h"
#include "tests/support/partition_runner.h"

using namespace cassette;
using namespace cassette::domain;
using namespace cassette::tests;

namespace {

void open(PartitionRunner& runner, const VendorId& vendor, const ProductId& product,
          Quantity quantity) {
  for (const Command& command : open_shop(vendor, product, quantity)) {
    REQUIRE(runner.run_all(command).ok());
  }
}

// Nothing went wrong by itself, and nothing is wrong now.
void expect_sound(const PartitionRunner& runner) {
  for (const std::string& fault : runner.faults) FAIL_CHECK(fault);
  for (std::size_t i = 0; i < runner.size(); ++i) {
    for (const std::string& found : violations(runner.partition(i))) FAIL_CHECK(found);
  }
}

CancelLines cancel_part(const VendorId& vendor, Role role = Role::Vendor) {
  return {kOrder, vendor, {}, "no time", role, false, std::nullopt};
}

}  // namespace

TEST_CASE("the last unit is sold once, however many ask for it") {
  for (const std::size_t partitions : {1U, 3U}) {
    PartitionRunner runner{partitions};
    open(runner, kAcme, kChain, 1);
    for (int i = 0; i < 20; ++i) {
      (void)runner.run(place({"o" + std::to_string(i)}, {item(kAcme, kChain, 1)}));
    }
    REQUIRE(runner.settle());
    int standing = 0;
    for (int i = 0; i < 20; ++i) {
      const Order* order = runner.order({"o" + std::to_string(i)});
      if (order && order->status() == OrderStatus::Confirmed) ++standing;
    }
    CHECK(standing == 1);
    CHECK(runner.stock("acme", "chain").available() == 0);
    expect_sound(runner);
  }
}

TEST_CASE("two lines of one order on one item are one demand") {
  PartitionRunner runner;
  open(runner, kAcme, kChain, 5);
  const Decision refused =
      runner.run_all(place(kOrder, {item(kAcme, kChain, 3), item(kAcme, kChain, 3)}));
  REQUIRE(!refused.ok());
  const auto& shortage = std::get<InsufficientStock>(refused.error());
  REQUIRE(shortage.lines.size() == 2);
  CHECK(shortage.lines[0].wanted == 6);
  CHECK(shortage.lines[0].available == 5);
  REQUIRE(runner.run_all(place(kOrder, {item(kAcme, kChain, 3), item(kAcme, kChain, 2)})).ok());
  CHECK(runner.stock("acme", "chain").reserved == 5);
  CHECK(runner.stock("acme", "chain").version == 2);
  expect_sound(runner);
}

TEST_CASE("a cancelled order's stock comes back, all of it and once") {
  for (const std::size_t partitions : {1U, 3U}) {
    PartitionRunner runner{partitions};
    open(runner, kAcme, kChain, 5);
    open(runner, kBolt, kPedal, 5);
    REQUIRE(runner.run_all(place(kOrder, {item(kAcme, kChain, 3), item(kBolt, kPedal, 2)})).ok());
    CHECK(runner.stock("acme", "chain").available() == 2);
    for (int i = 0; i < 3; ++i) REQUIRE(runner.run_all(cancel(kOrder)).ok());
    CHECK(runner.stock("acme", "chain").available() == 5);
    CHECK(runner.stock("bolt", "pedal").available() == 5);
    CHECK(runner.order(kOrder)->status() == OrderStatus::Cancelled);
    CHECK(runner.order(kOrder)->closed());
    expect_sound(runner);
  }
}

TEST_CASE("an order ships its own last reserved unit, whatever is available") {
  PartitionRunner runner;
  open(runner, kAcme, kChain, 2);
  REQUIRE(runner.run_all(place(kOrder, {item(kAcme, kChain, 2)})).ok());
  CountStock safety = count(kAcme, kChain, 2);
  safety.safety_stock = 100;
  REQUIRE(runner.run_all(safety).ok());
  CHECK(runner.stock("acme", "chain").available() == 0);
  REQUIRE(runner.run_all(advance(kAcme, kOrder, OrderStatus::Shipped)).ok());
  CHECK(runner.stock("acme", "chain").on_hand == 0);
  CHECK(runner.order(kOrder)->status() == OrderStatus::Shipped);
  expect_sound(runner);
}

TEST_CASE("cancelling one vendor's part leaves its siblings alone") {
  for (const std::size_t partitions : {1U, 3U}) {
    PartitionRunner runner{partitions};
    open(runner, kAcme, kChain, 5);
    open(runner, kBolt, kPedal, 5);
    REQUIRE(runner.run_all(place(kOrder, {item(kAcme, kChain, 3), item(kBolt, kPedal, 2)})).ok());
    REQUIRE(runner.run_all(cancel_part(kAcme)).ok());
    CHECK(runner.stock("acme", "chain").reserved == 0);
    CHECK(runner.stock("bolt", "pedal").reserved == 2);
    CHECK(runner.sub_order("bolt", kOrder)->status() == OrderStatus::Confirmed);
    CHECK(runner.order(kOrder)->status() == OrderStatus::Confirmed);
    CHECK(runner.order(kOrder)->part(kBolt)->sub_order.payable() == 2000);
    REQUIRE(runner.run_all(advance(kBolt, kOrder, OrderStatus::Delivered)).ok());
    CHECK(runner.order(kOrder)->status() == OrderStatus::Delivered);
    expect_sound(runner);
  }
}

TEST_CASE("a reservation that nobody confirms expires, exactly once") {
  for (const std::size_t partitions : {1U, 3U}) {
    PartitionRunner runner{partitions};
    open(runner, kAcme, kChain, 5);
    open(runner, kBolt, kPedal, 5);
    REQUIRE(runner.run_all(place_manual(kOrder, {item(kAcme, kChain, 3), item(kBolt, kPedal, 2)}))
                .ok());
    CHECK(runner.stock("acme", "chain").unsettled == 0);
    CHECK(runner.pass(kDefaultReservationSeconds - 1) == 0);
    CHECK(runner.pass(1) == 1);
    CHECK(runner.pass(1'000'000) == 0);
    REQUIRE(runner.settle());
    CHECK(runner.stock("acme", "chain").available() == 5);
    CHECK(runner.stock("bolt", "pedal").available() == 5);
    CHECK(runner.order(kOrder)->closed());
    expect_sound(runner);
  }
}

TEST_CASE("an expired order never comes back to life") {
  PartitionRunner runner;
  open(runner, kAcme, kChain, 5);
  REQUIRE(runner.run_all(place_manual(kOrder, {item(kAcme, kChain, 3)})).ok());
  runner.context().now.micros += kDefaultReservationSeconds * 1'000'000;
  // The deadline decides, not the event that follows from it.
  const Decision late = runner.run_all(confirm(kOrder));
  REQUIRE(!late.ok());
  CHECK(std::holds_alternative<ReservationHasExpired>(late.error()));
  CHECK(runner.pass(0) == 1);
  const Decision later = runner.run_all(confirm(kOrder));
  REQUIRE(!later.ok());
  CHECK(std::holds_alternative<ReservationHasExpired>(later.error()));
  CHECK(runner.order(kOrder)->status() == OrderStatus::Cancelled);
  expect_sound(runner);
}

TEST_CASE("a paid order can't lose its stock to a clock") {
  PartitionRunner runner;
  open(runner, kAcme, kChain, 5);
  REQUIRE(runner.run_all(place_manual(kOrder, {item(kAcme, kChain, 3)})).ok());
  REQUIRE(runner.run_all(confirm(kOrder)).ok());
  CHECK(runner.pass(1'000'000) == 0);
  CHECK(runner.stock("acme", "chain").reserved == 3);
  CHECK(runner.order(kOrder)->status() == OrderStatus::Confirmed);
}

TEST_CASE("a vendor sees a cancellation as an event of its own sub-order") {
  for (const std::size_t partitions : {1U, 3U}) {
    PartitionRunner runner{partitions};
    open(runner, kAcme, kChain, 5);
    REQUIRE(runner.run_all(place(kOrder, {item(kAcme, kChain, 3)})).ok());
    const Version before = runner.sub_order("acme", kOrder)->version;
    REQUIRE(runner.run_all(cancel(kOrder)).ok());
    CHECK(runner.sub_order("acme", kOrder)->version == before + 1);
    CHECK(runner.sub_order("acme", kOrder)->status() == OrderStatus::Cancelled);
    const Decision ship = runner.run_all(advance(kAcme, kOrder, OrderStatus::Shipped));
    REQUIRE(!ship.ok());
    CHECK(ship.error() == Rejection{IllegalTransition{"Cancelled", "Shipped", {}}});
  }
}

TEST_CASE("a parcel can't be shipped and cancelled at once") {
  PartitionRunner runner{3};
  open(runner, kAcme, kChain, 5);
  REQUIRE(runner.run_all(place(kOrder, {item(kAcme, kChain, 3)})).ok());
  // The cancellation is on its way while the vendor ships.
  REQUIRE(runner.run(cancel(kOrder)).ok());
  const bool shipped = runner.run(advance(kAcme, kOrder, OrderStatus::Shipped)).ok();
  REQUIRE(runner.settle());
  const OrderStatus status = runner.sub_order("acme", kOrder)->status();
  CHECK(status == (shipped ? OrderStatus::Shipped : OrderStatus::Cancelled));
  CHECK(runner.order(kOrder)->status() == status);
  CHECK(runner.order(kOrder)->part(kAcme)->outstanding == 0);
  expect_sound(runner);
}

TEST_CASE("an order cancelled while its vendors are asked asks no further one") {
  PartitionRunner runner{3};
  open(runner, kAcme, kChain, 5);
  open(runner, kBolt, kPedal, 5);
  REQUIRE(runner.run(place(kOrder, {item(kAcme, kChain, 3), item(kBolt, kPedal, 2)})).ok());
  const bool settled = runner.order(kOrder)->phase != OrderPhase::Placing;
  REQUIRE(runner.run(cancel(kOrder)).ok());
  REQUIRE(runner.settle());
  if (!settled) CHECK(runner.order(kOrder)->part(kBolt)->phase != PartPhase::Asked);
  CHECK(runner.stock("acme", "chain").reserved == 0);
  CHECK(runner.stock("bolt", "pedal").reserved == 0);
  CHECK(runner.order(kOrder)->closed());
  expect_sound(runner);
}

TEST_CASE("all or nothing: one short vendor gives back what the others promised") {
  PartitionRunner runner{3};
  open(runner, kAcme, kChain, 5);
  open(runner, kBolt, kPedal, 1);
  (void)runner.run_all(place(kOrder, {item(kAcme, kChain, 3), item(kBolt, kPedal, 2)}));
  CHECK(runner.stock("acme", "chain").reserved == 0);
  CHECK(runner.stock("bolt", "pedal").reserved == 0);
  if (runner.order(kOrder)) CHECK(runner.order(kOrder)->status() == OrderStatus::Cancelled);
  expect_sound(runner);
}

TEST_CASE("cancel-short-vendors keeps the vendors that can deliver") {
  for (const std::size_t partitions : {1U, 3U}) {
    PartitionRunner runner{partitions};
    open(runner, kAcme, kChain, 1);
    open(runner, kBolt, kPedal, 5);
    PlaceOrder command = place(kOrder, {item(kAcme, kChain, 3), item(kBolt, kPedal, 2)});
    command.on_shortage = OnShortage::CancelShortVendors;
    REQUIRE(runner.run_all(command).ok());
    CHECK(runner.order(kOrder)->status() == OrderStatus::Confirmed);
    CHECK(runner.sub_order("acme", kOrder)->refused);
    CHECK(runner.stock("bolt", "pedal").reserved == 2);
    expect_sound(runner);
  }
}

TEST_CASE("a suspended vendor sells nothing new and goes on with what is open") {
  PartitionRunner runner;
  open(runner, kAcme, kChain, 5);
  REQUIRE(runner.run_all(place(kOrder, {item(kAcme, kChain, 1)})).ok());
  REQUIRE(runner.run_all(SuspendVendor{kAcme, std::nullopt, "late"}).ok());
  const Decision refused = runner.run_all(place({"o2"}, {item(kAcme, kChain, 1)}));
  REQUIRE(!refused.ok());
  CHECK(refused.error() == Rejection{VendorIsSuspended{kAcme}});
  REQUIRE(runner.run_all(advance(kAcme, kOrder, OrderStatus::Delivered)).ok());
  CHECK(runner.order(kOrder)->status() == OrderStatus::Delivered);
  expect_sound(runner);
}
