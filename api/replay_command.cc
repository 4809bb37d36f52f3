// Replay commands: opening the ledger, and turning verdicts into exit statuses.
#include "api/replay_command.h"

#include <chrono>
#include <cstdio>
#include <optional>
#include <vector>
#include <optional>
#include <vector>

#include <spdlog/spdlog.h>

#include "api/ledger_access.h"
#include "replay/progress.h"
#include "replay/report.h"
#include "replay/tail.h"
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

// "0:1841,1:77": the last commits seen, so that the next ones are shown.
std::optional<std::vector<eventstore::Position>> parse_positions(std::string_view text) {
  std::vector<eventstore::Position> positions;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    auto position = eventstore::parse_position(text.substr(0, comma));
    if (!position) return std::nullopt;
    position->commit += 1;
    positions.push_back(*position);
    text = comma == std::string_view::npos ? "" : text.substr(comma + 1);
  }
  return positions;
}

bool print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  return std::fflush(stdout) == 0;
}

}  // namespace

int run_tail(const TailSettings& settings) {
  const auto from = parse_positions(settings.from);
  if (!from) return could_not_run("--from takes positions such as 0:1841,1:77");
  auto access = open_ledger(settings.ledger);
  if (!access.ok()) return could_not_run(access.error().what);
  replay::TailOptions options;
  options.format = settings.json ? replay::TailFormat::Json : replay::TailFormat::Text;
  options.from = *from;
  options.follow = settings.follow;
  auto shown = replay::tail(
      access.value().borrowed(), options,
      [](std::string_view line) { return print(std::string(line) + "\n"); }, {});
  return shown.ok() ? 0 : could_not_run(shown.error().what);
}

int run_verify(const VerifySettings& settings) {
  auto access = open_ledger(settings.ledger);
  if (!access.ok()) return could_not_run(access.error().what);
  replay::ProgressMeter meter(monotonic, replay::on_terminal(stderr, "messages"));
  replay::VerifyOptions options;
  options.progress = &meter;
  const auto ledgers = access.value().borrowed();
  const replay::VerifyReport report = replay::verify(ledgers, options);
  print(settings.json ? replay::to_json(report) + "\n" : replay::to_text(report));
  return static_cast<int>(report.verdict);
}

int run_rebuild(const RebuildSettings&) {
  return kCouldNotRun;
}

}  // namespace cassette::api
