// LedgerTail: one reading thread, many subscribers.
#include "eventstore/ledger_tail.h"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

namespace cassette::eventstore {
namespace {

// Commits kept for the slowest subscriber, in bytes of body; then reading pauses.
constexpr std::size_t kMaxKeptBytes = 64 * 1024 * 1024;
constexpr std::chrono::milliseconds kPoll{500};

}  // namespace

LedgerTail::LedgerTail(std::uint32_t partition, Ledger& ledger)
    : partition_(partition), ledger_(ledger), thread_([this] { run(); }) {}

LedgerTail::~LedgerTail() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    if (active_ != nullptr) active_->interrupt();
  }
  changed_.notify_all();
  thread_.join();
}

Stored<std::unique_ptr<LedgerTail::Subscription>> LedgerTail::subscribe(const Seen& from,
                                                                        Wakeup& wakeup) {
  const ChainHead head{from.commit, from.commit, from.hash};
  if (auto held = check_head(ledger_, head); !held.ok()) return Failure{held.error()};
  const std::lock_guard lock(mutex_);
  const std::uint64_t id = next_id_++;
  const std::uint64_t start = restart_ ? restart_->commit : first_after_;
  const bool covered = !readers_.empty() && from.commit >= start && !failure_;
  readers_.push_back({id, from, &wakeup});
  if (!covered) begin_anew();
  return std::make_unique<Subscription>(*this, id);
}

void LedgerTail::begin_anew() {
  const auto commit_of = [](const Reader& reader) { return reader.taken.commit; };
  const Seen slowest = std::ranges::min(readers_, {}, commit_of).taken;
  failure_.reset();
  restart_ = ChainHead{slowest.commit, slowest.commit, slowest.hash};
  if (active_ != nullptr) active_->interrupt();
  changed_.notify_all();
}

void LedgerTail::unsubscribe(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  std::erase_if(readers_, [id](const Reader& reader) { return reader.id == id; });
  forget_taken();
  changed_.notify_all();
}

Stored<std::vector<std::shared_ptr<const TailItem>>> LedgerTail::take(std::uint64_t id,
                                                                      std::size_t max) {
  const std::lock_guard lock(mutex_);
  const auto reader = std::ranges::find(readers_, id, &Reader::id);
  CHECK(reader != readers_.end());
  std::vector<std::shared_ptr<const TailItem>> taken;
  const std::uint64_t last = reader->taken.commit;
  if (first_after_ > last) return taken;  // a restart is under way
  const auto start = std::ranges::upper_bound(
      items_, last, {}, [](const auto& item) { return item->stored.position.commit; });
  for (auto at = start; at != items_.end() && taken.size() < max; ++at) taken.push_back(*at);
  if (taken.empty() && failure_) return Failure{*failure_};
  if (taken.empty()) return taken;
  reader->taken = {taken.back()->stored.position.commit, taken.back()->stored.hash};
  forget_taken();
  changed_.notify_all();
  return taken;
}

void LedgerTail::forget_taken() {
  std::uint64_t slowest = UINT64_MAX;
  for (const Reader& reader : readers_) slowest = std::min(slowest, reader.taken.commit);
  while (!items_.empty() && items_.front()->stored.position.commit <= slowest) {
    first_after_ = items_.front()->stored.position.commit;
    bytes_ -= items_.front()->stored.bytes;
    items_.pop_front();
  }
}

void LedgerTail::run() {
  while (true) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || restart_.has_value(); });
      if (stopping_) return;
    }
    follow();
  }
}

void LedgerTail::follow() {
  ChainHead from;
  {
    const std::lock_guard lock(mutex_);
    from = *std::exchange(restart_, std::nullopt);
    items_.clear();
    bytes_ = 0;
    first_after_ = from.commit;
  }
  Chain chain(partition_, from);
  auto opened = ledger_.follow(from.read + 1);
  if (!opened.ok() && opened.error().kind == StoreError::Kind::Unavailable) return retry(from);
  if (!opened.ok()) return fail(opened.error());
  const std::unique_ptr<LedgerReader> reader = std::move(opened).value();
  {
    const std::lock_guard lock(mutex_);
    active_ = reader.get();
  }
  while (wait_for_room()) {
    auto messages = reader->next(kPoll);
    if (messages.ok()) {
      accept(chain, messages.value());
    } else if (messages.error().kind != StoreError::Kind::Unavailable) {
      fail(messages.error());
    }
  }
  const std::lock_guard lock(mutex_);
  active_ = nullptr;
}

void LedgerTail::retry(const ChainHead& from) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, kPoll, [this] { return stopping_ || restart_; });
  if (!restart_) restart_ = from;
}

void LedgerTail::fail(const StoreError& error) {
  spdlog::warn("ledger {} can't be followed: {}", partition_, error.what);
  const std::lock_guard lock(mutex_);
  failure_ = error;
  for (const Reader& reader : readers_) reader.wakeup->notify();
}

bool LedgerTail::wait_for_room() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock,
                [this] { return stopping_ || restart_ || failure_ || bytes_ < kMaxKeptBytes; });
  return !stopping_ && !restart_ && !failure_;
}

void LedgerTail::accept(Chain& chain, const std::vector<Message>& messages) {
  std::vector<std::shared_ptr<const TailItem>> items;
  std::optional<StoreError> failure;
  for (const Message& message : messages) {
    auto link = chain.accept(message);
    if (!link.ok()) {
      failure = link.error();
      break;
    }
    if (auto* stored = std::get_if<StoredCommit>(&link.value())) {
      items.push_back(std::make_shared<TailItem>(TailItem{std::move(*stored), message.addressed}));
    }
  }
  const std::lock_guard lock(mutex_);
  failure_ = failure;
  for (auto& item : items) {
    bytes_ += item->stored.bytes;
    items_.push_back(std::move(item));
  }
  for (const Reader& reader : readers_) reader.wakeup->notify();
}

}  // namespace cassette::eventstore
