// The merge of all partitions in causal order, `seen`, and the comparison of records at the end.
#include "replay/ledger_audit.h"

#include <fmt/format.h>

#include <algorithm>

#include "eventstore/codec.h"

namespace cassette::replay {

using eventstore::Position;
using eventstore::Seen;
using eventstore::StoredCommit;
using eventstore::StoreError;

namespace {

std::uint32_t count_of(std::span<eventstore::Ledger* const> ledgers) {
  return static_cast<std::uint32_t>(ledgers.size());
}

}  // namespace

LedgerAudit::LedgerAudit(std::span<eventstore::Ledger* const> ledgers,
                         const std::vector<std::uint64_t>& ends)
    : reactions_(count_of(ledgers), findings_) {
  for (std::uint32_t p = 0; p < count_of(ledgers); ++p) {
    tracks_.emplace_back(p, count_of(ledgers), *ledgers[p], ends[p], findings_);
  }
}

// ---- the order

bool LedgerAudit::step() {
  if (!report_.error.empty()) return false;
  Track* track = next();
  if (track == nullptr) return false;
  const SourceItem& item = *track->source.peek();
  std::visit([&](const auto& each) { take(each, *track); }, item);
  track->source.pop();
  return report_.error.empty();
}

LedgerAudit::Track* LedgerAudit::next() {
  Track* earliest = nullptr;
  bool waits = true;  // `earliest` does
  domain::Timestamp at;
  for (Track& track : tracks_) {
    const SourceItem* item = track.source.peek();
    if (item == nullptr) continue;
    const auto* stored = std::get_if<StoredCommit>(item);
    if (stored == nullptr) return &track;
    const bool must = tracks_.size() > 1 && must_wait(*stored);
    const bool before =
        earliest == nullptr || (waits && !must) || (waits == must && stored->commit.at < at);
    if (!before) continue;
    earliest = &track;
    waits = must;
    at = stored->commit.at;
  }
  return earliest;  // one that waits when all do: it has seen what comes after it
}

bool LedgerAudit::must_wait(const StoredCommit& stored) {
  return std::ranges::any_of(stored.commit.seen, [this](const auto& entry) {
    const auto& [partition, seen] = entry;
    if (partition >= tracks_.size()) return false;
    Track& other = tracks_[partition];
    if (other.audit.last_commit() >= seen.commit) return false;
    return other.source.peek() != nullptr || other.source.extend_to(seen.commit);
  });
}

// ---- one message

void LedgerAudit::take(const StoredCommit& stored, Track& track) {
  ++report_.commits;
  report_.events += stored.commit.events.size();
  report_.bytes += stored.bytes;
  track.audit.check(stored);
  whole_ = whole_ && track.audit.whole();
  check_seen(stored, track);
  if (whole_) reactions_.check(stored);
  forget_milestones();
}

void LedgerAudit::take(const StrayMessage& message, Track& track) {
  ++report_.void_messages;
  report_.bytes += message.bytes;
  track.audit.check(message);
  whole_ = whole_ && track.audit.whole();
  if (report_.voids.size() < kMaxListed) {
    report_.voids.push_back({{track.source.partition(), message.sequence}, message.why});
  }
}

void LedgerAudit::take(const StoreError& error, Track& track) {
  if (error.kind == StoreError::Kind::Corrupt) {
    track.audit.check_hole(error.what);
    whole_ = false;
  } else {
    report_.error = error.what;
  }
}

// ---- what partitions have seen of one another

void LedgerAudit::check_seen(const StoredCommit& stored, Track& track) {
  for (const auto& [other, seen] : stored.commit.seen) {
    if (other >= tracks_.size() || other == stored.position.partition) {
      findings_.add(FindingKind::SeenUnknown, stored.position,
                    fmt::format("has seen partition {}, which is none other", other));
      continue;
    }
    Seen& before = track.seen[other];
    if (seen.commit < before.commit) {
      findings_.add(
          FindingKind::SeenRunsBack, stored.position,
          fmt::format("has seen {}, and one before it {}", format(Position{other, seen.commit}),
                      format(Position{other, before.commit})));
      continue;
    }
    before = seen;
    check_milestone(stored, other, seen);
  }
}

void LedgerAudit::check_milestone(const StoredCommit& stored, std::uint32_t other,
                                  const Seen& seen) {
  const std::string position = format(Position{other, seen.commit});
  const PartitionAudit& audit = tracks_[other].audit;
  const Milestone* milestone = audit.milestone(seen.commit);
  if (milestone == nullptr) {
    if (!audit.whole()) return;  // it may have been there
    findings_.add(FindingKind::SeenUnknown, stored.position,
                  fmt::format("has seen {}, which is no commit before it", position));
  } else if (milestone->hash != seen.hash) {
    findings_.add(FindingKind::SeenUnknown, stored.position,
                  fmt::format("has seen {} with another hash", position));
  } else if (stored.commit.at < milestone->at) {
    findings_.add(FindingKind::TimeRunsBack, stored.position,
                  fmt::format("has seen {}, which is later", position));
  }
}

void LedgerAudit::forget_milestones() {
  for (std::uint32_t p = 0; p < tracks_.size(); ++p) {
    std::uint64_t needed = tracks_[p].audit.last_commit();
    for (std::uint32_t other = 0; other < tracks_.size(); ++other) {
      if (other == p) continue;
      const auto seen = tracks_[other].seen.find(p);
      needed = seen == tracks_[other].seen.end() ? 0 : std::min(needed, seen->second.commit);
      if (needed == 0) break;
    }
    if (needed > 0) tracks_[p].audit.forget_before(needed);
  }
}

// ---- the end

VerifyReport LedgerAudit::report() {
  for (Track& track : tracks_) {
    track.audit.finish();
    whole_ = whole_ && track.audit.whole();
    report_.heads.push_back({track.source.partition(), track.audit.last_commit()});
  }
  check_ledger_ids();
  report_.pending_reactions = reactions_.pending();
  if (whole_) compare_records();
  report_.findings = findings_.all();
  report_.verdict = report_.findings.empty() ? Verdict::Sound : Verdict::Unsound;
  // What was found stands, even when the rest could not be read.
  if (!report_.error.empty() && report_.findings.empty()) report_.verdict = Verdict::CouldNotRun;
  return std::move(report_);
}

void LedgerAudit::check_ledger_ids() {
  for (const Track& track : tracks_) {
    const std::string& id = track.audit.ledger_id();
    if (report_.ledger_id.empty()) report_.ledger_id = id;
    if (id.empty() || id == report_.ledger_id) continue;
    findings_.add(FindingKind::WrongGenesis, {track.source.partition(), 1},
                  fmt::format("is of ledger {}, and others are of {}", id, report_.ledger_id));
  }
}

void LedgerAudit::compare_records() {
  const std::set<std::string> pending = reactions_.pending_orders();
  for (Track& track : tracks_) {
    if (!track.audit.folding()) continue;
    const Position position{track.source.partition(), track.audit.last_commit()};
    track.audit.for_each_order([&](const domain::OrderId& id, const domain::Order& order) {
      if (pending.contains(id.value)) return;
      for (const domain::OrderPart& part : order.parts) compare_record(id, part, position);
    });
  }
}

void LedgerAudit::compare_record(const domain::OrderId& id, const domain::OrderPart& part,
                                 Position position) {
  const auto home =
      eventstore::partition_of(part.vendor_id.value, static_cast<std::uint32_t>(tracks_.size()));
  const PartitionAudit& vendor = tracks_[home].audit;
  if (!vendor.folding()) return;
  const auto decided = vendor.sub_order(part.vendor_id, id);
  if (part.sub_order == decided.value_or(domain::SubOrder{})) return;
  findings_.add(FindingKind::DifferentRecord, position,
                fmt::format("at the end: order {} has not recorded all that vendor {} decided",
                            id.value, part.vendor_id.value));
}

}  // namespace cassette::replay
