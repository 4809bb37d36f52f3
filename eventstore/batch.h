// Batch: one commit while it is being decided, with everyone who waits for its acknowledgement.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "eventstore/codec.h"
#include "eventstore/command_gateway.h"

namespace cassette::eventstore {

// A reply that is decided, and waits for the commit it stands on. An Accepted whose position is 0
// gets the batch's own; `repeat_of` names a command whose first position is to be looked up.
struct Waiter {
  std::function<void(Reply)> done;
  Reply reply;
  std::string repeat_of;
};

struct Batch {
  std::uint64_t serial = 0;  // counts this engine's batches; never on the wire
  // Of its events only those of the command that is being decided; the others are in `events_text`,
  // so that a thousand orders' events need not be kept in memory.
  Commit commit;
  std::set<std::uint32_t> addressed;  // partitions that a reaction goes to
  EventsText events_text;
  std::size_t bytes = 0;    // of the encoded commit, but for its head
  bool seen_moved = false;  // a commit of another partition addressed us
  bool proof = false;       // shows that the commit before it is on disk
  std::vector<Waiter> waiters;

  // There is something to append, rather than only replies.
  bool has_content() const {
    return events_text.count() > 0 || !commit.events.empty() || !commit.commands.empty() ||
           seen_moved || proof;
  }
};

}  // namespace cassette::eventstore
