// The checks of one partition: chain, genesis, claims, time, commands, and every event's effect.
#include "replay/partition_audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "eventstore/codec.h"
#include "eventstore/tenure.h"
#include "replay/asks.h"
#include "replay/contradiction.h"

namespace cassette::replay {
namespace {

// The first eight bytes of a hash: enough to tell a copy from anything else but a forgery.
std::uint64_t prefix_of(const eventstore::Hash& hash) {
  std::uint64_t prefix = 0;
  std::memcpy(&prefix, hash.data(), sizeof(prefix));
  return prefix;
}

}  // namespace

using eventstore::Position;
using eventstore::StoredCommit;

PartitionAudit::PartitionAudit(std::uint32_t partition, std::uint32_t partitions,
                               Findings& findings)
    : partition_(partition), partitions_(partitions), findings_(findings) {}

// ---- commits

void PartitionAudit::check(const StoredCommit& stored) {
  if (suspect_) {
    sever(suspect_->sequence, "is a commit of an owner of this ledger, and not in its chain");
    suspect_.reset();
  }
  last_read_ = stored.position.commit;
  if (history_.empty()) check_genesis(stored);
  if (!history_.empty() && stored.commit.at < history_.back().at) {
    findings_.add(FindingKind::TimeRunsBack, stored.position,
                  fmt::format("is of {}, and the commit before of {}", format(stored.commit.at),
                              format(history_.back().at)));
  }
  check_owner(stored);
  check_commands(stored);
  if (folding_) fold(stored);
  history_.push_back({stored.position.commit, stored.commit.at, stored.hash});
  chained_.insert(prefix_of(stored.hash));
}

void PartitionAudit::check_genesis(const StoredCommit& stored) {
  // The chain takes no other first commit.
  const auto& genesis = std::get<domain::LedgerCreated>(stored.commit.events.front().event);
  ledger_id_ = genesis.ledger_id;
  if (genesis.partition == partition_ && genesis.partitions == partitions_ &&
      genesis.hash == eventstore::kPartitionHash) {
    return;
  }
  findings_.add(
      FindingKind::WrongGenesis, stored.position,
      fmt::format("was created as partition {} of {} by {}, and is read as {} of {} by {}",
                  genesis.partition, genesis.partitions, genesis.hash, partition_, partitions_,
                  eventstore::kPartitionHash));
}

void PartitionAudit::check_owner(const StoredCommit& stored) {
  const std::string& owner = stored.commit.owner;
  for (std::size_t i = 0; i < stored.commit.events.size(); ++i) {
    const domain::Event& event = stored.commit.events[i].event;
    if (const auto* claimed = std::get_if<domain::PartitionClaimed>(&event)) {
      owner_ = claimed->owner;
      owners_.insert(claimed->owner);
    }
    if (std::holds_alternative<domain::LedgerCreated>(event) && !(history_.empty() && i == 0)) {
      findings_.add(FindingKind::WrongGenesis, stored.position, "creates the ledger again");
    }
  }
  if (owner == owner_) return;
  findings_.add(FindingKind::Unclaimed, stored.position,
                fmt::format("is by '{}', and the partition is claimed by '{}'", owner, owner_));
}

void PartitionAudit::check_commands(const StoredCommit& stored) {
  for (const eventstore::CommandRecord& command : stored.commit.commands) {
    if (command.id.empty() || !commands_.repeats(command.id, stored.commit.at)) continue;
    findings_.add(FindingKind::RepeatedCommand, stored.position,
                  fmt::format("accepts the command '{}' again", command.id));
  }
}

void PartitionAudit::fold(const StoredCommit& stored) {
  const std::vector<eventstore::RecordedEvent>& events = stored.commit.events;
  for (std::size_t i = 0; i < events.size() && folding_; ++i) folding_ = fold(stored, i);
  if (!folding_) return;
  for (const eventstore::RecordedEvent& recorded : events) {
    closed_.pack(recorded.event, marketplace_);
  }
}

bool PartitionAudit::fold(const StoredCommit& stored, std::size_t index) {
  const domain::Event& event = stored.commit.events[index].event;
  check_home(stored.position, event);
  closed_.unpack(event, marketplace_);
  try {
    const ContradictionTrap trap;
    marketplace_.evolve(event);
  } catch (const Contradiction& contradiction) {
    findings_.add(FindingKind::IllegalEvent, stored.position,
                  fmt::format("event {} ({}) contradicts the state: {}", index, type_of(event),
                              contradiction.what()));
    return false;
  }
  for (const std::string& violation : running_.violations_of(marketplace_, event)) {
    findings_.add(FindingKind::BrokenInvariant, stored.position,
                  fmt::format("event {} ({}): {}", index, type_of(event), violation));
  }
  return true;
}

void PartitionAudit::check_home(Position position, const domain::Event& event) {
  if (partitions_ == 1) return;
  const std::string_view home = home_of(event);
  if (home.empty()) return;
  const std::uint32_t expected = eventstore::partition_of(home, partitions_);
  if (expected == partition_) return;
  findings_.add(FindingKind::Misplaced, position,
                fmt::format("{} of {} belongs to partition {}", type_of(event), home, expected));
}

// ---- strays

void PartitionAudit::check(const StrayMessage& message) {
  last_read_ = message.sequence;
  if (!whole_ || is_copy(message)) return;
  if (suspect_) {
    // The second names the first: then the first is as it was written, and the one before isn't.
    const bool follows = message.commit && message.commit->prev == suspect_->hash;
    const std::uint64_t changed = follows ? suspect_->sequence - 1 : suspect_->sequence;
    suspect_.reset();
    return sever(changed, "was changed or replaced: what follows names another body");
  }
  if (message.commit && owners_.contains(message.commit->owner)) suspect_ = message;
}

// Of a commit that stands in the chain: whoever put it there took nothing from the chain.
bool PartitionAudit::is_copy(const StrayMessage& message) const {
  return message.commit && chained_.contains(prefix_of(message.hash));
}

void PartitionAudit::sever(std::uint64_t sequence, const std::string& what) {
  whole_ = false;
  findings_.add(FindingKind::SeveredChain, {partition_, sequence}, what);
}

void PartitionAudit::check_hole(const std::string& what) {
  whole_ = false;
  findings_.add(FindingKind::Hole, {partition_, last_read_ + 1}, what);
}

// ---- the end

void PartitionAudit::finish() {
  if (suspect_) {
    sever(suspect_->sequence, "is a commit of an owner of this ledger, and not in its chain");
  }
  if (history_.empty() && last_read_ > 0) {
    findings_.add(FindingKind::WrongGenesis, {partition_, 1}, "does not create the ledger");
  }
  if (!folding_) return;
  for (const std::string& violation : domain::violations(marketplace_)) {
    findings_.add(FindingKind::BrokenInvariant, {partition_, last_commit()},
                  "at the end: " + violation);
  }
}

void PartitionAudit::for_each_order(
    const std::function<void(const domain::OrderId&, const domain::Order&)>& visit) const {
  marketplace_.for_each_order(visit);
  closed_.for_each_order(visit);
}

std::optional<domain::SubOrder> PartitionAudit::sub_order(const domain::VendorId& vendor,
                                                          const domain::OrderId& id) const {
  const domain::SubOrder* open = marketplace_.sub_order(vendor, id);
  return open != nullptr ? std::optional(*open) : closed_.sub_order(vendor, id);
}

// ---- what others have seen

const Milestone* PartitionAudit::milestone(std::uint64_t commit) const {
  const auto found = std::ranges::lower_bound(history_, commit, {}, &Milestone::commit);
  return found != history_.end() && found->commit == commit ? &*found : nullptr;
}

void PartitionAudit::forget_before(std::uint64_t commit) {
  const auto first = std::ranges::lower_bound(history_, commit, {}, &Milestone::commit);
  // Erasing from the front moves the rest: only when that is at most as much as what goes.
  if (first - history_.begin() < (history_.end() - first) + 1) return;
  history_.erase(history_.begin(), first);
}

}  // namespace cassette::replay
