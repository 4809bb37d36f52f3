// World: everything that outlives a process: the ledgers, the leases, the disks, the weather, and
// what clients have seen. There is one a simulation.
#pragma once

#include <memory>
#include <vector>

#include "eventstore/memory_key_value.h"
#include "eventstore/memory_ledger.h"
#include "tests/simulation/flaky_archive.h"
#include "tests/simulation/history.h"
#include "tests/simulation/memory_models.h"
#include "tests/simulation/weather.h"

namespace cassette::sim {

// 2026-03-01T00:00:00Z in microseconds: the calendar at virtual time 0.
inline constexpr std::int64_t kEpochMicros = 1'772'323'200'000'000;

// What one process finds again after it was killed.
struct Disk {
  std::vector<std::unique_ptr<FlakyArchive>> archives;  // one a partition
  std::unique_ptr<MemoryModels> models;
  Nanos clock_offset = 0;  // of its clock, to the world's
};

struct World {
  explicit World(const Plan& drawn) : plan(drawn), weather(plan) {
    for (std::uint32_t p = 0; p < plan.partitions; ++p) {
      ledgers.push_back(std::make_unique<eventstore::MemoryLedger>());
    }
    history.told.resize(plan.partitions);
    disks.resize(plan.processes + 1);
    for (ProcessId id = 1; id <= plan.processes; ++id) {
      Disk& disk = disks[id];
      for (std::uint32_t p = 0; p < plan.partitions; ++p) {
        disk.archives.push_back(std::make_unique<FlakyArchive>(weather));
      }
      disk.models = std::make_unique<MemoryModels>(plan.partitions);
      disk.clock_offset = weather.draws().between(-plan.skew, plan.skew);
    }
  }

  // The process's own clock.
  domain::Timestamp clock_of(ProcessId process) {
    const domain::Timestamp time{kEpochMicros + (now() + disks[process].clock_offset) / 1'000};
    latest_clock = std::max(latest_clock, time);
    return time;
  }

  const Plan plan;
  Weather weather;
  std::vector<std::unique_ptr<eventstore::MemoryLedger>> ledgers;  // one a partition
  eventstore::MemoryKeyValue leases;
  std::vector<Disk> disks;  // by process; the first is nobody's
  History history;
  domain::Timestamp latest_clock;  // that any process was told
  bool may_be_unsound = false;     // a ledger was changed: engines have to notice
  std::uint64_t owners = 0;        // owner ids that were given out
};

}  // namespace cassette::sim
