// cassette-sim: runs simulations by their seeds and says how they ended. Exit status: 0 all sound,
// 1 something is wrong, 2 called wrongly, 3 stalled, 4 crashed; of the first that was not sound.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "tests/simulation/batch.h"

namespace cassette::sim {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::uint64_t seed = 1;
  std::uint64_t count = 0;
  double minutes = 0;
  bool twice = false;
  std::string list;
  BatchOptions batch;
};

// One seed a line; what follows it, and lines that begin with '#', are for readers.
std::vector<std::uint64_t> read_list(const std::string& path) {
  std::vector<std::uint64_t> seeds;
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    if (!line.empty() && line[0] != '#') seeds.push_back(std::stoull(line));
  }
  return seeds;
}

BatchResult run_seeds(const Options& options, const std::vector<std::uint64_t>& seeds) {
  std::size_t at = 0;
  return run_batch(options.batch, [&]() -> std::optional<std::uint64_t> {
    if (at == seeds.size()) return std::nullopt;
    return seeds[at++];
  });
}

BatchResult run_from(const Options& options) {
  const auto end = Clock::now() + std::chrono::duration<double>(options.minutes * 60);
  std::uint64_t given = 0;
  return run_batch(options.batch, [&]() -> std::optional<std::uint64_t> {
    const bool over = options.minutes > 0 ? Clock::now() >= end : given >= options.count;
    if (over) return std::nullopt;
    return options.seed + given++;
  });
}

int run_twice(const Options& options) {
  const BatchResult first = run_seeds(options, {options.seed});
  const BatchResult second = run_seeds(options, {options.seed});
  const bool same = first.sum.trace == second.sum.trace && first.sum.time == second.sum.time &&
                    first.sum.switches == second.sum.switches;
  if (first.failed > 0 || second.failed > 0) return static_cast<int>(first.worst);
  std::printf("%s: trace %016llx and %016llx\n", same ? "the same twice" : "NOT THE SAME",
              static_cast<unsigned long long>(first.sum.trace),
              static_cast<unsigned long long>(second.sum.trace));
  return same ? 0 : static_cast<int>(Exit::Wrong);
}

int run(Options options) {
  if (options.twice) return run_twice(options);
  const auto began = Clock::now();
  if (options.count == 0) options.count = 1;
  const BatchResult result =
      options.list.empty() ? run_from(options) : run_seeds(options, read_list(options.list));
  const std::chrono::duration<double> took = Clock::now() - began;
  std::printf(
      "%llu of %llu seeds sound in %.1f s: %llu commits, %llu answers, %.0f s simulated, "
      "%llu switches, trace %016llx\n",
      static_cast<unsigned long long>(result.seeds - result.failed),
      static_cast<unsigned long long>(result.seeds), took.count(),
      static_cast<unsigned long long>(result.sum.commits),
      static_cast<unsigned long long>(result.sum.answers),
      static_cast<double>(result.sum.time) / kSecond,
      static_cast<unsigned long long>(result.sum.switches),
      static_cast<unsigned long long>(result.sum.trace));
  return static_cast<int>(result.worst);
}

}  // namespace
}  // namespace cassette::sim

int main(int argc, char** argv) {
  using namespace cassette::sim;
  Options options;
  CLI::App app{"Simulates engines, clients and everything that may go wrong, by a seed."};
  app.add_option("seed", options.seed, "The first seed");
  app.add_option("--count", options.count, "How many seeds, one after another");
  app.add_option("--minutes", options.minutes, "Seeds for so long");
  app.add_option("--list", options.list, "A file of seeds, one a line")->check(CLI::ExistingFile);
  app.add_option("--jobs", options.batch.jobs, "Seeds at the same time")->check(CLI::Range(1, 64));
  app.add_option("--limit", options.batch.limit_seconds, "Seconds that one seed may take");
  app.add_flag("--twice", options.twice, "The seed twice: both runs must be the same");
  app.add_flag("--stop", options.batch.stop_at_first, "Stop at the first that is not sound");
  app.add_flag("--verbose", options.batch.verbose, "Log what the engines log");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int status = app.exit(error);
    return status == 0 ? 0 : static_cast<int>(Exit::Usage);
  }
  // A loop is for seeds that nobody has tried.
  if (options.minutes > 0 && app.count("seed") == 0) {
    options.seed = static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch() /
                                              std::chrono::seconds(1) * 100'000);
    std::printf("from seed %llu on\n", static_cast<unsigned long long>(options.seed));
  }
  return run(std::move(options));
}
