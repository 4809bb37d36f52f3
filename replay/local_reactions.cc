// One commit's calls and answers within its partition: who caused whom, and how often.
#include "replay/local_reactions.h"

#include <fmt/format.h>

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

bool same_call(const Ask& ask, const Ask& other) {
  return ask.kind == other.kind && *ask.order == *other.order && *ask.vendor == *other.vendor;
}

// A LinesCancelled that a command or an expiry asked for in its own partition answers nobody.
bool answers_someone(const Event& event) {
  const auto* cancelled = std::get_if<domain::LinesCancelled>(&event);
  return cancelled == nullptr || cancelled->requested;
}

struct Check {
  const StoredCommit& stored;
  const std::uint32_t partitions;
  CommitNote& note;
  Findings& findings;
  const std::vector<RecordedEvent>& events = stored.commit.events;
  // For each event the first one that it caused, and the next with the same cause; 0 ends.
  struct Links {
    std::uint32_t first_caused = 0;
    std::uint32_t next_caused = 0;
  };
  std::vector<Links> links = std::vector<Links>(events.size());

  void run() {
    if (note.judged) link_causes();
    for (std::uint32_t i = 0; i < events.size(); ++i) {
      check_calls_of(i);
      if (events[i].cause.on_remote) note_effect(i);
      if (note.judged) check_cause_of(i);
    }
  }

  void report(FindingKind kind, std::uint32_t event, std::string_view what) const {
    findings.add(kind, stored.position,
                 fmt::format("event {} ({}) {}", event, type_of(events[event].event), what));
  }

  void link_causes() {
    for (auto i = static_cast<std::uint32_t>(events.size()); i-- > 0;) {
      const auto& on = events[i].cause.on;
      if (!on || *on >= i) continue;
      links[i].next_caused = links[*on].first_caused;
      links[*on].first_caused = i;
    }
  }

  std::uint32_t home(std::string_view id) const {
    return partitions == 1 ? 0 : eventstore::partition_of(id, partitions);
  }

  void check_calls_of(std::uint32_t i) const {
    for_each_ask(events[i].event, [&](const Ask& ask) {
      const std::uint32_t to = home(ask.home());
      if (to == stored.position.partition) {
        if (note.judged) check_local(i, ask);
        return;
      }
      RemoteCall call{EventRef{stored.position, i}, to, ask.kind, *ask.order, *ask.vendor, {}};
      if (ask.kind == AskKind::Record) call.change = recorded_form(events[i].event);
      note.calls.push_back(std::move(call));
    });
  }

  void check_local(std::uint32_t i, const Ask& ask) const {
    std::uint32_t answers = 0;
    for (std::uint32_t j = links[i].first_caused; j != 0; j = links[j].next_caused) {
      const std::optional<Ask> answered = answered_by(events[j].event);
      if (!answered || !same_call(*answered, ask)) continue;
      ++answers;
      if (ask.kind == AskKind::Record && !records(events[j].event, events[i].event)) {
        report(FindingKind::DifferentRecord, j, "is not what the vendor decided");
      }
    }
    if (answers > 1) report(FindingKind::RepeatedReaction, i, "is answered more than once");
    if (answers == 0 && ask.must_be_answered()) {
      report(FindingKind::MissingReaction, i, "is not answered");
    }
  }

  void note_effect(std::uint32_t i) const {
    const Event& event = events[i].event;
    RemoteEffect effect{i, type_of(event), *events[i].cause.on_remote, false, {}, {}, {}, {}};
    if (const std::optional<Ask> answered = answered_by(event)) {
      effect.must_be_called_for = answers_someone(event);
      effect.answers = answered->kind;
      effect.order = *answered->order;
      effect.vendor = *answered->vendor;
      const auto* recorded = std::get_if<domain::SubOrderRecorded>(&event);
      if (recorded != nullptr) effect.change = recorded->change;
    }
    note.effects.push_back(std::move(effect));
  }

  void check_cause_of(std::uint32_t i) const {
    const eventstore::Cause& cause = events[i].cause;
    if (cause.command && *cause.command >= stored.commit.commands.size()) {
      report(FindingKind::WrongCause, i, "names a command that is not there");
    }
    if (cause.on && *cause.on >= i) {
      return report(FindingKind::WrongCause, i, "names a later event as its cause");
    }
    if (cause.on_remote) return;
    const std::optional<Ask> answered = answered_by(events[i].event);
    if (answered && answers_someone(events[i].event) && !is_called_for(cause, *answered)) {
      report(FindingKind::WrongCause, i, "answers what nothing has asked");
    }
  }

  bool is_called_for(const eventstore::Cause& cause, const Ask& answer) const {
    bool found = false;
    if (!cause.on) return found;
    for_each_ask(events[*cause.on].event,
                 [&](const Ask& ask) { found = found || same_call(ask, answer); });
    return found;
  }
};

}  // namespace

void check_local_reactions(const StoredCommit& stored, std::uint32_t partitions, CommitNote& note,
                           Findings& findings) {
  Check{stored, partitions, note, findings}.run();
}

}  // namespace cassette::replay
