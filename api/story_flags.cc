// Story flags: what each of the three takes.
#include "api/story_flags.h"

#include <map>

#include <CLI/CLI.hpp>

#include "domain/values.h"

namespace cassette::api {
namespace {

using replay::ExportFormat;
using replay::ExportRows;

const std::map<std::string, ExportRows> kRows{{"events", ExportRows::Events},
                                              {"commits", ExportRows::Commits}};
const std::map<std::string, ExportFormat> kFormats{
    {"jsonl", ExportFormat::Jsonl}, {"csv", ExportFormat::Csv}, {"parquet", ExportFormat::Parquet}};

std::string check_id(const std::string& text) {
  return domain::valid_id(text) ? "" : "an id is 1 to 64 of [A-Za-z0-9_-]";
}

void add_bounds(CLI::App& app, replay::ExportPlan& plan) {
  app.add_option("--from", plan.from,
                 "Where it begins: a time, whose commits are in it, or positions to start after, "
                 "such as 0:1841,1:77 (default: the first event)")
      ->envname("CASSETTE_FROM");
  app.add_option("--to", plan.to,
                 "The last that is in it: a time or positions (default: all there is at the start)")
      ->envname("CASSETTE_TO");
  app.add_option("--vendor", plan.vendor, "Only events that name this vendor")
      ->envname("CASSETTE_VENDOR")
      ->check(check_id);
  app.add_option("--types", plan.types, "Only events of these types, such as StockReserved,…")
      ->envname("CASSETTE_TYPES")
      ->delimiter(',');
}

CLI::App* add_explain(CLI::App& replay, StorySettings& settings) {
  CLI::App* app = replay.add_subcommand(
      "explain",
      "Tell what became of an order, step by step with positions, over its sub-orders, "
      "reservations, "
      "shipments and returns; exits 0, 1 when there is no such order or it can't be so, 2 on "
      "failure");
  app->add_option("KIND", settings.kind, "What to tell of: order")
      ->required()
      ->check(CLI::IsMember({"order"}));
  app->add_option("ID", settings.id, "The order's id")->required()->check(check_id);
  app->add_flag("--json", settings.json, "One JSON object")->envname("CASSETTE_JSON");
  return app;
}

CLI::App* add_export(CLI::App& replay, StorySettings& settings) {
  CLI::App* app = replay.add_subcommand("export",
                                        "Write events, or the whole ledger, into files with a "
                                        "manifest of digests; killed, it goes on "
                                        "where it was when it is begun again");
  replay::ExportPlan& plan = settings.plan;
  app->add_option("--out", settings.out, "Folder of the files; made when absent, else empty")
      ->envname("CASSETTE_OUT")
      ->required();
  app->add_option("--format", plan.format, "jsonl, csv or parquet")
      ->envname("CASSETTE_FORMAT")
      ->transform(CLI::CheckedTransformer(kFormats, CLI::ignore_case))
      ->default_str("jsonl");
  app->add_option("--rows", plan.rows,
                  "What a row is: an event, or (commits) a message of the whole ledger as it is, "
                  "which `restore` puts back")
      ->envname("CASSETTE_ROWS")
      ->transform(CLI::CheckedTransformer(kRows, CLI::ignore_case))
      ->default_str("events");
  add_bounds(*app, plan);
  app->add_option("--rows-per-file", plan.rows_per_file, "Rows after which another file begins")
      ->envname("CASSETTE_ROWS_PER_FILE")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000}))
      ->capture_default_str();
  app->add_option("--parquet-writer", settings.parquet_writer,
                  "Program that makes Parquet of JSON lines (deploy/parquet)")
      ->envname("CASSETTE_PARQUET_WRITER")
      ->capture_default_str();
  app->add_option(
         "--notary-key", settings.notary_key,
         "File of the key that signs the manifest (default DATA/notary.key, when there is one "
         "and no --nats)")
      ->envname("CASSETTE_NOTARY_KEY_FILE")
      ->check(CLI::ExistingFile);
  app->add_flag("--json", settings.json, "The outcome as one JSON object")
      ->envname("CASSETTE_JSON");
  return app;
}

CLI::App* add_restore(CLI::App& replay, StorySettings& settings) {
  CLI::App* app = replay.add_subcommand("restore",
                                        "Check an export, and put one of commits back into a new "
                                        "data folder; exits 1 when the export "
                                        "is not as it was made, 2 on failure");
  app->add_option("EXPORT", settings.out, "Folder of the export")
      ->required()
      ->check(CLI::ExistingDirectory);
  app->add_flag("--check", settings.check_only, "Only check it; exports of events, too")
      ->envname("CASSETTE_CHECK");
  app->add_option("--key", settings.key,
                  "Who must have signed it: ed25519:…, or a file with one a line, such as "
                  "DATA/notary/keys (default: whoever it says)")
      ->envname("CASSETTE_NOTARY_KEY");
  return app;
}

}  // namespace

bool StoryApps::parsed() const {
  return explain->parsed() || exporting->parsed() || restore->parsed();
}

StoryApps add_story(CLI::App& replay, StorySettings& settings,
                    void (*add_ledger)(CLI::App&, LedgerSettings&)) {
  using Task = StorySettings::Task;
  const auto set = [&](CLI::App* app, Task task) {
    add_ledger(*app, settings.ledger);
    app->callback([&settings, task] { settings.task = task; });
    return app;
  };
  StoryApps apps;
  apps.explain = set(add_explain(replay, settings), Task::Explain);
  apps.exporting = set(add_export(replay, settings), Task::Export);
  apps.restore = set(add_restore(replay, settings), Task::Restore);
  return apps;
}

}  // namespace cassette::api
