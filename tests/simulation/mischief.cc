// Mischief: pause, draw, strike.
#include "tests/simulation/mischief.h"

#include <map>
#include <utility>

#include <fmt/format.h>

#include "eventstore/chain.h"
#include "eventstore/codec.h"

namespace cassette::sim {

using eventstore::Chain;
using eventstore::Commit;
using eventstore::StoredCommit;

namespace {

// Messages that nobody wrote, in all: each has to be read at every start before the first commit.
constexpr int kMostForeign = 30;
// Each costs whoever owns the partition its claim: no more of them, so that something gets done.
constexpr int kMostIntrusions = 60;
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

  std::uint32_t a_partition() {
    return static_cast<std::uint32_t>(draws_.below(world_.plan.partitions));
  }

  // A message that no engine wrote, or that one wrote before, cut short or not.
  void send_foreign() {
    if (++foreign_ > kMostForeign) return;
    const Shield shield;
    auto& ledger = *world_.ledgers[a_partition()];
    const std::uint64_t last = ledger.last_sequence().value();
    std::string body = draws_.maybe() ? "not a commit" : "";
    if (last > 0 && draws_.below(3) > 0) {
      body = ledger.read(1 + draws_.below(last)).value()->body;
      if (draws_.maybe()) body.resize(draws_.below(body.size() + 1));
    }
    ledger.append(last, body, {}, {});
  }

  // Another engine claims the partition, commits, and is never heard of again.
  void intrude() {
    if (++intrusions_ > kMostIntrusions) return;
    const Shield shield;
    const std::uint32_t partition = a_partition();
    auto& ledger = *world_.ledgers[partition];
    Followed& at = followed_[partition];
    const std::uint64_t last = ledger.last_sequence().value();
    while (at.chain.head().read < last) {
      auto link = at.chain.accept(*ledger.read(at.chain.head().read + 1).value());
      if (const auto* stored = std::get_if<StoredCommit>(&link.value()))
        at.time = stored->commit.at;
    }
    if (at.chain.head().commit == 0) return;
    Commit commit;
    commit.at = at.time;
    commit.prev = at.chain.head().hash;
    commit.owner = fmt::format("intruder-{}", world_.owners++);
    commit.events.push_back({domain::PartitionClaimed{commit.owner}, {}, "system", {}, {}});
    std::string body;
    eventstore::encode(commit, body);
    ledger.append(last, body, {}, {});
  }

  // How far a ledger was read for the last intrusion.
  struct Followed {
    Chain chain{0};
    domain::Timestamp time;
  };

  World& world_;
  Processes& processes_;
  Draws draws_;
  int foreign_ = 0;
  int intrusions_ = 0;
  std::map<std::uint32_t, Followed> followed_;  // by partition
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
