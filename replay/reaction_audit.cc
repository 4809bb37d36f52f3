// One commit's calls and answers: who caused whom, and whether every call was answered once.
#include "replay/reaction_audit.h"

#include <fmt/format.h>

#include <algorithm>

#include "eventstore/codec.h"

namespace cassette::replay {

using domain::Event;
using eventstore::EventRef;
using eventstore::RecordedEvent;
using eventstore::StoredCommit;

namespace {

// The vendor's event in the form that an order's partition records.
std::optional<domain::SubOrderEvent> recorded_form(const Event& event) {
  return std::visit(
      []<class E>(const E& e) -> std::optional<domain::SubOrderEvent> {
        if constexpr (domain::IsSubOrderEvent<E>) return domain::SubOrderEvent(e);
        return std::nullopt;
      },
      event);
}

// True when `recorded` notes exactly `decided`.
bool records(const Event& recorded, const Event& decided) {
  const auto& change = std::get<domain::SubOrderRecorded>(recorded).change;
  return std::visit(
      [&]<class E>(const E& e) {
        if constexpr (domain::IsSubOrderEvent<E>) {
          const E* noted = std::get_if<E>(&change);
          return noted != nullptr && *noted == e;
        }
        return false;
      },
      decided);
}

bool same_part(const Ask& ask, const domain::OrderId& order, const domain::VendorId& vendor) {
  return *ask.order == order && *ask.vendor == vendor;
}

// A LinesCancelled that a command or an expiry asked for in its own partition answers nobody.
bool answers_someone(const Event& event) {
  const auto* cancelled = std::get_if<domain::LinesCancelled>(&event);
  return cancelled == nullptr || cancelled->requested;
}

}  // namespace

struct ReactionAudit::Check {
  ReactionAudit& audit;
  const StoredCommit& stored;
  const std::vector<RecordedEvent>& events = stored.commit.events;
  // For each event, the first one that it caused, and for each the next with the same cause; 0
  // ends.
  std::vector<std::uint32_t> first_caused = std::vector<std::uint32_t>(events.size(), 0);
  std::vector<std::uint32_t> next_caused = std::vector<std::uint32_t>(events.size(), 0);
  std::multimap<EventRef, std::uint32_t> caused_elsewhere = {};
  std::vector<Pending> due = {};

  void run() {
    link_causes();
    take_due();
    for (std::uint32_t i = 0; i < events.size(); ++i) check_calls_of(i);
    for (const Pending& call : due) check_answers_to(call);
    for (std::uint32_t i = 0; i < events.size(); ++i) check_cause_of(i);
  }

  void report(FindingKind kind, std::uint32_t event, std::string_view what) const {
    audit.findings_.add(kind, stored.position,
                        fmt::format("event {} ({}) {}", event, type_of(events[event].event), what));
  }

  void link_causes() {
    for (auto i = static_cast<std::uint32_t>(events.size()); i-- > 0;) {
      const eventstore::Cause& cause = events[i].cause;
      if (cause.on && *cause.on < i) {
        next_caused[i] = first_caused[*cause.on];
        first_caused[*cause.on] = i;
      }
      if (cause.on_remote) caused_elsewhere.emplace(*cause.on_remote, i);
    }
  }

  // The calls of other partitions that this commit says it has seen.
  void take_due() {
    for (const auto& [from, seen] : stored.commit.seen) {
      std::deque<Pending>& calls = audit.pending_[{from, stored.position.partition}];
      while (!calls.empty() && calls.front().source.position.commit <= seen.commit) {
        due.push_back(std::move(calls.front()));
        calls.pop_front();
      }
    }
  }

  void check_calls_of(std::uint32_t i) {
    for_each_ask(events[i].event, [&](const Ask& ask) {
      const std::uint32_t to = audit.home(ask.home());
      if (to == stored.position.partition) return check_local(i, ask);
      Pending call{EventRef{stored.position, i}, ask.kind, *ask.order, *ask.vendor, {}};
      if (ask.kind == AskKind::Record) call.change = recorded_form(events[i].event);
      audit.pending_[{stored.position.partition, to}].push_back(std::move(call));
    });
  }

