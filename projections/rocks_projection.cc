// Opens generations, folds into one, and puts the next in its place.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "domain/check.h"
#include "projections/projection.h"
#include "projections/rocks_database.h"
#include "projections/rocks_values.h"
#include "projections/rocks_writer.h"

namespace cassette::projections {
namespace {

// How soon a generation that another process has built is taken up, and an unused one removed.
constexpr std::chrono::milliseconds kWatchEvery{500};
// How often a wait for a generation to catch up looks whether it should stop.
constexpr std::chrono::milliseconds kWaitSlice{100};

Failure<StoreError> stopped() {
  return Failure{StoreError{StoreError::Kind::Unavailable, "stopped before it was done"}};
}

// Waits until `progress` is at `wanted`; its failure when it fails, Unavailable when told to stop.
Stored<Done> wait_until(Progress& progress, const std::vector<Position>& wanted,
                        const std::stop_token& stop,
                        const std::function<void(const std::vector<Position>&)>& tell) {
  while (true) {
    const auto waited = progress.wait_for(wanted, Progress::Clock::now() + kWaitSlice);
    if (tell) tell(progress.positions());
    if (waited == Progress::Waited::Reached) return Done{};
    if (waited == Progress::Waited::Failed) return Failure{*progress.failure()};
    if (stop.stop_requested()) return stopped();
  }
}

struct Opened {
  std::shared_ptr<RocksDatabase> database;
  std::unique_ptr<RocksWriter> writer;
};

Stored<Opened> open_writer(const std::filesystem::path& folder, std::size_t partitions) {
  auto database = RocksDatabase::open_primary(folder.string(), kBlockCacheBytes);
  if (!database) return Failure{std::move(database).error()};
  std::shared_ptr<RocksDatabase> shared = std::move(database).value();
  auto writer = RocksWriter::open(shared, static_cast<std::uint32_t>(partitions));
  if (!writer) return Failure{std::move(writer).error()};
  return Opened{std::move(shared), std::move(writer).value()};
}

}  // namespace

// One generation that is folded and served.
struct Projection::Running {
  std::uint64_t number = 0;
  ServedModels models;
  // Whether changes of it are told: those of one that is only being built are nobody's yet.
  std::shared_ptr<std::atomic<bool>> telling = std::make_shared<std::atomic<bool>>(false);
  std::unique_ptr<Projector> projector;
};

Projection::Projection(ProjectionOptions options)
    : options_(std::move(options)), generations_(options_.folder) {}

Stored<std::unique_ptr<Projection>> Projection::open(ProjectionOptions options) {
  std::unique_ptr<Projection> projection(new Projection(std::move(options)));
  auto running = projection->run_current();
  if (!running) return Failure{std::move(running).error()};
  projection->running_ = std::move(running).value();
  projection->served_ = std::make_unique<RocksReadModels>(projection->running_->models);
  projection->tell_of(*projection->running_);
  projection->watcher_ =
      std::jthread([raw = projection.get()](const std::stop_token& stop) { raw->watch(stop); });
  return projection;
}

Projection::~Projection() {
  watcher_ = {};
  stop();
}

Stored<std::unique_ptr<Projection::Running>> Projection::run(std::uint64_t number) const {
  auto hold = generations_.hold(number);
  if (!hold) return Failure{std::move(hold).error()};
  auto opened = open_writer(generations_.folder(number), options_.ledgers.size());
  if (!opened) return Failure{std::move(opened).error()};
  auto progress = std::make_shared<Progress>(positions_of(opened.value().writer->points()));
  auto running = std::make_unique<Running>();
  opened.value().writer->tell(options_.listener, running->telling);
  ProjectorOptions options;
  options.folded = options_.folded;
  auto projector = Projector::start(options_.ledgers, std::move(opened.value().writer), progress,
                                    std::move(options));
  if (!projector) return Failure{std::move(projector).error()};
  running->number = number;
  running->models = {opened.value().database, progress, std::move(hold).value()};
  running->projector = std::move(projector).value();
  return running;
}

Stored<std::unique_ptr<Projection::Running>> Projection::run_new() {
  const auto number = generations_.create();
  if (!number) return Failure{number.error()};
  return run(number.value());
}

Stored<std::unique_ptr<Projection::Running>> Projection::run_current() {
  const auto current = generations_.current();
  if (!current) return Failure{current.error()};
  if (current.value()) {
    auto running = run(*current.value());
    if (running || running.error().kind != StoreError::Kind::Unsupported) return running;
    spdlog::warn("{}; a new generation is folded", running.error().what);
  }
  auto running = run_new();
  if (!running) return running;
  const Stored<Done> named = generations_.make_current(running.value()->number);
  if (!named) return Failure{named.error()};
  return running;
}

// Whatever it wrote before is covered by `replaced`, which comes after.
void Projection::tell_of(const Running& served) const {
  *served.telling = true;
  if (options_.listener != nullptr) options_.listener->replaced();
}

std::shared_ptr<Projection::Running> Projection::running() const {
  const std::lock_guard lock(mutex_);
  return running_;
}

std::uint64_t Projection::generation() const {
  return running()->number;
}

Stored<Done> Projection::rebuild(const std::stop_token& stop) {
  const std::lock_guard lock(changing_);
  auto next = run_new();
  if (!next) return Failure{std::move(next).error()};
  return replace(std::move(next).value(), true, stop);
}

// Reads move over once `next` has all that they may have seen, so that none goes back in time.
Stored<Done> Projection::replace(std::unique_ptr<Running> next, bool make_current,
                                 const std::stop_token& stop) {
  const std::shared_ptr<Running> before = running();
  Progress& progress = *next->models.progress;
  Stored<Done> caught_up = wait_until(progress, before->models.progress->positions(), stop, {});
  if (!caught_up) return caught_up;
  if (make_current) {
    // First of all that can't be undone: when it fails, the one before goes on as it was.
    const Stored<Done> named = generations_.make_current(next->number);
    if (!named) return named;
  }
  before->projector->stop();
  caught_up = wait_until(progress, before->models.progress->positions(), stop, {});
  if (!caught_up) {
    before->models.progress->fail(caught_up.error());
    return caught_up;
  }
  progress.raise_tick(before->models.progress->tick() + 1);
  served_->serve(next->models);
  tell_of(*next);
  spdlog::info("read models of generation {} are in use", next->number);
  const std::lock_guard lock(mutex_);
  running_ = std::move(next);
  return Done{};
}

void Projection::watch(const std::stop_token& stop) {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any wakeup;
  while (!wakeup.wait_for(lock, stop, kWatchEvery, [&] { return stop.stop_requested(); })) {
    follow_current(stop);
    const auto removed = generations_.remove_unused();
    if (!removed) spdlog::warn("can't remove old read models: {}", removed.error().what);
  }
}

// Another process may have built a generation.
void Projection::follow_current(const std::stop_token& stop) {
  const std::unique_lock lock(changing_, std::try_to_lock);
  const auto current = generations_.current();
  if (!lock || !current || !current.value() || *current.value() == generation()) return;
  auto next = run(*current.value());
  Stored<Done> replaced = Done{};
  if (next) replaced = replace(std::move(next).value(), false, stop);
  if (next && replaced) return;
  spdlog::warn("can't take up generation {}: {}", *current.value(),
               next ? replaced.error().what : next.error().what);
}

bool Projection::drain_to(std::span<const Position> positions, std::chrono::milliseconds timeout) {
  return served_->wait_for(positions, timeout);
}

void Projection::stop() {
  // The watcher may be waiting under the lock for a generation that comes no further.
  watcher_.request_stop();
  const std::lock_guard lock(changing_);
  if (running()) running()->projector->stop();
}

Stored<Done> fold_up_to(const std::filesystem::path& folder,
                        const std::vector<eventstore::Ledger*>& ledgers,
                        const std::vector<Position>& until, const std::stop_token& stop,
                        const std::function<void(const std::vector<Position>&)>& tell) {
  auto opened = open_writer(folder, ledgers.size());
  if (!opened) return Failure{std::move(opened).error()};
  auto progress = std::make_shared<Progress>(positions_of(opened.value().writer->points()));
  ProjectorOptions options;
  options.until = until;
  auto projector =
      Projector::start(ledgers, std::move(opened.value().writer), progress, std::move(options));
  if (!projector) return Failure{std::move(projector).error()};
  return wait_until(*progress, until, stop, tell);
}

}  // namespace cassette::projections
