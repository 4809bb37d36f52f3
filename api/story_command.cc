// Story commands: opening what is to be read, and saying what came of it.
#include "api/story_command.h"

#include <chrono>
#include <cstdio>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "api/destroyed_keys.h"
#include "api/identity/keyring.h"
#include "api/ledger_access.h"
#include "api/restore_folder.h"
#include "eventstore/json_write.h"
#include "eventstore/notary_key.h"
#include "replay/export.h"
#include "replay/progress.h"
#include "replay/restore.h"
#include "replay/story.h"
#include "replay/story_report.h"

namespace cassette::api {
namespace {

using eventstore::Stored;
using eventstore::StoreError;

constexpr int kUnsound = 1;
constexpr int kCouldNotRun = 2;

int could_not_run(const std::string& why) {
  spdlog::critical("{}", why);
  return kCouldNotRun;
}

std::chrono::steady_clock::time_point monotonic() {
  return std::chrono::steady_clock::now();
}

bool print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  return std::fflush(stdout) == 0;
}

Stored<replay::IsErased> erased_of(const LedgerAccess& access) {
  auto keys = access.connection->create_bucket(kKeyBucket);
  if (!keys.ok()) return Failure{std::move(keys).error()};
  return erased_in(std::move(keys).value());
}

// ---- explain

int explain(const StorySettings& settings) {
  const auto access = open_ledger(settings.ledger);
  if (!access.ok()) return could_not_run(access.error().what);
  auto is_erased = erased_of(access.value());
  if (!is_erased.ok()) return could_not_run(is_erased.error().what);
  replay::ProgressMeter meter(monotonic, replay::on_terminal(stderr, "messages"));
  replay::StoryOptions options;
  options.progress = &meter;
  options.is_erased = std::move(is_erased).value();
  const auto story = replay::tell_order(access.value().borrowed(), {settings.id}, options);
  if (!story.ok()) return could_not_run(story.error().what);
  if (!story.value()) {
    spdlog::error("the ledger has no order {}", settings.id);
    return kUnsound;
  }
  print(settings.json ? replay::to_json(*story.value()) + "\n" : replay::to_text(*story.value()));
  return story.value()->contradiction.empty() ? 0 : kUnsound;
}

// ---- export

// Nothing when none is named and the data folder has none, or is not the ledger's.
Stored<std::optional<eventstore::NotaryKey>> signing_key(const StorySettings& settings) {
  std::filesystem::path file = settings.notary_key;
  if (file.empty()) {
    if (!settings.ledger.nats_url.empty()) return std::optional<eventstore::NotaryKey>();
    file = eventstore::notary_key_file(settings.ledger.data);
    if (!std::filesystem::exists(file)) return std::optional<eventstore::NotaryKey>();
  }
  auto key = eventstore::load_notary_key(file);
  if (!key.ok()) return Failure{std::move(key).error()};
  return std::optional(std::move(key).value());
}

struct Outcome {
  std::string out;
  std::string ledger_id;
  std::uint64_t commits = 0;
  std::uint64_t events = 0;
  std::uint64_t rows = 0;
  std::uint64_t files = 0;
  eventstore::Hash digest{};
  std::string key;  // that signed it
  bool was_there = false;

