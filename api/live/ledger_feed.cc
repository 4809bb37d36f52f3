// Ledger feed: one reading thread a partition.
#include "api/live/ledger_feed.h"

#include <spdlog/spdlog.h>

#include "eventstore/codec.h"

namespace cassette::api {

using eventstore::Chain;
using eventstore::ChainHead;
using eventstore::Message;
using eventstore::StoredCommit;
using eventstore::StoreError;

namespace {

// A reader is interrupted when it must stop, so this only bounds how long a lost one is silent.
constexpr std::chrono::milliseconds kReadTimeout{1'000};
// Between two tries of a reader that has no connection.
constexpr std::chrono::milliseconds kRetryAfter{100};
// Commits before the present that are read first. Under load they are large, and fewer stay.
constexpr std::uint64_t kWarmCommits = 256;
// Deliveries that the hub has not taken yet, each of some messages.
constexpr int kMaxUnderWay = 64;

}  // namespace

eventstore::Stored<ChainHead> head_at(eventstore::Ledger& ledger, std::uint64_t commit) {
  if (commit == 0) return ChainHead{};
  const auto message = ledger.read(commit);
  if (!message) return Failure{message.error()};
  if (!message.value()) {
    return Failure{StoreError{StoreError::Kind::Mismatch,
                              "commit " + std::to_string(commit) + " is not in the ledger"}};
  }
  return ChainHead{commit, commit, eventstore::hash_of(message.value()->body)};
}

LedgerFeed::LedgerFeed(std::uint32_t partition, eventstore::Ledger& ledger, std::uint64_t present,
                       OrderFacts& facts, FeedParts parts)
    : partition_(partition),
      ledger_(ledger),
      present_(present),
      facts_(facts),
      parts_(std::move(parts)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

LedgerFeed::~LedgerFeed() {
  stop();
}

void LedgerFeed::stop() {
  thread_.request_stop();
  {
    const std::lock_guard lock(mutex_);
    if (active_ != nullptr) active_->interrupt();
  }
  if (thread_.joinable()) thread_.join();
}

void LedgerFeed::taken() {
  {
    const std::lock_guard lock(mutex_);
    --under_way_;
  }
  changed_.notify_all();
}

void LedgerFeed::run(const std::stop_token& stop) {
  // The warm beginning may be a void message: then nothing after it is on its chain, and the
  // reading begins again at the present.
  std::uint64_t begin = present_ > kWarmCommits ? present_ - kWarmCommits : 0;
  while (!stop.stop_requested()) {
    const auto from = head_at(ledger_, begin);
    if (!from && from.error().kind == StoreError::Kind::Unavailable) {
      pause(stop);
      continue;
    }
    if (!from) return parts_.fail(from.error());
    if (follow(stop, from.value())) return;
    begin = present_;
  }
}

bool LedgerFeed::follow(const std::stop_token& stop, const ChainHead& from) {
  Chain chain(partition_, from);
  auto opened = ledger_.follow(from.read + 1);
  while (!opened && opened.error().kind == StoreError::Kind::Unavailable) {
    pause(stop);
    if (stop.stop_requested()) return true;
    opened = ledger_.follow(from.read + 1);
  }
  if (!opened) {
    parts_.fail(opened.error());
    return true;
  }
  const auto reader = std::move(opened).value();
  {
    const std::lock_guard lock(mutex_);
    active_ = reader.get();
  }
  bool on_chain = true;
  bool going = true;
  while (on_chain && going && wait_for_room(stop)) {
    const auto messages = reader->next(kReadTimeout);
    if (messages) {
      going = accept(chain, messages.value());
    } else if (messages.error().kind == StoreError::Kind::Unavailable) {
      pause(stop);
    } else {
      parts_.fail(messages.error());
      going = false;
    }
    on_chain = chain.head().read < present_ || chain.head().commit >= present_;
  }
  const std::lock_guard lock(mutex_);
  active_ = nullptr;
  return on_chain || !going;
}

bool LedgerFeed::accept(Chain& chain, const std::vector<Message>& messages) {
  Recent recent;
  recent.partition = partition_;
  recent.left_out = !parts_.wanted();
  recent.levels = parts_.levels();
  const std::uint64_t before = chain.head().commit;
  for (const Message& message : messages) {
    if (message.sequence <= chain.head().read) continue;
    auto link = chain.accept(message);
    if (!link) {
      spdlog::error("live events end: {}", link.error().what);
      parts_.fail(link.error());
      return false;
    }
    if (const auto* commit = std::get_if<StoredCommit>(&link.value())) keep(recent, *commit);
  }
  if (chain.head().commit == before) return true;
  recent.head = chain.head().commit;
  {
    const std::lock_guard lock(mutex_);
    ++under_way_;
  }
  parts_.deliver(std::move(recent));
  return true;
}

// What warms the ring is of use to those who come.
void LedgerFeed::keep(Recent& recent, const StoredCommit& commit) {
  const std::uint64_t number = commit.position.commit;
  if (number <= present_) recent.left_out = false;
  if (recent.left_out) return;
  recent.commits.push_back({number, live_events(commit, kWholeCommit, facts_, recent.levels)});
}

bool LedgerFeed::wait_for_room(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  return changed_.wait(lock, stop, [this] { return under_way_ < kMaxUnderWay; }) &&
         !stop.stop_requested();
}

void LedgerFeed::pause(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, stop, kRetryAfter, [] { return false; });
}

}  // namespace cassette::api
