// cassette-sim: runs simulations by their seeds, each in a process of its own, and says how each
// ended. Exit status: 0 all sound, 1 something is wrong, 2 called wrongly, 3 stalled, 4 crashed.
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "tests/simulation/run.h"
#include "tests/simulation/verdict.h"

namespace cassette::sim {
namespace {

struct Options {
  std::uint64_t seed = 1;
  std::uint64_t count = 1;
  double minutes = 0;
  unsigned limit_seconds = 120;  // of real time, for one seed
  bool twice = false;
  bool verbose = false;
  std::string list;
  std::uint64_t progress = 0;
};

[[noreturn]] void simulate(std::uint64_t seed, const Options& options) {
  alarm(options.limit_seconds);
  spdlog::set_level(options.verbose ? spdlog::level::debug : spdlog::level::off);
  const Plan plan = draw_plan(seed);
  if (options.verbose) std::printf("%s\n", describe(plan).c_str());
  const Summary summary = run(plan);
  if (options.count == 1 && options.list.empty()) {
    std::printf("sound: %llu commits, %llu answers, %.1f s, %llu switches, trace %016llx\n",
                static_cast<unsigned long long>(summary.commits),
                static_cast<unsigned long long>(summary.answers),
                static_cast<double>(summary.time) / kSecond,
                static_cast<unsigned long long>(summary.switches),
                static_cast<unsigned long long>(summary.trace));
  }
  leave(Exit::Sound);
}

Exit exit_of(int status) {
  if (WIFEXITED(status)) return static_cast<Exit>(WEXITSTATUS(status));
  return WTERMSIG(status) == SIGALRM ? Exit::Stalled : Exit::Crashed;
}

const char* name_of(Exit how) {
  switch (how) {
    case Exit::Sound:
      return "sound";
    case Exit::Wrong:
      return "WRONG";
    case Exit::Usage:
      return "usage";
    case Exit::Stalled:
      return "STALLED";
    case Exit::Crashed:
      return "CRASHED";
  }
  return "?";
}

Exit run_apart(std::uint64_t seed, const Options& options) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) simulate(seed, options);
  int status = 0;
  waitpid(child, &status, 0);
  const Exit how = exit_of(status);
  if (how != Exit::Sound) {
    std::printf("%s: seed %llu; again by: cassette-sim %llu --verbose\n", name_of(how),
                static_cast<unsigned long long>(seed), static_cast<unsigned long long>(seed));
    std::fflush(stdout);
  }
  return how;
}

}  // namespace
}  // namespace cassette::sim

int main(int argc, char** argv) {
  using namespace cassette::sim;
  Options options;
  CLI::App app{"Simulates engines, clients and everything that may go wrong, by a seed."};
  app.add_option("seed", options.seed, "the first seed");
  app.add_option("--count", options.count, "how many seeds, one after another");
  app.add_flag("--verbose", options.verbose, "log what the engines log");
  CLI11_PARSE(app, argc, argv);
  const auto began = std::chrono::steady_clock::now();
  Exit worst = Exit::Sound;
  for (std::uint64_t n = 0; n < options.count; ++n) {
    const Exit how = run_apart(options.seed + n, options);
    if (how != Exit::Sound && worst == Exit::Sound) worst = how;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  if (options.count > 1) {
    std::printf("%llu seeds from %llu in %.1f s\n", static_cast<unsigned long long>(options.count),
                static_cast<unsigned long long>(options.seed), took.count());
  }
  return static_cast<int>(worst);
}
