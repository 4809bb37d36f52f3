// HandEngine: a batch at a time, committed as soon as it is closed.
#include "bench/hand_engine.h"

#include <utility>

#include "bench/market.h"
#include "eventstore/codec.h"

namespace cassette::bench {
namespace {

// As an engine closes its commits.
constexpr std::size_t kCommitBytes = 256 * 1024;
constexpr domain::Timestamp kNow{1'790'000'000'000'000};

}  // namespace

void HandEngine::decide(domain::Command command, const std::string& id) {
  if (!batch_) open();
  eventstore::Request request;
  request.command = std::move(command);
  request.id = id;
  if (!id.empty()) request.digest = "AAAAAAAAAAAAAAAAAAAAAA";
  request.status = 201;
  request.by = "customer:customer-1";
  state_.decide({std::move(request), {}}, *batch_);
  if (!std::holds_alternative<eventstore::Accepted>(batch_->waiters.back().reply)) {
    give_up("a command was refused");
  }
}

void HandEngine::open() {
  batch_ = state_.open_batch(kNow);
  if (point_.head.commit > 0) return;
  const domain::LedgerCreated created{"bench", 1, 0, "xxh3-64"};
  batch_->commit.events.push_back({created, {}, "", {}});
  batch_->events_text.take(batch_->commit);
  batch_->events_text.release(batch_->commit);
}

bool HandEngine::full() const {
  return batch_ && batch_->bytes >= kCommitBytes;
}

eventstore::StoredCommit HandEngine::commit() {
  state_.close(*batch_);
  eventstore::Commit& commit = batch_->commit;
  commit.prev = point_.head.hash;
  commit.owner = "bench";
  std::string body;
  eventstore::encode(commit, batch_->events_text, body);
  const std::uint64_t number = point_.head.commit + 1;
  point_ = {{number, number, eventstore::hash_of(body)}, commit.at, {}};
  eventstore::StoredCommit stored{{0, number}, point_.head.hash, body.size(), {}};
  stored.commit = eventstore::decode(body).value();
  state_.committed(*batch_, number);
  batch_.reset();
  return stored;
}

void HandEngine::forget_archived() {
  state_.forget_archived(point_.head.commit);
}

}  // namespace cassette::bench
