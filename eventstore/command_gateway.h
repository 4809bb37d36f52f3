// CommandGateway: where a command goes to be decided, whichever partition or process decides it.
// The api knows this and nothing of engines, ledgers or leases.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "domain/commands.h"
#include "eventstore/appended_commit.h"

namespace cassette::eventstore {

// A command with who asks, and what makes a repeat of it recognisable.
struct Request {
  domain::Command command;
  std::string id;      // of the command; empty: a repeat is a new command
  std::string digest;  // of the raw request; another one under the same id is a mismatch
  int status = 200;    // what the first answer says when it is accepted
  std::string by;      // the principal, "admin" or "customer:c-17"
  std::optional<domain::Timestamp> occurred_at;
  std::string request_id{};  // of the request that asked; empty: none is recorded
};

// Committed, or "already so". `position` is that of the first acceptance when it is a repeat.
struct Accepted {
  Position position;
  int status = 200;
  bool repeated = false;
  bool changed = false;  // an event came of it
  // The commit that it is in, acknowledged, and its first event there. Null for a repeat, for what
  // changed nothing, and where the one who answers does not have it: the models have it later.
  std::shared_ptr<const AppendedCommit> commit = nullptr;
  std::uint32_t first_event = 0;
};

struct Rejected {
  domain::Rejection rejection;
};

// The id was used for a request with another digest.
struct DigestMismatch {};

// The inbox is full, or the partition has no owner that can say yes or no at the moment. The
// command may or may not be committed later; a retry under the same id settles it.
struct Unavailable {
  std::string why;
};

using Reply = std::variant<Accepted, Rejected, DigestMismatch, Unavailable>;

class CommandGateway {
 public:
  virtual ~CommandGateway() = default;

  // Calls `done` exactly once, from any thread, possibly before returning. `done` must not block.
  // Any thread; does not block.
  virtual void submit(Request request, std::function<void(Reply)> done) = 0;

  // The last commit of each partition that this process knows of, in the order of partitions.
  virtual std::vector<Position> heads() const = 0;

  virtual std::uint32_t partitions() const = 0;
};

}  // namespace cassette::eventstore
