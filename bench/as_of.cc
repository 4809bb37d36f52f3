// as-of: a document as it stood at any moment of a long ledger, and what keeping that costs: time
// to fold it, and bytes on disk, beside the read models.
#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "bench/benches.h"
#include "bench/percentile.h"
#include "bench/tape.h"
#include "bench/workload.h"
#include "projections/history.h"
#include "projections/projection.h"
#include "replay/as_of.h"

namespace cassette::bench {
namespace {

using Clock = std::chrono::steady_clock;
using eventstore::Position;
using projections::History;

// Several times what the longest tape takes.
constexpr std::chrono::hours kTimeout{1};
constexpr int kAsked = 2'000;
constexpr int kWarmUp = 100;
// Of any point of ten million events.
constexpr double kTargetMs = 1'000;
constexpr std::uint32_t kSeed = 4711;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::unique_ptr<History> folded(OpenTape& tape, const std::filesystem::path& folder) {
  auto history = must(projections::open_history(folder, {&tape.ledger()}));
  const std::vector<Position> head{{0, tape.head}};
  if (!history->wait_for(head, kTimeout)) give_up("the history stands still");
  return history;
}

double fold_history(OpenTape& tape, const std::filesystem::path& folder) {
  const auto start = Clock::now();
  folded(tape, folder);
  return seconds_since(start);
}

// Seconds until the read models have the tape, alone or beside a history, as `cassette up` folds
// them.
double fold_models(OpenTape& tape, bool beside) {
  const Scratch scratch;
  const std::vector<Position> head{{0, tape.head}};
  std::unique_ptr<History> history;
  const auto start = Clock::now();
  auto models = must(projections::Projection::open({scratch.path() / "models", {&tape.ledger()}}));
  if (beside) {
    history = must(projections::open_history(scratch.path() / "history", {&tape.ledger()}));
  }
  if (!models->drain_to(head, kTimeout)) give_up("the projector stands still");
  return seconds_since(start);
}

// A document and a moment of the tape.
struct Question {
  replay::Entity entity;
  std::uint64_t commit = 0;
};

// Drawn over all of the tape; most orders are there at the moment that is asked.
std::vector<Question> questions(const Tape& tape, std::uint64_t head, std::string_view kind) {
  std::mt19937_64 random(kSeed);
  const auto below = [&random](std::uint64_t end) {
    return random() % std::max<std::uint64_t>(end, 1);
  };
  std::vector<Question> all;
  for (int i = -kWarmUp; i < kAsked; ++i) {
    const std::uint64_t commit = 1 + below(head);
    const auto share = static_cast<double>(commit) / static_cast<double>(head);
    const auto placed = static_cast<std::uint64_t>(share * static_cast<double>(tape.orders()));
    const auto item = static_cast<std::uint32_t>(below(Traffic::kItems));
    const std::string id = kind == "order" ? fmt::format("order-{}", below(placed))
                                           : vendor_id(item) + "/" + product_id(item);
    all.push_back({*replay::entity_of(kind, id, 1), commit});
  }
  return all;
}

struct Asked {
  double p50_ms = 0;
  double p99_ms = 0;
  double found_percent = 0;
};

Asked ask(History& history, const std::vector<Question>& all) {
  std::vector<double> took_ms;
  int found = 0;
  for (const Question& each : all) {
    const auto start = Clock::now();
    const auto document = must(history.get(each.entity.model, each.entity.key, each.commit));
    took_ms.push_back(seconds_since(start) * 1'000);
    found += document ? 1 : 0;
  }
  took_ms.erase(took_ms.begin(), took_ms.begin() + kWarmUp);
  return {percentile(took_ms, 0.50), percentile(took_ms, 0.99),
          100.0 * found / static_cast<double>(all.size())};
}

}  // namespace

void run_as_of(const Settings& settings, Report& report) {
  const Tape& tape = settings.tapes->of(settings.quick ? 50'000 : 10'000'000);
  report.begin("as_of", tape_configuration(tape,
                                           "a history of every document, folded into an empty "
                                           "folder, and asked for documents at moments drawn over "
                                           "all of it"));
  OpenTape open(tape);
  const Scratch scratch;
  const auto events = static_cast<double>(tape.events());
  const double history_s = fold_history(open, scratch.path() / "history");
  report.add("fold/history", "events/s", {{events / history_s}, {}});
  report.add("disk/history", "B/event",
             {{static_cast<double>(bytes_below(scratch.path())) / events}, {}});
  report.add("disk/ledger", "B/event", {{static_cast<double>(open.bytes) / events}, {}});
  const auto history = folded(open, scratch.path() / "history");
  for (const std::string kind : {"order", "stock"}) {
    const Asked asked = ask(*history, questions(tape, open.head, kind));
    report.add(kind + "/p50", "ms", {{asked.p50_ms}, {}});
    report.add(kind + "/p99", "ms", {{asked.p99_ms}, {}}, at_most(kTargetMs));
    report.remark(fmt::format("{}: {:.0f} of a hundred were there", kind, asked.found_percent));
  }
  const double alone_s = fold_models(open, false);
  const double beside_s = fold_models(open, true);
  report.add("fold/read-models-beside-it", "events/s", {{events / beside_s}, {events / alone_s}});
}

}  // namespace cassette::bench
