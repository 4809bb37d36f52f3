// One commit by itself, and the queue between two threads.
#include "replay/commit_screen.h"

#include <fmt/format.h>

#include "domain/check.h"
#include "replay/local_reactions.h"

namespace cassette::replay {

using eventstore::StoredCommit;

void CommitScreen::screen(const StoredCommit& stored) {
  Screened screened;
  CommitNote& note = screened.note;
  note.position = stored.position;
  note.at = stored.commit.at;
  note.hash = stored.hash;
  note.bytes = stored.bytes;
  note.events = stored.commit.events.size();
  note.judged = stored.position.commit > judged_from_;
  note.seen = stored.commit.seen;
  check_commands(stored, screened);
  check_local_reactions(stored, partitions_, note, screened.findings);
  const std::lock_guard lock(mutex_);
  screened_.push_back(std::move(screened));
}

Screened CommitScreen::take() {
  const std::lock_guard lock(mutex_);
  CHECK(!screened_.empty());
  Screened next = std::move(screened_.front());
  screened_.pop_front();
  return next;
}

void CommitScreen::check_commands(const StoredCommit& stored, Screened& screened) {
  for (const eventstore::CommandRecord& command : stored.commit.commands) {
    if (command.id.empty() || !commands_.repeats(command.id, stored.commit.at)) continue;
    if (!screened.note.judged) continue;
    screened.findings.add(FindingKind::RepeatedCommand, stored.position,
                          fmt::format("accepts the command '{}' again", command.id));
  }
}

}  // namespace cassette::replay
