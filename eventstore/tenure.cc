// Tenure: deciding and publishing, batch after batch.
#include "eventstore/tenure.h"

#include <algorithm>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "eventstore/codec.h"

namespace cassette::eventstore {
namespace {

// The longest sleep with nothing to do: how soon a deadline or a lost lease is noticed at least.
constexpr std::chrono::milliseconds kIdleSleep{200};
// How long an owner who has nothing to do may not know that it is none any more: reservations of
// its successor's orders would not end meanwhile.
constexpr std::chrono::milliseconds kLookAfter{1000};
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
      if (auto ended = take_remote()) return *ended;
      take_inbox();
    } else if (claimed_ && archiver_.failure()) {
      refuse_inbox();
    }
    if (const auto& failed = state_->failure()) return end(end_of(*failed), failed->what);
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

// A batch in which nothing was decided yet is as late as the clock, however long it has been open.
Batch& Tenure::draft() {
  if (!draft_) {
    draft_ = state_->open_batch(parts_.clock());
  } else if (!draft_->has_content() && draft_->waiters.empty()) {
    state_->advance_time(*draft_, std::max(parts_.clock(), draft_->commit.at));
  }
  return *draft_;
}

// Commits of other partitions go first: they are older than what the inbox holds.
std::optional<TenureEnd> Tenure::take_remote() {
  for (Remote& remote : remotes_) {
    if (remote.waiting.empty()) {
      auto items = remote.subscription->take(kRemoteCommitsABatch);
      if (!items.ok()) return end(end_of(items.error()), items.error().what);
      remote.waiting.assign(items.value().begin(), items.value().end());
    }
    if (auto ended = take_waiting(remote)) return ended;
  }
  return std::nullopt;
}

std::optional<TenureEnd> Tenure::take_waiting(Remote& remote) {
  while (!remote.waiting.empty() && !state_->failure()) {
    if (draft_ && draft_->bytes >= options_.commit_target_bytes) break;
    const TailItem& item = *remote.waiting.front();
    if (auto ended = check_seen(item.stored)) return ended;
    if (!take(item)) break;
    remote.waiting.pop_front();
  }
  return std::nullopt;
}

// A commit is never earlier than one that it has seen, and its time is fixed once something was
// decided by it, so one that is later than the batch waits for the next batch. A message that came
// back without its header addresses nobody, so its events are asked instead.
bool Tenure::take(const TailItem& item) {
  Batch& batch = draft();
  if (item.stored.commit.at > batch.commit.at) {
    if (batch.has_content() || !batch.waiters.empty()) return false;
    state_->advance_time(batch, item.stored.commit.at);
  }
  const auto self = std::ranges::find(item.addressed, options_.settings.partition);
  if (item.addressed.empty() || self != item.addressed.end()) {
    state_->react_to(item.stored, batch);
  } else {
    state_->pass(item.stored.position.partition, {item.stored.position.commit, item.stored.hash});
  }
  return true;
}

// It may know our commit in flight before we do; and with another owner, ones of theirs.
std::optional<TenureEnd> Tenure::check_seen(const StoredCommit& other) {
  const auto found = other.commit.seen.find(options_.settings.partition);
  if (found == other.commit.seen.end()) return std::nullopt;
  const Seen& ours = found->second;
  const bool same = ours.commit != head_.commit || ours.hash == head_.hash;
  if (same && ours.commit <= head_.read + (in_flight_ ? 1 : 0)) return std::nullopt;
  const auto last = parts_.ledger.last_sequence();
  if (!last.ok()) return end(end_of(last.error()), last.error().what);
  const std::string what =
      fmt::format("commit {} has seen {} of this ledger", format(other.position),
                  format(Position{options_.settings.partition, ours.commit}));
  if (same && ours.commit <= last.value()) return end(TenureEnd::Fenced, what + ", not ours");
  return end(TenureEnd::Unsound,
             fmt::format("{}, which {}: they are of different times", what,
                         same ? fmt::format("ends at {}", last.value()) : "holds another there"));
}

void Tenure::take_inbox() {
  if (!draft_ || draft_->bytes < options_.commit_target_bytes) {
    const auto deadline = state_->next_deadline();
    if (deadline && *deadline <= parts_.clock()) {
      state_->expire(draft(), options_.commit_target_bytes);
    }
  }
  while (!state_->failure() && (!draft_ || draft_->bytes < options_.commit_target_bytes)) {
    if (next_taken_ == taken_.size()) {
      taken_ = inbox_.take_all();
      next_taken_ = 0;
      if (taken_.empty()) return;
    }
    state_->decide(std::move(taken_[next_taken_++]), draft());
    // The ledger waits for the next commit: better half of one now than a whole one later.
    if (worker_->has_finished() && draft_->bytes >= options_.commit_target_bytes / 2) return;
  }
}

// The archive can't be written, and memory is full of what it would have to take. One that is
// merely behind is waited for.
void Tenure::refuse_inbox() {
  for (; next_taken_ < taken_.size(); ++next_taken_) {
    taken_[next_taken_].done(Unavailable{"the archive is behind"});
  }
  for (Submission& submission : inbox_.take_all()) {
    submission.done(Unavailable{"the archive is behind"});
  }
}

void Tenure::publish() {
  if (worker_->busy() || in_flight_) return;
  if (draft_ && draft_->has_content()) {
    InFlight next{std::move(*draft_), {}, {}, {}, std::chrono::steady_clock::now()};
    draft_.reset();
    state_->close(next.batch);
    next.batch.commit.prev = head_.hash;
    next.batch.commit.owner = owner_;
    std::string body;
    encode(next.batch.commit, next.batch.events_text, body);
    next.body = std::make_shared<const std::string>(std::move(body));
    next.addressed.assign(next.batch.addressed.begin(), next.batch.addressed.end());
    in_flight_ = std::move(next);
    start_append();
    in_flight_->hash = hash_of(*in_flight_->body);  // while it is on its way
    return;
  }
  if (draft_ && !draft_->waiters.empty()) {
    confirming_ = std::move(draft_->waiters);
    state_->confirmed(*draft_, head_.commit);
    draft_.reset();
    confirming_since_ = std::chrono::steady_clock::now();
    asked_ = confirming_since_;
    worker_->start({head_.read, nullptr, {}});
    return;
  }
  look();
}

void Tenure::look() {
  const auto now = std::chrono::steady_clock::now();
  if (!claimed_ || now - asked_ < kLookAfter) return;
  asked_ = now;
  worker_->start({head_.read, nullptr, {}});
}

void Tenure::start_append() {
  asked_ = std::chrono::steady_clock::now();
  worker_->start({head_.read, in_flight_->body, in_flight_->addressed});
}

bool Tenure::drained() const {
  const bool undecided = draft_ && (draft_->has_content() || !draft_->waiters.empty());
  return !in_flight_ && !undecided && confirming_.empty() && next_taken_ == taken_.size() &&
         claimed_;
}

void Tenure::wait() {
  if (!archiver_.has_room()) return wakeup_.wait(kIdleSleep);  // the archiver wakes us
  const bool room = !draft_ || draft_->bytes < options_.commit_target_bytes;
  const auto waits = [](const Remote& remote) { return !remote.waiting.empty(); };
  if (worker_->has_finished()) return;
  const bool idle = !worker_->busy() && !in_flight_ && confirming_.empty();
  if (idle && std::ranges::any_of(remotes_, waits)) return;
  if (next_taken_ < taken_.size() && room) return;
  std::chrono::microseconds sleep = kIdleSleep;
  const auto deadline = state_->next_deadline();
  if (deadline && room) {
    const std::int64_t until = deadline->micros - parts_.clock().micros;
    sleep = std::clamp(std::chrono::microseconds(until), std::chrono::microseconds(1000), sleep);
  }
  wakeup_.wait(sleep);
}

}  // namespace cassette::eventstore
