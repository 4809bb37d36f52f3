// What an engine does when much comes at once, and when other ledgers or its archive are not as
// they should be: it commits in bounded steps, or ends by a name.
#include <doctest/doctest.h>

#include <algorithm>

#include "eventstore/catch_up.h"
#include "eventstore/working_state.h"
#include "tests/support/engine_rig.h"
#include "tests/support/plain_commands.h"
#include "tests/support/tape_ledgers.h"

using namespace cassette;
using namespace cassette::eventstore;
using namespace cassette::testing;

namespace {

// A commit takes nothing more from 256 KiB on; what it took last, a commit of another partition,
// may bring more again than it holds itself: an answer is longer than its ask.
constexpr std::uint64_t kLargest = 3 * 256 * 1024;

std::uint64_t largest_commit(EngineRig& rig, std::uint32_t partition) {
  std::uint64_t bytes = 0;
  for (const StoredCommit& stored : rig.commits(partition)) bytes = std::max(bytes, stored.bytes);
  return bytes;
}

// Places `count` orders of one unit, all at the same time, and waits for the answers.
void place_many(EngineRig& rig, int count, domain::PlaceOrder (*order)(int)) {
  std::atomic<int> answers{0};
  for (int n = 0; n < count; ++n) {
    Request request;
    request.command = order(n);
    request.by = "admin";
    rig.submit(std::move(request), [&](const Reply& reply) {
      answers += std::holds_alternative<Accepted>(reply) ? 1 : 0;
    });
  }
  REQUIRE(rig.eventually(0, [&](const domain::Marketplace&) { return answers == count; }));
}

// Fails as many lookups of an order as it is told to.
class BrokenArchive : public MemoryArchive {
 public:
  Stored<std::optional<domain::Order>> order(const domain::OrderId& id) override {
    if (failures == 0) return MemoryArchive::order(id);
    --failures;
    return Failure{StoreError{StoreError::Kind::Corrupt, "a block is damaged"}};
  }
  int failures = 0;
};

// Order o1 of one unit of v1/p1, delivered: closed, and so in the archive alone.
TapeMaker delivered_order() {
  TapeMaker tape;
  tape.run(register_vendor("v1"));
  tape.run(list_product("v1", "p1"));
  tape.run(count_stock("v1", "p1", 5));
  tape.run(place_order("o1", {item("v1", "p1", 1)}));
  tape.run(advance("o1", "v1", domain::OrderStatus::Delivered));
  return tape;
}

std::vector<Reply> decide(WorkingState& state, Batch& batch, domain::Command command) {
  std::vector<Reply> replies;
  Request request;
  request.command = std::move(command);
  state.decide({std::move(request), {}}, batch);
  for (const Waiter& waiter : batch.waiters) replies.push_back(waiter.reply);
  return replies;
}

}  // namespace

// Four thousand unpaid orders whose deadlines had all passed became one commit that no ledger took,
// at every start anew.
TEST_CASE("ManyReservationsThatEndTogetherEndInBoundedCommits") {
  constexpr int kOrders = 4000;
  EngineRig rig;
  rig.start();
  stock_up(rig, "v1", "p1", kOrders);
  place_many(rig, kOrders, [](int n) {
    return place_manual_order("o" + std::to_string(n), {item("v1", "p1", 1)});
  });
  rig.now_micros += 3600LL * 1'000'000;
  CHECK(rig.eventually(0, [](const domain::Marketplace& market) {
    return market.stock({"v1"}, {"p1"})->reserved == 0;
  }));
  CHECK(largest_commit(rig, 0) < kLargest);
}

// A partition that came back to a backlog put all of it into one commit.
TEST_CASE("ABacklogOfAnotherPartitionIsTakenInBoundedCommits") {
  constexpr int kOrders = 4000;
  EngineRig rig{{.partitions = 2}};
  rig.start();
  static std::string vendor;
  vendor = rig.id_at(1, "v");
  stock_up(rig, vendor, "p1", kOrders);
  rig.engine(1).revoke();
  REQUIRE(rig.eventually(1, [&](const domain::Marketplace&) { return !rig.engine(1).serving(); }));
  std::vector<std::string> orders;
  std::atomic<int> answers{0};
  for (int n = 0; orders.size() < kOrders; ++n) {
    const std::string id = "o" + std::to_string(n);
    if (rig.home(id) != 0) continue;
    orders.push_back(id);
    Request request;
    request.command = order_of(id, vendor, "p1", 1);
    request.by = "admin";
    rig.submit(std::move(request), [&](const Reply&) { ++answers; });
  }
  REQUIRE(rig.eventually(0, [&](const domain::Marketplace&) { return answers == kOrders; }));
  rig.engine(1).grant(rig.engine(1).ends());
  CHECK(rig.eventually(1, [&](const domain::Marketplace& market) {
    return market.stock({vendor}, {"p1"})->reserved == kOrders;
  }));
  CHECK(largest_commit(rig, 1) < kLargest);
}

