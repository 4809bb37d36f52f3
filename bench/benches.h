// The benchmarks: each sets up, measures in rounds, and reports. They run one after another, on a
// machine that should have nothing else to do.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "bench/report.h"

namespace cassette::bench {

class Tapes;

struct Settings {
  bool quick = false;  // few short rounds on little data: whether it runs, not how fast
  int rounds = 5;
  std::string only;        // of `orders`: the cases whose name holds it; empty: all
  Tapes* tapes = nullptr;  // of this run
};

// Of the ledger that several benchmarks read.
inline std::uint64_t tape_events(const Settings& settings) {
  return settings.quick ? 50'000 : 5'000'000;
}

void run_orders(const Settings& settings, Report& report);
void run_latency(const Settings& settings, Report& report);
void run_path(const Settings& settings, Report& report);
void run_http(const Settings& settings, Report& report);
void run_project(const Settings& settings, Report& report);
void run_replay(const Settings& settings, Report& report);
void run_as_of(const Settings& settings, Report& report);
void run_start(const Settings& settings, Report& report);
void run_memory(const Settings& settings, Report& report);
void run_queries(const Settings& settings, Report& report);
void run_stock_sync(const Settings& settings, Report& report);
void run_edge(const Settings& settings, Report& report);
void run_live(const Settings& settings, Report& report);

struct Bench {
  std::string_view name;
  std::string_view what;
  std::string_view title;  // of its chart
  void (*run)(const Settings& settings, Report& report);
};

std::span<const Bench> benches();

}  // namespace cassette::bench
