// Follows another process's projection: catches up with what it writes, and with CURRENT.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "projections/projection.h"
#include "projections/rocks_database.h"
#include "projections/rocks_values.h"

namespace cassette::projections {
namespace {

// How stale a reader is at most, beside what catching up itself takes.
constexpr std::chrono::milliseconds kCatchUpEvery{10};
// Catch-ups between two looks at CURRENT.
constexpr int kLookAtCurrentEvery = 50;
// A generation that is being removed while it is opened has a successor; so many times at most.
constexpr int kOpenTries = 10;

// A generation as it was found, to be served.
struct Followed {
  std::uint64_t number = 0;
  std::uint32_t partitions = 0;
  ServedModels models;
};

Failure<StoreError> nothing_yet(const Generations& generations) {
  return Failure{
      StoreError{StoreError::Kind::Unavailable,
                 fmt::format("there are no read models in {} yet", generations.root().string())}};
}

Stored<Followed> follow(const Generations& generations, std::uint64_t number,
                        const std::filesystem::path& scratch) {
  auto hold = generations.hold(number);
  if (!hold) return Failure{std::move(hold).error()};
  if (!hold.value()) return nothing_yet(generations);
  const std::filesystem::path own = scratch / std::to_string(number);
  std::error_code error;
  std::filesystem::create_directories(own, error);
  auto opened = RocksDatabase::open_secondary(generations.folder(number).string(), own.string(),
                                              kBlockCacheBytes);
  if (!opened) return Failure{std::move(opened).error()};
  std::shared_ptr<RocksDatabase> database = std::move(opened).value();
  const auto meta = read_meta(*database);
  if (!meta) return Failure{meta.error()};
  if (!meta.value()) return nothing_yet(generations);
  if (meta.value()->schema != kSchemaVersion) {
    return Failure{StoreError{StoreError::Kind::Unsupported,
                              fmt::format("the read models {} are of schema {}, not {}",
                                          database->path(), meta.value()->schema, kSchemaVersion)}};
  }
  const std::uint32_t partitions = meta.value()->partitions;
  auto points = read_points(*database, partitions);
  if (!points) return Failure{std::move(points).error()};
  auto progress = std::make_shared<Progress>(positions_of(points.value()));
  return Followed{number, partitions, {database, progress, std::move(hold).value()}};
}

Stored<Followed> follow_current(const Generations& generations,
                                const std::filesystem::path& scratch) {
  Stored<Followed> followed = nothing_yet(generations);
  for (int i = 0; i < kOpenTries && !followed; ++i) {
    const auto current = generations.current();
    if (!current) return Failure{current.error()};
    if (!current.value()) return nothing_yet(generations);
    followed = follow(generations, *current.value(), scratch);
  }
  return followed;
}

class Reader : public RocksReadModels {
 public:
  Reader(Generations generations, std::filesystem::path scratch, Followed followed)
      : RocksReadModels(followed.models),
        generations_(std::move(generations)),
        scratch_(std::move(scratch)),
        followed_(std::move(followed)),
        thread_([this](const std::stop_token& stop) { run(stop); }) {}

 private:
  void run(const std::stop_token& stop) {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any wakeup;
    const auto stopping = [&] { return stop.stop_requested(); };
    for (int round = 1; !wakeup.wait_for(lock, stop, kCatchUpEvery, stopping); ++round) {
      const Stored<Done> caught_up = catch_up();
      if (!caught_up) spdlog::warn("can't catch up: {}", caught_up.error().what);
      if (round % kLookAtCurrentEvery == 0) move_on();
    }
  }

  Stored<Done> catch_up() {
    RocksDatabase& database = *followed_.models.database;
    const Stored<Done> caught_up = database.catch_up();
    if (!caught_up) return caught_up;
    auto points = read_points(database, followed_.partitions);
    if (!points) return Failure{std::move(points).error()};
    std::vector<Position> positions = positions_of(points.value());
    if (positions != positions_) followed_.models.progress->advance(positions);
    positions_ = std::move(positions);
    return Done{};
  }

  void move_on() {
    const auto current = generations_.current();
    if (!current || !current.value() || *current.value() == followed_.number) return;
    auto next = follow(generations_, *current.value(), scratch_);
    if (!next) return spdlog::warn("can't follow the read models: {}", next.error().what);
    next.value().models.progress->raise_tick(tick() + 1);
    followed_ = std::move(next).value();
    serve(followed_.models);
  }

  Generations generations_;
  std::filesystem::path scratch_;
  Followed followed_;
  std::vector<Position> positions_;
  std::jthread thread_;
};

}  // namespace

Stored<std::unique_ptr<ReadModels>> open_reader(const std::filesystem::path& folder,
                                                const std::filesystem::path& scratch) {
  Generations generations(folder);
  Stored<Followed> followed = follow_current(generations, scratch);
  if (!followed) return Failure{std::move(followed).error()};
  return std::unique_ptr<ReadModels>(
      std::make_unique<Reader>(std::move(generations), scratch, std::move(followed).value()));
}

}  // namespace cassette::projections
