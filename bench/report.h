// Report: the figures of a run, printed as they come, kept in results.json, and drawn a benchmark a
// chart. It measures nothing.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace cassette::bench {

// What DESIGN §9 asks of a figure: of the ratio, or of our own value where there is no other side.
struct Target {
  enum class Bound { AtLeast, AtMost };
  Bound bound = Bound::AtLeast;
  double value = 0;

  bool met_by(double figure) const {
    return bound == Bound::AtLeast ? figure >= value : figure <= value;
  }
};

Target at_least(double value);
Target at_most(double value);

// Both sides of one figure, a sample a round; the n-th of each were measured one after the other.
struct Samples {
  std::vector<double> ours;
  std::vector<double> theirs;  // empty: there is no other side
};

struct Figure {
  std::string name;  // "orders/spread/1-line/fsync"
  double ours = 0;
  std::optional<double> theirs;
  std::string unit;
  std::optional<double> ratio;  // median of the rounds' ratios, ours to theirs
  std::optional<Target> target;

  std::optional<bool> met() const;
};

// The median; CHECK-fails without samples.
double median(std::vector<double> samples);

// A value for people: 123,456 or 1.23.
std::string readable(double value);

// One thread.
class Report {
 public:
  explicit Report(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Opens the section of a benchmark, with the configuration that its figures hold for.
  void begin(const std::string& bench, const std::vector<std::string>& configuration);
  void add(const std::string& name, const std::string& unit, const Samples& samples,
           std::optional<Target> target = std::nullopt);
  // A line between figures: where a limit is made of, what was left out.
  void remark(const std::string& text);

  // Draws the figures of the section as BENCH.svg: ratios, or values where there is no other side.
  // Says so and goes on when gnuplot does not run.
  void draw(const std::string& title) const;
  // Replaces results.json, keeping the figures of benchmarks that this run did not measure, and
  // results.md, its tables. False when a file can't be written.
  bool save() const;

 private:
  const std::filesystem::path folder_;
  std::string bench_;
  std::vector<std::string> measured_;
  std::vector<Figure> figures_;
};

}  // namespace cassette::bench
