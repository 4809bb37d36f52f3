// Two generations at the same positions, model by model.
#include "replay/model_check.h"

#include <fmt/format.h>

#include "eventstore/json_write.h"
#include "projections/comparison.h"
#include "replay/model_fold.h"

namespace cassette::replay {

using eventstore::Done;
using eventstore::Position;
using eventstore::Stored;
using projections::Difference;
using projections::StillModels;

namespace {

// Of a value in a report; the rest is left out.
constexpr std::size_t kMaxShown = 400;

// Removed again, whatever happens.
class Scratch {
 public:
  explicit Scratch(std::filesystem::path path) : path_(std::move(path)) {
    std::filesystem::create_directories(path_, error_);
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  std::filesystem::path operator/(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
  std::error_code error_;  // shows when something is opened in it
};

// What a reader can read: the rest as \x00.
std::string shown(const std::string& bytes) {
  std::string text;
  for (const char c : bytes.substr(0, kMaxShown)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte > 0x7e) {
      text += fmt::format("\\x{:02x}", byte);
    } else {
      text += c;
    }
  }
  return bytes.size() > kMaxShown ? text + "…" : text;
}

std::string shown(const std::optional<std::string>& value) {
  return value ? shown(*value) : std::string("(absent)");
}

std::string told(const Difference& difference) {
  return fmt::format("{} {}\n  in use:  {}\n  rebuilt: {}", difference.name, shown(difference.key),
                     shown(difference.left), shown(difference.right));
}

ModelReport could_not_run(ModelReport report, const eventstore::StoreError& error) {
  report.verdict = Verdict::CouldNotRun;
  report.error = error.what;
  return report;
}

// Fills the report from both; gives the failure, if any.
Stored<Done> compare(const StillModels& in_use, const StillModels& rebuilt, ModelReport& report) {
  const auto left = in_use.digests();
  if (!left.ok()) return Failure{left.error()};
  const auto right = rebuilt.digests();
  if (!right.ok()) return Failure{right.error()};
  report.verdict = Verdict::Sound;
  for (std::size_t i = 0; i < left.value().size(); ++i) {
    const projections::ModelDigest& mine = left.value()[i];
    report.models.push_back({mine.name, mine.entries, mine.digest, right.value()[i].digest});
    if (mine == right.value()[i] || report.verdict == Verdict::Unsound) continue;
    report.verdict = Verdict::Unsound;
    const auto difference = in_use.first_difference(mine.name, rebuilt);
    if (!difference.ok()) return Failure{difference.error()};
    if (difference.value()) report.first_difference = told(*difference.value());
  }
  return Done{};
}

// What the models have folded and the ledgers do not hold; empty when there is nothing.
std::string ahead_of(const std::vector<Position>& heads, const std::vector<Position>& positions) {
  if (heads.size() != positions.size()) {
    return fmt::format("the models are of {} partitions, the ledger has {}", positions.size(),
                       heads.size());
  }
  for (std::size_t p = 0; p < heads.size(); ++p) {
    if (positions[p].commit <= heads[p].commit) continue;
    return fmt::format("the models stand at {}, and the ledger ends with {}", format(positions[p]),
                       format(heads[p]));
  }
  return "";
}

}  // namespace

ModelReport verify_read_models(const std::filesystem::path& models,
                               const std::vector<eventstore::Ledger*>& ledgers,
                               const std::filesystem::path& scratch,
                               const RebuildOptions& options) {
  ModelReport report;
  const Scratch folder(scratch);
  const auto in_use = StillModels::open_current(models, folder / "in-use");
  if (!in_use.ok()) return could_not_run(report, in_use.error());
  report.positions = in_use.value()->positions();
  const auto heads = heads_of(ledgers);
  if (!heads.ok()) return could_not_run(report, heads.error());
  report.first_difference = ahead_of(heads.value(), report.positions);
  if (!report.first_difference.empty()) {
    report.verdict = Verdict::Unsound;
    return report;
  }
  const Stored<Done> folded = fold_models(folder / "rebuilt", ledgers, report.positions, options);
  if (!folded.ok()) return could_not_run(report, folded.error());
  const auto rebuilt = StillModels::open(folder / "rebuilt", folder / "reading");
  if (!rebuilt.ok()) return could_not_run(report, rebuilt.error());
  const Stored<Done> compared = compare(*in_use.value(), *rebuilt.value(), report);
  if (!compared.ok()) return could_not_run(report, compared.error());
  return report;
}

// ---- the report

namespace {

struct ModelLine {
  std::string name;
  std::uint64_t entries = 0;
  eventstore::Hash digest{};
  eventstore::Hash rebuilt{};

  static void fields(auto& self, auto&& visit) {
    visit("name", self.name);
    visit("entries", self.entries);
    visit("digest", self.digest);
    visit("rebuilt", self.rebuilt);
  }
};

struct ReportDocument {
  std::string verdict;
  std::string error;
  std::vector<std::string> positions;
  std::vector<ModelLine> models;
  std::string first_difference;

  static void fields(auto& self, auto&& visit) {
    visit("verdict", self.verdict);
    visit("error", self.error);
    visit("positions", self.positions);
    visit("models", self.models);
    visit("firstDifference", self.first_difference);
  }
};

}  // namespace

std::string to_text(const ModelReport& report) {
  if (report.verdict == Verdict::CouldNotRun) {
    return "read models: could not run: " + report.error + "\n";
  }
  std::string text = fmt::format("read models: {}, at", name_of(report.verdict));
  for (const Position& position : report.positions) text += " " + format(position);
  text += "\n";
  for (const ModelResult& model : report.models) {
    text += fmt::format("{:18} {:>10} entries {}{}\n", model.name, model.entries,
                        eventstore::hex(model.digest).substr(0, 16),
                        model.digest == model.rebuilt
                            ? ""
                            : ", rebuilt " + eventstore::hex(model.rebuilt).substr(0, 16));
  }
  if (!report.first_difference.empty()) text += "first: " + report.first_difference + "\n";
  return text;
}

std::string to_json(const ModelReport& report) {
  ReportDocument document{
      std::string(name_of(report.verdict)), report.error, {}, {}, report.first_difference};
  for (const Position& each : report.positions) document.positions.push_back(format(each));
  for (const ModelResult& model : report.models) {
    document.models.push_back({model.name, model.entries, model.digest, model.rebuilt});
  }
  return eventstore::to_json(document);
}

}  // namespace cassette::replay
