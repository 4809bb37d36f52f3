// Tenure: what became of a publish. Only a commit of ours that the ledger acknowledged releases its
// callers; one that is there without an acknowledgement waits for the next one's.
#include <thread>
#include <utility>

#include <spdlog/spdlog.h>

#include "eventstore/codec.h"
#include "eventstore/tenure.h"

namespace cassette::eventstore {
namespace {

// Between two questions to a ledger that does not answer.
constexpr std::chrono::milliseconds kAskAgain{20};

}  // namespace

std::optional<TenureEnd> Tenure::finish(const AppendDone& done) {
  switch (done.result.outcome) {
    case AppendOutcome::Stored:
      on_stored();
      return std::nullopt;
    case AppendOutcome::Refused:
      return end(TenureEnd::Failed, "the ledger refused a commit: " + done.result.why);
    case AppendOutcome::WrongSequence:
    case AppendOutcome::Unknown:
      return read_back();
  }
  return std::nullopt;
}

void Tenure::advance_head(const Hash& hash) {
  head_.read += 1;
  head_.commit = head_.read;
  head_.hash = hash;
}

void Tenure::on_stored() {
  InFlight stored = std::move(*in_flight_);
  in_flight_.reset();
  advance_head(stored.hash);
  signals_.head = head_.commit;
  if (!claimed_) {
    claimed_ = true;
    signals_.serving = true;
    spdlog::info("partition {} is owned from commit {} on", options_.settings.partition,
                 head_.commit);
  }
  state_->committed(stored.batch, head_.commit, draft_ ? &*draft_ : nullptr);
  FoldPoint folded = archived_by(stored.batch);
  // Before anything else, since the ledger has nothing to do meanwhile. But a few callers are told
  // first: what they ask for next comes along then, or else they are two groups for ever, each
  // waiting for the other's commit.
  const bool many = draft_ && (draft_->bytes >= options_.commit_target_bytes / 2 ||
                               draft_->waiters.size() > stored.batch.waiters.size());
  if (many && signals_.granted && !state_->failure()) publish();
  std::shared_ptr<const AppendedCommit> commit = take_commit(stored);
  release(stored.batch, commit);
  archiver_.give(std::move(commit), std::move(folded));
}

// Presence does not prove an fsync: the callers are released with the next acknowledgement, and
// with nothing to publish an empty commit asks for one.
void Tenure::on_present() {
  InFlight stored = std::move(*in_flight_);
  in_flight_.reset();
  advance_head(stored.hash);
  claimed_ = true;
  signals_.serving = true;
  state_->committed(stored.batch, head_.commit, draft_ ? &*draft_ : nullptr);
  Batch& next = draft();
  next.proof = true;
  const Position position{options_.settings.partition, head_.commit};
  for (Waiter& waiter : stored.batch.waiters) {
    next.waiters.push_back({std::move(waiter.done), state_->resolve(waiter, position), ""});
  }
  FoldPoint folded = archived_by(stored.batch);
  archiver_.give(take_commit(stored), std::move(folded));
}

// A waiter whose commit was found present before is told of that one, and reads it from the models.
void Tenure::release(Batch& batch, const std::shared_ptr<const AppendedCommit>& commit) {
  for (Waiter& waiter : batch.waiters) {
    Reply reply = state_->resolve(waiter, commit->position());
    auto* accepted = std::get_if<Accepted>(&reply);
    const bool is_here = accepted != nullptr && accepted->position == commit->position();
    if (is_here && accepted->changed && !accepted->repeated) accepted->commit = commit;
    waiter.done(std::move(reply));
  }
  batch.waiters.clear();
}

// Where an archive stands that has folded the batch, which is at the head now.
FoldPoint Tenure::archived_by(const Batch& batch) {
  head_at_ = batch.commit.at;
  for (const auto& [partition, seen] : batch.commit.seen) head_seen_[partition] = seen;
  return {head_, head_at_, head_seen_};
}

std::shared_ptr<const AppendedCommit> Tenure::take_commit(InFlight& stored) const {
  const Position position{options_.settings.partition, head_.commit};
  return std::make_shared<const AppendedCommit>(position, stored.hash, std::move(stored.body));
}

std::optional<TenureEnd> Tenure::read_back() {
  while (in_flight_) {
    auto found = parts_.ledger.read(head_.read + 1);
    if (!found.ok()) return give_up_or_retry(found.error().what);
    if (!found.value()) return give_up_or_retry("the ledger does not take the commit");
    if (auto ended = judge(*found.value())) return ended;
  }
  return std::nullopt;
}

// A message stands where ours was to be: ours after all, void, or the work of another owner.
std::optional<TenureEnd> Tenure::judge(const Message& message) {
  if (message.body == *in_flight_->body) {
    on_present();
    return std::nullopt;
  }
  Chain chain(options_.settings.partition, head_);
  auto link = chain.accept(message);
  if (!link.ok()) return end(TenureEnd::Unsound, link.error().what);
  if (const auto* stored = std::get_if<StoredCommit>(&link.value())) {
    const bool ours = stored->commit.owner == owner_ || !claimed_;
    return end(ours ? TenureEnd::Failed : TenureEnd::Fenced,
               "commit " + format(stored->position) + " is of owner " + stored->commit.owner);
  }
  spdlog::warn("partition {}: message {} is void: {}", options_.settings.partition,
               message.sequence, std::get<VoidMessage>(link.value()).why);
  head_ = chain.head();
  return std::nullopt;
}

std::optional<TenureEnd> Tenure::give_up_or_retry(const std::string& why) {
  const auto since = in_flight_ ? in_flight_->since : confirming_since_;
  if (std::chrono::steady_clock::now() - since > options_.give_up_after) {
    return end(TenureEnd::Failed, "no word from the ledger: " + why);
  }
  if (!signals_.granted) return end(TenureEnd::Revoked, "another engine holds the lease");
  std::this_thread::sleep_for(kAskAgain);
  if (in_flight_) {
    start_append();
  } else {
    worker_->start({head_.read, nullptr, {}});
  }
  return std::nullopt;
}

std::optional<TenureEnd> Tenure::give_up_confirming(const std::string& why) {
  if (confirming_.empty()) return std::nullopt;
  return give_up_or_retry(why);
}

// Rejections and "already so" with nothing in flight: the partition is still ours when the leader's
// last message is the one that they were decided after.
std::optional<TenureEnd> Tenure::finish_confirmation(const AppendDone& done) {
  if (done.result.outcome != AppendOutcome::Stored) return give_up_confirming(done.result.why);
  while (head_.read < done.last_sequence) {
    auto found = parts_.ledger.read(head_.read + 1);
    if (!found.ok()) return give_up_confirming(found.error().what);
    if (!found.value()) return end(TenureEnd::Unsound, "the ledger has a hole");
    Chain chain(options_.settings.partition, head_);
    auto link = chain.accept(*found.value());
    if (!link.ok()) return end(TenureEnd::Unsound, link.error().what);
    if (std::holds_alternative<StoredCommit>(link.value())) {
      return end(TenureEnd::Fenced, "another owner has committed");
    }
    head_ = chain.head();
  }
  if (done.last_sequence < head_.read) return end(TenureEnd::Unsound, "the ledger is shorter");
  const Position position{options_.settings.partition, head_.commit};
  for (Waiter& waiter : std::exchange(confirming_, {})) {
    waiter.done(state_->resolve(waiter, position));
  }
  return std::nullopt;
}

TenureEnd Tenure::end(TenureEnd how, std::string why) {
  why_ = std::move(why);
  return how;
}

void Tenure::abandon(Batch& batch) {
  for (Waiter& waiter : batch.waiters) waiter.done(Unavailable{why_});
  batch.waiters.clear();
}

}  // namespace cassette::eventstore
