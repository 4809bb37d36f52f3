// Reads each ledger through its chain, and folds what comes in batches.
#include "projections/projector.h"

#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "domain/check.h"
#include "eventstore/chain.h"

namespace cassette::projections {

using eventstore::Chain;
using eventstore::ChainHead;
using eventstore::Done;
using eventstore::Ledger;
using eventstore::LedgerReader;
using eventstore::Link;
using eventstore::Message;
using eventstore::Position;
using eventstore::Stored;
using eventstore::StoredCommit;
using eventstore::StoreError;
using eventstore::VoidMessage;

namespace {

// A reader is interrupted when it must stop, so this only bounds how long a lost one is silent.
constexpr std::chrono::milliseconds kReadTimeout{1000};
// Between two tries of a reader that has no connection.
constexpr std::chrono::milliseconds kRetryAfter{100};

constexpr std::uint64_t kNoEnd = std::numeric_limits<std::uint64_t>::max();

// Of threads that yield: a tenth of the share of others.
constexpr int kYieldingNice = 10;

// Of the calling thread: on Linux each has a priority of its own. Best effort.
void yield_to_others() {
  (void)setpriority(PRIO_PROCESS, 0, kYieldingNice);
}

ChainHead head_of(const ModelPoint& point) {
  return {point.commit, point.commit, point.hash};
}

std::uint64_t end_of(const std::vector<Position>& until, std::uint32_t partition) {
  if (until.empty()) return kNoEnd;
  for (const Position& each : until) {
    if (each.partition == partition) return each.commit;
  }
  return 0;
}

}  // namespace

// Reads one ledger and pushes its commits, until it is stopped or has pushed the last one wanted.
class Projector::Feed {
 public:
  Feed(Projector& projector, std::uint32_t partition, const ModelPoint& point,
       std::unique_ptr<LedgerReader> reader)
      : projector_(projector),
        partition_(partition),
        end_(end_of(projector.options_.until, partition)),
        chain_(partition, head_of(point)),
        reader_(std::move(reader)),
        thread_([this](const std::stop_token& stop) { run(stop); }) {}

  void stop() {
    thread_.request_stop();
    reader_->interrupt();
  }

 private:
  void run(const std::stop_token& stop) {
    if (projector_.options_.yields) yield_to_others();
    while (!stop.stop_requested() && chain_.head().commit < end_) {
      auto messages = reader_->next(kReadTimeout);
      if (!messages && messages.error().kind == StoreError::Kind::Unavailable) {
        warn_once(messages.error());
        pause(stop);
        continue;
      }
      if (!messages) return projector_.queue_.end(messages.error());
      silent_ = true;
      for (const Message& message : messages.value()) {
        if (!take(message)) return;
      }
    }
  }

  // False when there is nothing more to do.
  bool take(const Message& message) {
    if (message.sequence <= chain_.head().read) return true;
    if (chain_.head().commit >= end_) return false;
    Stored<Link> link = chain_.accept(message);
    if (!link) {
      projector_.queue_.end(link.error());
      return false;
    }
    if (auto* nothing = std::get_if<VoidMessage>(&link.value())) {
      spdlog::warn("void message {} of partition {} is skipped: {}", nothing->sequence, partition_,
                   nothing->why);
      return true;
    }
    return projector_.queue_.push(std::get<StoredCommit>(std::move(link).value()));
  }

  void warn_once(const StoreError& error) {
    if (silent_) spdlog::warn("the projector waits for partition {}: {}", partition_, error.what);
    silent_ = false;
  }

  void pause(const std::stop_token& stop) {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any().wait_for(lock, stop, kRetryAfter, [] { return false; });
  }

