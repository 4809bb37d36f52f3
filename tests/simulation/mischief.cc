// Mischief: pause, draw, strike.
#include "tests/simulation/mischief.h"

#include <utility>

#include <fmt/format.h>

#include "eventstore/chain.h"
#include "eventstore/codec.h"

namespace cassette::sim {

using eventstore::Chain;
using eventstore::Commit;
using eventstore::Message;
using eventstore::StoredCommit;

namespace {

// Messages that nobody wrote, in all: each has to be read at every start before the first commit.
constexpr int kMostForeign = 30;
// The longest that a process is down, stands still or is cut off: longer than a lease.
constexpr Nanos kLongest = 12 * kSecond;

class Mischievous {
 public:
  Mischievous(World& world, Processes& processes)
      : world_(world), processes_(processes), draws_(world.plan.seed, "mischief") {}

  void strike() {
    const Mischief& plan = world_.plan.mischief;
    Process& victim = *draws_.pick(processes_);
    switch (choose({plan.crash, plan.stop, plan.stand, plan.cut_off, plan.clock_jump, plan.foreign,
                    plan.intruder})) {
      case 0:
        return be_down(victim, [&victim] { victim.crash(); });
      case 1:
        return be_down(victim, [&victim] { victim.stop(); });
      case 2:
        freeze(victim.id());
        pass(draws_.between(0, kLongest));
        return thaw(victim.id());
      case 3:
        return world_.weather.cut_off(victim.id(), now() + draws_.between(0, kLongest));
      case 4:
        world_.disks[victim.id()].clock_offset +=
            draws_.between(-world_.plan.clock_jump, world_.plan.clock_jump);
        return;
      case 5:
        return send_foreign();
      case 6:
        return intrude();
      default:
        return;
    }
  }

  void pause() { pass(draws_.between(0, 2 * world_.plan.mischief.pause)); }

 private:
  // The index of one of the weights; as many as there are when all are 0.
  std::size_t choose(const std::vector<int>& weights) {
    int sum = 0;
    for (const int weight : weights) sum += weight;
    if (sum == 0) return weights.size();
    auto drawn = static_cast<int>(draws_.below(static_cast<std::uint64_t>(sum)));
    std::size_t index = 0;
    while (drawn >= weights[index]) drawn -= weights[index++];
    return index;
  }

  void be_down(Process& victim, const std::function<void()>& go_down) {
    if (!victim.alive()) return;
    go_down();
    if (draws_.maybe()) pass(draws_.between(0, kLongest));
    victim.start();
  }

  eventstore::MemoryLedger& a_ledger() { return *draws_.pick(world_.ledgers); }

  static std::vector<Message> messages_of(eventstore::MemoryLedger& ledger) {
    std::vector<Message> all;
    const std::uint64_t last = ledger.last_sequence().value();
    for (std::uint64_t n = 1; n <= last; ++n) all.push_back(*ledger.read(n).value());
    return all;
  }

  // A message that no engine wrote, or that one wrote before, cut short or not.
  void send_foreign() {
    if (++foreign_ > kMostForeign) return;
    const Shield shield;
    auto& ledger = a_ledger();
    const std::vector<Message> messages = messages_of(ledger);
    std::string body = draws_.maybe() ? "not a commit" : "";
    if (!messages.empty() && draws_.below(3) > 0) {
      body = draws_.pick(messages).body;
      if (draws_.maybe()) body.resize(draws_.below(body.size() + 1));
    }
    ledger.append(messages.size(), body, {}, {});
  }

  // Another engine claims the partition, commits, and is never heard of again.
  void intrude() {
    const Shield shield;
    auto& ledger = a_ledger();
    const std::vector<Message> messages = messages_of(ledger);
    Chain chain(0);
    domain::Timestamp at;
    for (const Message& message : messages) {
      auto link = chain.accept(message);
      if (const auto* stored = std::get_if<StoredCommit>(&link.value())) at = stored->commit.at;
    }
    if (chain.head().commit == 0) return;
    Commit commit;
    commit.at = at;
    commit.prev = chain.head().hash;
    commit.owner = fmt::format("intruder-{}", world_.owners++);
    commit.events.push_back({domain::PartitionClaimed{commit.owner}, {}, "system", {}, {}});
    std::string body;
    eventstore::encode(commit, body);
    ledger.append(messages.size(), body, {}, {});
  }

  World& world_;
  Processes& processes_;
  Draws draws_;
  int foreign_ = 0;
};

}  // namespace

void do_mischief(World& world, Processes& processes, const bool& over) {
  Mischievous mischievous(world, processes);
  while (!over) {
    mischievous.pause();
    if (over) return;
    mischievous.strike();
    repair(world, processes);
  }
}

void repair(World& world, Processes& processes) {
  for (const auto& process : processes) {
    bool torn = false;
    for (const auto& archive : world.disks[process->id()].archives) torn = torn || archive->torn();
    if (process->alive() && !torn) continue;
    if (process->alive()) process->stop();
    for (const auto& archive : world.disks[process->id()].archives) {
      if (archive->torn()) archive->remove();
    }
    process->start();
  }
}

}  // namespace cassette::sim
