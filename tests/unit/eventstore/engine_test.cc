// The engine over ledgers in memory: what it commits, what it answers and when, and what it does
// when the ledger does not do as asked.
#include <doctest/doctest.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "eventstore/codec.h"
#include "tests/support/engine_rig.h"

using namespace cassette;
using namespace cassette::eventstore;
using cassette::testing::EngineRig;
using cassette::testing::order_of;
using cassette::testing::stock_up;

namespace {

const Accepted& accepted(const Reply& reply) {
  REQUIRE(std::holds_alternative<Accepted>(reply));
  return std::get<Accepted>(reply);
}

template <class Rejection>
const Rejection& rejected(const Reply& reply) {
  REQUIRE(std::holds_alternative<Rejected>(reply));
  const auto& rejection = std::get<Rejected>(reply).rejection;
  REQUIRE(std::holds_alternative<Rejection>(rejection));
  return std::get<Rejection>(rejection);
}

// Stores what it is given and loses the acknowledgement, or refuses, as the test says.
class LossyLedger : public Ledger {
 public:
  explicit LossyLedger(Ledger& under) : under_(under) {}

  AppendResult append(std::uint64_t expected_last, std::string_view body,
                      const std::vector<std::uint32_t>& addressed,
                      std::chrono::milliseconds timeout) override {
    std::unique_lock lock(mutex_);
    ++appends;
    changed_.wait(lock, [this] { return !held_; });
    if (refuse) return {AppendOutcome::Refused, "storage is full"};
    if (before_append) before_append(expected_last);
    AppendResult result = under_.append(expected_last, body, addressed, timeout);
    if (lose_acks > 0) {
      --lose_acks;
      return {AppendOutcome::Unknown, "lost"};
    }
    return result;
  }
  Stored<std::uint64_t> last_sequence() override { return under_.last_sequence(); }
  Stored<std::optional<Message>> read(std::uint64_t sequence) override {
    return under_.read(sequence);
  }
  Stored<std::unique_ptr<LedgerReader>> follow(std::uint64_t from) override {
    return under_.follow(from);
  }

  void hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
  }
  void let_go() {
    {
      const std::lock_guard lock(mutex_);
      held_ = false;
    }
    changed_.notify_all();
  }

  std::atomic<int> appends{0};
  std::atomic<int> lose_acks{0};
  std::atomic<bool> refuse{false};
  std::function<void(std::uint64_t)> before_append;

 private:
  Ledger& under_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false;
};

std::vector<StoredCommit> commits_of(MemoryLedger& ledger, std::uint32_t partition) {
  std::vector<StoredCommit> all;
  Chain chain(partition);
  while (auto message = ledger.read(chain.head().read + 1).value()) {
    auto link = chain.accept(*message);
    REQUIRE(link.ok());
    if (auto* stored = std::get_if<StoredCommit>(&link.value())) all.push_back(std::move(*stored));
  }
  return all;
}

// Waits for the condition, 10 s at most.
bool becomes(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

// A rig whose one engine appends through a LossyLedger.
struct LossyRig {
  MemoryLedger store;
  LossyLedger lossy{store};
  EngineRig rig{{.ledgers = {&lossy}, .give_up_after = std::chrono::milliseconds(300)}};

  std::vector<StoredCommit> commits() { return commits_of(store, 0); }
};

}  // namespace

TEST_CASE("GenesisAndClaimAreTheFirstCommit") {
  EngineRig rig;
  rig.start();
  const auto commits = rig.commits();
  REQUIRE(commits.size() == 1);
  const auto& events = commits[0].commit.events;
  REQUIRE(events.size() == 2);
  CHECK(std::get<domain::LedgerCreated>(events[0].event).partitions == 1);
  CHECK(std::get<domain::PartitionClaimed>(events[1].event).owner == commits[0].commit.owner);
}

