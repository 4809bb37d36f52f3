// Tenure: from whatever the archive holds to a state that equals the ledger, and the claim on it.
#include <utility>

#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>

#include "eventstore/catch_up.h"
#include "eventstore/codec.h"
#include "eventstore/tenure.h"

namespace cassette::eventstore {
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

std::optional<TenureEnd> Tenure::recover() {
  const std::uint32_t partition = options_.settings.partition;
  spdlog::debug("partition {}: the lease is ours, the archive stops", partition);
  archiver_.reset();
  spdlog::debug("partition {}: the archive stands still, genesis is checked", partition);
  if (auto ended = check_genesis()) return ended;
  auto caught_up = catch_up(options_.settings.partition, parts_.ledger, parts_.archive,
                            [this] { return signals_.stopping || !signals_.granted; });
  if (!caught_up.ok()) return end(end_of(caught_up.error()), caught_up.error().what);
  const FoldPoint& point = caught_up.value();
  spdlog::debug("partition {}: caught up to {}", partition, point.head.commit);
  state_.emplace(options_.settings, parts_.archive);
  if (auto loaded = state_->load(point); !loaded.ok()) {
    return end(end_of(loaded.error()), loaded.error().what);
  }
  head_ = point.head;
  head_at_ = point.at;
  head_seen_ = point.seen;
  if (auto ended = subscribe()) return ended;
  spdlog::debug("partition {}: claims it after commit {}", partition, head_.commit);
  draft_claim(head_.commit == 0);
  return std::nullopt;
}

std::optional<TenureEnd> Tenure::check_genesis() {
  auto last = parts_.ledger.last_sequence();
  if (!last.ok()) return end(TenureEnd::Failed, last.error().what);
  Chain chain(options_.settings.partition);
  for (std::uint64_t sequence = 1; sequence <= last.value(); ++sequence) {
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

std::optional<TenureEnd> Tenure::subscribe() {
  for (LedgerTail* tail : parts_.others) {
    const auto seen = head_seen_.find(tail->partition());
    const Seen from = seen == head_seen_.end() ? Seen{} : seen->second;
    auto subscription = tail->subscribe(from, wakeup_);
    if (!subscription.ok()) {
      return end(end_of(subscription.error()), subscription.error().what);
    }
    remotes_.push_back({std::move(subscription).value(), {}});
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
