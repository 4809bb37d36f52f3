// Replay commands: opening the ledger, and turning verdicts into exit statuses.
#include "api/replay_command.h"

#include <chrono>
#include <cstdio>
#include <optional>
#include <vector>

#include <spdlog/spdlog.h>

#include "api/ledger_access.h"
#include "replay/progress.h"
#include "replay/report.h"
#include "replay/tail.h"
#include "replay/verify.h"

namespace cassette::api {
namespace {

constexpr int kCouldNotRun = 2;

int could_not_run(const std::string& why) {
  spdlog::critical("{}", why);
  return kCouldNotRun;
}

std::chrono::steady_clock::time_point monotonic() {
  return std::chrono::steady_clock::now();
}

}  // namespace

int run_tail(const TailSettings&) {
  return kCouldNotRun;
}

int run_verify(const VerifySettings& settings) {
  auto access = open_ledger(settings.ledger);
  if (!access.ok()) return could_not_run(access.error().what);
  replay::ProgressMeter meter(monotonic, replay::on_terminal(stderr, "messages"));
  replay::VerifyOptions options;
  options.progress = &meter;
  const auto ledgers = access.value().borrowed();
  const replay::VerifyReport report = replay::verify(ledgers, options);
  print_line(settings.json ? replay::to_json(report) : replay::to_text(report));
  return static_cast<int>(report.verdict);
}

int run_rebuild(const RebuildSettings&) {
  return kCouldNotRun;
}

}  // namespace cassette::api
