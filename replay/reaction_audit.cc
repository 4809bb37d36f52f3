// Calls on their way, and what came of them; sub-orders, as two partitions have them.
#include "replay/reaction_audit.h"

#include <fmt/format.h>

#include <algorithm>

namespace cassette::replay {
namespace {

std::string key_of(const domain::VendorId& vendor, const domain::OrderId& order) {
  return vendor.value + "/" + order.value;
}

bool answers(const RemoteEffect& effect, const RemoteCall& call) {
  return effect.source == call.source && effect.answers == call.kind &&
         effect.order == call.order && effect.vendor == call.vendor;
}

// By source, for a search: a commit may hold thousands.
struct BySource {
  static const eventstore::EventRef& of(const eventstore::EventRef& source) { return source; }
  static const eventstore::EventRef& of(const auto& each) { return each.source; }
  bool operator()(const auto& one, const auto& other) const { return of(one) < of(other); }
};

std::string named(const RemoteEffect& effect) {
  return fmt::format("event {} ({})", effect.index, effect.type);
}

}  // namespace

void ReactionAudit::check(CommitNote& note) {
  const std::vector<RemoteCall> due = take_due(note);
  if (note.judged) {
    std::ranges::stable_sort(note.effects, BySource{});
    for (const RemoteCall& call : due) check_answers(note, call);
    for (const RemoteEffect& effect : note.effects) check_effect(note, effect, due);
  }
  check_records(note, due);
  for (RemoteCall& call : note.calls) {
    pending_[{note.position.partition, call.to}].push_back(std::move(call));
  }
}

// The calls of other partitions that this commit says it has seen, by their source.
std::vector<RemoteCall> ReactionAudit::take_due(const CommitNote& note) {
  std::vector<RemoteCall> due;
  for (const auto& [from, seen] : note.seen) {
    std::deque<RemoteCall>& calls = pending_[{from, note.position.partition}];
    while (!calls.empty() && calls.front().source.position.commit <= seen.commit) {
      due.push_back(std::move(calls.front()));
      calls.pop_front();
    }
  }
  return due;
}

void ReactionAudit::check_answers(const CommitNote& note, const RemoteCall& call) {
  std::uint32_t found = 0;
  const auto [first, last] =
      std::equal_range(note.effects.begin(), note.effects.end(), call.source, BySource{});
  for (const RemoteEffect& effect : std::ranges::subrange(first, last)) {
    if (!answers(effect, call)) continue;
    ++found;
    if (call.change && effect.change != call.change) {
      findings_.add(FindingKind::DifferentRecord, note.position,
                    named(effect) + " is not what the vendor decided");
    }
  }
  const bool must = Ask{call.kind, nullptr, nullptr}.must_be_answered();
  if (found == 1 || (found == 0 && !must)) return;
  findings_.add(found == 0 ? FindingKind::MissingReaction : FindingKind::RepeatedReaction,
                note.position,
                fmt::format("event {} was seen, and has {} answers for order {} and vendor {}",
                            format(call.source), found, call.order.value, call.vendor.value));
}

void ReactionAudit::check_effect(const CommitNote& note, const RemoteEffect& effect,
                                 const std::vector<RemoteCall>& due) {
  if (effect.answers && !effect.must_be_called_for) return;
  const auto [first, last] = std::equal_range(due.begin(), due.end(), effect.source, BySource{});
  const auto calls_for = [&](const RemoteCall& call) {
    return !effect.answers || answers(effect, call);
  };
  if (std::any_of(first, last, calls_for)) return;
  findings_.add(FindingKind::WrongCause, note.position,
                named(effect) + (effect.answers ? " answers what nothing has asked"
                                                : " names a cause that this commit does not see "
                                                  "first"));
}

void ReactionAudit::check_records(CommitNote& note, const std::vector<RemoteCall>& due) {
  std::vector<std::string> touched;
  for (const RemoteCall& call : note.calls) {
    if (call.kind == AskKind::Record) ++records_[key_of(call.vendor, call.order)].on_the_way;
  }
  for (const RemoteCall& call : due) {
    if (call.kind != AskKind::Record) continue;
    touched.push_back(key_of(call.vendor, call.order));
    --records_[touched.back()].on_the_way;
  }
  for (const PartNote& part : note.parts) {
    touched.push_back(key_of(part.vendor, part.order));
    Record& record = records_[touched.back()];
    (part.recorded ? record.recorded : record.decided) = part.figures;
  }
  for (const std::string& key : touched) settle(note, key);
}

void ReactionAudit::settle(const CommitNote& note, const std::string& key) {
  const auto found = records_.find(key);
  if (found == records_.end() || found->second.on_the_way > 0) return;
  const bool same = found->second.decided == found->second.recorded;
  if (!same && note.judged) {
    findings_.add(FindingKind::DifferentRecord, note.position,
                  fmt::format("sub-order {} is not recorded as its vendor has it", key));
  }
  records_.erase(found);
}

std::uint64_t ReactionAudit::pending() const {
  std::uint64_t sum = 0;
  for (const auto& [route, calls] : pending_) sum += calls.size();
  return sum;
}

std::set<std::string> ReactionAudit::pending_orders() const {
  std::set<std::string> orders;
  for (const auto& [route, calls] : pending_) {
    for (const RemoteCall& call : calls) orders.insert(call.order.value);
  }
  return orders;
}

}  // namespace cassette::replay
