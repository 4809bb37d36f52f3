// Reading the rules, opening the ledger, printing the report.
#include "api/what_if_command.h"

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "api/ledger_access.h"
#include "replay/what_if_report.h"

namespace cassette::api {
namespace {

constexpr int kUnsound = 1;
constexpr int kCouldNotRun = 2;

int could_not_run(const std::string& why, int status = kCouldNotRun) {
  spdlog::critical("{}", why);
  return status;
}

std::optional<std::string> text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) return std::nullopt;
  return text;
}

}  // namespace

CLI::App* add_what_if(CLI::App& replay, WhatIfSettings& settings,
                      void (*add_ledger)(CLI::App&, LedgerSettings&)) {
  CLI::App* sub = replay.add_subcommand(
      "whatif",
      "Fold history under other rules and report what would have differed; writes nothing. Exits 0 "
      "with a report, 1 when the ledger is not sound, 2 on failure");
  add_ledger(*sub, settings.ledger);
  sub->add_option("--rules", settings.rules,
                  "JSON file: reorderPoint, safetyStock, reservationMaxSeconds, onShortage, "
                  "replenish; {} is the control, which must find no difference")
      ->required()
      ->envname("CASSETTE_RULES")
      ->check(CLI::ExistingFile);
  sub->add_flag("--json", settings.json, "The report as one JSON object")
      ->envname("CASSETTE_JSON");
  return sub;
}

int run_what_if(const WhatIfSettings& settings) {
  const std::optional<std::string> text = text_of(settings.rules);
  if (!text) return could_not_run(fmt::format("{} can't be read", settings.rules));
  const auto rules = replay::parse_rules(*text);
  if (!rules.ok()) return could_not_run(fmt::format("{}: {}", settings.rules, rules.error()));
  auto access = open_ledger(settings.ledger);
  if (!access.ok()) return could_not_run(access.error().what);
  replay::ProgressMeter meter([] { return std::chrono::steady_clock::now(); },
                              replay::on_terminal(stderr, "messages"));
  replay::WhatIfOptions options;
  options.progress = &meter;
  const auto report = replay::what_if(access.value().borrowed(), rules.value(), options);
  if (!report.ok()) {
    const bool unsound = report.error().kind == eventstore::StoreError::Kind::Corrupt;
    return could_not_run(report.error().what, unsound ? kUnsound : kCouldNotRun);
  }
  const std::string shown = settings.json ? replay::to_json(report.value()) + "\n"
                                          : replay::to_text(report.value());
  std::fwrite(shown.data(), 1, shown.size(), stdout);
  return std::fflush(stdout) == 0 ? 0 : kCouldNotRun;
}

}  // namespace cassette::api
