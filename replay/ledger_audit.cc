// The merge of all partitions in causal order, `seen`, and the comparison of records at the end.
#include "replay/ledger_audit.h"

#include <fmt/format.h>

#include <algorithm>

#include "eventstore/codec.h"

namespace cassette::replay {

using eventstore::Position;
using eventstore::Seen;
using eventstore::StoreError;

LedgerAudit::LedgerAudit(std::span<eventstore::Ledger* const> ledgers,
                         const std::vector<std::uint64_t>& ends, const VerifyOptions& options)
    : options_(options), reactions_(findings_.findings()) {
  const auto partitions = static_cast<std::uint32_t>(ledgers.size());
  tracks_.resize(partitions);
  for (std::uint32_t p = 0; p < partitions; ++p) {
    const std::uint64_t judged_from = options.since ? options.since->partitions[p].commit : 0;
    tracks_[p].partition = p;
    tracks_[p].run = std::make_unique<PartitionRun>(
        PartitionTask{p, partitions, ends[p], judged_from, options.heads}, *ledgers[p]);
  }
}

// ---- the order

bool LedgerAudit::step() {
  if (!report_.error.empty()) return false;
  Track* track = next();
  if (track == nullptr) return false;
  Note& note = *track->run->peek();
  std::visit([&](auto& each) { take(each, *track); }, note);
  track->run->pop();
  return report_.error.empty();
}

LedgerAudit::Track* LedgerAudit::next() {
  Track* earliest = nullptr;
  bool waits = true;  // `earliest` does
  domain::Timestamp at;
  for (Track& track : tracks_) {
    const Note* note = track.run->peek();
    if (note == nullptr) continue;
    const auto* commit = std::get_if<CommitNote>(note);
    if (commit == nullptr) return &track;
    const bool must = tracks_.size() > 1 && must_wait(*commit);
    const bool before =
        earliest == nullptr || (waits && !must) || (waits == must && commit->at < at);
    if (!before) continue;
    earliest = &track;
    waits = must;
    at = commit->at;
  }
  return earliest;  // one that waits when all do: it has seen what comes after it
}

bool LedgerAudit::must_wait(const CommitNote& note) {
  return std::ranges::any_of(note.seen, [this](const auto& entry) {
    const auto& [partition, seen] = entry;
    if (partition >= tracks_.size()) return false;
    Track& other = tracks_[partition];
    if (other.last_commit() >= seen.commit) return false;
    if (other.run->peek() != nullptr) return true;
    return !options_.until && other.run->extend_to(seen.commit);
  });
}

// ---- one message

void LedgerAudit::take(CommitNote& note, Track& track) {
  ++report_.commits;
  report_.events += note.events;
  report_.bytes += note.bytes;
  track.history.push_back({note.position.commit, note.at, note.hash});
  track.whole = note.whole;
  whole_ = whole_ && track.whole;
  check_seen(note, track);
  if (whole_) reactions_.check(note);
  findings_.stamp(note.at);
  forget_milestones();
}

void LedgerAudit::take(const StrayNote& note, Track& track) {
  ++report_.void_messages;
  report_.bytes += note.bytes;
  track.whole = note.whole;
  whole_ = whole_ && track.whole;
  if (report_.voids.size() < kMaxListed) {
    report_.voids.push_back({{track.partition, note.sequence}, note.why});
  }
}

void LedgerAudit::take(const StoreError& error, Track& track) {
  if (error.kind == StoreError::Kind::Corrupt) {
    whole_ = track.whole = false;
  } else {
    report_.error = error.what;
    if (error.kind == StoreError::Kind::Unsupported) unread_ = &track;
  }
}

// ---- what partitions have seen of one another

void LedgerAudit::check_seen(const CommitNote& note, Track& track) {
  Findings& findings = findings_.findings();
  for (const auto& [other, seen] : note.seen) {
    if (other >= tracks_.size() || other == note.position.partition) {
      findings.add(FindingKind::SeenUnknown, note.position,
                   fmt::format("has seen partition {}, which is none other", other));
      continue;
    }
    Seen& before = track.seen[other];
    if (seen.commit < before.commit) {
      findings.add(
          FindingKind::SeenRunsBack, note.position,
          fmt::format("has seen {}, and one before it {}", format(Position{other, seen.commit}),
                      format(Position{other, before.commit})));
      continue;
    }
    before = seen;
    check_milestone(note, other, seen);
  }
}

void LedgerAudit::check_milestone(const CommitNote& note, std::uint32_t other, const Seen& seen) {
  Findings& findings = findings_.findings();
  const std::string position = format(Position{other, seen.commit});
  const Milestone* found = milestone(tracks_[other], seen.commit);
  if (found == nullptr) {
    if (!tracks_[other].whole) return;  // it may have been there
    findings.add(FindingKind::SeenUnknown, note.position,
                 fmt::format("has seen {}, which is no commit before it", position));
  } else if (found->hash != seen.hash) {
    findings.add(FindingKind::SeenUnknown, note.position,
                 fmt::format("has seen {} with another hash", position));
  } else if (note.at < found->at) {
    findings.add(FindingKind::TimeRunsBack, note.position,
                 fmt::format("has seen {}, which is later", position));
  }
}

const LedgerAudit::Milestone* LedgerAudit::milestone(const Track& track, std::uint64_t commit) {
  const auto found = std::ranges::lower_bound(track.history, commit, {}, &Milestone::commit);
  return found != track.history.end() && found->commit == commit ? &*found : nullptr;
}

void LedgerAudit::forget_milestones() {
  for (std::uint32_t p = 0; p < tracks_.size(); ++p) {
    std::uint64_t needed = tracks_[p].last_commit();
    for (std::uint32_t other = 0; other < tracks_.size(); ++other) {
      if (other == p) continue;
      const auto seen = tracks_[other].seen.find(p);
      needed = seen == tracks_[other].seen.end() ? 0 : std::min(needed, seen->second.commit);
      if (needed == 0) break;
    }
    if (needed > 0) forget_before(tracks_[p], needed);
  }
}

void LedgerAudit::forget_before(Track& track, std::uint64_t commit) {
  const auto first = std::ranges::lower_bound(track.history, commit, {}, &Milestone::commit);
  // Erasing from the front moves the rest: only when that is at most as much as what goes.
  if (first - track.history.begin() < (track.history.end() - first) + 1) return;
  track.history.erase(track.history.begin(), first);
}

// ---- the end

VerifyReport LedgerAudit::report() {
  for (Track& track : tracks_) report_.error.empty() ? track.run->finish() : track.run->stop();
  for (Track& track : tracks_) {
    track.run->join();
    whole_ = whole_ && track.run->audit().whole();
    report_.heads.push_back({track.partition, track.run->audit().last_commit()});
  }
  if (unread_ != nullptr) {
    report_.unread = Position{unread_->partition, unread_->run->audit().last_read() + 1};
  }
  check_ledger_ids();
  report_.pending_reactions = reactions_.pending();
  if (whole_ && report_.error.empty() && tracks_.size() > 1) compare_records();
  report_.findings = all_findings();
  report_.verdict = report_.findings.empty() ? Verdict::Sound : Verdict::Unsound;
  // What was found stands, even when the rest could not be read.
  if (!report_.error.empty() && report_.findings.empty()) report_.verdict = Verdict::CouldNotRun;
  return std::move(report_);
}

std::vector<Finding> LedgerAudit::all_findings() {
  std::vector<TimedFindings*> parts;
  for (Track& track : tracks_) parts.push_back(&track.run->findings());
  parts.push_back(&findings_);
  return in_order(parts);
}

void LedgerAudit::check_ledger_ids() {
  for (const Track& track : tracks_) {
    const std::string& id = track.run->audit().ledger_id();
    if (report_.ledger_id.empty()) report_.ledger_id = id;
    if (id.empty() || id == report_.ledger_id) continue;
    findings_.findings().add(
        FindingKind::WrongGenesis, {track.partition, 1},
        fmt::format("is of ledger {}, and others are of {}", id, report_.ledger_id));
  }
}

void LedgerAudit::compare_records() {
  const std::set<std::string> pending = reactions_.pending_orders();
  for (Track& track : tracks_) {
    const PartitionAudit& audit = track.run->audit();
    if (!audit.folding()) continue;
    const Position position{track.partition, audit.last_commit()};
    audit.for_each_order([&](const domain::OrderId& id, const domain::Order& order) {
      if (pending.contains(id.value)) return;
      for (const domain::OrderPart& part : order.parts) compare_record(id, part, position);
    });
  }
}

// Within a partition they were compared at every commit.
void LedgerAudit::compare_record(const domain::OrderId& id, const domain::OrderPart& part,
                                 Position position) {
  const auto home =
      eventstore::partition_of(part.vendor_id.value, static_cast<std::uint32_t>(tracks_.size()));
  if (home == position.partition) return;
  const PartitionAudit& vendor = tracks_[home].run->audit();
  if (!vendor.folding()) return;
  const auto decided = vendor.sub_order(part.vendor_id, id);
  if (part.sub_order == decided.value_or(domain::SubOrder{})) return;
  findings_.findings().add(
      FindingKind::DifferentRecord, position,
      fmt::format("at the end: order {} has not recorded all that vendor {} decided", id.value,
                  part.vendor_id.value));
}

}  // namespace cassette::replay