TEST_CASE("AnOrderOfOneVendorIsOneAtomicCommit") {
  EngineRig rig;
  rig.start();
  stock_up(rig, "v1", "p1", 5);
  const Position at = accepted(rig.execute(order_of("o1", "v1", "p1", 2))).position;
  const auto commits = rig.commits();
  REQUIRE(commits.back().position == at);
  std::vector<std::string_view> types;
  for (const auto& recorded : commits.back().commit.events) {
    types.push_back(domain::type_of(recorded.event));
  }
  CHECK(types.front() == "OrderPlaced");
  CHECK(std::ranges::count(types, "StockReserved") == 1);
  CHECK(std::ranges::count(types, "OrderConfirmed") == 1);
  CHECK(rig.fold().order({"o1"})->status() == domain::OrderStatus::Confirmed);
  CHECK(rig.fold().stock({"v1"}, {"p1"})->reserved == 2);
}

TEST_CASE("TheLastUnitIsSoldOnce") {
  for (const std::uint32_t partitions : {1U, 2U, 4U}) {
    CAPTURE(partitions);
    EngineRig rig{{.partitions = partitions}};
    rig.start();
    stock_up(rig, "v1", "p1", 100);
    constexpr int kOrders = 400;
    std::atomic<int> answers{0};
    for (int n = 0; n < kOrders; ++n) {
      Request request;
      request.command = order_of("o" + std::to_string(n), "v1", "p1", 1);
      request.by = "admin";
      rig.submit(std::move(request), [&](const Reply&) { ++answers; });
    }
    const std::uint32_t shop = rig.home("v1");
    CHECK(rig.eventually(shop, [](const domain::Marketplace& market) {
      return market.stock({"v1"}, {"p1"})->reserved == 100;
    }));
    REQUIRE(rig.eventually(shop, [&](const domain::Marketplace&) { return answers == kOrders; }));
    int standing = 0;
    for (std::uint32_t p = 0; p < partitions; ++p) {
      REQUIRE(rig.eventually(p, [](const domain::Marketplace& market) {
        bool settled = true;
        market.for_each_order([&](const domain::OrderId&, const domain::Order& order) {
          settled = settled && (order.confirmed || order.phase == domain::OrderPhase::Failed);
        });
        return settled;
      }));
      rig.fold(p).for_each_order([&](const domain::OrderId&, const domain::Order& order) {
        standing += order.confirmed ? 1 : 0;
      });
    }
    CHECK(standing == 100);
    const auto market = rig.fold(shop);
    CHECK(market.stock({"v1"}, {"p1"})->reserved == 100);
    CHECK(market.stock({"v1"}, {"p1"})->available() == 0);
  }
}

TEST_CASE("AnOrderOverPartitionsSettlesAndConfirms") {
  EngineRig rig{{.partitions = 3}};
  rig.start();
  const std::string order = rig.id_at(0, "o");
  const std::string first = rig.id_at(1, "va");
  const std::string second = rig.id_at(2, "vb");
  stock_up(rig, first, "p1", 5);
  stock_up(rig, second, "p2", 5);
  domain::PlaceOrder place = order_of(order, first, "p1", 2);
  place.items.push_back({{second}, {"p2"}, 3, {}, {}});
  accepted(rig.execute(place));
  CHECK(rig.eventually(0, [&](const domain::Marketplace& market) {
    const domain::Order* found = market.order({order});
    return found != nullptr && found->status() == domain::OrderStatus::Confirmed;
  }));
  CHECK(rig.fold(1).stock({first}, {"p1"})->reserved == 2);
  CHECK(rig.fold(2).stock({second}, {"p2"})->reserved == 3);
}

TEST_CASE("AShortageInAnotherPartitionReleasesWhatWasReserved") {
  EngineRig rig{{.partitions = 3}};
  rig.start();
  const std::string order = rig.id_at(0, "o");
  const std::string first = rig.id_at(1, "va");
  const std::string second = rig.id_at(2, "vb");
  stock_up(rig, first, "p1", 5);
  stock_up(rig, second, "p2", 1);
  domain::PlaceOrder place = order_of(order, first, "p1", 2);
  place.items.push_back({{second}, {"p2"}, 3, {}, {}});
  accepted(rig.execute(place));
  CHECK(rig.eventually(0, [&](const domain::Marketplace& market) {
    const domain::Order* found = market.order({order});
    return found != nullptr && found->status() == domain::OrderStatus::Cancelled;
  }));
  CHECK(rig.eventually(1, [&](const domain::Marketplace& market) {
    return market.stock({first}, {"p1"})->reserved == 0;
  }));
}

