// ResultsTable: reads the lines back, so that figures of earlier runs are in the tables too.
#include "bench/results_table.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <simdjson.h>

#include "bench/report.h"

namespace cassette::bench {
namespace {

using Element = simdjson::dom::element;

std::optional<double> number(const Element& row, const char* member) {
  double value = 0;
  if (row[member].get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

std::string text(const Element& row, const char* member) {
  std::string_view value;
  if (row[member].get(value) != simdjson::SUCCESS) return "";
  return std::string(value);
}

std::string cell(const std::optional<double>& value) {
  return value ? readable(*value) : "";
}

// results.json has the bound's number; which way it bounds follows from whether it is met. Nothing
// measured is below 0, which is a bound from above therefore.
std::string target_cell(double figure, double target, bool met) {
  const bool at_least = target > 0 && (figure >= target) == met;
  return fmt::format("{} {}", at_least ? "≥" : "≤", readable(target));
}

std::string row_of(const Element& row) {
  const std::string name = text(row, "name");
  const double ours = number(row, "ours").value_or(0);
  const auto ratio = number(row, "ratio");
  const auto target = number(row, "target");
  bool met = false;
  const bool judged = target && row["met"].get(met) == simdjson::SUCCESS;
  return fmt::format("| {} ({}) | {} | {} | {} | {} | {} |\n", name.substr(name.find('/') + 1),
                     text(row, "unit"), readable(ours), cell(number(row, "theirs")), cell(ratio),
                     judged ? target_cell(ratio.value_or(ours), *target, met) : "",
                     judged ? (met ? "yes" : "**no**") : "");
}

}  // namespace

std::string to_markdown(const std::vector<std::string>& lines) {
  std::vector<std::pair<std::string, std::string>> tables;  // benchmark and rows
  simdjson::dom::parser parser;
  for (const std::string& line : lines) {
    Element row;
    if (parser.parse(line).get(row) != simdjson::SUCCESS) continue;
    const std::string name = text(row, "name");
    const std::string bench = name.substr(0, name.find('/'));
    auto table = std::ranges::find(tables, bench, &std::pair<std::string, std::string>::first);
    if (table == tables.end()) table = tables.insert(tables.end(), {bench, ""});
    table->second += row_of(row);
  }
  std::string markdown;
  for (const auto& [bench, rows] : tables) {
    markdown += fmt::format(
        "### {}\n\n| figure | ours | theirs | ratio | target | met |\n|---|--:|--:|--:|--:|---|\n"
        "{}\n",
        bench, rows);
  }
  return markdown;
}

}  // namespace cassette::bench
