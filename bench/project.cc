// project: how fast the projector folds a long ledger into read models, beside reading it alone,
// and what the ledger and what is folded from it take on disk.
#include <fmt/format.h>

#include "bench/benches.h"
#include "bench/tape.h"
#include "projections/projector.h"
#include "projections/rocks_writer.h"

namespace cassette::bench {
namespace {

using Clock = std::chrono::steady_clock;
using projections::RocksDatabase;
using projections::RocksWriter;

// Several times what the longest tape takes.
constexpr std::chrono::hours kTimeout{1};

struct Projected {
  double seconds = 0;
  std::uint64_t disk_bytes = 0;
};

// Folds the whole tape into an empty folder, as `cassette up` does.
Projected project(OpenTape& tape) {
  const Scratch scratch;
  const std::vector<eventstore::Position> head = {{0, tape.head}};
  Projected projected;
  {
    const Clock::time_point start = Clock::now();
    auto database = must(RocksDatabase::open_primary((scratch.path() / "models").string(),
                                                     projections::kBlockCacheBytes));
    auto writer = must(RocksWriter::open(std::move(database), 1));
    auto progress =
        std::make_shared<projections::Progress>(std::vector<eventstore::Position>{{0, 0}});
    const auto projector =
        must(projections::Projector::start({&tape.ledger()}, std::move(writer), progress));
    if (!projector->drain_to(head, kTimeout)) give_up("the projector stands still");
    projected.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  }
  projected.disk_bytes = bytes_below(scratch.path());
  return projected;
}

}  // namespace

void run_project(const Settings& settings, Report& report) {
  const Tape& tape = settings.tapes->of(tape_events(settings));
  report.begin("project",
               tape_configuration(tape,
                                  "the projector into an empty folder each round, until the last "
                                  "commit is folded; the write-ahead log is on, as in "
                                  "production, and counts as disk"));
  OpenTape open(tape);
  const auto events = static_cast<double>(tape.events());
  std::uint64_t models = 0;
  const BesideDrains beside = beside_drains(open, tape, settings.rounds, [&] {
    const Projected projected = project(open);
    models = projected.disk_bytes;
    return projected.seconds;
  });
  report.add("against-drain", "events/s", beside.plain, at_least(0.3));
  report.add("against-decoded-drain", "events/s", beside.decoded);
  const auto add_bytes = [&](const std::string& name, std::uint64_t bytes) {
    report.add("disk/" + name, "B/event", {{static_cast<double>(bytes) / events}, {}});
  };
  add_bytes("ledger", open.bytes);
  add_bytes("archive", bytes_below(tape.data() / "archive"));
  add_bytes("read-models", models);
}

}  // namespace cassette::bench
