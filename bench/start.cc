// start: how long `cassette up` takes until it is ready, on short and long ledgers, with its
// archive and without.
#include <fmt/format.h>

#include "bench/benches.h"
#include "bench/child.h"
#include "bench/filler.h"
#include "bench/market.h"
#include "bench/tape.h"
#include "projections/projection.h"

namespace cassette::bench {
namespace {

namespace fs = std::filesystem;

// The newest events, which neither archive nor read models have.
constexpr std::uint64_t kTailEvents = 10'000;
// Several times what the longest ledger takes to be folded.
constexpr std::chrono::hours kTimeout{1};
// RocksDB never changes such a file once it is written, so that copies may share it.
constexpr std::string_view kImmutable = ".sst";

// A copy of a RocksDB folder, or of folders of them, that can be written to.
void copy_stores(const fs::path& from, const fs::path& to) {
  fs::create_directories(to);
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(from)) {
    const fs::path target = to / entry.path().lexically_relative(from);
    if (entry.is_directory()) {
      fs::create_directories(target);
    } else if (entry.path().extension() == kImmutable) {
      fs::create_hard_link(entry.path(), target);
    } else {
      fs::copy_file(entry.path(), target);
    }
  }
}

void fold_read_models(const fs::path& data) {
  const auto access = must(api::open_ledger({data.string(), {}, {}}));
  const std::vector<eventstore::Position> head = {
      {0, must(access.ledgers.front()->last_sequence())}};
  const auto projection = must(projections::Projection::open({data / "models", access.borrowed()}));
  if (!projection->drain_to(head, kTimeout)) give_up("the read models stand still");
}

// A data folder whose ledger goes on where its archive and read models end.
class Shelved {
 public:
  explicit Shelved(std::uint64_t events) {
    Traffic traffic;
    std::uint64_t steps = 0;
    {
      Filler filler(data());
      traffic.stock(filler);
      while (filler.events() + kTailEvents < events) traffic.step(filler);
      filler.settle();
      folded_events_ = filler.events();
      steps = traffic.orders() * kTailEvents / folded_events_;
    }
    fold_read_models(data());
    copy_stores(data() / "archive", before() / "archive");
    copy_stores(data() / "models", before() / "models");
    Filler filler(data());
    for (std::uint64_t i = 0; i < steps; ++i) traffic.step(filler);
    filler.settle();
    tail_events_ = filler.events();
  }

  std::uint64_t events() const { return folded_events_ + tail_events_; }
  std::uint64_t tail_events() const { return tail_events_; }

  // Seconds from the start of the process to `ready`.
  double start(bool with_archive) {
    fs::remove_all(data() / "archive");
    fs::remove_all(data() / "models");
    if (with_archive) copy_stores(before() / "archive", data() / "archive");
    copy_stores(before() / "models", data() / "models");
    return CassetteUp(data()).seconds_to_ready();
  }

 private:
  fs::path data() const { return scratch_.path() / "data"; }
  fs::path before() const { return scratch_.path() / "before"; }

  Scratch scratch_;
  std::uint64_t folded_events_ = 0;
  std::uint64_t tail_events_ = 0;
};

std::string size_name(std::uint64_t events) {
  return events < 1'000'000 ? fmt::format("{}k", events / 1'000)
                            : fmt::format("{}M", events / 1'000'000);
}

}  // namespace

void run_start(const Settings& settings, Report& report) {
  report.begin("start",
               {"from the start of the process cassette up, fsync on, to its line `ready`; the "
                "files are in the page cache",
                fmt::format("the newest {} events are in neither archive nor read models; without "
                            "archive: it is deleted, the read models stay",
                            kTailEvents),
                Traffic::description()});
  const std::vector<std::uint64_t> sizes = settings.quick
                                               ? std::vector<std::uint64_t>{20'000, 50'000}
                                               : std::vector<std::uint64_t>{1'000'000, 10'000'000};
  for (const std::uint64_t size : sizes) {
    Shelved shelved(size);
    Samples with, without;
    for (int round = 0; round < settings.rounds; ++round) {
      with.ours.push_back(shelved.start(true));
      without.ours.push_back(shelved.start(false));
    }
    const bool asked = size == sizes.back();
    report.add(size_name(size) + "/with-archive", "s", with,
               asked ? std::optional(at_most(2)) : std::nullopt);
    report.add(size_name(size) + "/without-archive", "s", without);
    report.remark(
        fmt::format("{} events, {} of them the newest", shelved.events(), shelved.tail_events()));
  }
}

}  // namespace cassette::bench
