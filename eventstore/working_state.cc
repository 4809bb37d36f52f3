// WorkingState: commands, repeats and reactions on speculative state.
#include "eventstore/working_state.h"

#include <algorithm>
#include <set>
#include <utility>

#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>

#include "domain/reactions.h"
#include "eventstore/codec.h"
#include "eventstore/event_size.h"

namespace cassette::eventstore {

namespace {

// A command's record in a commit, without its id and digest.
constexpr std::size_t kCommandBytes = 40;

// What one command may add to a commit, in bytes: with a full batch before it, and its reactions
// after it, the commit still fits into a message.
constexpr std::size_t kMaxCommandBytes = 512 * 1024;

bool too_large(const domain::Events& events) {
  std::size_t bytes = 0;
  for (const domain::Event& event : events) bytes += estimated_bytes(event);
  return bytes > kMaxCommandBytes;
}

// What an envelope's reaction reacts to, for the log.
std::string envelope_text(const RecordedEvent& envelope) {
  if (envelope.cause.on_remote) return "event " + format(*envelope.cause.on_remote);
  return fmt::format("event {} of the commit", envelope.cause.on.value_or(0));
}

}  // namespace

std::optional<WorkingState::StockName> WorkingState::stock_of(const domain::Command& command) {
  const auto* count = std::get_if<domain::CountStock>(&command);
  if (count) return StockName{count->vendor_id, count->product_id};
  const auto* adjust = std::get_if<domain::AdjustStock>(&command);
  if (adjust) return StockName{adjust->vendor_id, adjust->product_id};
  return std::nullopt;
}

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
  const std::uint64_t serial = next_serial_++;
  numbers_.emplace_back(serial, point.head.commit);
  marketplace_.begin_epoch(serial);
  return archive_.load(marketplace_);
}

Batch WorkingState::open_batch(domain::Timestamp clock) {
  Batch batch;
  batch.serial = next_serial_++;
  marketplace_.begin_epoch(batch.serial);
  batch.waiters.reserve(usual_waiters_);
  batch.events_text.reserve(usual_bytes_);
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
  const auto answer = [&](Reply reply) {
    batch.waiters.push_back({std::move(submission.done), std::move(reply), ""});
  };
  if (auto loaded = hydrate(request.command); !loaded.ok()) {
    return answer(Unavailable{loaded.error().what});
  }
  const std::optional<StockName> item = stock_of(request.command);
  auto decision =
      marketplace_.decide(std::move(request.command), {batch.commit.at, settings_.policy});
  if (!decision.ok()) {
    auto* below = std::get_if<domain::BelowReserved>(&decision.error());
    if (below && item) {
      if (auto named = name_holders(*item, *below); !named.ok()) {
        return answer(Unavailable{named.error().what});
      }
    }
    return answer(Rejected{std::move(decision.error())});
  }
  if (too_large(decision.value())) {
    return answer(
        Rejected{domain::InvalidCommand{"", "it would make more events than a commit may hold"}});
  }
  Accepted accepted;
  accepted.status = request.status;
  accepted.changed = !decision.value().empty();
  RecordedEvent envelope;
  envelope.by = std::move(request.by);
  envelope.occurred_at = request.occurred_at;
  envelope.request = std::move(request.request_id);
  if (!request.id.empty()) {
    envelope.cause.command = static_cast<std::uint32_t>(batch.commit.commands.size());
    remember(request, batch);
  }
  accepted.first_event = static_cast<std::uint32_t>(batch.events_text.count());
  append_and_react(std::move(decision).value(), envelope, batch);
  answer(std::move(accepted));
}

void WorkingState::remember(Request& request, Batch& batch) {
  batch.commit.commands.push_back({request.id, request.digest, request.status});
  batch.bytes += request.id.size() + request.digest.size() + kCommandBytes;
  const auto at = commands_.try_emplace(std::move(request.id)).first;
  at->second = {std::move(request.digest), request.status, batch.serial, {}, batch.commit.at};
  command_order_.push_back({batch.serial, &*at});
}

Stored<Done> WorkingState::hydrate(const domain::Command& command) {
  const auto [vendor, id] = domain::order_named_by(command);
  if (id == nullptr) return Done{};
  if (vendor == nullptr) {
    if (marketplace_.order(*id) != nullptr) return Done{};
    auto found = archive_.order(*id);
    if (!found.ok()) return Failure{found.error()};
    if (found.value()) marketplace_.load(*id, *std::move(found).value());
    return Done{};
  }
  if (marketplace_.sub_order(*vendor, *id) != nullptr) return Done{};
  auto found = archive_.sub_order(*vendor, *id);
  if (!found.ok()) return Failure{found.error()};
  if (found.value()) marketplace_.load(*vendor, *id, *std::move(found).value());
  return Done{};
}