  Projector& projector_;
  const std::uint32_t partition_;
  const std::uint64_t end_;
  Chain chain_;
  bool silent_ = true;
  std::unique_ptr<LedgerReader> reader_;
  std::jthread thread_;
};

Projector::Projector(std::unique_ptr<ModelWriter> writer, std::shared_ptr<Progress> progress,
                     ProjectorOptions options)
    : options_(std::move(options)),
      writer_(std::move(writer)),
      progress_(std::move(progress)),
      queue_(std::max(kMaxWaitingBytes, options_.max_batch_bytes),
             {options_.max_batch_bytes, options_.patience,
              [raw = progress_.get()] { return raw->awaited(); }}) {
  progress_->tell_of_waits([this] { queue_.hurry(); });
}

Stored<std::unique_ptr<Projector>> Projector::start(const std::vector<Ledger*>& ledgers,
                                                    std::unique_ptr<ModelWriter> writer,
                                                    std::shared_ptr<Progress> progress,
                                                    ProjectorOptions options) {
  const std::vector<ModelPoint> points = writer->points();
  CHECK(points.size() == ledgers.size());
  std::vector<std::unique_ptr<LedgerReader>> readers;
  for (std::size_t p = 0; p < ledgers.size(); ++p) {
    const Stored<Done> same = eventstore::check_head(*ledgers[p], head_of(points[p]));
    if (!same) return Failure{same.error()};
    auto reader = ledgers[p]->follow(points[p].commit + 1);
    if (!reader) return Failure{std::move(reader).error()};
    readers.push_back(std::move(reader).value());
  }
  std::unique_ptr<Projector> projector(
      new Projector(std::move(writer), std::move(progress), std::move(options)));
  for (std::uint32_t p = 0; p < readers.size(); ++p) {
    projector->feeds_.push_back(
        std::make_unique<Feed>(*projector, p, points[p], std::move(readers[p])));
  }
  projector->thread_ = std::jthread([raw = projector.get()] { raw->run(); });
  return projector;
}

namespace {

// Between two looks at whether a full disk has room again.
constexpr std::chrono::milliseconds kRoomPause{500};

bool full(const Stored<Done>& written) {
  return !written && written.error().kind == StoreError::Kind::Full;
}

}  // namespace

Projector::~Projector() {
  progress_->tell_of_waits({});
  stop();
}

void Projector::stop() {
  queue_.close();
  for (const auto& feed : feeds_) feed->stop();
  feeds_.clear();
  if (thread_.joinable()) thread_.join();
}

bool Projector::drain_to(std::span<const Position> positions, std::chrono::milliseconds timeout) {
  const auto deadline = Progress::Clock::now() + timeout;
  return progress_->wait_for(positions, deadline) == Progress::Waited::Reached;
}

void Projector::run() {
  if (options_.yields) yield_to_others();
  while (true) {
    const std::deque<StoredCommit> commits = queue_.take();
    if (commits.empty()) break;
    const Stored<Done> applied = apply(commits);
    if (!applied) return fail(applied.error());
  }
  if (const std::optional<StoreError> error = queue_.error()) fail(*error);
}

Stored<Done> Projector::apply(const std::deque<StoredCommit>& commits) {
  for (const StoredCommit& commit : commits) {
    const Stored<Done> folded = writer_->fold(commit);
    if (!folded) return folded;
  }
  Stored<Done> written = writer_->write();
  // A full disk is waited for: nothing was written, and the readers see what was there before.
  if (full(written)) spdlog::error("the read models wait for room: {}", written.error().what);
  while (full(written) && !queue_.closed_within(kRoomPause)) written = writer_->write();
  if (!written) return written;
  std::vector<Position> positions;
  const std::vector<ModelPoint> points = writer_->points();
  for (std::uint32_t p = 0; p < points.size(); ++p) positions.push_back({p, points[p].commit});
  progress_->advance(std::move(positions));
  if (options_.folded) std::ranges::for_each(commits, options_.folded);
  return Done{};
}

void Projector::fail(const StoreError& error) {
  spdlog::error("the projector has stopped: {}", error.what);
  progress_->fail(error);
  queue_.close();
}

}  // namespace cassette::projections
