// The checks of one partition: chain, genesis, claims, time, commands, and every event's effect.
#include "replay/partition_audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "eventstore/codec.h"
#include "eventstore/tenure.h"
#include "replay/asks.h"
#include "replay/contradiction.h"

namespace cassette::replay {
namespace {

// Bytes that two hashes have in common when one is the other, damaged: of 32. Two that have nothing
// to do with one another agree in this many once in 10^29.
constexpr int kNearlyEqualBytes = 16;

bool is_damaged(const eventstore::Hash& hash, const eventstore::Hash& other) {
  int equal = 0;
  for (std::size_t i = 0; i < hash.size(); ++i) equal += hash[i] == other[i] ? 1 : 0;
  return equal >= kNearlyEqualBytes;
}

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
                               std::uint64_t judged_from, Findings& findings)
    : partition_(partition),
      partitions_(partitions),
      judged_from_(judged_from),
      findings_(findings) {}

// ---- commits

CommitNote PartitionAudit::check(const StoredCommit& stored, Screened screened) {
  if (suspect_) sever_at_suspect(&stored.hash);
  last_read_ = last_told_ = stored.position.commit;
  if (last_commit_ == 0) check_genesis(stored);
  if (stored.commit.at < time_) {
    findings_.add(FindingKind::TimeRunsBack, stored.position,
                  fmt::format("is of {}, and the commit before of {}", format(stored.commit.at),
                              format(time_)));
  }
  check_owner(stored);
  CommitNote note = std::move(screened.note);
  if (folding_) fold(stored, note);
  if (whole_) {
    for (const Finding& each : screened.findings.all()) findings_.add(each);
  }
  last_commit_ = stored.position.commit;
  time_ = stored.commit.at;
  last_hash_ = stored.hash;
  chained_.insert(prefix_of(stored.hash));
  note.whole = whole_;
  return note;
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
    if (std::holds_alternative<domain::LedgerCreated>(event) && !(last_commit_ == 0 && i == 0)) {
      findings_.add(FindingKind::WrongGenesis, stored.position, "creates the ledger again");
    }
  }
  if (owner == owner_) return;
  findings_.add(FindingKind::Unclaimed, stored.position,
                fmt::format("is by '{}', and the partition is claimed by '{}'", owner, owner_));
}

// ---- the fold

void PartitionAudit::fold(const StoredCommit& stored, CommitNote& note) {
  const std::vector<eventstore::RecordedEvent>& events = stored.commit.events;
  for (std::size_t i = 0; i < events.size() && folding_; ++i) {
    folding_ = fold(stored, i);
    if (folding_) after(events[i].event, note);
  }
  if (folding_) finish_commit(stored, note);
  closing_.clear();
  behind_.clear();
}

// While what the event was about is in the cache: a commit holds thousands.
void PartitionAudit::after(const domain::Event& event, const CommitNote& note) {
  if (ClosedStore::closed(event, marketplace_)) closing_.push_back(&event);
  const auto* recorded = std::get_if<domain::SubOrderRecorded>(&event);
  if (recorded == nullptr || !note.judged || !is_local(recorded->vendor_id.value)) return;
  const domain::Order* order = marketplace_.order(recorded->order_id);
  const domain::OrderPart* part = order ? order->part(recorded->vendor_id) : nullptr;
  const auto* decided = marketplace_.sub_order(recorded->vendor_id, recorded->order_id);
  const bool same = part != nullptr && decided != nullptr &&
                    part->sub_order.version == decided->version && part->sub_order == *decided;
  if (!same) behind_.push_back(recorded);
}

void PartitionAudit::finish_commit(const StoredCommit& stored, CommitNote& note) {
  for (const domain::SubOrderRecorded* recorded : behind_) compare_record(*recorded, note);
  if (partitions_ > 1) note_parts(stored, note);
  for (const domain::Event* event : closing_) closed_.pack(*event, marketplace_);
}

bool PartitionAudit::fold(const StoredCommit& stored, std::size_t index) {
  const domain::Event& event = stored.commit.events[index].event;
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
  if (stored.position.commit > judged_from_) {
    judge(stored, index);
  } else {
    running_.follow(marketplace_, event);
  }
  return true;
}

void PartitionAudit::judge(const StoredCommit& stored, std::size_t index) {
  const domain::Event& event = stored.commit.events[index].event;
  check_home(stored.position, event);
  check_deadline(stored, event);
  for (const std::string& violation : running_.violations_of(marketplace_, event)) {
    findings_.add(FindingKind::BrokenInvariant, stored.position,
                  fmt::format("event {} ({}): {}", index, type_of(event), violation));
  }
}

void PartitionAudit::check_deadline(const StoredCommit& stored, const domain::Event& event) {
  const auto* expired = std::get_if<domain::ReservationExpired>(&event);
  if (expired == nullptr) return;
  const domain::Order* order = marketplace_.order(expired->order_id);
  if (order == nullptr || (order->reserved_until && *order->reserved_until <= stored.commit.at)) {
    return;
  }
  findings_.add(FindingKind::BrokenInvariant, stored.position,
                fmt::format("order {} expires before its deadline", expired->order_id.value));
}

// ---- what an order has of its vendors

bool PartitionAudit::is_local(std::string_view id) const {
  return partitions_ == 1 || eventstore::partition_of(id, partitions_) == partition_;
}