// What is in memory may be ahead of the archive, so it alone says what it holds.
Stored<Done> WorkingState::name_holders(const StockName& item, domain::BelowReserved& refusal) {
  std::set<domain::OrderId> first(refusal.orders.begin(), refusal.orders.end());
  std::size_t at_rest = 0;
  auto visited = archive_.for_each_holder(item.vendor, item.product, [&](domain::OrderId order) {
    if (marketplace_.sub_order(item.vendor, order) != nullptr) return true;
    first.insert(std::move(order));
    return ++at_rest < domain::kMaxOrdersInTheWay;
  });
  if (!visited.ok()) return visited;
  while (first.size() > domain::kMaxOrdersInTheWay) first.erase(std::prev(first.end()));
  refusal.orders.assign(first.begin(), first.end());
  return Done{};
}

void WorkingState::append(domain::Events events, const RecordedEvent& envelope, Batch& batch) {
  for (domain::Event& event : events) {
    marketplace_.evolve(event);
    batch.commit.events.emplace_back(std::move(event), envelope.cause, envelope.by,
                                     envelope.occurred_at, envelope.request);
  }
  const std::size_t before = batch.events_text.text().size();
  batch.events_text.take(batch.commit);
  batch.bytes += batch.events_text.text().size() - before;
}

void WorkingState::append_and_react(domain::Events events, const RecordedEvent& envelope,
                                    Batch& batch) {
  append(std::move(events), envelope, batch);
  run_reactions(batch);
}

// Reactions append further events, which react in turn; every order is asked, answered and settled
// a bounded number of times, so this ends.
void WorkingState::run_reactions(Batch& batch) {
  const std::size_t released = batch.events_text.released();
  for (std::size_t i = 0; i < batch.commit.events.size(); ++i) {
    std::vector<domain::Command> commands = domain::react(batch.commit.events[i].event);
    if (commands.empty()) continue;
    RecordedEvent envelope;
    envelope.by = batch.commit.events[i].by;
    envelope.occurred_at = batch.commit.events[i].occurred_at;
    envelope.request = batch.commit.events[i].request;
    envelope.cause.on = static_cast<std::uint32_t>(released + i);
    for (domain::Command& command : commands) {
      const std::uint32_t to = home(home_of(command));
      if (to == settings_.partition) {
        run_reaction(std::move(command), envelope, batch);
        if (failure_) return;  // what comes next was decided on what this one has changed
      } else {
        batch.addressed.insert(to);
      }
    }
  }
  batch.events_text.release(batch.commit);
}

void WorkingState::run_reaction(domain::Command&& command, const RecordedEvent& envelope,
                                Batch& batch) {
  // A vendor is asked once for its part of an order, so there is none to fetch yet; only what
  // another partition asks is looked up all the same.
  const bool new_here = envelope.cause.on && std::holds_alternative<domain::ReserveStock>(command);
  if (!new_here) {
    if (auto loaded = hydrate(command); !loaded.ok()) {
      // The event that called for it may be committed already: going on would lose the reaction.
      failure_ = loaded.error();
      return;
    }
  }
  auto decision = marketplace_.decide(std::move(command), {batch.commit.at, settings_.policy});
  if (!decision.ok()) {
    const auto name = std::visit([](const auto& no) { return no.type; }, decision.error());
    spdlog::error("a reaction to {} was rejected: {}", envelope_text(envelope), name);
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
    envelope.request = cause.request;
    envelope.cause.on_remote = EventRef{source.position, static_cast<std::uint32_t>(i)};
    for (domain::Command& command : domain::react(cause.event)) {
      if (home(home_of(command)) != settings_.partition) continue;
      run_reaction(std::move(command), envelope, batch);
      run_reactions(batch);
      if (failure_) return;
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
    if (auto loaded = hydrate(command); !loaded.ok()) {
      failure_ = loaded.error();
      return;
    }
    auto decision = marketplace_.decide(command, {batch.commit.at, settings_.policy});
    CHECK(decision.ok() && !decision.value().empty());
    RecordedEvent envelope;
    envelope.by = "system";
    append_and_react(std::move(decision).value(), envelope, batch);
  }
}

void WorkingState::close(Batch& batch) {
  usual_waiters_ = batch.waiters.size();
  usual_bytes_ = batch.events_text.text().size();
  for (const auto& [partition, seen] : seen_) {
    const auto written = seen_written_.find(partition);
    if (written != seen_written_.end() && written->second == seen) continue;
    batch.commit.seen[partition] = seen;
  }
  seen_written_ = seen_;
}

void WorkingState::committed(Batch& batch, std::uint64_t number) {
  numbers_.emplace_back(batch.serial, number);
  const auto first = std::ranges::lower_bound(command_order_, batch.serial, {}, &Retained::serial);
  for (auto at = first; at != command_order_.end() && at->serial == batch.serial; ++at) {
    Remembered& known = at->command->second;
    if (known.serial == batch.serial) known.position = {settings_.partition, number};
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
  while (!command_order_.empty() && command_order_.front().serial <= serial) {
    const Retained oldest = command_order_.front();
    command_order_.pop_front();
    // One that was accepted again later goes with its last entry.
    if (oldest.command->second.serial == oldest.serial) commands_.erase(oldest.command->first);
  }
  marketplace_.forget(serial);
}

std::optional<domain::Timestamp> WorkingState::next_deadline() const {
  const auto deadline = marketplace_.next_deadline();
  if (!deadline) return std::nullopt;
  return deadline->at;
}

}  // namespace cassette::eventstore
