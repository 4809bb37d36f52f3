// Local reactions: holds the calls that a commit's events make in their own partition against the
// events of the commit that answer them, each once. What goes to another partition, or came from
// one, it only writes into the commit's note. It knows no state.
#pragma once

#include <cstdint>

#include "eventstore/commit.h"
#include "replay/commit_note.h"
#include "replay/findings.h"

namespace cassette::replay {

// Adds the calls and effects that span partitions to `note`, whose `judged` says whether the others
// are judged at all: a local call is answered in its own commit.
void check_local_reactions(const eventstore::StoredCommit& stored, std::uint32_t partitions,
                           CommitNote& note, Findings& findings);

}  // namespace cassette::replay