// Folds nothing while it is held.
class HeldArchive : public MemoryArchive {
 public:
  Stored<Done> fold_all(std::span<const StoredCommit* const> commits,
                        const FoldPoint& point) override {
    held.wait(true);
    return MemoryArchive::fold_all(commits, point);
  }
  void release() {
    held = false;
    held.notify_all();
  }
  std::atomic<bool> held{false};
};

// A load that outran the archive for a moment had everything refused.
TEST_CASE("AnArchiveThatIsBehindIsWaitedForAndRefusesNobody") {
  constexpr std::size_t kTextBytes = 100 * 1024;
  constexpr int kEnough = 64 * 1024 * 1024 / kTextBytes;  // to fill what may wait for the archive
  constexpr int kProducts = kEnough + 100;
  HeldArchive archive;
  EngineRig rig{{.archives = {&archive}}};
  rig.start();
  REQUIRE(std::holds_alternative<Accepted>(rig.execute(register_vendor("v1"))));
  archive.held = true;
  std::atomic<int> accepted{0};
  std::atomic<int> refused{0};
  for (int n = 0; n < kProducts; ++n) {
    domain::ListProduct list = list_product("v1", "p" + std::to_string(n));
    list.details.description = std::string(kTextBytes, 'x');
    Request request;
    request.command = std::move(list);
    rig.submit(std::move(request), [&](const Reply& reply) {
      ++(std::holds_alternative<Accepted>(reply) ? accepted : refused);
    });
  }
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(100);
  const auto in_time = [&] { return std::chrono::steady_clock::now() < deadline; };
  while (accepted < kEnough && refused == 0 && in_time()) std::this_thread::yield();
  archive.release();
  while (accepted + refused < kProducts && in_time()) std::this_thread::yield();
  CHECK(accepted == kProducts);
  CHECK(refused == 0);
}

// One order of a thousand lines of long names, at a hundred vendors, in one commit.
TEST_CASE("TheLargestOrderFitsIntoACommit") {
  EngineRig rig;
  rig.start();
  const std::string name(200, '"');
  domain::PlaceOrder order = place_order("the-largest", {});
  order.shipping_address = {std::string(4000, 's')};
  for (int v = 0; v < 100; ++v) {
    const std::string vendor = std::string(60, 'v') + std::to_string(100 + v);
    rig.execute(register_vendor(vendor));
    for (int p = 0; p < 10; ++p) {
      const std::string product = std::string(60, 'p') + std::to_string(p);
      domain::ListProduct list = list_product(vendor, product);
      list.details.name = name;
      list.details.sku = std::string(120, '\\') + std::to_string(p);
      rig.execute(list);
      rig.execute(count_stock(vendor, product, 10));
      order.items.push_back(item(vendor, product, 1));
    }
  }
  REQUIRE(order.items.size() == domain::kMaxOrderLines);
  const Reply reply = rig.execute(order);
  REQUIRE(std::holds_alternative<Accepted>(reply));
  CHECK(rig.fold().order({"the-largest"})->status() == domain::OrderStatus::Confirmed);
  CHECK(largest_commit(rig, 0) < kMaxBodyBytes);
}

// The process ended when a closed order's block in the archive could not be read.
TEST_CASE("AnArchiveThatCantBeReadEndsTheTenureAndNotTheProcess") {
  const TapeMaker tape = delivered_order();
  BrokenArchive archive;
  MemoryLedgers ledgers(tape_of(tape));
  const auto point = catch_up(0, ledgers[0], archive, [] { return false; });
  REQUIRE(point.ok());
  WorkingState state({}, archive);
  REQUIRE(state.load(point.value()).ok());
  Batch batch = state.open_batch(tape.now());
  archive.failures = 1;
  domain::RequestReturn back{{"o1"}, {"v1"}, {"r1"}, {{{1}, 1}}, "too small", std::nullopt};
  decide(state, batch, back);
  REQUIRE(state.failure());
  CHECK(state.failure()->kind == StoreError::Kind::Corrupt);
}

// The record of a shipment was decided without that of its packing, which the archive had failed to
// give the order for, and the process ended.
TEST_CASE("NothingIsDecidedAfterAReactionThatCouldNotBe") {
  TapeMaker tape;
  tape.run(register_vendor("v1"));
  tape.run(list_product("v1", "p1"));
  tape.run(count_stock("v1", "p1", 5));
  tape.run(place_order("o1", {item("v1", "p1", 1)}));
  BrokenArchive archive;
  MemoryLedgers ledgers(tape_of(tape));
  const auto point = catch_up(0, ledgers[0], archive, [] { return false; });
  REQUIRE(point.ok());
  WorkingState state({}, archive);
  REQUIRE(state.load(point.value()).ok());
  state.forget_archived(archive.folded());
  Batch batch = state.open_batch(tape.now());
  archive.failures = 1;
  decide(state, batch, advance("o1", "v1", domain::OrderStatus::Shipped));
  CHECK(state.failure());
  CHECK(state.marketplace().order({"o1"}) == nullptr);
}

