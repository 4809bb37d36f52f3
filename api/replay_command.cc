// Replay commands: opening the ledger, and turning verdicts into exit statuses.
#include "api/replay_command.h"

#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "api/destroyed_keys.h"
#include "api/feed_role.h"
#include "api/identity/ids.h"
#include "api/identity/keyring.h"
#include "api/ledger_access.h"
#include "api/scratch_folder.h"
#include "api/verify_options.h"
#include "eventstore/data_folder.h"
#include "replay/feed_rebuild.h"
#include "replay/model_check.h"
#include "replay/progress.h"
#include "replay/rebuild.h"
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

replay::ModelReport compare_models(const VerifySettings& settings,
                                   const std::vector<eventstore::Ledger*>& ledgers) {
  replay::ProgressMeter meter(monotonic, replay::on_terminal(stderr, "commits"));
  replay::RebuildOptions options;
  options.progress = &meter;
  const auto scratch = ScratchFolder::make("verify");
  if (!scratch) {
    replay::ModelReport report;
    report.verdict = replay::Verdict::CouldNotRun;
    report.error = scratch.error().what;
    return report;
  }
  return replay::verify_read_models(settings.read_models, ledgers,
                                    scratch.value()->path() / "models", options);
}

std::string listed(const std::vector<eventstore::Position>& positions) {
  std::string text;
  for (const eventstore::Position& position : positions) text += " " + eventstore::format(position);
  return text;
}

// With the data folder's lock: `up` would publish meanwhile.
int rebuild_feed(const RebuildSettings& settings) {
  auto data = eventstore::DataFolder::open(settings.ledger.data, uuid_v7(wall_clock()));
  if (!data.ok()) return could_not_run(data.error().what);
  auto access = open_ledger(settings.ledger);
  if (!access.ok()) return could_not_run(access.error().what);
  const std::vector<eventstore::Ledger*> ledgers = access.value().borrowed();
  auto server = FeedServer::join(settings.feed, data.value()->path(),
                                 static_cast<std::uint32_t>(ledgers.size()), wall_clock());
  if (!server.ok()) return could_not_run(server.error().what);
  auto streams = server.value()->connection().publisher();
  if (!streams.ok()) return could_not_run(streams.error().what);
  replay::ProgressMeter meter(monotonic, replay::on_terminal(stderr, "commits"));
  replay::RebuildOptions options;
  options.progress = &meter;
  auto rebuilt =
      replay::rebuild_feed(ledgers, *streams.value(), feed_options(settings.feed), options);
  if (!rebuilt.ok()) return could_not_run(rebuilt.error().what);
  print(fmt::format("the feed is published anew, up to{}; consumers moved: {}\n",
                    listed(rebuilt.value().positions), rebuilt.value().consumers));
  return 0;
}

}  // namespace

int run_tail(const TailSettings& settings) {
  const auto from = parse_positions(settings.from);
  if (!from) return could_not_run("--from takes positions such as 0:1841,1:77");
  auto access = open_ledger(settings.ledger);
  if (!access.ok()) return could_not_run(access.error().what);
  auto keys = access.value().connection->create_bucket(kKeyBucket);
  if (!keys.ok()) return could_not_run(keys.error().what);
  replay::TailOptions options;
  options.is_erased = erased_in(std::move(keys).value());
  options.format = settings.json ? replay::TailFormat::Json : replay::TailFormat::Text;
  options.from = *from;
  options.follow = settings.follow;
  auto shown =
      replay::tail(access.value().borrowed(), options,
                   [](std::string_view line) { return print(std::string(line) + "\n"); }, {});
  return shown.ok() ? 0 : could_not_run(shown.error().what);
}

int run_verify(const VerifySettings& settings) {
  auto access = open_ledger(settings.ledger);
  if (!access.ok()) return could_not_run(access.error().what);
  const std::vector<eventstore::Ledger*> ledgers = access.value().borrowed();
  auto options = verify_options(settings, ledgers);
  if (!options.ok()) return could_not_run(options.error().what);
  replay::ProgressMeter meter(monotonic, replay::on_terminal(stderr, "messages"));
  options.value().progress = &meter;
  const replay::VerifyReport report = replay::verify(ledgers, options.value());
  const bool alone = report.verdict != replay::Verdict::Sound || settings.read_models.empty();
  if (!settings.json) print(replay::to_text(report));
  if (alone) {
    if (settings.json) print(replay::to_json(report) + "\n");
    return static_cast<int>(report.verdict);
  }
  const replay::ModelReport models = compare_models(settings, ledgers);
  print(settings.json ? replay::to_json(report, models) + "\n" : replay::to_text(models));
  return static_cast<int>(models.verdict);
}

int run_rebuild(const RebuildSettings& settings) {
  if (settings.of_feed) return rebuild_feed(settings);
  auto access = open_ledger(settings.ledger);
  if (!access.ok()) return could_not_run(access.error().what);
  replay::ProgressMeter meter(monotonic, replay::on_terminal(stderr, "commits"));
  replay::RebuildOptions options;
  options.progress = &meter;
  auto rebuilt =
      replay::rebuild(models_folder(settings.ledger), access.value().borrowed(), options);
  if (!rebuilt.ok()) return could_not_run(rebuilt.error().what);
  print(fmt::format("generation {} is in use, up to{}\n", rebuilt.value().generation,
                    listed(rebuilt.value().positions)));
  return 0;
}

}  // namespace cassette::api
