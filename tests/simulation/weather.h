// Weather: what of the plan's faults holds at the moment, for whoever stands between an engine and
// the world. Once it is calm, everything works.
#pragma once

#include <array>

#include "tests/simulation/draws.h"
#include "tests/simulation/plan.h"

namespace cassette::sim {

class Weather {
 public:
  explicit Weather(const Plan& plan) : plan_(plan), draws_(plan.seed, "weather") {}

  const Plan& plan() const { return plan_; }
  Draws& draws() { return draws_; }

  // No fault from now on, but for what is on its way.
  void calm_down() { calm_ = true; }
  bool calm() const { return calm_; }
  bool strikes(std::uint64_t one_in) { return !calm_ && draws_.one_in(one_in); }

  // The time that a message takes passes.
  void travel() { pass(draws_.between(plan_.network.least_delay, plan_.network.most_delay)); }

  // The process reaches nobody until then.
  void cut_off(ProcessId process, Nanos until) { cut_off_until_[process] = until; }
  bool reaches(ProcessId process) const { return calm_ || now() >= cut_off_until_[process]; }

 private:
  const Plan& plan_;
  Draws draws_;
  bool calm_ = false;
  std::array<Nanos, kMaxProcesses> cut_off_until_{};
};

}  // namespace cassette::sim