// A backup of one stream that is older than the other's: its engine reacted to answers for orders
// that it never heard of, and ended the process.
TEST_CASE("ALedgerOlderThanWhatAnotherHasSeenOfItIsUnsound") {
  std::vector<Bodies> tape;
  std::string vendor;
  {
    TapeMaker maker(2);
    int n = 0;
    const auto id_at = [&](std::uint32_t p) {
      while (maker.home("x" + std::to_string(n)) != p) ++n;
      return "x" + std::to_string(n++);
    };
    vendor = id_at(1);
    maker.run(register_vendor(vendor));
    maker.run(list_product(vendor, "p1"));
    maker.run(count_stock(vendor, "p1", 5));
    const std::size_t before = maker.bodies(0).size();
    maker.run(place_order(id_at(0), {item(vendor, "p1", 1)}));
    tape = tape_of(maker);
    tape[0].resize(before);
  }
  MemoryLedgers ledgers(tape);
  EngineRig rig{{.partitions = 2, .ledgers = ledgers.all()}};
  rig.launch();
  CHECK(rig.eventually_ends(0, TenureEnd::Unsound));
  CHECK(rig.engine(0).trouble().find("has seen 0:") != std::string::npos);
}

TEST_CASE("AMessageThatWasChangedStopsTheClaim") {
  TapeMaker maker;
  for (int n = 0; n < 5; ++n) maker.run(register_vendor("v" + std::to_string(n)));
  Bodies bodies = maker.bodies();
  const auto changed_at = std::ranges::find_if(
      bodies, [](const std::string& body) { return body.find("Vendor v1") != std::string::npos; });
  const std::string was = *changed_at;
  changed_at->replace(changed_at->find("Vendor v1"), 9, "Vendor w1");
  const auto next = static_cast<std::uint64_t>(changed_at - bodies.begin()) + 2;
  MemoryLedgers changed(Tape{bodies});
  MemoryArchive archive;
  const auto caught = catch_up(0, changed[0], archive, [] { return false; });
  REQUIRE(!caught.ok());
  CHECK(caught.error().kind == StoreError::Kind::Mismatch);
  CHECK(caught.error().what.find("message " + std::to_string(next)) != std::string::npos);

  // A copy of a commit is nobody's successor, and takes nothing away.
  bodies = maker.bodies();
  bodies.insert(bodies.begin() + 4, was);
  MemoryLedgers copied(Tape{bodies});
  MemoryArchive whole;
  const auto point = catch_up(0, copied[0], whole, [] { return false; });
  REQUIRE(point.ok());
  CHECK(point.value().head.commit == bodies.size());
}

// Looking at closed orders and refusing every time filled the memory.
TEST_CASE("AClosedOrderThatWasOnlyLookedAtLeavesMemoryAgain") {
  const TapeMaker tape = delivered_order();
  MemoryArchive archive;
  MemoryLedgers ledgers(tape_of(tape));
  const FoldPoint point = catch_up(0, ledgers[0], archive, [] { return false; }).value();
  WorkingState state({}, archive);
  REQUIRE(state.load(point).ok());
  Batch batch = state.open_batch(tape.now());
  const auto replies = decide(state, batch, cancel_order("o1"));
  REQUIRE(std::holds_alternative<Rejected>(replies.at(0)));
  REQUIRE(state.retained() > 0);
  state.confirmed(batch, point.head.commit);
  state.forget_archived(archive.folded());
  CHECK(state.retained() == 0);
  CHECK(state.marketplace().order({"o1"}) == nullptr);
}

// ---- orders at rest: in the archive alone until somebody names them

namespace {

// Two paid orders and an unpaid one of v1/p1, and one paid of p2.
TapeMaker orders_at_rest() {
  TapeMaker tape;
  tape.run(register_vendor("v1"));
  for (const char* product : {"p1", "p2"}) {
    tape.run(list_product("v1", product));
    tape.run(count_stock("v1", product, 50));
  }
  tape.run(place_order("paid-1", {item("v1", "p1", 2)}));
  tape.run(place_order("paid-2", {item("v1", "p1", 3)}));
  tape.run(place_order("other", {item("v1", "p2", 1)}));
  tape.run(place_manual_order("unpaid", {item("v1", "p1", 4)}));
  return tape;
}

// A state that starts from the tape's archive and has let go of what it may.
struct Resting {
  explicit Resting(const TapeMaker& made) : tape(made), ledgers(tape_of(tape)) {
    const FoldPoint point = catch_up(0, ledgers[0], archive, [] { return false; }).value();
    REQUIRE(state.load(point).ok());
    state.forget_archived(archive.folded());
  }
  Reply decide_one(domain::Command command) {
    Batch batch = state.open_batch(tape.now());
    return decide(state, batch, std::move(command)).at(0);
  }