  static void fields(auto& self, auto&& visit) {
    visit("out", self.out);
    visit("ledgerId", self.ledger_id);
    visit("commits", self.commits);
    visit("events", self.events);
    visit("rows", self.rows);
    visit("files", self.files);
    visit("digest", self.digest);
    visit("key", self.key);
    visit("wasThere", self.was_there);
  }
};

Outcome outcome_of(const replay::ExportManifest& manifest, const std::string& out,
                   const std::string& key) {
  Outcome outcome{out,  manifest.ledger_id, 0, 0, 0, manifest.files.size(), manifest.digest, key,
                  false};
  for (const replay::ExportRange& range : manifest.ranges) {
    outcome.commits += range.commits;
    outcome.events += range.events;
    outcome.rows += range.rows;
  }
  return outcome;
}

std::string text_of(const Outcome& outcome) {
  return fmt::format("{}{}: {} rows of {} events in {} commits, {} files, digest {}, {}\n",
                     outcome.was_there ? "there already, whole: " : "", outcome.out, outcome.rows,
                     outcome.events, outcome.commits, outcome.files,
                     eventstore::hex(outcome.digest),
                     outcome.key.empty() ? "not signed" : "signed by " + outcome.key);
}

int run_export(const StorySettings& settings) {
  const auto access = open_ledger(settings.ledger);
  if (!access.ok()) return could_not_run(access.error().what);
  auto is_erased = erased_of(access.value());
  if (!is_erased.ok()) return could_not_run(is_erased.error().what);
  const auto key = signing_key(settings);
  if (!key.ok()) return could_not_run(key.error().what);
  replay::ProgressMeter meter(monotonic, replay::on_terminal(stderr, "messages"));
  replay::ExportOptions options;
  options.out = settings.out;
  options.plan = settings.plan;
  options.parquet_writer = settings.parquet_writer;
  options.key = key.value() ? &*key.value() : nullptr;
  options.is_erased = std::move(is_erased).value();
  options.progress = &meter;
  const auto exported = replay::export_ledgers(access.value().borrowed(), options);
  if (!exported.ok()) return could_not_run(exported.error().what);
  const auto written = replay::read_manifest(settings.out);
  if (!written.ok()) return could_not_run(written.error().what);
  Outcome outcome = outcome_of(exported.value().manifest, settings.out, written.value().key);
  outcome.was_there = exported.value().was_there;
  print(settings.json ? eventstore::to_json(outcome) + "\n" : text_of(outcome));
  return 0;
}

// ---- restore

bool says_wrong(const StoreError& error) {
  return error.kind == StoreError::Kind::Mismatch || error.kind == StoreError::Kind::Corrupt;
}

Stored<std::vector<eventstore::NotaryPublicKey>> believed_keys(const StorySettings& settings) {
  if (settings.key.empty()) return std::vector<eventstore::NotaryPublicKey>();
  return eventstore::notary_public_keys_of(settings.key);
}

int put_back(const StorySettings& settings, const replay::ExportManifest& manifest,
             const replay::RestoreOptions& options) {
  if (manifest.plan.rows != replay::ExportRows::Commits) {
    return could_not_run("only an export made with --rows commits can be put back");
  }
  auto folder = RestoreFolder::open(settings.ledger, manifest);
  if (!folder.ok()) return could_not_run(folder.error().what);
  const auto filled =
      replay::restore_ledgers(settings.out, manifest, folder.value()->ledgers(), options);
  if (!filled.ok()) return could_not_run(filled.error().what);
  const auto finished = folder.value()->finish();
  return finished.ok() ? 0 : could_not_run(finished.error().what);
}

int restore(const StorySettings& settings) {
  const auto keys = believed_keys(settings);
  if (!keys.ok()) return could_not_run(keys.error().what);
  replay::ProgressMeter meter(monotonic, replay::on_terminal(stderr, "messages"));
  replay::RestoreOptions options;
  options.keys = keys.value();
  options.progress = &meter;
  const auto checked = replay::check_export(settings.out, options);
  if (!checked.ok() && says_wrong(checked.error())) {
    print(fmt::format("{} is not as it was made: {}\n", settings.out, checked.error().what));
    return kUnsound;
  }
  if (!checked.ok()) return could_not_run(checked.error().what);
  const replay::ExportManifest& manifest = checked.value().manifest;
  if (!settings.check_only) {
    if (const int status = put_back(settings, manifest, options); status != 0) return status;
  }
  print((settings.check_only ? "sound: " : "put back: ") +
        text_of(outcome_of(manifest, settings.out, checked.value().key)));
  return 0;
}

}  // namespace

int run_story(const StorySettings& settings) {
  switch (settings.task) {
    case StorySettings::Task::Explain:
      return explain(settings);
    case StorySettings::Task::Export:
      return run_export(settings);
    case StorySettings::Task::Restore:
      return restore(settings);
  }
  return kCouldNotRun;
}

}  // namespace cassette::api
