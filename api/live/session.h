// Session: one connection to the gateway, as the gateway sees it: a mailbox that is visited now and
// then, and that can be told to end. Used by the io thread alone.
#pragma once

#include <chrono>
#include <memory>

#include "api/live/mailbox.h"
#include "api/live/token_watch.h"

namespace cassette::api {

class LiveCore;

// Why the gateway ends a connection.
enum class Ending {
  Stopping,     // the gateway stops
  Slow,         // it takes too little
  TokenEnded,   // it was opened with a token that stands no more
  Unavailable,  // tokens or ledger can't be read
  Silent,       // it does not answer
  Flood,        // it sends too much
};

class Session : public Mailbox, public std::enable_shared_from_this<Session> {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Session(LiveCore& core) : core_(core) {}

  // Looks after its clocks. True when it sent something because of it.
  virtual bool visit(Clock::time_point now) = 0;
  // Begins to end it; it leaves by itself.
  virtual void end(Ending why) = 0;
  // The hub can't go on with a member, and it has left.
  virtual void refuse(const std::shared_ptr<Member>& member, const Problem& problem) = 0;

  std::size_t slot = 0;     // among the gateway's sessions
  TokenWatch::Token token;  // null: none

 protected:
  LiveCore& core_;
};

}  // namespace cassette::api
