// Commit: one ledger message, all events decided together. docs/ledger-format.md is its prose.
// Holds values only; encoding is codec.h's, the chain of hashes chain.h's.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "domain/events.h"

namespace cassette::eventstore {

// SHA-256 of a commit's body.
using Hash = std::array<std::uint8_t, 32>;

// 64 hexadecimal digits, and back; nothing when it is not that.
std::string hex(const Hash& hash);
std::optional<Hash> parse_hash(std::string_view hexadecimal);

// Where a commit stands: `partition:commit`. A reader that has folded it sees its writes.
struct Position {
  std::uint32_t partition = 0;
  std::uint64_t commit = 0;

  auto operator<=>(const Position&) const = default;
};

// "0:1841", and back.
std::string format(const Position& position);
std::optional<Position> parse_position(std::string_view text);

// One event's place: the commit's position and the event's index in it, from 0. "0:1841:3".
struct EventRef {
  Position position;
  std::uint32_t index = 0;

  auto operator<=>(const EventRef&) const = default;
};

std::string format(const EventRef& ref);
std::optional<EventRef> parse_event_ref(std::string_view text);

// An accepted command with an id: what a repeat of it is answered with.
struct CommandRecord {
  std::string id;
  std::string digest;
  int status = 200;  // the HTTP status first answered

  static void fields(auto& self, auto&& visit) {
    visit("id", self.id);
    visit("digest", self.digest);
    visit("status", self.status);
  }
  bool operator==(const CommandRecord&) const = default;
};

// Why an event happened: a command of this commit, an event of this commit (a reaction), or an
// event of another partition (a reaction). None of them for what the engine does of itself.
struct Cause {
  std::optional<std::uint32_t> command;  // index in Commit::commands
  std::optional<std::uint32_t> on;       // index of an earlier event in this commit
  std::optional<EventRef> on_remote;

  bool operator==(const Cause&) const = default;
};

// A text that many events of a commit have alike: copies share it. Thread-safe as a string is.
class SharedText {
 public:
  SharedText() = default;
  SharedText(std::string text)
      : text_(text.empty() ? nullptr : std::make_shared<const std::string>(std::move(text))) {}
  SharedText(const char* text) : SharedText(std::string(text)) {}

  const std::string& text() const {
    static const std::string kNone;
    return text_ ? *text_ : kNone;
  }
  bool empty() const { return !text_; }
  bool operator==(const SharedText& other) const {
    return text_ == other.text_ || text() == other.text();
  }

 private:
  std::shared_ptr<const std::string> text_;  // null when empty
};

// Who asked: "admin" or "customer:c-17"; empty for nobody.
using Principal = SharedText;
// Of the request that asked, as its answer named it (request_id.h); empty for none.
using RequestId = SharedText;

struct RecordedEvent {
  domain::Event event;
  Cause cause;
  Principal by;                                  // a reaction keeps its cause's
  std::optional<domain::Timestamp> occurred_at;  // as given by the asker; decides nothing
  RequestId request{};                           // a reaction keeps its cause's

  bool operator==(const RecordedEvent&) const = default;
};

// The last commit read of another partition.
struct Seen {
  std::uint64_t commit = 0;  // its sequence in that partition's stream
  Hash hash{};

  bool operator==(const Seen&) const = default;
};

struct Commit {
  domain::Timestamp at;
  Hash prev{};        // of the previous valid commit's body; zeros before the first
  std::string owner;  // random, drawn at each claim
  std::map<std::uint32_t, Seen> seen;  // by partition: only those that moved since the last commit
  std::vector<CommandRecord> commands;
  std::vector<RecordedEvent> events;

  bool operator==(const Commit&) const = default;
};

// A commit as it was read back, with its place and its own hash.
struct StoredCommit {
  Position position;
  Hash hash{};
  std::uint64_t bytes = 0;  // of its body
  Commit commit;
};

}  // namespace cassette::eventstore
