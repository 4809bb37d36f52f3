// SeedBatch: a child a seed, which leaves its summary in a pipe.
#include "tests/simulation/batch.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "domain/check.h"

namespace cassette::sim {
namespace {

// Without a lock, which would make a run that logs another run: one thread writes.
void log_what_engines_log() {
  const auto sink = std::make_shared<spdlog::sinks::stdout_sink_st>();
  auto logger = std::make_shared<spdlog::logger>("", sink);
  logger->set_level(spdlog::level::debug);
  logger->set_pattern("%d %H:%M:%S.%f %L %v");
  spdlog::set_default_logger(std::move(logger));
}

[[noreturn]] void simulate(std::uint64_t seed, const BatchOptions& options, int summary_pipe) {
  alarm(options.limit_seconds);
  if (options.verbose) {
    log_what_engines_log();
  } else {
    spdlog::set_level(spdlog::level::off);
  }
  const Plan plan = draw_plan(seed);
  if (options.verbose) std::printf("%s\n", describe(plan).c_str());
  const Summary summary = run(plan);
  const ssize_t written = write(summary_pipe, &summary, sizeof summary);
  leave(written == sizeof summary ? Exit::Sound : Exit::Usage);
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
      return "could not run";
    case Exit::Stalled:
      return "STALLED";
    case Exit::Crashed:
      return "CRASHED";
  }
  return "?";
}

class SeedBatch {
 public:
  SeedBatch(const BatchOptions& options, const std::function<std::optional<std::uint64_t>()>& next)
      : options_(options), next_(next) {}

  BatchResult run() {
    while (true) {
      const bool over = options_.stop_at_first && result_.failed > 0;
      std::optional<std::uint64_t> seed;
      if (!over && running_.size() < options_.jobs) seed = next_();
      if (seed) {
        begin(*seed);
      } else if (running_.empty()) {
        return result_;
      } else {
        end_one();
      }
    }
  }

 private:
  struct Child {
    std::uint64_t seed = 0;
    int summary_pipe = -1;
  };

  void begin(std::uint64_t seed) {
    int ends[2];
    CHECK(pipe(ends) == 0);
    std::fflush(stdout);
    const pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) simulate(seed, options_, ends[1]);
    close(ends[1]);
    running_[child] = {seed, ends[0]};
  }

  void end_one() {
    int status = 0;
    const pid_t ended = wait(&status);
    CHECK(ended > 0);
    const Child child = running_.at(ended);
    running_.erase(ended);
    ++result_.seeds;
    Summary summary;
    const bool told = read(child.summary_pipe, &summary, sizeof summary) == sizeof summary;
    close(child.summary_pipe);
    const Exit how = exit_of(status);
    if (how == Exit::Sound && told) return add(summary);
    ++result_.failed;
    if (result_.worst == Exit::Sound) result_.worst = how;
    std::printf("%s: seed %llu; again by: cassette-sim %llu --verbose\n", name_of(how),
                static_cast<unsigned long long>(child.seed),
                static_cast<unsigned long long>(child.seed));
    std::fflush(stdout);
  }

  void add(const Summary& summary) {
    result_.sum.trace = summary.trace;
    result_.sum.switches += summary.switches;
    result_.sum.commits += summary.commits;
    result_.sum.answers += summary.answers;
    result_.sum.time += summary.time;
  }

  const BatchOptions& options_;
  const std::function<std::optional<std::uint64_t>()>& next_;
  std::map<pid_t, Child> running_;
  BatchResult result_;
};

}  // namespace

BatchResult run_batch(const BatchOptions& options,
                      const std::function<std::optional<std::uint64_t>()>& next) {
  return SeedBatch(options, next).run();
}

}  // namespace cassette::sim
