// WorkingState: commands, repeats and reactions on speculative state.
#include "eventstore/working_state.h"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "domain/reactions.h"
#include "eventstore/codec.h"
#include "eventstore/event_size.h"

namespace cassette::eventstore {

using domain::EntityKey;
using domain::EntityKind;

namespace {

// What one command may add to a commit, in bytes: with a full batch before it, and its reactions
// after it, the commit still fits into a message.
constexpr std::size_t kMaxCommandBytes = 512 * 1024;

bool too_large(const domain::Events& events) {
  std::size_t bytes = 0;
  for (const domain::Event& event : events) bytes += estimated_bytes(event);
  return bytes > kMaxCommandBytes;
}

}  // namespace

WorkingState::WorkingState(const PartitionSettings& settings, Archive& archive)
    : settings_(settings),
      archive_(archive),
      marketplace_([this](std::string_view id) { return home(id) == settings_.partition; }) {}

std::uint32_t WorkingState::home(std::string_view id) const {
  return settings_.partitions == 1 ? 0 : partition_of(id, settings_.partitions);
}

Stored<Done> WorkingState::load(const FoldPoint& point) {
  seen_ = point.seen;
  seen_written_ = point.seen;
  last_at_ = point.at;
  return archive_.load(marketplace_);
}

Batch WorkingState::open_batch(domain::Timestamp clock) {
  Batch batch;
  batch.serial = next_serial_++;
  batch.commit.at = std::max(clock, last_at_);
  last_at_ = batch.commit.at;
  return batch;
}

void WorkingState::advance_time(Batch& batch, domain::Timestamp at) {
  batch.commit.at = at;
  last_at_ = at;
}

void WorkingState::decide(Submission submission, Batch& batch) {
  if (!submission.request.id.empty() && answer_repeat(submission, batch)) return;
  decide_new(submission, batch);
}

bool WorkingState::answer_repeat(Submission& submission, Batch& batch) {
  const Request& request = submission.request;
  Accepted first;
  std::string digest;
  domain::Timestamp at;
  if (const auto known = commands_.find(request.id); known != commands_.end()) {
    digest = known->second.digest;
    at = known->second.at;
    first.status = known->second.status;
    first.position = known->second.position;
  } else {
    auto archived = archive_.command(request.id);
    if (!archived.ok()) {
      batch.waiters.push_back({std::move(submission.done), Unavailable{archived.error().what}, ""});
      return true;
    }
    if (!archived.value()) return false;
    digest = archived.value()->digest;
    at = archived.value()->at;
    first.status = archived.value()->status;
    first.position = archived.value()->position;
  }
  if (batch.commit.at.micros - at.micros > kCommandMemoryMicros) return false;
  first.repeated = true;
  Reply reply = first;
  if (digest != request.digest) reply = DigestMismatch{};
  batch.waiters.push_back({std::move(submission.done), std::move(reply), request.id});
  return true;
}

void WorkingState::decide_new(Submission& submission, Batch& batch) {
  Request& request = submission.request;
  if (auto loaded = hydrate(request.command); !loaded.ok()) {
    batch.waiters.push_back({std::move(submission.done), Unavailable{loaded.error().what}, ""});
    return;
  }
  auto decision = marketplace_.decide(request.command, {batch.commit.at, settings_.policy});
  if (!decision.ok()) {
    batch.waiters.push_back(
        {std::move(submission.done), Rejected{std::move(decision.error())}, ""});
    return;
  }
  if (too_large(decision.value())) {
    const domain::InvalidCommand no{"", "it would make more events than a commit may hold"};
    batch.waiters.push_back({std::move(submission.done), Rejected{no}, ""});
    return;
  }
  Accepted accepted;
  accepted.status = request.status;
  accepted.changed = !decision.value().empty();
  RecordedEvent envelope;
  envelope.by = request.by;
  envelope.occurred_at = request.occurred_at;
  if (!request.id.empty()) {
    envelope.cause.command = static_cast<std::uint32_t>(batch.commit.commands.size());
    batch.commit.commands.push_back({request.id, request.digest, request.status});
    batch.bytes += request.id.size() + request.digest.size() + 40;
    commands_[request.id] = {request.digest, request.status, batch.serial, {}, batch.commit.at};
    command_order_.emplace_back(batch.serial, request.id);
  }
  const std::size_t first = batch.commit.events.size();
  append(std::move(decision).value(), envelope, batch);
  run_reactions(first, batch);
  batch.waiters.push_back({std::move(submission.done), accepted, ""});
}

Stored<Done> WorkingState::hydrate(const domain::Command& command) {
  for (const EntityKey& key : orders_of(command)) {
    if (auto loaded = hydrate(key); !loaded.ok()) return loaded;
  }
  return Done{};
}

Stored<Done> WorkingState::hydrate(const EntityKey& key) {
  const domain::OrderId order{key.id};
  const domain::VendorId vendor{key.owner};
  if (key.kind == EntityKind::Order && marketplace_.order(order) == nullptr) {
    auto found = archive_.order(order);
    if (!found.ok()) return Failure{found.error()};
    if (found.value()) marketplace_.load(order, std::move(*found.value()));
  }
  if (key.kind == EntityKind::SubOrder && marketplace_.sub_order(vendor, order) == nullptr) {
    auto found = archive_.sub_order(vendor, order);
    if (!found.ok()) return Failure{found.error()};
    if (found.value()) marketplace_.load(vendor, order, std::move(*found.value()));
  }
  // What was loaded for a look and not changed goes again with the next batch that is archived.
  if (is_closed(key) && !closed_.contains(key)) {
    closed_[key] = next_serial_ - 1;
    closed_order_.push_back({next_serial_ - 1, key});
  }
  return Done{};
}

void WorkingState::append(domain::Events events, const RecordedEvent& envelope, Batch& batch) {
  for (domain::Event& event : events) {
    marketplace_.evolve(event);
    track_closed(event, batch.serial);
    batch.bytes += estimated_bytes(event);
    batch.commit.events.push_back(
        {std::move(event), envelope.cause, envelope.by, envelope.occurred_at});
  }
}

void WorkingState::run_reactions(std::size_t first, Batch& batch) {
  // Reactions append further events, which react in turn; every order is asked, answered and
  // settled a bounded number of times, so this ends.
  for (std::size_t i = first; i < batch.commit.events.size(); ++i) {
    const std::vector<domain::Command> commands = domain::react(batch.commit.events[i].event);
    if (commands.empty()) continue;
    RecordedEvent envelope;
    envelope.by = batch.commit.events[i].by;
    envelope.occurred_at = batch.commit.events[i].occurred_at;
    envelope.cause.on = static_cast<std::uint32_t>(i);
    for (const domain::Command& command : commands) {
      const std::uint32_t to = home(home_of(command));
      if (to == settings_.partition) {
        run_reaction(command, envelope, batch);
      } else {
        batch.addressed.insert(to);
      }
    }
  }
}

void WorkingState::run_reaction(const domain::Command& command, const RecordedEvent& envelope,
                                Batch& batch) {
  if (auto loaded = hydrate(command); !loaded.ok()) {
    // The event that called for it may be committed already: going on would lose the reaction.
    failure_ = loaded.error();
    return;
  }
  auto decision = marketplace_.decide(command, {batch.commit.at, settings_.policy});
  if (!decision.ok()) {
    const auto name = std::visit([](const auto& no) { return no.type; }, decision.error());
    spdlog::error("a reaction to {} was rejected: {}", home_of(command), name);
    return;
  }
  append(std::move(decision).value(), envelope, batch);
}

void WorkingState::react_to(const StoredCommit& source, Batch& batch) {
  CHECK(source.commit.at <= batch.commit.at);
  for (std::size_t i = 0; i < source.commit.events.size(); ++i) {
    const RecordedEvent& cause = source.commit.events[i];
    RecordedEvent envelope;
    envelope.by = cause.by;
    envelope.occurred_at = cause.occurred_at;
    envelope.cause.on_remote = EventRef{source.position, static_cast<std::uint32_t>(i)};
    for (const domain::Command& command : domain::react(cause.event)) {
      if (home(home_of(command)) != settings_.partition) continue;
      const std::size_t first = batch.commit.events.size();
      run_reaction(command, envelope, batch);
      run_reactions(first, batch);
      batch.seen_moved = true;
    }
  }
  pass(source.position.partition, {source.position.commit, source.hash});
}

void WorkingState::pass(std::uint32_t partition, Seen seen) {
  seen_[partition] = seen;
}

void WorkingState::expire(Batch& batch, std::size_t target_bytes) {
  while (batch.bytes < target_bytes && !failure_) {
    const auto deadline = marketplace_.next_deadline();
    if (!deadline || deadline->at > batch.commit.at) return;
    const domain::ExpireReservation command{deadline->order_id};
    auto decision = marketplace_.decide(command, {batch.commit.at, settings_.policy});
    CHECK(decision.ok() && !decision.value().empty());
    RecordedEvent envelope;
    envelope.by = "system";
    const std::size_t first = batch.commit.events.size();
    append(std::move(decision).value(), envelope, batch);
    run_reactions(first, batch);
  }
}

void WorkingState::close(Batch& batch) {
  for (const auto& [partition, seen] : seen_) {
    const auto written = seen_written_.find(partition);
    if (written != seen_written_.end() && written->second == seen) continue;
    batch.commit.seen[partition] = seen;
  }
  seen_written_ = seen_;
}

void WorkingState::committed(Batch& batch, std::uint64_t number) {
  numbers_.emplace_back(batch.serial, number);
  for (const CommandRecord& command : batch.commit.commands) {
    const auto known = commands_.find(command.id);
    if (known != commands_.end() && known->second.serial == batch.serial) {
      known->second.position = {settings_.partition, number};
    }
  }
}

void WorkingState::confirmed(const Batch& batch, std::uint64_t number) {
  numbers_.emplace_back(batch.serial, number);
}

Reply WorkingState::resolve(Waiter& waiter, Position position) const {
  auto* accepted = std::get_if<Accepted>(&waiter.reply);
  if (accepted == nullptr) return std::move(waiter.reply);
  if (!waiter.repeat_of.empty()) {
    const auto known = commands_.find(waiter.repeat_of);
    if (known != commands_.end()) accepted->position = known->second.position;
  }
  if (accepted->position.commit == 0) accepted->position = position;
  return std::move(waiter.reply);
}

void WorkingState::forget_archived(std::uint64_t folded) {
  std::uint64_t serial = 0;
  while (!numbers_.empty() && numbers_.front().second <= folded) {
    serial = numbers_.front().first;
    numbers_.pop_front();
  }
  while (!command_order_.empty() && command_order_.front().first <= serial) {
    const auto known = commands_.find(command_order_.front().second);
    if (known != commands_.end() && known->second.serial <= serial) commands_.erase(known);
    command_order_.pop_front();
  }
  while (!closed_order_.empty() && closed_order_.front().serial <= serial) {
    const Retained retained = std::move(closed_order_.front());
    closed_order_.pop_front();
    const auto last = closed_.find(retained.key);
    if (last == closed_.end() || last->second != retained.serial) continue;
    closed_.erase(last);
    unload(retained.key);
  }
}

void WorkingState::track_closed(const domain::Event& event, std::uint64_t serial) {
  for (EntityKey& key : entities_of(event)) {
    if (key.kind != EntityKind::Order && key.kind != EntityKind::SubOrder) continue;
    if (is_closed(key)) {
      closed_[key] = serial;
      closed_order_.push_back({serial, std::move(key)});
    } else {
      closed_.erase(key);
    }
  }
}

bool WorkingState::is_closed(const EntityKey& key) const {
  if (key.kind == EntityKind::Order) {
    const domain::Order* order = marketplace_.order({key.id});
    return order != nullptr && order->closed();
  }
  if (key.kind != EntityKind::SubOrder) return false;
  const domain::SubOrder* part = marketplace_.sub_order({key.owner}, {key.id});
  return part != nullptr && part->closed();
}

void WorkingState::unload(const EntityKey& key) {
  if (key.kind == EntityKind::Order) {
    marketplace_.unload(domain::OrderId{key.id});
  } else {
    marketplace_.unload(domain::VendorId{key.owner}, domain::OrderId{key.id});
  }
}

std::optional<domain::Timestamp> WorkingState::next_deadline() const {
  const auto deadline = marketplace_.next_deadline();
  if (!deadline) return std::nullopt;
  return deadline->at;
}

}  // namespace cassette::eventstore
