// Run: a phase in which anything may happen, one in which all must converge, and the checks.
#include "tests/simulation/run.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "tests/simulation/answers.h"
#include "tests/simulation/epilogue.h"
#include "tests/simulation/ledger_check.h"
#include "tests/simulation/mischief.h"
#include "tests/simulation/outcome_check.h"
#include "tests/simulation/verdict.h"

namespace cassette::sim {
namespace {

// How long an engine may take to answer once there are no faults: a lease has to run out first.
constexpr Nanos kPatience = 60 * kSecond;
// A shop that does not open meanwhile stays closed.
constexpr Nanos kOpeningPatience = 20 * kSecond;
// The longest that everything may take to come to rest after that.
constexpr Nanos kRestPatience = 300 * kSecond;
constexpr Nanos kLook = kSecond;

class Run {
 public:
  explicit Run(const Plan& plan) : world_(plan), shopper_(world_) {
    for (ProcessId id = 1; id <= plan.processes; ++id) {
      processes_.push_back(std::make_unique<Process>(world_, id));
    }
  }

  Summary run() {
    for (const auto& process : processes_) process->start();
    be_unsafe();
    calm_down();
    converge();
    return check();
  }

 private:
  void be_unsafe() {
    std::vector<FiberId> clients;
    bool over = false;
    const FiberId mischief = spawn(kWorld, [&] { do_mischief(world_, processes_, over); });
    Client first(world_, processes_, shopper_, 0);
    for (domain::Command& command : shopper_.opening()) {
      first.insist(std::move(command), kOpeningPatience);
    }
    for (std::uint32_t n = 1; n <= world_.plan.clients; ++n) {
      clients.push_back(
          spawn(kWorld, [this, n] { Client(world_, processes_, shopper_, n).run(); }));
    }
    for (const FiberId client : clients) join(client);
    over = true;
    join(mischief);
  }

  // Faults stop, the operator puts things right, and all clocks agree.
  void calm_down() {
    world_.weather.calm_down();
    repair(world_, processes_);
    Nanos latest = INT64_MIN;
    for (const auto& process : processes_) {
      latest = std::max(latest, world_.disks[process->id()].clock_offset);
    }
    const Nanos told = (world_.latest_clock.micros - kEpochMicros) * kMicrosecond - now();
    for (Disk& disk : world_.disks) disk.clock_offset = std::max(latest, told);
  }

  void converge() {
    Process& first = *processes_.front();
    if (world_.plan.one_stays_down) first.crash();
    Client last(world_, processes_, shopper_, world_.plan.clients + 1);
    for (std::uint32_t n = 0; n < 2 * world_.plan.partitions; ++n) place_order(last);
    if (!first.alive()) first.start();
    // Every order that waits for a confirmation has none then, and expires.
    pass(world_.plan.reservation_seconds * kSecond);
    const Nanos until = now() + kRestPatience + patience();
    std::vector<std::uint64_t> before;
    while (now() < until) {
      pass(kLook);
      if (std::exchange(before, lengths()) == lengths() && unfinished().empty()) return;
    }
    const std::vector<std::string> open = unfinished();
    stalled((open.empty() ? "there is no end of commits" : open.front()) + "; " + troubles());
  }

  std::vector<std::uint64_t> lengths() {
    const Shield shield;
    std::vector<std::uint64_t> lengths;
    for (const auto& ledger : world_.ledgers) lengths.push_back(ledger->last_sequence().value());
    return lengths;
  }

  void place_order(Client& client) {
    const auto reply = client.insist(shopper_.order(), patience());
    const auto* refused = reply ? std::get_if<eventstore::Unavailable>(&*reply) : nullptr;
    if (reply && refused == nullptr) return;
    const std::string why = refused != nullptr ? refused->why : "none came";
    stalled(fmt::format("an order has no answer ({}): {}", why, troubles()));
  }

  // A start reads a few hundred messages, one after another.
  Nanos patience() const { return kPatience + 1'000 * world_.plan.network.most_delay; }

  std::vector<std::string> unfinished() {
    const auto ledgers = read_ledgers(world_);
    std::vector<std::string> open =
        judge(world_, ledgers).unfinished(world_.clock_of(processes_.front()->id()));
    std::vector<eventstore::Position> heads;
    for (const auto& commits : ledgers) {
      if (!commits.empty()) heads.push_back(commits.back().position);
    }
    for (const auto& process : processes_) {
      if (!process->projected(heads)) {
        open.push_back(fmt::format("the models of process {} are behind", process->id()));
      }
      for (const eventstore::EngineHealth& each : process->health()) {
        if (each.serving && !each.trouble.empty()) open.push_back(each.trouble);
      }
    }
    return open;
  }

  std::string troubles() const {
    std::string all;
    for (const auto& process : processes_) all += process->trouble() + "  ";
    return all;
  }

  Summary check() {
    for (const auto& process : processes_) process->stop();
    check_all_answered(world_);
    const auto ledgers = read_ledgers(world_);
    const Reference reference = judge(world_, ledgers);
    check_outcome(world_, ledgers, reference);
    if (world_.plan.epilogue != Epilogue::None) spoil(world_, processes_);
    Summary summary;
    summary.trace = trace_hash();
    summary.switches = switches();
    for (const auto& commits : ledgers) summary.commits += commits.size();
    for (const Attempt& attempt : world_.history.attempts) summary.answers += attempt.answered;
    summary.time = now();
    return summary;
  }

  World world_;
  Shopper shopper_;
  Processes processes_;
};

}  // namespace

Summary run(const Plan& plan) {
  ScheduleOptions schedule = plan.schedule;
  schedule.stalled = [](const char* why) { stalled(why); };
  start(std::move(schedule));
  return Run(plan).run();
}

}  // namespace cassette::sim
