// LedgerCheck: every event by the reference's rules, and every answer by the states that it can
// have been given on.
#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "domain/rejections.h"
#include "eventstore/archive.h"
#include "eventstore/json_write.h"
#include "tests/simulation/ledger_check.h"
#include "tests/simulation/verdict.h"

namespace cassette::sim {

using eventstore::Accepted;
using eventstore::Commit;
using eventstore::RecordedEvent;
using eventstore::StoredCommit;

namespace {

// An answer that has to be right on some state after commit `from` and not after commit `to`.
struct Pending {
  const Attempt* attempt = nullptr;
  Expected wanted;
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  bool right = false;
  std::string last;  // what the reference would have said instead
};

std::string describe(const std::vector<Expected>& answers) {
  std::string text;
  for (const Expected& each : answers) {
    if (!text.empty()) text += " or ";
    text += each.answer == Expected::Answer::Accepted    ? "accepted"
            : each.answer == Expected::Answer::AlreadySo ? "already so"
                                                         : each.refusal;
  }
  return text.empty() ? "nothing" : text;
}

bool among(const std::vector<Expected>& answers, const Expected& wanted) {
  return std::ranges::any_of(answers, [&](const Expected& each) {
    return each.answer == wanted.answer && each.refusal == wanted.refusal;
  });
}

// What the answer says, where it takes the states to judge it; nothing for the others.
std::optional<Pending> pending_of(const Attempt& attempt) {
  if (!attempt.answered) return std::nullopt;
  if (const auto* no = std::get_if<eventstore::Rejected>(&attempt.reply)) {
    return Pending{&attempt,      {Expected::Answer::Refused, std::string(type_of(no->rejection))},
                   attempt.floor, attempt.ceiling,
                   false,         {}};
  }
  const auto* yes = std::get_if<Accepted>(&attempt.reply);
  if (yes == nullptr || yes->changed || yes->repeated) return std::nullopt;
  Pending pending{
      &attempt, {Expected::Answer::AlreadySo, ""}, attempt.floor, attempt.ceiling, false, {}};
  if (attempt.wish->has_id()) {
    pending.from = yes->position.commit - 1;
    pending.to = yes->position.commit;
  }
  return pending;
}

struct Acceptance {
  eventstore::Position position;
  domain::Timestamp at;
  std::string digest;
};

class Judge {
 public:
  Judge(const World& world, const std::vector<std::vector<StoredCommit>>& ledgers)
      : world_(world), ledgers_(ledgers), reference_(world.plan.partitions) {
    for (const Wish& wish : world.history.wishes) {
      if (wish.has_id()) wishes_[{wish.id, wish.digest}] = &wish;
    }
    pending_.resize(ledgers.size());
    for (const Attempt& attempt : world.history.attempts) {
      if (auto pending = pending_of(attempt)) {
        pending_[attempt.wish->partition].push_back(*std::move(pending));
      }
    }
    next_.resize(ledgers.size());
  }

  Reference run() {
    bool moved = true;
    while (std::exchange(moved, false)) {
      for (std::uint32_t p = 0; p < ledgers_.size(); ++p) {
        while (next_[p] < ledgers_[p].size() && is_next(ledgers_[p][next_[p]])) {
          take(ledgers_[p][next_[p]++]);
          moved = true;
        }
      }
    }
    for (std::uint32_t p = 0; p < ledgers_.size(); ++p) {
      if (next_[p] < ledgers_[p].size()) wrong("commits have seen each other");
      try_pending(p, UINT64_MAX, {});
      for (const Pending& each : pending_[p]) require_right(each);
    }
    check_mismatches();
    return std::move(reference_);
  }

 private:
  bool is_next(const StoredCommit& stored) const {
    return std::ranges::all_of(stored.commit.seen, [&](const auto& seen) {
      const auto& others = ledgers_[seen.first];
      const std::size_t taken = next_[seen.first];
      return taken > 0 && others[taken - 1].position.commit >= seen.second.commit;
    });
  }