  void check_local(std::uint32_t i, const Ask& ask) const {
    std::uint32_t answers = 0;
    for (std::uint32_t j = first_caused[i]; j != 0; j = next_caused[j]) {
      const std::optional<Ask> answered = answered_by(events[j].event);
      if (!answered || answered->kind != ask.kind) continue;
      if (!same_part(*answered, *ask.order, *ask.vendor)) continue;
      ++answers;
      if (ask.kind == AskKind::Record && !records(events[j].event, events[i].event)) {
        report(FindingKind::DifferentRecord, j, "is not what the vendor decided");
      }
    }
    check_count(i, answers, ask.must_be_answered());
  }

  void check_count(std::uint32_t i, std::uint32_t answers, bool must) const {
    if (answers > 1) report(FindingKind::RepeatedReaction, i, "is answered more than once");
    if (answers == 0 && must) report(FindingKind::MissingReaction, i, "is not answered");
  }

  void check_answers_to(const Pending& call) const {
    std::uint32_t answers = 0;
    const auto [first, last] = caused_elsewhere.equal_range(call.source);
    for (auto at = first; at != last; ++at) {
      const Event& event = events[at->second].event;
      const std::optional<Ask> answered = answered_by(event);
      if (!answered || answered->kind != call.kind) continue;
      if (!same_part(*answered, call.order, call.vendor)) continue;
      ++answers;
      if (call.change && std::get<domain::SubOrderRecorded>(event).change != *call.change) {
        report(FindingKind::DifferentRecord, at->second, "is not what the vendor decided");
      }
    }
    const bool must = Ask{call.kind, nullptr, nullptr}.must_be_answered();
    if (answers == 1 || (answers == 0 && !must)) return;
    audit.findings_.add(
        answers == 0 ? FindingKind::MissingReaction : FindingKind::RepeatedReaction,
        stored.position,
        fmt::format("event {} was seen, and has {} answers for order {} and vendor {}",
                    format(call.source), answers, call.order.value, call.vendor.value));
  }

  void check_cause_of(std::uint32_t i) const {
    const eventstore::Cause& cause = events[i].cause;
    const std::optional<Ask> answered = answered_by(events[i].event);
    if (cause.command && *cause.command >= stored.commit.commands.size()) {
      report(FindingKind::WrongCause, i, "names a command that is not there");
    }
    if (cause.on && *cause.on >= i) {
      return report(FindingKind::WrongCause, i, "names a later event as its cause");
    }
    if (answered && answers_someone(events[i].event) && !is_called_for(i, *answered)) {
      report(FindingKind::WrongCause, i, "answers what nothing has asked");
    }
    if (!answered && cause.on_remote && !was_due(*cause.on_remote)) {
      report(FindingKind::WrongCause, i, "names a cause that this commit does not see first");
    }
  }

  bool was_due(const EventRef& source) const {
    return std::ranges::any_of(due, [&](const Pending& call) { return call.source == source; });
  }

  bool is_called_for(std::uint32_t i, const Ask& answer) const {
    const eventstore::Cause& cause = events[i].cause;
    bool found = false;
    if (cause.on) {
      for_each_ask(events[*cause.on].event, [&](const Ask& ask) {
        found = found || (ask.kind == answer.kind && same_part(ask, *answer.order, *answer.vendor));
      });
    }
    if (cause.on_remote) {
      found = std::ranges::any_of(due, [&](const Pending& call) {
        return call.source == *cause.on_remote && call.kind == answer.kind &&
               same_part(answer, call.order, call.vendor);
      });
    }
    return found;
  }
};

ReactionAudit::ReactionAudit(std::uint32_t partitions, Findings& findings)
    : partitions_(partitions), findings_(findings) {}

std::uint32_t ReactionAudit::home(std::string_view id) const {
  return partitions_ == 1 ? 0 : eventstore::partition_of(id, partitions_);
}

void ReactionAudit::check(const StoredCommit& stored) {
  Check{*this, stored}.run();
}

std::uint64_t ReactionAudit::pending() const {
  std::uint64_t sum = 0;
  for (const auto& [route, calls] : pending_) sum += calls.size();
  return sum;
}

std::set<std::string> ReactionAudit::pending_orders() const {
  std::set<std::string> orders;
  for (const auto& [route, calls] : pending_) {
    for (const Pending& call : calls) orders.insert(call.order.value);
  }
  return orders;
}

}  // namespace cassette::replay