  const TapeMaker tape;
  MemoryArchive archive;
  MemoryLedgers ledgers;
  WorkingState state{{}, archive};
};

}  // namespace

TEST_CASE("OrdersAtRestLeaveMemoryAndAreFetchedWhenTheyAreNamed") {
  Resting resting(orders_at_rest());
  CHECK(resting.state.retained() == 0);
  for (const char* order : {"paid-1", "paid-2", "other", "unpaid"}) {
    CHECK(resting.state.marketplace().order({order}) == nullptr);
    CHECK(resting.state.marketplace().sub_order({"v1"}, {order}) == nullptr);
  }
  const Reply shipped = resting.decide_one(advance("paid-1", "v1", domain::OrderStatus::Shipped));
  REQUIRE(std::holds_alternative<Accepted>(shipped));
  CHECK(resting.state.marketplace().order({"paid-1"})->status() == domain::OrderStatus::Shipped);
  CHECK(resting.state.marketplace().stock({"v1"}, {"p1"})->on_hand == 48);
  const Reply again = resting.decide_one(place_order("paid-2", {item("v1", "p1", 1)}));
  REQUIRE(std::holds_alternative<Rejected>(again));
  CHECK(std::holds_alternative<domain::AlreadyExists>(std::get<Rejected>(again).rejection));
}

TEST_CASE("AnUnpaidOrderAtRestExpiresAtItsDeadline") {
  Resting resting(orders_at_rest());
  const auto deadline = resting.state.next_deadline();
  REQUIRE(deadline);
  Batch batch = resting.state.open_batch(*deadline);
  resting.state.expire(batch, 256 * 1024);
  REQUIRE_FALSE(resting.state.failure());
  CHECK(resting.state.marketplace().order({"unpaid"})->expired);
  CHECK(resting.state.marketplace().stock({"v1"}, {"p1"})->reserved == 5);
  CHECK_FALSE(resting.state.next_deadline());
}

TEST_CASE("ARefusedCountNamesTheOrdersAtRestInTheWay") {
  Resting resting(orders_at_rest());
  // One of them is in memory, and holds nothing any more, whatever the archive still says.
  REQUIRE(std::holds_alternative<Accepted>(
      resting.decide_one(advance("paid-1", "v1", domain::OrderStatus::Shipped))));
  // One is in memory alone.
  REQUIRE(std::holds_alternative<Accepted>(
      resting.decide_one(place_order("new", {item("v1", "p1", 1)}))));
  const Reply refused = resting.decide_one(count_stock("v1", "p1", 1));
  REQUIRE(std::holds_alternative<Rejected>(refused));
  const auto& rejection = std::get<Rejected>(refused).rejection;
  REQUIRE(std::holds_alternative<domain::BelowReserved>(rejection));
  CHECK(std::get<domain::BelowReserved>(rejection).orders ==
        std::vector<domain::OrderId>{{"new"}, {"paid-2"}, {"unpaid"}});
}

// A reservation that another vendor's answer may still undo stays, and so does its order.
TEST_CASE("AnOrderThatWaitsForAVendorStaysInMemory") {
  TapeMaker maker(2);
  int n = 0;
  const auto id_at = [&](std::uint32_t p) {
    while (maker.home("x" + std::to_string(n)) != p) ++n;
    return "x" + std::to_string(n++);
  };
  const std::string near = id_at(0), far = id_at(1), order = id_at(0);
  maker.run(register_vendor(near));
  maker.run(list_product(near, "p1"));
  maker.run(count_stock(near, "p1", 5));
  MemoryArchive archive;
  WorkingState state({0, 2, {}}, archive);
  REQUIRE(archive
              .fold(maker.commits(0), {{maker.commits(0).size(), maker.commits(0).size(),
                                        maker.commits(0).back().hash},
                                       maker.now(),
                                       {}})
              .ok());
  REQUIRE(state.load(archive.point().value()).ok());
  Batch batch = state.open_batch(maker.now());
  domain::PlaceOrder command = place_order(order, {item(near, "p1", 1), item(far, "p1", 1)});
  REQUIRE(std::holds_alternative<Accepted>(decide(state, batch, command).at(0)));
  state.committed(batch, archive.folded() + 1);
  state.forget_archived(archive.folded() + 1);
  CHECK(state.marketplace().order({order}) != nullptr);
}
