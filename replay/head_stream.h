// HeadStream: signed heads in the NOTARY stream, between whatever else somebody put there. Each is
// stored behind all that was read before, so two notaries never both store the same number.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "eventstore/ledger.h"
#include "replay/signed_head.h"

namespace cassette::replay {

// The stream's name.
inline constexpr std::string_view kNotaryStream = "NOTARY";

// One thread uses it. `stream` outlives it.
class HeadStream {
 public:
  // Whether a head is this notary's: its ledger, its key, its signature.
  using IsOurs = std::function<bool(const SignedHead&)>;

  HeadStream(eventstore::Ledger& stream, IsOurs is_ours)
      : stream_(stream), is_ours_(std::move(is_ours)) {}

  // Our heads from the last one of number `until` or less on, oldest first. A copy of one behind it
  // is passed over. Mismatch when their numbers have gaps, or two of them one number. Blocks for a
  // round trip a head where nothing else is in the stream, else it reads all of that.
  eventstore::Stored<std::vector<SignedHead>> read_back(std::uint64_t until);

  // Stores the head behind everything else, once, whatever becomes of the acknowledgement. One that
  // is there already is success; Mismatch when another one of ours has its number.
  eventstore::Stored<eventstore::Done> publish(const SignedHead& head);

  // Messages passed over since the beginning: not ours, or there before.
  std::uint64_t foreign() const { return foreign_; }

 private:
  // True when the head was found between what has come since the last look.
  eventstore::Stored<bool> look_for(const SignedHead& head);
  // Nothing when it is not one of ours.
  std::optional<SignedHead> ours(const eventstore::Message& message) const;
  // From `last` back to `until`. Nothing unless each has the number of its message: only then is
  // none of them a copy.
  eventstore::Stored<std::optional<std::vector<SignedHead>>> read_pure(std::uint64_t last,
                                                                       std::uint64_t until);
  eventstore::Stored<std::optional<std::vector<SignedHead>>> read_all(std::uint64_t last,
                                                                      std::uint64_t until);

  eventstore::Ledger& stream_;
  const IsOurs is_ours_;
  std::uint64_t read_ = 0;    // every message up to it was looked at
  std::uint64_t stored_ = 0;  // the last of our heads that is known to be there
  std::uint64_t foreign_ = 0;
};

// All heads of the stream that `accept` takes, by their numbers, each once. Blocks.
eventstore::Stored<std::vector<SignedHead>> read_heads(
    eventstore::Ledger& stream, const std::function<bool(const SignedHead&)>& accept);

}  // namespace cassette::replay
