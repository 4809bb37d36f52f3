// Hub: the fan-out, and the way from a cursor to the present.
#include "api/live/hub.h"

#include <algorithm>

#include "eventstore/codec.h"

namespace cassette::api {
namespace {

// Rounds without a member after which events are kept no more: whoever was cut off is back by then.
constexpr int kIdleRounds = 2;
// The least that a ring holds, however many partitions there are.
constexpr std::size_t kLeastRingBytes = 1024 * 1024;

std::shared_ptr<const std::string> shared(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

}  // namespace

Hub::Hub(const std::vector<std::uint64_t>& starts, HubParts parts, std::size_t ring_bytes)
    : parts_(std::move(parts)) {
  const std::size_t each =
      std::max(ring_bytes / starts.size(), std::min(ring_bytes, kLeastRingBytes));
  for (const std::uint64_t start : starts) {
    partitions_.push_back(std::make_unique<Partition>(each, start));
  }
}

// ---- from the ledger

void Hub::take(Recent recent) {
  Partition& partition = *partitions_[recent.partition];
  const std::uint64_t before = partition.head.load(std::memory_order_relaxed);
  if (recent.left_out) partition.ring.restart(recent.head);
  for (LiveCommit& commit : recent.commits) {
    if (!partition.begun) partition.ring.restart(commit.commit - 1);
    partition.begun = true;
    const std::vector<LiveEventPtr> events = commit.events;
    partition.ring.push(std::move(commit));
    for (const LiveEventPtr& event : events) tell(recent.partition, event);
  }
  partition.begun = partition.begun || recent.left_out;
  partition.head.store(recent.head, std::memory_order_release);
  if (recent.left_out && !members_.empty()) miss(recent.partition, before);
  if (!recent.levels && !levels_.empty()) {
    levels_.each_product([this](const std::string& vendor, const std::string& product) {
      read_level(vendor, product);
    });
  }
  for (auto at = behind_.begin(); at != behind_.end();) {
    const MemberPtr member = *at++;
    end_if_up(member);
  }
}

void Hub::tell(std::uint32_t partition, const LiveEventPtr& event) {
  std::shared_ptr<const std::string> cursor;
  events_.match(*event, [&](const MemberPtr& member) {
    if (member->behind) {
      const bool comes =
          member->behind->live[partition] && place_of(event->ref) > member->behind->at[partition];
      if (comes) put(member, partition, event);
      return;
    }
    if (!cursor) {
      Cursor at = now();
      at[partition] = place_of(event->ref);
      cursor = shared(format_cursor(at));
    }
    member->mailbox.put_event(member, event, cursor);
  });
  const bool is_new = event->ref.position.commit > partitions_[partition]->start;
  if (is_new && !levels_.empty()) tell_levels(*event);
}

void Hub::tell_levels(const LiveEvent& event) {
  for (const std::string& product : event.touched) {
    const std::string key = event.vendor_id + '/' + product;
    if (!levels_.watched(event.vendor_id, key)) continue;
    parts_.read_level(event.vendor_id, product, event.ref.position);
  }
}

void Hub::read_level(const std::string& vendor, const std::string& product) {
  const auto count = static_cast<std::uint32_t>(partitions_.size());
  const std::uint32_t home = eventstore::partition_of(vendor, count);
  parts_.read_level(vendor, product, {home, end_of(home).commit});
}

void Hub::miss(std::uint32_t partition, std::uint64_t from) {
  const Members everyone(members_.begin(), members_.end());
  for (const MemberPtr& member : everyone) {
    if (!member->what.events) continue;
    if (!member->behind) {
      Cursor at = now();
      at[partition] = {from, kWholeCommit};
      fall_behind(member, std::move(at));
      member->behind->live.assign(partitions_.size(), true);
    }
    if (!member->behind->live[partition]) continue;
    Behind& behind = *member->behind;
    behind.live[partition] = false;
    behind.at[partition] = std::max(behind.at[partition], Place{from, kWholeCommit});
    behind.heads[partition] = {};
    go_on(member);
  }
}

// ---- from the past to the present

Place Hub::end_of(std::uint32_t partition) const {
  const Partition& of = *partitions_[partition];
  return {std::max(of.head.load(std::memory_order_relaxed), of.start), kWholeCommit};
}

Cursor Hub::now() const {
  Cursor cursor(partitions_.size());
  for (std::uint32_t p = 0; p < cursor.size(); ++p) cursor[p] = end_of(p);
  return cursor;
}

Cursor Hub::present_of(const Behind& behind) const {
  Cursor cursor = behind.at;
  for (std::uint32_t p = 0; p < cursor.size(); ++p) {
    if (behind.live[p]) cursor[p] = std::max(cursor[p], end_of(p));
  }
  return cursor;
}

void Hub::fall_behind(const MemberPtr& member, Cursor at) {
  member->behind = std::make_unique<Behind>();
  member->behind->live.assign(at.size(), false);
  member->behind->heads.resize(at.size());
  member->behind->at = std::move(at);
  behind_.insert(member);
}

bool Hub::end_if_up(const MemberPtr& member) {
  const Behind& behind = *member->behind;
  for (std::uint32_t p = 0; p < partitions_.size(); ++p) {
    const Place head{partitions_[p]->head.load(std::memory_order_relaxed), kWholeCommit};
    if (!behind.live[p] || behind.at[p] > head) return false;
  }
  member->behind.reset();
  behind_.erase(member);
  return true;
}

void Hub::put(const MemberPtr& member, std::uint32_t partition, const LiveEventPtr& event) {
  Cursor at = present_of(*member->behind);
  at[partition] = place_of(event->ref);
  member->behind->at[partition] = at[partition];
  member->mailbox.put_event(member, event, shared(format_cursor(at)));
}

bool Hub::replay(const MemberPtr& member, std::uint32_t partition) {
  Behind& behind = *member->behind;
  const Ring& ring = partitions_[partition]->ring;
  bool room = true;
  const Place from = behind.at[partition];
  ring.each_after(from, [&](const LiveEventPtr& event) {
    room = member->mailbox.bytes() < kEnoughBytes;
    if (!room) return false;
    if (member->what.matches(*event)) put(member, partition, event);
    behind.at[partition] = place_of(event->ref);
    return true;
  });
  return room;
}

void Hub::go_on(const MemberPtr& member) {
  if (member->left || !member->behind || member->behind->reading) return;
  Behind& behind = *member->behind;
  for (std::uint32_t p = 0; p < partitions_.size(); ++p) {
    if (behind.live[p]) continue;
    if (member->mailbox.bytes() >= kEnoughBytes) return;
    const bool missed_nothing = behind.at[p] >= end_of(p);
    if (missed_nothing || (partitions_[p]->begun && partitions_[p]->ring.covers(behind.at[p]))) {
      if (!missed_nothing && !replay(member, p)) return;
      behind.live[p] = true;
      continue;
    }
    behind.reading = true;
    return parts_.read_older({member, p, behind.at[p], behind.heads[p], end_of(p).commit});
  }
  end_if_up(member);
}

void Hub::take(Older older) {
  const MemberPtr member = older.member;
  if (member->left) return;
  Behind& behind = *member->behind;
  behind.reading = false;
  if (older.no_commit) {
    leave(member);
    return parts_.end(member, stale_position("The cursor is in no commit of this ledger."));
  }
  for (const LiveEventPtr& event : older.events) put(member, older.partition, event);
  behind.at[older.partition] = std::max(behind.at[older.partition], older.at);
  behind.heads[older.partition] = older.head;
  go_on(member);
}

// ---- members

void Hub::join(const MemberPtr& member, const std::optional<Cursor>& after) {
  wanted_.store(true, std::memory_order_release);
  members_.insert(member);
  const Cursor present = now();
  const Cursor from = after && member->what.events ? *after : present;
  member->sent = shared(format_cursor(from));
  if (member->what.events) {
    events_.add(member);
    fall_behind(member, from);
    go_on(member);
  }
  if (!member->what.levels) return;
  levels_.add(member);
  levels_wanted_.store(true, std::memory_order_release);
  member->fresh_level = true;
  if (!member->what.product_id.empty()) read_level(member->what.vendor_id, member->what.product_id);
}

void Hub::leave(const MemberPtr& member) {
  if (std::exchange(member->left, true)) return;
  events_.remove(member);
  levels_.remove(member);
  levels_wanted_.store(!levels_.empty(), std::memory_order_release);
  member->mailbox.drop_levels(*member);
  behind_.erase(member);
  members_.erase(member);
}

std::string Hub::cursor_of(const Member& member) const {
  if (member.queued > 0) return *member.sent;
  return format_cursor(member.behind ? present_of(*member.behind) : now());
}

std::vector<eventstore::Position> Hub::heads() const {
  std::vector<eventstore::Position> heads;
  for (std::uint32_t p = 0; p < partitions_.size(); ++p) {
    const Partition& partition = *partitions_[p];
    heads.push_back({p, std::max(partition.head.load(std::memory_order_acquire), partition.start)});
  }
  return heads;
}

void Hub::rest_if_idle() {
  idle_rounds_ = members_.empty() ? idle_rounds_ + 1 : 0;
  if (idle_rounds_ >= kIdleRounds) wanted_.store(false, std::memory_order_release);
}

}  // namespace cassette::api
