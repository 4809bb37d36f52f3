// Report: medians, the table, results.json and the charts.
#include "bench/report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include <fmt/format.h>
#include <simdjson.h>

#include "bench/results_table.h"
#include "domain/check.h"

namespace cassette::bench {
namespace {

std::string number_or_null(const std::optional<double>& value) {
  return value ? fmt::format("{}", *value) : "null";
}

std::string line_of(const Figure& figure) {
  const auto met = figure.met();
  return fmt::format(
      R"({{"name":"{}","ours":{},"theirs":{},"unit":"{}","ratio":{},"target":{},"met":{}}})",
      figure.name, figure.ours, number_or_null(figure.theirs), figure.unit,
      number_or_null(figure.ratio),
      figure.target ? number_or_null(figure.target->value) : std::string("null"),
      met ? (*met ? "true" : "false") : "null");
}

// The lines of an earlier results.json whose benchmark is not in `measured`.
std::vector<std::string> earlier_lines(const std::filesystem::path& path,
                                       const std::vector<std::string>& measured) {
  std::vector<std::string> lines;
  simdjson::dom::parser parser;
  simdjson::dom::array rows;
  if (parser.load(path.string()).get(rows) != simdjson::SUCCESS) return lines;
  for (const simdjson::dom::element row : rows) {
    std::string_view name;
    if (row["name"].get(name) != simdjson::SUCCESS) continue;
    const std::string bench(name.substr(0, name.find('/')));
    if (std::ranges::find(measured, bench) == measured.end()) {
      lines.push_back(simdjson::minify(row));
    }
  }
  return lines;
}

std::string bound_text(const std::optional<Target>& target) {
  if (!target) return "";
  const char* sign = target->bound == Target::Bound::AtLeast ? "≥" : "≤";
  return fmt::format("{} {}", sign, readable(target->value));
}

}  // namespace

Target at_least(double value) {
  return {Target::Bound::AtLeast, value};
}

Target at_most(double value) {
  return {Target::Bound::AtMost, value};
}

std::optional<bool> Figure::met() const {
  if (!target) return std::nullopt;
  return target->met_by(ratio.value_or(ours));
}

double median(std::vector<double> samples) {
  CHECK(!samples.empty());
  std::ranges::sort(samples);
  const std::size_t half = samples.size() / 2;
  return samples.size() % 2 == 1 ? samples[half] : (samples[half - 1] + samples[half]) / 2;
}

std::string readable(double value) {
  if (std::abs(value) < 100) return fmt::format("{:.3g}", value);
  std::string digits = fmt::format("{:.0f}", value);
  const std::size_t first = value < 0 ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3;) digits.insert(at -= 3, ",");
  return digits;
}

void Report::begin(const std::string& bench, const std::vector<std::string>& configuration) {
  bench_ = bench;
  measured_.push_back(bench);
  fmt::print("\n== {}\n", bench);
  for (const std::string& line : configuration) fmt::print("   {}\n", line);
  fmt::print("{:<46} {:>12} {:>12} {:<12} {:>7} {:>8}\n", "figure", "ours", "theirs", "unit",
             "ratio", "target");
  std::fflush(stdout);
}

void Report::add(const std::string& name, const std::string& unit, const Samples& samples,
                 std::optional<Target> target) {
  Figure figure{bench_ + "/" + name, median(samples.ours), {}, unit, {}, target};
  if (!samples.theirs.empty()) {
    CHECK(samples.theirs.size() == samples.ours.size());
    std::vector<double> ratios;
    for (std::size_t i = 0; i < samples.ours.size(); ++i) {
      ratios.push_back(samples.ours[i] / samples.theirs[i]);
    }
    figure.theirs = median(samples.theirs);
    figure.ratio = median(ratios);
  }
  const auto met = figure.met();
  fmt::print("{:<46} {:>12} {:>12} {:<12} {:>7} {:>8} {}\n", figure.name, readable(figure.ours),
             figure.theirs ? readable(*figure.theirs) : "", unit,
             figure.ratio ? readable(*figure.ratio) : "", bound_text(target),
             met ? (*met ? "met" : "MISSED") : "");
  std::fflush(stdout);
  figures_.push_back(std::move(figure));
}

void Report::remark(const std::string& text) {
  fmt::print("   {}\n", text);
  std::fflush(stdout);
}

void Report::draw(const std::string& title) const {
  std::vector<const Figure*> rows;
  for (const Figure& figure : figures_) {
    if (figure.name.starts_with(bench_ + "/")) rows.push_back(&figure);
  }
  if (rows.empty()) return;
  const bool ratios = std::ranges::any_of(rows, [](const Figure* row) { return bool(row->ratio); });
  std::string data;
  for (const Figure* row : rows) {
    if (ratios != bool(row->ratio)) continue;
    const double value = row->ratio.value_or(row->ours);
    const std::string target = row->target ? fmt::format("{}", row->target->value) : "NaN";
    std::string label = row->name.substr(bench_.size() + 1);
    if (!ratios) label += " (" + row->unit + ")";
    data += fmt::format("\"{}\" {} {}\n", label, value, target);
  }
  const std::filesystem::path script = folder_ / (bench_ + ".gnuplot");
  const std::filesystem::path chart = folder_ / (bench_ + ".svg");
  std::ofstream(script) << fmt::format(
      "set terminal svg size 900,{} font 'sans,12' background '#ffffff'\nset output '{}'\n"
      "set title '{}' noenhanced\n$rows << EOD\n{}EOD\n"
      "set style fill solid 0.8\nset boxwidth 0.6\nset yrange [*:*] reverse\nset xrange [{}:*]\n{}"
      "set grid xtics\nset key outside bottom center\nset lmargin 42\nunset mouse\n"
      "plot $rows using ($2*0.5):0:($2*0.5):(0.3):ytic(1) with boxxyerror lc rgb '#2a6f97' "
      "title '{}', $rows using 3:0 with points pt 13 ps 1.2 lc rgb '#d1495b' title 'target'\n",
      120 + 28 * rows.size(), chart.string(), title, data, ratios ? "0" : "0.1",
      ratios ? "" : "set logscale x\n", ratios ? "ours / theirs" : "ours");
  const std::string command = fmt::format("gnuplot '{}' 2>&1", script.string());
  if (std::system(command.c_str()) != 0) fmt::print("   no chart: gnuplot did not run\n");
}

bool Report::save() const {
  const std::filesystem::path path = folder_ / "results.json";
  std::vector<std::string> lines = earlier_lines(path, measured_);
  for (const Figure& figure : figures_) lines.push_back(line_of(figure));
  std::ofstream file(path);
  file << fmt::format("[\n{}\n]\n", fmt::join(lines, ",\n"));
  file.close();
  std::ofstream tables(folder_ / "results.md");
  tables << to_markdown(lines);
  tables.close();
  return file.good() && tables.good();
}

}  // namespace cassette::bench