  void take(const StoredCommit& stored) {
    const std::uint32_t partition = stored.position.partition;
    note_commands(stored);
    try_pending(partition, stored.position.commit, stored.commit.at);
    const std::vector<RecordedEvent>& events = stored.commit.events;
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (begins_a_group(events, i)) {
        try_pending(partition, stored.position.commit, stored.commit.at);
        judge_command(stored, i);
      }
      reference_.apply(events[i].event, partition, stored.commit.at);
    }
    // Also for those that were asked after it, and answered before the next one.
    try_pending(partition, stored.position.commit + 1, stored.commit.at);
    std::erase_if(pending_[partition], [&](const Pending& each) {
      if (!each.right && each.to <= stored.position.commit) require_right(each);
      return each.right;
    });
  }

  // What one command, or one event of another partition, calls for is decided at once.
  static bool begins_a_group(const std::vector<RecordedEvent>& events, std::size_t index) {
    const eventstore::Cause& cause = events[index].cause;
    if (cause.on) return false;
    return index == 0 || (!cause.command && !cause.on_remote) || cause != last_outer(events, index);
  }
  static eventstore::Cause last_outer(const std::vector<RecordedEvent>& events, std::size_t index) {
    while (index > 0 && events[--index].cause.on) {
    }
    return events[index].cause;
  }

  void judge_command(const StoredCommit& stored, std::size_t index) const {
    const RecordedEvent& first = stored.commit.events[index];
    if (!first.cause.command) return;
    const auto& record = stored.commit.commands[*first.cause.command];
    const auto wish = wishes_.find({record.id, record.digest});
    if (wish == wishes_.end()) {
      wrong(fmt::format("commit {} holds command {}, which nobody sent",
                        eventstore::format(stored.position), record.id));
    }
    const auto expected = reference_.expect(wish->second->command, stored.position.partition,
                                            stored.commit.at, stored.commit.at);
    if (among(expected, {Expected::Answer::Accepted, ""})) return;
    wrong(fmt::format("commit {} accepts wish {}, event {}, but it is {}",
                      eventstore::format(stored.position), record.id, type_of(first.event),
                      describe(expected)));
  }

  void try_pending(std::uint32_t partition, std::uint64_t commit, domain::Timestamp at) {
    for (Pending& each : pending_[partition]) {
      if (each.right || each.from >= commit) continue;
      const auto expected =
          reference_.expect(each.attempt->wish->command, partition, at, each.attempt->latest);
      each.right = among(expected, each.wanted);
      each.last = describe(expected);
    }
  }

  void require_right(const Pending& each) const {
    if (each.right) return;
    wrong(
        fmt::format("wish {} was answered with {}, between {} and {} of partition {}, but it "
                    "was {}",
                    each.attempt->wish->number, describe({each.wanted}), each.from, each.to,
                    each.attempt->wish->partition, each.last));
  }

  // An id is accepted once a day.
  void note_commands(const StoredCommit& stored) {
    for (const auto& record : stored.commit.commands) {
      auto& accepted = accepted_[record.id];
      if (!accepted.empty() &&
          stored.commit.at.micros - accepted.back().at.micros <= eventstore::kCommandMemoryMicros) {
        wrong(fmt::format("{} is accepted by {} and by {}", record.id,
                          eventstore::format(accepted.back().position),
                          eventstore::format(stored.position)));
      }
      accepted.push_back({stored.position, stored.commit.at, record.digest});
    }
  }

  void check_mismatches() const {
    for (const Attempt& attempt : world_.history.attempts) {
      if (!attempt.answered) continue;
      if (!std::holds_alternative<eventstore::DigestMismatch>(attempt.reply)) continue;
      const auto found = accepted_.find(attempt.wish->id);
      const bool other =
          found != accepted_.end() &&
          std::ranges::any_of(found->second, [&](const Acceptance& each) {
            return each.digest != attempt.wish->digest && each.position.commit <= attempt.ceiling;
          });
      if (!other) wrong(fmt::format("wish {} was no other request", attempt.wish->number));
    }
  }

  const World& world_;
  const std::vector<std::vector<StoredCommit>>& ledgers_;
  Reference reference_;
  std::map<std::pair<std::string, std::string>, const Wish*> wishes_;
  std::map<std::string, std::vector<Acceptance>> accepted_;
  std::vector<std::vector<Pending>> pending_;
  std::vector<std::size_t> next_;
};

}  // namespace

Reference judge(const World& world, const std::vector<std::vector<StoredCommit>>& ledgers) {
  return Judge(world, ledgers).run();
}

}  // namespace cassette::sim
