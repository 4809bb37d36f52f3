// Tenure: deciding and publishing, batch after batch.
#include "eventstore/tenure.h"

#include <algorithm>
#include <utility>

#include "eventstore/codec.h"

namespace cassette::eventstore {
namespace {

// The longest sleep with nothing to do: how soon a deadline or a lost lease is noticed at least.
constexpr std::chrono::milliseconds kIdleSleep{200};
// Commits of one other partition that go into one batch.
constexpr std::size_t kRemoteCommitsABatch = 256;

}  // namespace

Tenure::Tenure(const EngineOptions& options, EngineParts& parts, EngineSignals& signals,
               Inbox& inbox, Wakeup& wakeup, Archiver& archiver)
    : options_(options),
      parts_(parts),
      signals_(signals),
      inbox_(inbox),
      wakeup_(wakeup),
      archiver_(archiver),
      owner_(parts.new_owner_id()),
      worker_(std::make_unique<AppendWorker>(parts.ledger, wakeup, options.append_timeout)) {}

Tenure::~Tenure() = default;

TenureEnd Tenure::run() {
  std::optional<TenureEnd> ended = recover();
  const TenureEnd how = ended ? *ended : serve();
  signals_.serving = false;
  if (in_flight_) abandon(in_flight_->batch);
  if (draft_) abandon(*draft_);
  for (Waiter& waiter : confirming_) waiter.done(Unavailable{why_});
  for (; next_taken_ < taken_.size(); ++next_taken_) {
    taken_[next_taken_].done(Unavailable{why_});
  }
  return how;
}

TenureEnd Tenure::serve() {
  while (true) {
    if (auto ended = advance()) return *ended;
    if (!signals_.granted) return end(TenureEnd::Revoked, "another engine holds the lease");
    state_->forget_archived(parts_.archive.folded());
    if (claimed_ && archiver_.has_room()) {
      take_remote();
      take_inbox();
    }
    publish();
    if (signals_.stopping && drained()) return TenureEnd::Stopped;
    wait();
  }
}

std::optional<TenureEnd> Tenure::advance() {
  const auto done = worker_->poll();
  if (!done) return std::nullopt;
  return done->job.body ? finish(*done) : finish_confirmation(*done);
}

Batch& Tenure::draft() {
  if (!draft_) draft_ = state_->open_batch(parts_.clock());
  return *draft_;
}

// Commits of other partitions go first: they are older than what the inbox holds, and while the
// batch is empty they may set its time.
void Tenure::take_remote() {
  if (draft_ && draft_->bytes >= options_.commit_target_bytes) return;
  for (const auto& subscription : subscriptions_) {
    auto items = subscription->take(kRemoteCommitsABatch);
    if (!items.ok()) {
      why_ = items.error().what;
      signals_.granted = false;
      return;
    }
    for (const auto& item : items.value()) {
      const StoredCommit& stored = item->stored;
      const bool for_us =
          std::ranges::find(item->addressed, options_.settings.partition) != item->addressed.end();
      if (for_us) {
        state_->react_to(stored, draft());
      } else {
        state_->pass(stored.position.partition, {stored.position.commit, stored.hash});
      }
    }
  }
}

void Tenure::take_inbox() {
  if (!draft_ || draft_->bytes < options_.commit_target_bytes) {
    const auto deadline = state_->next_deadline();
    if (deadline && *deadline <= parts_.clock()) state_->expire(draft());
  }
  while (!draft_ || draft_->bytes < options_.commit_target_bytes) {
    if (next_taken_ == taken_.size()) {
      taken_ = inbox_.take_all();
      next_taken_ = 0;
      if (taken_.empty()) return;
    }
    state_->decide(std::move(taken_[next_taken_++]), draft());
  }
}

void Tenure::publish() {
  if (worker_->busy() || in_flight_) return;
  if (draft_ && draft_->has_content()) {
    InFlight next{std::move(*draft_), {}, {}, std::chrono::steady_clock::now()};
    draft_.reset();
    state_->close(next.batch);
    next.batch.commit.prev = head_.hash;
    next.batch.commit.owner = owner_;
    encode(next.batch.commit, next.body);
    next.addressed.assign(next.batch.addressed.begin(), next.batch.addressed.end());
    in_flight_ = std::move(next);
    start_append();
    return;
  }
  if (draft_) {
    confirming_ = std::move(draft_->waiters);
    draft_.reset();
    confirming_since_ = std::chrono::steady_clock::now();
    worker_->start({head_.read, std::nullopt, {}});
  }
}

void Tenure::start_append() {
  worker_->start({head_.read, in_flight_->body, in_flight_->addressed});
}

bool Tenure::drained() const {
  return !in_flight_ && !draft_ && confirming_.empty() && next_taken_ == taken_.size() && claimed_;
}

void Tenure::wait() {
  const bool more = next_taken_ < taken_.size() && archiver_.has_room() &&
                    (!draft_ || draft_->bytes < options_.commit_target_bytes);
  if (more) return;
  std::chrono::microseconds sleep = kIdleSleep;
  if (const auto deadline = state_->next_deadline()) {
    const std::int64_t until = deadline->micros - parts_.clock().micros;
    sleep = std::clamp(std::chrono::microseconds(until), std::chrono::microseconds(1000), sleep);
  }
  wakeup_.wait(sleep);
}

}  // namespace cassette::eventstore
