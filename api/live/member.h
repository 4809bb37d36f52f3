// Member: one subscription as the hub holds it: what it gets, where it goes, and how far it is
// while it has not come up with the present.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/live/cursor.h"
#include "api/live/subscription.h"
#include "eventstore/chain.h"

namespace cassette::api {

class Mailbox;

// A member that has events to get from before the present.
struct Behind {
  Cursor at;               // what was put in its mailbox, by partition
  std::vector<bool> live;  // partitions that have come up with the present
  // Where older messages go on, once they were read; by partition.
  std::vector<eventstore::ChainHead> heads;
  bool reading = false;  // a reader has it
};

// Made by a connection, shared with readers of older events, which read `what` alone. All else is
// the io thread's.
struct Member {
  Member(Subscription what_, std::string name_, Mailbox& mailbox_)
      : what(std::move(what_)), name(std::move(name_)), mailbox(mailbox_) {}

  const Subscription what;
  const std::string name;  // the client's; empty for SSE
  Mailbox& mailbox;        // valid until it has left
  bool left = false;
  std::unique_ptr<Behind> behind;           // null: up with the present in every partition
  std::size_t queued = 0;                   // events in the mailbox
  std::shared_ptr<const std::string> sent;  // the cursor of the last event taken; null: none yet
  bool fresh_level = false;                 // the next level is told whatever it is
};

}  // namespace cassette::api
