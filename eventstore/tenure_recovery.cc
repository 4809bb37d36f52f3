// Tenure: from whatever the archive holds to a state that equals the ledger, and the claim on it.
#include <utility>

#include <spdlog/spdlog.h>

#include "eventstore/codec.h"
#include "eventstore/tenure.h"

namespace cassette::eventstore {
namespace {

// Bodies folded into the archive in one write while catching up, in bytes.
constexpr std::size_t kFoldBytes = 8 * 1024 * 1024;
constexpr std::chrono::milliseconds kReadTimeout{1000};

TenureEnd end_of(const StoreError& error) {
  switch (error.kind) {
    case StoreError::Kind::Corrupt:
    case StoreError::Kind::Mismatch:
    case StoreError::Kind::Unsupported:
      return TenureEnd::Unsound;
    case StoreError::Kind::Unavailable:
    case StoreError::Kind::Full:
    case StoreError::Kind::Conflict:
      return TenureEnd::Failed;
  }
  return TenureEnd::Failed;
}

}  // namespace

std::optional<TenureEnd> Tenure::recover() {
  archiver_.reset();
  auto archived = parts_.archive.point();
  if (!archived.ok()) return end(end_of(archived.error()), archived.error().what);
  FoldPoint point = std::move(archived).value();
  if (auto held = check_head(parts_.ledger, point.head); !held.ok()) {
    return end(end_of(held.error()), held.error().what);
  }
  auto last = parts_.ledger.last_sequence();
  if (!last.ok()) return end(TenureEnd::Failed, last.error().what);
  if (auto ended = check_genesis(last.value())) return ended;
  if (auto ended = catch_up(point, last.value())) return ended;
  state_.emplace(options_.settings, parts_.archive);
  if (auto loaded = state_->load(point); !loaded.ok()) {
    return end(end_of(loaded.error()), loaded.error().what);
  }
  head_ = point.head;
  head_at_ = point.at;
  head_seen_ = point.seen;
  if (auto ended = subscribe()) return ended;
  draft_claim(head_.commit == 0);
  return std::nullopt;
}

std::optional<TenureEnd> Tenure::check_genesis(std::uint64_t last) {
  Chain chain(options_.settings.partition);
  for (std::uint64_t sequence = 1; sequence <= last; ++sequence) {
    auto message = parts_.ledger.read(sequence);
    if (!message.ok()) return end(TenureEnd::Failed, message.error().what);
    if (!message.value()) return end(TenureEnd::Unsound, "the ledger has a hole");
    auto link = chain.accept(*message.value());
    if (!link.ok()) return end(end_of(link.error()), link.error().what);
    const auto* stored = std::get_if<StoredCommit>(&link.value());
    if (stored == nullptr) continue;
    const auto& genesis = std::get<domain::LedgerCreated>(stored->commit.events.front().event);
    const PartitionSettings& settings = options_.settings;
    if (genesis.partitions != settings.partitions || genesis.partition != settings.partition ||
        genesis.hash != kPartitionHash) {
      return end(TenureEnd::Unsound,
                 fmt::format("ledger {} was created as partition {} of {} by {}, and is opened as "
                             "partition {} of {}",
                             genesis.ledger_id, genesis.partition, genesis.partitions, genesis.hash,
                             settings.partition, settings.partitions));
    }
    return std::nullopt;
  }
  return std::nullopt;
}

std::optional<TenureEnd> Tenure::catch_up(FoldPoint& point, std::uint64_t last) {
  if (point.head.read >= last) return std::nullopt;
  spdlog::info("partition {}: the archive folds {} messages", options_.settings.partition,
               last - point.head.read);
  auto reader = parts_.ledger.follow(point.head.read + 1);
  if (!reader.ok()) return end(TenureEnd::Failed, reader.error().what);
  Chain chain(options_.settings.partition, point.head);
  std::vector<StoredCommit> commits;
  std::size_t bytes = 0;
  while (chain.head().read < last) {
    auto messages = reader.value()->next(kReadTimeout);
    if (!messages.ok()) return end(TenureEnd::Failed, messages.error().what);
    if (messages.value().empty() && (!signals_.granted || signals_.stopping)) {
      return end(TenureEnd::Revoked, "stopped while the archive was catching up");
    }
    for (const Message& message : messages.value()) {
      auto link = chain.accept(message);
      if (!link.ok()) return end(end_of(link.error()), link.error().what);
      auto* stored = std::get_if<StoredCommit>(&link.value());
      if (stored == nullptr) continue;
      point.at = stored->commit.at;
      for (const auto& [partition, seen] : stored->commit.seen) point.seen[partition] = seen;
      bytes += stored->bytes;
      commits.push_back(std::move(*stored));
    }
    point.head = chain.head();
    if (bytes < kFoldBytes && point.head.read < last) continue;
    if (auto folded = fold(commits, point); !folded.ok()) {
      return end(end_of(folded.error()), folded.error().what);
    }
    bytes = 0;
  }
  return std::nullopt;
}

Stored<Done> Tenure::fold(std::vector<StoredCommit>& commits, const FoldPoint& point) {
  auto folded = parts_.archive.fold(commits, point);
  commits.clear();
  return folded;
}

std::optional<TenureEnd> Tenure::subscribe() {
  for (LedgerTail* tail : parts_.others) {
    const auto seen = head_seen_.find(tail->partition());
    const Seen from = seen == head_seen_.end() ? Seen{} : seen->second;
    auto subscription = tail->subscribe(from, wakeup_);
    if (!subscription.ok()) {
      return end(end_of(subscription.error()), subscription.error().what);
    }
    subscriptions_.push_back(std::move(subscription).value());
  }
  return std::nullopt;
}

void Tenure::draft_claim(bool genesis) {
  Batch& claim = draft();
  RecordedEvent recorded;
  recorded.by = "system";
  if (genesis) {
    recorded.event =
        domain::LedgerCreated{options_.ledger_id, options_.settings.partitions,
                              options_.settings.partition, std::string(kPartitionHash)};
    claim.commit.events.push_back(recorded);
  }
  recorded.event = domain::PartitionClaimed{owner_};
  claim.commit.events.push_back(recorded);
}

}  // namespace cassette::eventstore