// Verify found a commit that was earlier than one it had seen: the other partition's commit was
// taken note of by a batch that was open already.
TEST_CASE("ACommitIsNeverEarlierThanOneItHasSeen") {
  MemoryLedger first;
  MemoryLedger second;
  LossyLedger slow{second};
  EngineRig rig{{.partitions = 2, .ledgers = {&first, &slow}}};
  rig.start();
  const std::string vendor = rig.id_at(1, "v");
  stock_up(rig, vendor, "p1", 10);
  const int appends = slow.appends;
  slow.hold();
  // One commit of partition 1 is in flight, and the batch after it is open.
  rig.submit({domain::RegisterVendor{{rig.id_at(1, "a")}, "A", {}, {}}, "", "", 200, "", {}},
             [](const Reply&) {});
  REQUIRE(becomes([&] { return slow.appends > appends; }));
  const int reads = rig.clock_reads;
  rig.submit({domain::RegisterVendor{{rig.id_at(1, "b")}, "B", {}, {}}, "", "", 200, "", {}},
             [](const Reply&) {});
  REQUIRE(becomes([&] { return rig.clock_reads > reads; }));
  // Partition 0 asks it for stock, later.
  rig.now_micros += 1'000'000;
  const Position asked =
      accepted(rig.execute(order_of(rig.id_at(0, "o"), vendor, "p1", 1))).position;
  const auto asks = commits_of(first, 0);
  slow.let_go();
  REQUIRE(becomes([&] { return commits_of(second, 1).back().commit.seen.contains(0); }));
  rig.stop();
  CHECK(asks.back().position == asked);
  for (const StoredCommit& stored : commits_of(second, 1)) {
    for (const auto& [partition, seen] : stored.commit.seen) {
      for (const StoredCommit& cause : asks) {
        if (cause.position.commit == seen.commit) CHECK(cause.commit.at <= stored.commit.at);
      }
    }
  }
}

TEST_CASE("EachReactionRunsOnceOverARestart") {
  EngineRig rig{{.partitions = 2}};
  rig.start();
  const std::string vendor = rig.id_at(1, "v");
  stock_up(rig, vendor, "p1", 50);
  for (int n = 0; n < 20; ++n) {
    accepted(rig.execute(order_of(rig.id_at(0, "o" + std::to_string(n) + "x"), vendor, "p1", 1)));
    if (n % 5 == 4) {
      rig.stop();
      rig.start();
    }
  }
  CHECK(rig.eventually(1, [&](const domain::Marketplace& market) {
    return market.stock({vendor}, {"p1"})->reserved == 20;
  }));
}

TEST_CASE("ARepeatGetsTheFirstAnswer") {
  EngineRig rig;
  rig.start();
  const auto first = rig.execute(domain::RegisterVendor{{"v1"}, "One", {}, {}}, "key-1");
  const auto again = rig.execute(domain::RegisterVendor{{"v1"}, "One", {}, {}}, "key-1");
  CHECK(accepted(again).repeated);
  CHECK(accepted(again).position == accepted(first).position);
  const auto other =
      rig.execute(domain::RegisterVendor{{"v1"}, "Two", {}, {}}, "key-1", "another digest");
  CHECK(std::holds_alternative<DigestMismatch>(other));
  SUBCASE("also after a restart") {
    rig.stop();
    rig.start();
    const auto later = rig.execute(domain::RegisterVendor{{"v1"}, "One", {}, {}}, "key-1");
    CHECK(accepted(later).repeated);
    CHECK(accepted(later).position == accepted(first).position);
  }
  SUBCASE("but not after a day") {
    rig.now_micros += kCommandMemoryMicros + 1;
    const auto later = rig.execute(domain::RegisterVendor{{"v1"}, "One", {}, {}}, "key-1");
    CHECK(rejected<domain::AlreadyExists>(later).id == "v1");
  }
}

