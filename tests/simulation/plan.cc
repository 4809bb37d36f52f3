// Plan: drawn from a stream of its own, so that what happens later does not change it.
#include "tests/simulation/plan.h"

#include <fmt/format.h>

#include "tests/simulation/draws.h"

namespace cassette::sim {
namespace {

std::uint64_t chance(Draws& draws, std::initializer_list<std::uint64_t> choices) {
  if (draws.maybe()) return 0;
  return *(choices.begin() + draws.below(choices.size()));
}

int weight(Draws& draws) {
  return draws.maybe() ? 0 : static_cast<int>(draws.between(1, 4));
}

void draw_schedule(Draws& draws, Plan& plan) {
  plan.schedule.seed = plan.seed;
  plan.schedule.switch_one_in = draws.of<std::uint64_t>({2, 4, 16, 64, 256});
  plan.schedule.spurious_one_in = chance(draws, {8, 64});
  plan.schedule.slow_one_in = chance(draws, {2, 8});
}

void draw_world(Draws& draws, Plan& plan) {
  plan.partitions = draws.of<std::uint32_t>({1, 1, 2, 2, 3, 4});
  plan.processes = draws.of<std::uint32_t>({1, 1, 2, 2, 3});
  plan.clients = static_cast<std::uint32_t>(draws.between(1, 8));
  plan.commands = static_cast<std::uint32_t>(draws.between(4, 30));
  plan.vendors = static_cast<std::uint32_t>(draws.between(1, 4));
  plan.products = static_cast<std::uint32_t>(draws.between(1, 2));
  plan.shelf = draws.between(2, 40);
  plan.reservation_seconds = draws.between(1, 60);
  plan.take_over = draws.one_in(4);
  plan.one_stays_down = plan.processes > 1 && draws.maybe();
  plan.idless = draws.one_in(3);
  plan.limits.inbox_capacity = draws.of<std::size_t>({1, 2, 8, 16384});
  plan.limits.commit_target_bytes = draws.of<std::size_t>({1, 700, 4096, 256 * 1024});
  plan.limits.append_timeout = std::chrono::milliseconds(draws.between(20, 2000));
  plan.limits.give_up_after = std::chrono::milliseconds(draws.between(500, 10'000));
  if (draws.maybe()) plan.skew = draws.between(0, 120) * kSecond;
  if (draws.maybe()) plan.clock_jump = draws.of<Nanos>({1, 60, 3600, 30 * 3600}) * kSecond;
}

void draw_faults(Draws& draws, Plan& plan) {
  NetworkFaults& network = plan.network;
  network.most_delay = draws.of<Nanos>({1, 2, 20, 300}) * kMillisecond;
  network.lost_request = chance(draws, {5, 20, 100});
  network.lost_answer = chance(draws, {5, 20, 100});
  network.late_request = chance(draws, {5, 20, 100});
  network.refused = chance(draws, {10, 50});
  network.unavailable = chance(draws, {5, 50});
  network.lost_command = chance(draws, {5, 20});
  network.doubled_command = chance(draws, {3, 10});
  DiskFaults& disk = plan.disk;
  disk.failed_fold = chance(draws, {3, 20});
  disk.failed_lookup = chance(draws, {10, 100});
  disk.full_models = chance(draws, {5, 20});
  disk.rolled_back = chance(draws, {2, 4});
  disk.lost = chance(draws, {3, 8});
  disk.torn = chance(draws, {6, 12});
  Mischief& mischief = plan.mischief;
  mischief.pause = draws.of<Nanos>({200, 1000, 4000}) * kMillisecond;
  mischief.crash = weight(draws);
  mischief.stop = weight(draws);
  mischief.stand = weight(draws);
  mischief.cut_off = weight(draws);
  mischief.clock_jump = plan.clock_jump > 0 ? weight(draws) : 0;
  mischief.foreign = weight(draws);
  mischief.intruder = weight(draws);
}

}  // namespace

Plan draw_plan(std::uint64_t seed) {
  Draws draws(seed, "plan");
  Plan plan;
  plan.seed = seed;
  draw_schedule(draws, plan);
  draw_world(draws, plan);
  if (!draws.one_in(10)) draw_faults(draws, plan);
  if (draws.one_in(4)) {
    plan.epilogue = draws.of({Epilogue::Shortened, Epilogue::Replaced, Epilogue::Unknown});
  }
  return plan;
}

std::string describe(const Plan& plan) {
  const Mischief& mischief = plan.mischief;
  return fmt::format(
      "{} partition(s), {} process(es), {} client(s) of {} commands, {} vendor(s); a switch in {}; "
      "commits of {} bytes, inbox of {}; lost {}/{}, late {}, refused {}, unavailable {}; folds "
      "{}, "
      "lookups {}; crash {}, stop {}, stand {}, cut off {}, clocks {}, foreign {}, intruder {}",
      plan.partitions, plan.processes, plan.clients, plan.commands, plan.vendors,
      plan.schedule.switch_one_in, plan.limits.commit_target_bytes, plan.limits.inbox_capacity,
      plan.network.lost_request, plan.network.lost_answer, plan.network.late_request,
      plan.network.refused, plan.network.unavailable, plan.disk.failed_fold,
      plan.disk.failed_lookup, mischief.crash, mischief.stop, mischief.stand, mischief.cut_off,
      mischief.clock_jump, mischief.foreign, mischief.intruder);
}

}  // namespace cassette::sim
