// History: what clients wished, when they asked an engine for it, and what they were answered. It
// is kept outside of every process, and nothing of it is known to an engine.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "eventstore/command_gateway.h"
#include "tests/simulation/scheduler.h"

namespace cassette::sim {

// One command of one client, however often it was sent.
struct Wish {
  std::uint64_t number = 0;
  domain::Command command;
  std::string id;  // empty: each sending is a command of its own
  std::string digest;
  int status = 200;
  std::uint32_t partition = 0;
  bool has_id() const { return !id.empty(); }
};

// One time that a wish came to an engine.
struct Attempt {
  const Wish* wish = nullptr;
  ProcessId process = kWorld;
  std::uint64_t floor = 0;  // the last commit of its partition that anybody had been told of then
  bool answered = false;
  bool lost = false;  // its process was killed before it had answered
  eventstore::Reply reply;
  std::uint64_t ceiling = 0;  // the ledger's last message when it was answered
  domain::Timestamp latest;   // no process's clock was beyond it then
};

struct History {
  std::deque<Wish> wishes;
  std::deque<Attempt> attempts;
  std::vector<std::uint64_t> told;  // by partition: the last commit that an answer named
};

}  // namespace cassette::sim
