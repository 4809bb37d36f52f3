// LedgerTail: several readers of one tail, each of which must get every commit after its own start,
// whatever the others do.
#include <doctest/doctest.h>

#include <condition_variable>
#include <mutex>

#include "domain/vendor.h"
#include "eventstore/ledger_tail.h"
#include "eventstore/memory_ledger.h"
#include "tests/support/tape_maker.h"

namespace cassette::eventstore {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kPatience{10'000};
constexpr std::size_t kAtOnce = 100;

// A ledger on which `follow` waits for as long as the test wants.
class SlowToFollow : public Ledger {
 public:
  AppendResult append(std::uint64_t expected_last, std::string_view body,
                      const std::vector<std::uint32_t>& addressed, milliseconds timeout) override {
    return ledger_.append(expected_last, body, addressed, timeout);
  }
  Stored<std::uint64_t> last_sequence() override { return ledger_.last_sequence(); }
  Stored<std::optional<Message>> read(std::uint64_t sequence) override {
    return ledger_.read(sequence);
  }
  Stored<std::unique_ptr<LedgerReader>> follow(std::uint64_t from) override {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return !held_; });
    return ledger_.follow(from);
  }

  void await_follower() {
    std::unique_lock lock(mutex_);
    REQUIRE(changed_.wait_for(lock, kPatience, [&] { return waiting_ > 0; }));
  }
  void release() {
    const std::lock_guard lock(mutex_);
    held_ = false;
    changed_.notify_all();
  }

 private:
  MemoryLedger ledger_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool held_ = true;
};

// A partition's tape, and the place after its commit `number`.
struct Tape {
  Tape() {
    for (const char* id : {"a", "b", "c", "d", "e", "f"}) {
      domain::RegisterVendor command;
      command.vendor_id = {id};
      command.name = id;
      maker.run(command);
    }
    std::uint64_t last = 0;
    for (const std::string& body : maker.bodies()) {
      REQUIRE(ledger.append(last++, body, {}, kPatience).outcome == AppendOutcome::Stored);
    }
  }
  Seen at(std::uint64_t number) const { return {number, maker.commits()[number - 1].hash}; }

  testing::TapeMaker maker;
  SlowToFollow ledger;
};

// The numbers of the commits that the subscription gives, up to `last`.
std::vector<std::uint64_t> take_to(LedgerTail::Subscription& subscription, std::uint64_t last,
                                   Wakeup& wakeup) {
  std::vector<std::uint64_t> taken;
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while ((taken.empty() || taken.back() < last) && std::chrono::steady_clock::now() < deadline) {
    const auto items = subscription.take(kAtOnce);
    REQUIRE(items.ok());
    for (const auto& item : items.value()) taken.push_back(item->stored.position.commit);
    if (items.value().empty()) wakeup.wait(milliseconds(10));
  }
  return taken;
}

std::vector<std::uint64_t> numbers(std::uint64_t from, std::uint64_t to) {
  std::vector<std::uint64_t> all;
  for (std::uint64_t number = from; number <= to; ++number) all.push_back(number);
  return all;
}

}  // namespace

// Of two engines that started anew at the same time one stood still for ever: the tail began where
// the other one was, and told it that a restart was under way.
TEST_CASE("A tail that is to begin anew begins before its slowest reader") {
  Tape tape;
  const std::uint64_t last = tape.maker.bodies().size();
  Wakeup wakeup;
  LedgerTail tail(0, tape.ledger);
  auto gone = tail.subscribe(tape.at(1), wakeup);
  REQUIRE(gone.ok());
  tape.ledger.await_follower();
  gone.value().reset();
  // The tail's thread is busy, so what follows is one restart.
  std::vector<std::uint64_t> starts;
  SUBCASE("the slower one is second") {
    starts = {5, 3};
  }
  SUBCASE("the slower one is first") {
    starts = {3, 5};
  }
  SUBCASE("both are slower than what was read before") {
    starts = {2, 4};
  }
  std::vector<std::unique_ptr<LedgerTail::Subscription>> subscriptions;
  for (const std::uint64_t start : starts) {
    auto subscribed = tail.subscribe(tape.at(start), wakeup);
    REQUIRE(subscribed.ok());
    subscriptions.push_back(std::move(subscribed).value());
  }
  tape.ledger.release();
  for (std::size_t i = 0; i < starts.size(); ++i) {
    CHECK(take_to(*subscriptions[i], last, wakeup) == numbers(starts[i] + 1, last));
  }
}

TEST_CASE("A reader that joins later gets what it misses, and the others nothing twice") {
  Tape tape;
  tape.ledger.release();
  const std::uint64_t last = tape.maker.bodies().size();
  Wakeup wakeup;
  LedgerTail tail(0, tape.ledger);
  auto first = tail.subscribe(tape.at(4), wakeup);
  REQUIRE(first.ok());
  CHECK(take_to(*first.value(), last, wakeup) == numbers(5, last));
  auto second = tail.subscribe(tape.at(2), wakeup);
  REQUIRE(second.ok());
  CHECK(take_to(*second.value(), last, wakeup) == numbers(3, last));
  const auto again = first.value()->take(kAtOnce);
  REQUIRE(again.ok());
  CHECK(again.value().empty());
}

}  // namespace cassette::eventstore
