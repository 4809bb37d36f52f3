// Codec: commits to and from their JSON bodies, by the fields that each event names.
// An event with a cause `on` in its own commit leaves out the fields that equal that event's: the
// reader fills them in. docs/ledger-format.md specifies it; golden files pin it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "domain/result.h"
#include "eventstore/commit.h"
#include "eventstore/json_write.h"

namespace cassette::eventstore {

// The format's version, written as `"v"`. A reader takes this and every older one.
inline constexpr int kCommitVersion = 1;

struct DecodeError {
  enum class Kind {
    NotACommit,   // malformed: such a message is void
    Unsupported,  // well-formed, but of a version or an event type that this reader doesn't know
  };
  Kind kind = Kind::NotACommit;
  std::string what;
};

// The events of a commit as they stand in its body, written while they come, so that the size of a
// commit is known and little is left to do when it is closed. One thread.
class EventsText {
 public:
  // Writes those that came since the last time. None that was written may change any more.
  void take(const Commit& commit);
  // Lets go of the written ones, which only their text stands for from then on: `commit.events`
  // goes on with the next, whose causes still count from the commit's first.
  void release(Commit& commit);
  // Events written, and of those that were let go of.
  std::size_t count() const { return count_; }
  std::size_t released() const { return released_; }
  std::string_view text() const { return {text_.data(), text_.size()}; }
  void reserve(std::size_t bytes) { text_.reserve(bytes); }

 private:
  JsonBuffer text_;
  std::size_t count_ = 0;
  std::size_t released_ = 0;
};

// Appends the body to `out`. Doesn't fail; CHECK-fails for a text that isn't UTF-8 (the edges
// refuse it: a body that no reader takes would break the chain) and for a cause that can't be.
void encode(const Commit& commit, std::string& out);
// The same, with what was written of its events before.
void encode(const Commit& commit, EventsText& events, std::string& out);

// Copies `body` into a padded buffer of the thread's own. Reads `v`, `prev` first.
Result<Commit, DecodeError> decode(std::string_view body);

// The predecessor that a message names, whatever its version; nothing when it names none.
std::optional<Hash> prev_of(std::string_view body);

// The hash that the next commit's `prev` names.
Hash hash_of(std::string_view body);

// The partition of an id among `partitions`: XXH3-64 of its bytes, modulo. Golden-tested.
std::uint32_t partition_of(std::string_view id, std::uint32_t partitions);

}  // namespace cassette::eventstore