TEST_CASE("ARejectionIsNotRemembered") {
  EngineRig rig;
  rig.start();
  stock_up(rig, "v1", "p1", 0);
  rejected<domain::InsufficientStock>(rig.execute(order_of("o1", "v1", "p1", 1), "key-1"));
  domain::CountStock count;
  count.vendor_id = {"v1"};
  count.product_id = {"p1"};
  count.quantity = 1;
  accepted(rig.execute(count));
  CHECK_FALSE(accepted(rig.execute(order_of("o1", "v1", "p1", 1), "key-1")).repeated);
}

TEST_CASE("AReservationExpiresOnceAlsoAfterDowntime") {
  EngineRig rig{{.policy = {domain::Confirmation::Manual, 60}}};
  rig.start();
  stock_up(rig, "v1", "p1", 5);
  accepted(rig.execute(order_of("o1", "v1", "p1", 2)));
  CHECK(rig.fold().stock({"v1"}, {"p1"})->reserved == 2);
  rig.stop();
  rig.now_micros += 61'000'000;
  rig.start();
  CHECK(rig.eventually(0, [](const domain::Marketplace& market) {
    return market.stock({"v1"}, {"p1"})->reserved == 0;
  }));
  const auto late = rig.execute(domain::ConfirmOrder{{"o1"}, {}});
  rejected<domain::ReservationHasExpired>(late);
  int expiries = 0;
  for (const auto& stored : rig.commits()) {
    for (const auto& recorded : stored.commit.events) {
      expiries += std::holds_alternative<domain::ReservationExpired>(recorded.event) ? 1 : 0;
    }
  }
  CHECK(expiries == 1);
}

TEST_CASE("ALostAcknowledgementIsReadBackAndProvenByTheNextCommit") {
  LossyRig lossy;
  lossy.rig.start();
  lossy.lossy.lose_acks = 1;
  accepted(lossy.rig.execute(domain::RegisterVendor{{"v1"}, "One", {}, {}}));
  const auto commits = lossy.commits();
  REQUIRE(commits.size() == 3);
  CHECK(commits[1].commit.events.size() == 1);
  CHECK(commits[2].commit.events.empty());
}

TEST_CASE("AForeignMessageIsVoidAndEverythingGoesOn") {
  LossyRig lossy;
  lossy.rig.start();
  bool injected = false;
  lossy.lossy.before_append = [&](std::uint64_t expected) {
    if (std::exchange(injected, true)) return;
    lossy.store.append(expected, "not a commit", {}, std::chrono::milliseconds(100));
  };
  const auto reply = lossy.rig.execute(domain::RegisterVendor{{"v1"}, "One", {}, {}});
  CHECK(accepted(reply).position.commit == 3);
  CHECK(lossy.commits().size() == 2);
}

