// Plan: what one seed draws before a simulation begins: how large the world is, and which faults
// there are. Each kind of fault is there in about half of the seeds, so that some seeds meet one
// alone, and some meet all.
#pragma once

#include <cstdint>
#include <string>

#include "eventstore/tenure.h"
#include "tests/simulation/scheduler.h"

namespace cassette::sim {

// Chances are "once in so many", and 0 is never.
struct NetworkFaults {
  Nanos least_delay = 100 * kMicrosecond;
  Nanos most_delay = 2 * kMillisecond;
  std::uint64_t lost_request = 0;
  std::uint64_t lost_answer = 0;
  std::uint64_t late_request = 0;  // arrives when nobody waits any more
  std::uint64_t refused = 0;
  std::uint64_t unavailable = 0;   // a read has no answer
  std::uint64_t lost_command = 0;  // between client and engine, or its reply
  std::uint64_t doubled_command = 0;
};

struct DiskFaults {
  std::uint64_t failed_fold = 0;
  std::uint64_t failed_lookup = 0;
  std::uint64_t full_models = 0;
  std::uint64_t rolled_back = 0;  // of an archive, at a restart: it lost its newest folds
  std::uint64_t lost = 0;         // it is gone
  std::uint64_t torn = 0;         // it can't be opened
};

// What befalls whole processes and the ledger, between two pauses. Weights: 0 is never.
struct Mischief {
  Nanos pause = 3 * kSecond;
  int crash = 0;
  int stop = 0;     // an orderly one
  int stand = 0;    // the process stands still for a while
  int cut_off = 0;  // it reaches neither ledgers nor leases
  int clock_jump = 0;
  int foreign = 0;   // a message that no engine wrote
  int intruder = 0;  // another engine's valid commit, from nowhere
};

// What is done to a ledger once everything has converged; each must be seen.
enum class Epilogue { None, Shortened, Replaced, Unknown };

struct Plan {
  std::uint64_t seed = 0;
  ScheduleOptions schedule;
  std::uint32_t partitions = 1;
  std::uint32_t processes = 1;
  std::uint32_t clients = 1;
  std::uint32_t commands = 10;  // of each client
  std::uint32_t vendors = 1;
  std::uint32_t products = 1;  // of each vendor
  std::int64_t shelf = 10;     // units of each product at the start
  std::int64_t reservation_seconds = 30;
  bool take_over = false;
  bool one_stays_down = false;  // a process dies, and its partitions have to go on without it
  bool idless = false;          // some commands have no id
  eventstore::EngineLimits limits;
  Nanos skew = 0;        // of each process's clock, at most
  Nanos clock_jump = 0;  // at most
  NetworkFaults network;
  DiskFaults disk;
  Mischief mischief;
  Epilogue epilogue = Epilogue::None;
};

Plan draw_plan(std::uint64_t seed);

// One line for whoever reads a failure.
std::string describe(const Plan& plan);

}  // namespace cassette::sim
