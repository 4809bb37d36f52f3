// Answers: each is held against the ledger as it stands.
#include "tests/simulation/answers.h"

#include <algorithm>

#include <fmt/format.h>

#include "eventstore/codec.h"
#include "tests/simulation/verdict.h"

namespace cassette::sim {

using eventstore::Accepted;
using eventstore::CommandRecord;
using eventstore::Commit;

namespace {

[[noreturn]] void object(const Attempt& attempt, const Accepted& answer, const char* what) {
  wrong(fmt::format("wish {} ({}) of process {} was answered with {}{}, but {}",
                    attempt.wish->number, attempt.wish->id, attempt.process,
                    eventstore::format(answer.position), answer.repeated ? " again" : "", what));
}

Commit commit_at(World& world, const Attempt& attempt, const Accepted& answer) {
  const Shield shield;
  auto message = world.ledgers[answer.position.partition]->read(answer.position.commit);
  if (!message.ok() || !message.value()) object(attempt, answer, "the ledger has no such message");
  auto commit = eventstore::decode(message.value()->body);
  if (!commit.ok()) object(attempt, answer, "that is no commit");
  return std::move(commit).value();
}

void check_recorded(const Commit& commit, const Attempt& attempt, const Accepted& answer) {
  const auto record = std::ranges::find(commit.commands, attempt.wish->id, &CommandRecord::id);
  if (record == commit.commands.end()) object(attempt, answer, "the command is not in there");
  if (record->digest != attempt.wish->digest) object(attempt, answer, "it is another request");
  if (record->status != answer.status) object(attempt, answer, "the status is another");
}

}  // namespace

void check_answer(World& world, const Attempt& attempt, std::uint64_t acknowledged) {
  const auto* answer = std::get_if<Accepted>(&attempt.reply);
  if (answer == nullptr) return;
  const eventstore::Position& position = answer->position;
  if (position.partition != attempt.wish->partition) {
    object(attempt, *answer, "the partition is another");
  }
  const Commit commit = commit_at(world, attempt, *answer);
  if (attempt.wish->has_id()) check_recorded(commit, attempt, *answer);
  if (answer->repeated) return;
  const bool recorded = answer->changed || attempt.wish->has_id();
  if (recorded && position.commit > acknowledged) {
    object(attempt, *answer, "nothing has acknowledged that yet");
  }
  if (position.commit < attempt.floor + (recorded ? 1 : 0)) {
    object(attempt, *answer, "later commits had been told of before it was asked");
  }
  std::uint64_t& told = world.history.told[position.partition];
  told = std::max(told, position.commit);
  if (answer->commit == nullptr) return;
  const auto* stored = answer->commit->decoded();
  if (stored == nullptr || stored->position != position || stored->commit != commit) {
    object(attempt, *answer, "the commit that comes along is another");
  }
  if (answer->first_event >= commit.events.size()) object(attempt, *answer, "has no such event");
  const auto& cause = commit.events[answer->first_event].cause;
  if (attempt.wish->has_id() &&
      (!cause.command || commit.commands[*cause.command].id != attempt.wish->id)) {
    object(attempt, *answer, "its first event is another command's");
  }
}

void check_all_answered(const World& world) {
  for (const Attempt& attempt : world.history.attempts) {
    if (attempt.answered || attempt.lost) continue;
    wrong(fmt::format("wish {} never had an answer of process {}", attempt.wish->number,
                      attempt.process));
  }
}

}  // namespace cassette::sim
