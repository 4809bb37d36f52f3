// Deciding and time in the shadow: what is due between commits, and calls between partitions.
#include "replay/what_if_shadow.h"

#include <limits>

#include "domain/reactions.h"
#include "eventstore/codec.h"

namespace cassette::replay {

using namespace domain;

namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;

}  // namespace

WhatIfShadow::WhatIfShadow(std::uint32_t partitions, const WhatIfRules& rules, WhatIfWorld& record)
    : partitions_(partitions),
      rules_(rules),
      record_(record),
      world_([this](std::string_view id) { return home(id) == partition_; }) {}

std::uint32_t WhatIfShadow::home(std::string_view id) const {
  return partitions_ == 1 ? 0 : eventstore::partition_of(id, partitions_);
}

// ---- one commit

void WhatIfShadow::begin(const eventstore::StoredCommit& stored) {
  stored_ = &stored;
  index_ = matched_ = skip_to_ = 0;
  beside_record_ = false;
  pass_time();
  partition_ = stored.position.partition;
  now_ = stored.commit.at;
  beside_record_ = true;
}

void WhatIfShadow::end() {
  index_ = stored_->commit.events.size();
  for (const auto& [from, seen] : stored_->commit.seen) {
    deliver(from, seen.commit, std::numeric_limits<std::size_t>::max());
  }
  deliver_unrecorded();
  for (const Event& event : done_) world_.pack(event);
  done_.clear();
}

// ---- time

// What is due before the commit in hand, in the order of time. An expiry that the record knows the
// moment of, since no rule has moved it, waits for that.
void WhatIfShadow::pass_time() {
  const Timestamp until = stored_->commit.at;
  auto due = deadlines_.begin();
  while (true) {
    const auto is_due = [&] { return due != deadlines_.end() && due->first <= until; };
    while (is_due() && is_recorded_to_expire(due->second)) ++due;
    const auto arrival = arrivals_.begin();
    const bool arrives = arrival != arrivals_.end() && arrival->at <= until;
    if (arrives && (!is_due() || arrival->at <= due->first)) {
      const Arrival next = *arrival;
      arrivals_.erase(arrival);
      replenish(next);
    } else if (is_due()) {
      const auto [at, id] = *due;
      due = deadlines_.erase(due);
      expire(id, at);
      deliver_unrecorded();
    } else {
      return;
    }
  }
}

bool WhatIfShadow::is_recorded_to_expire(const OrderId& id) const {
  if (moved_.contains(id.value)) return false;
  const Order* order = record_.marketplace().order(id);
  return order != nullptr && order->may_expire();
}

void WhatIfShadow::expire(const OrderId& id, Timestamp at) {
  partition_ = home(id.value);
  now_ = at;
  (void)decide(ExpireReservation{id});
}

void WhatIfShadow::replenish(const Arrival& arrival) {
  partition_ = home(arrival.vendor.value);
  now_ = arrival.at;
  AdjustStock command;
  command.vendor_id = arrival.vendor;
  command.product_id = arrival.product;
  command.delta = rules_.replenish->units;
  command.reason = "replenished";
  command.on_shortfall = OnShortfall::Freeze;
  if (decide(std::move(command))) {
    counts_.replenished_units += static_cast<std::uint64_t>(rules_.replenish->units);
  }
}

// ---- deciding

bool WhatIfShadow::decide(Command command) {
  world_.unpack(order_named_by(command));
  Decision decision = world_.marketplace().decide(std::move(command), {now_, {}});
  if (!decision.ok()) {
    refusal_ = std::move(decision).error();
    return false;
  }
  commit(std::move(decision).value());
  return true;
}

// As an engine does: what an event calls for comes after all that was decided before it.
void WhatIfShadow::commit(Events events) {
  std::size_t next = done_.size();
  for (Event& event : events) fold(std::move(event));
  for (; next < done_.size(); ++next) {
    for (Command& command : react(done_[next])) {
      const std::uint32_t to = home(home_of(command));
      if (to != partition_) {
        call(done_[next], std::move(command), to);
        continue;
      }
      world_.unpack(order_named_by(command));
      Decision decision = world_.marketplace().decide(std::move(command), {now_, {}});
      if (!decision.ok()) continue;  // reactions that can be refused are answered by an event
      for (Event& event : decision.value()) fold(std::move(event));
    }
  }
}

void WhatIfShadow::fold(Event event) {
  world_.apply(event, stored_->position);
  const auto* reached = std::get_if<ReorderPointReached>(&event);
  if (reached != nullptr && rules_.replenish) {
    const std::int64_t after = rules_.replenish->after_seconds * kMicrosPerSecond;
    arrivals_.insert({Timestamp{now_.micros + after}, reached->vendor_id, reached->product_id});
  }
  done_.push_back(std::move(event));
}

// ---- calls between partitions

void WhatIfShadow::call(const Event& event, Command command, std::uint32_t to) {
  const bool recorded = is_in_record(event);
  calls_[{partition_, to}].push_back({stored_->position.commit, index_, std::move(command)});
  if (!recorded) hurried_.insert({partition_, to});
}

bool WhatIfShadow::is_in_record(const Event& event) {
  if (!beside_record_) return false;
  const auto& events = stored_->commit.events;
  for (std::size_t tried = 0; tried < events.size(); ++tried) {
    const std::size_t i = (matched_ + tried) % events.size();
    if (!(events[i].event == event)) continue;
    matched_ = i + 1;
    return true;
  }
  return false;
}

void WhatIfShadow::deliver(std::uint32_t from, std::uint64_t commit, std::size_t index) {
  std::deque<Call>& calls = calls_[{from, partition_}];
  while (!calls.empty()) {
    const Call& first = calls.front();
    if (std::pair(first.commit, first.index) > std::pair(commit, index)) return;
    Command command = std::move(calls.front().command);
    calls.pop_front();
    (void)decide(std::move(command));
  }
}

// An answer to them is not recorded either, so this goes on until all are quiet.
void WhatIfShadow::deliver_unrecorded() {
  const std::uint32_t before = partition_;
  const bool beside = std::exchange(beside_record_, false);
  while (!hurried_.empty()) {
    const Route route = *hurried_.begin();
    hurried_.erase(hurried_.begin());
    partition_ = route.second;
    deliver(route.first, std::numeric_limits<std::uint64_t>::max(), 0);
  }
  partition_ = before;
  beside_record_ = beside;
}

}  // namespace cassette::replay
