// cassette_bench: runs benchmarks by name, prints their figures and keeps them.
#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <CLI/CLI.hpp>

#include "bench/benches.h"
#include "bench/memory.h"
#include "bench/tape.h"

namespace cassette::bench {
namespace {

constexpr std::array<Bench, 13> kBenches = {{
    {"orders", "orders committed a second, against PostgreSQL", "Orders a second", run_orders},
    {"latency", "one order's commit, against one JetStream publish", "Commit latency", run_latency},
    {"path", "where an order's time goes, stage by stage", "Microseconds an order", run_path},
    {"project", "folding read models, against only reading the ledger", "Projector", run_project},
    {"replay", "verifying a ledger, against only reading it", "Replay", run_replay},
    {"as_of", "documents as they stood, and what keeping them costs", "As of", run_as_of},
    {"start", "from the start of the process until it is ready", "Start to ready", run_start},
    {"memory", "bytes a stock item and an open order", "Bytes in memory", run_memory},
    {"queries", "pages of the read models, small and large", "Microseconds a query", run_queries},
    {"stock-sync", "a vendor's whole stock at once", "Stock sync", run_stock_sync},
    {"http", "requests a second, against the same HTTP server without work", "HTTP", run_http},
    {"live", "followers of the live gateway: lag, and bytes a connection", "Live", run_live},
    {"edge", "behind nginx: idle clients, how old a cached read is, how soon it is purged", "Edge",
     run_edge},
}};

std::string list_of_benches() {
  std::string text = "Benchmarks:\n";
  for (const Bench& bench : kBenches) text += fmt::format("  {:<12} {}\n", bench.name, bench.what);
  return text;
}

int run(const std::vector<std::string>& names, Settings settings,
        const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  Tapes tapes;
  settings.tapes = &tapes;
  Report report(folder);
  fmt::print("{} cores{}\n", std::thread::hardware_concurrency(),
             settings.quick ? "; --quick: the figures say only that it runs" : "");
  for (const Bench& bench : kBenches) {
    const bool wanted = names.empty() || std::ranges::find(names, bench.name) != names.end();
    if (!wanted) continue;
    bench.run(settings, report);
    report.draw(std::string(bench.title));
  }
  if (!report.save()) {
    fmt::print(stderr, "bench: results.json can't be written in {}\n", folder.string());
    return 2;
  }
  fmt::print("\nkept in {}\n", (folder / "results.json").string());
  return 0;
}

}  // namespace

std::span<const Bench> benches() {
  return kBenches;
}

}  // namespace cassette::bench

int main(int argc, char** argv) {
  using namespace cassette::bench;
  if (argc == 4 && argv[1] == kMemoryProbe) return run_memory_probe(argv[2], argv[3]);
  CLI::App app("Measures Cassette beside PostgreSQL and the machine's own limits.", "./dev bench");
  std::vector<std::string> names, known;
  for (const Bench& bench : benches()) known.emplace_back(bench.name);
  Settings settings;
  std::string folder = "build/bench";
  app.add_option("NAME", names, "benchmarks to run; all of them without")
      ->check(CLI::IsMember(known));
  app.add_flag("--quick", settings.quick, "little data and short rounds: about a minute");
  app.add_option("--only", settings.only, "of orders: the cases whose name holds this text");
  app.add_option("--rounds", settings.rounds, "alternating rounds, whose median counts")
      ->check(CLI::Range(1, 100));
  app.add_option("--out", folder, "where results.json and the charts go")->capture_default_str();
  app.footer(list_of_benches());
  CLI11_PARSE(app, argc, argv);
  if (settings.quick) settings.rounds = 1;
  spdlog::set_level(spdlog::level::warn);
  return run(names, settings, folder);
}