TEST_CASE("AnotherOwnersCommitFencesAndNoAnswerStandsOnWhatWasLost") {
  LossyRig lossy;
  lossy.rig.start();
  lossy.lossy.before_append = [&](std::uint64_t expected) {
    const auto last = *lossy.store.read(expected).value();
    Commit foreign;
    foreign.prev = hash_of(last.body);
    foreign.owner = "somebody-else";
    foreign.at = domain::Timestamp{1'700'000'000'000'001};
    std::string body;
    encode(foreign, body);
    lossy.store.append(expected, body, {}, std::chrono::milliseconds(100));
  };
  lossy.lossy.hold();
  std::mutex mutex;
  std::vector<Reply> replies;
  std::condition_variable arrived;
  const auto take = [&](Reply reply) {
    const std::lock_guard lock(mutex);
    replies.push_back(std::move(reply));
    arrived.notify_all();
  };
  // The second one's rejection stands on the first one's commit, which is lost.
  for (int n = 0; n < 2; ++n) {
    Request request;
    request.command = domain::RegisterVendor{{"v1"}, "One", {}, {}};
    lossy.rig.submit(std::move(request), take);
  }
  lossy.lossy.let_go();
  std::unique_lock lock(mutex);
  REQUIRE(arrived.wait_for(lock, std::chrono::seconds(10), [&] { return replies.size() == 2; }));
  for (const Reply& reply : replies) CHECK(std::holds_alternative<Unavailable>(reply));
  lock.unlock();
  CHECK(becomes([&] { return lossy.rig.engine().last_end() == TenureEnd::Fenced; }));
  CHECK(becomes([&] { return !lossy.rig.engine().granted(); }));
}

TEST_CASE("ADefiniteRefusalAnswersEveryCallerAndRecovers") {
  LossyRig lossy;
  lossy.rig.start();
  lossy.lossy.refuse = true;
  CHECK(std::holds_alternative<Unavailable>(
      lossy.rig.execute(domain::RegisterVendor{{"v1"}, "One", {}, {}})));
  lossy.lossy.refuse = false;
  CHECK(becomes([&] {
    return std::holds_alternative<Accepted>(
        lossy.rig.execute(domain::RegisterVendor{{"v1"}, "One", {}, {}}));
  }));
}

TEST_CASE("AFullInboxRefusesAtOnce") {
  MemoryLedger store;
  LossyLedger lossy{store};
  EngineRig rig{{.inbox_capacity = 2, .ledgers = {&lossy}}};
  rig.start();
  lossy.hold();
  std::atomic<int> refused{0};
  std::atomic<int> answered{0};
  // One commit is on its way, what is decided since waits in a draft until that is full, and two
  // wait in the inbox.
  constexpr int kMoreThanADraft = 20'000;
  int requests = 0;
  for (; requests < kMoreThanADraft && refused == 0; ++requests) {
    Request request;
    request.command = domain::RegisterVendor{{"v" + std::to_string(requests)}, "V", {}, {}};
    rig.submit(std::move(request), [&](const Reply& reply) {
      ++answered;
      refused += std::holds_alternative<Unavailable>(reply) ? 1 : 0;
    });
  }
  CHECK(refused > 0);
  lossy.let_go();
  rig.stop();
  CHECK(answered == requests);
  CHECK(refused < requests);
}

// A stale writer's commit, put where the engine's own was to go: it names an older one, so it is
// void, and the engine goes on after it without a hole and without writing anything twice.
TEST_CASE("ACommitOfAnotherOwnerWithAStalePrevIsVoid") {
  LossyRig lossy;
  lossy.rig.start();
  accepted(lossy.rig.execute(domain::RegisterVendor{{"v1"}, "V", {}, {}}));
  Commit stale = lossy.commits().front().commit;
  stale.owner = "somebody-else";
  stale.events = {{domain::VendorRegistered{{"ghost"}, "G", {}, {}}, {}, "admin", {}}};
  std::string body;
  encode(stale, body);
  std::atomic<bool> put{false};
  lossy.lossy.before_append = [&](std::uint64_t expected_last) {
    if (!put.exchange(true)) {
      (void)lossy.store.append(expected_last, body, {}, std::chrono::seconds(1));
    }
  };
  accepted(lossy.rig.execute(domain::RegisterVendor{{"v2"}, "V", {}, {}}));
  lossy.rig.stop();
  const auto commits = lossy.commits();
  CHECK(lossy.store.last_sequence().value() == commits.size() + 1);
  CHECK(commits.back().position.commit == commits.size() + 1);
  int registered = 0;
  for (const StoredCommit& stored : commits) {
    for (const RecordedEvent& recorded : stored.commit.events) {
      registered += std::holds_alternative<domain::VendorRegistered>(recorded.event) ? 1 : 0;
    }
  }
  CHECK(registered == 2);
}

TEST_CASE("AnArchiveOfAnotherLedgerIsANamedError") {
  EngineRig rig;
  rig.start();
  stock_up(rig, "v1", "p1", 5);
  rig.stop();
  rig.ledger().truncate(2);
  EngineOptions options;
  options.ledger_id = "test-ledger";
  EngineParts parts{rig.ledger(),
                    rig.archive(),
                    {},
                    [] { return domain::Timestamp{1}; },
                    [] { return std::string("late"); }};
  Engine engine(options, std::move(parts));
  engine.grant(engine.ends());
  REQUIRE(becomes([&] { return engine.last_end().has_value(); }));
  CHECK(engine.last_end() == TenureEnd::Unsound);
  CHECK(engine.trouble() != "");
}