// A vendor in the order's own partition is recorded in the same commit.
void PartitionAudit::compare_record(const domain::SubOrderRecorded& event, const CommitNote& note) {
  const domain::Order* order = marketplace_.order(event.order_id);
  const domain::OrderPart* part = order ? order->part(event.vendor_id) : nullptr;
  const auto* decided = marketplace_.sub_order(event.vendor_id, event.order_id);
  if (part != nullptr && decided != nullptr && *decided == part->sub_order) return;
  findings_.add(FindingKind::DifferentRecord, note.position,
                fmt::format("sub-order {}/{} is not recorded as its vendor has it",
                            event.vendor_id.value, event.order_id.value));
}

// Of sub-orders whose order, or whose vendor, is elsewhere.
void PartitionAudit::note_parts(const StoredCommit& stored, CommitNote& note) const {
  const auto take = [&]<class E>(const E& event) {
    if constexpr (std::is_same_v<E, domain::SubOrderRecorded>) {
      if (is_local(event.vendor_id.value)) return;
      const domain::Order* order = marketplace_.order(event.order_id);
      const domain::OrderPart* part = order ? order->part(event.vendor_id) : nullptr;
      if (part == nullptr) return;
      note.parts.push_back({event.order_id, event.vendor_id, true, figures_of(part->sub_order)});
    } else if constexpr (domain::IsSubOrderEvent<E>) {
      if (is_local(event.order_id.value)) return;
      const auto* decided = marketplace_.sub_order(event.vendor_id, event.order_id);
      if (decided == nullptr) return;
      note.parts.push_back({event.order_id, event.vendor_id, false, figures_of(*decided)});
    }
  };
  for (const eventstore::RecordedEvent& recorded : stored.commit.events) {
    std::visit(take, recorded.event);
  }
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

// An engine writes no commit but after the last one. So a stray commit that follows nothing that is
// here tells of one that was: whoever wrote it, since its owner's claim may be what was changed.
void PartitionAudit::check(const StrayMessage& message) {
  last_read_ = message.sequence;
  if (!whole_ || is_copy(message)) return;
  const std::uint64_t before = std::exchange(last_told_, message.sequence);
  if (!message.commit || last_commit_ == 0) return;
  if (is_rooted(message) && !owners_.contains(message.commit->owner)) {
    forked_.insert(prefix_of(message.hash));
    return;
  }
  if (!suspect_) {
    suspect_ = Suspect{message.sequence, before, message.commit->prev, message.hash};
    return;
  }
  // The second names the first: then the first is as it was written, and the one before isn't.
  if (message.commit->prev == suspect_->hash) {
    sever(suspect_->before,
          fmt::format("was changed or replaced, or one after it taken away: {} names another body",
                      format(Position{partition_, suspect_->sequence})));
  } else {
    sever(suspect_->sequence, "was changed or replaced: what follows names another body");
  }
  suspect_.reset();
}

// Of a commit that stands in the chain: whoever put it there took nothing from the chain.
bool PartitionAudit::is_copy(const StrayMessage& message) const {
  return message.commit && holds(message.hash);
}

// It follows a commit of the chain, if only by way of others, or names none at all.
bool PartitionAudit::is_rooted(const StrayMessage& message) const {
  const eventstore::Hash& prev = message.commit->prev;
  return prev == eventstore::Hash{} || holds(prev) || forked_.contains(prefix_of(prev));
}

bool PartitionAudit::holds(const eventstore::Hash& hash) const {
  return chained_.contains(prefix_of(hash));
}

void PartitionAudit::sever_at_suspect(const eventstore::Hash* follower) {
  const Suspect suspect = *std::exchange(suspect_, std::nullopt);
  if (holds(suspect.prev)) {
    return sever(suspect.sequence, "is a commit of an owner of this ledger, and not in its chain");
  }
  if (follower != nullptr && suspect.prev == *follower) {
    return sever(suspect.sequence, "stands before the commit that it follows");
  }
  if (is_damaged(suspect.prev, last_hash_)) {
    return sever(suspect.sequence, "was changed: it names nearly the hash of the last commit");
  }
  sever(suspect.before,
        fmt::format("was changed or replaced, or one after it taken away: {} names another body, "
                    "if it is not itself the one",
                    format(Position{partition_, suspect.sequence})));
}

void PartitionAudit::sever(std::uint64_t sequence, const std::string& what) {
  whole_ = false;
  findings_.add(FindingKind::SeveredChain, {partition_, sequence}, what);
}

void PartitionAudit::check_hole(const std::string& what) {
  whole_ = false;
  findings_.add(FindingKind::Hole, {partition_, last_read_ + 1}, what);
}

void PartitionAudit::check_changed(const std::string& what) {
  sever(last_read_ + 1, what);
}

// ---- the end

void PartitionAudit::finish() {
  if (suspect_) sever_at_suspect(nullptr);
  if (last_commit_ == 0 && last_read_ > 0) {
    findings_.add(FindingKind::WrongGenesis, {partition_, 1}, "does not create the ledger");
  }
  if (!folding_) return;
  domain::Violations violations = domain::violations(marketplace_);
  for (std::string& each : running_.violations_at_end(marketplace_)) {
    violations.push_back(std::move(each));
  }
  for (const std::string& violation : violations) {
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

}  // namespace cassette::replay
