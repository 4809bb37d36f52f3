// HeadStream: signed heads in the NOTARY stream, between whatever else somebody put there. Each is
// stored behind all that was read before, so two notaries never both store the same number.
#pragma once

#include <cstdint>
#include <functional>
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

  // Our heads from the end back to the first whose number is `until` or less, that one included;
  // oldest first. Mismatch when their numbers have gaps. Blocks for a round trip a head.
  eventstore::Stored<std::vector<SignedHead>> read_back(std::uint64_t until);

  // Stores the head behind everything else, once, whatever becomes of the acknowledgement. One that
  // is there already is success; Mismatch when another one of ours has its number.
  eventstore::Stored<eventstore::Done> publish(const SignedHead& head);

  // Messages passed over since the beginning: not ours.
  std::uint64_t foreign() const { return foreign_; }

 private:
  // True when the head was found between what has come since the last look.
  eventstore::Stored<bool> look_for(const SignedHead& head);
  // Nothing when it is not one of ours.
  eventstore::Stored<std::optional<SignedHead>> ours_at(std::uint64_t sequence);

  eventstore::Ledger& stream_;
  const IsOurs is_ours_;
  std::uint64_t read_ = 0;    // every message up to it was looked at
  std::uint64_t stored_ = 0;  // the last of our heads that is known to be there
  std::uint64_t foreign_ = 0;
};

// All heads of the stream from the first on that `accept` takes, oldest first. Blocks.
eventstore::Stored<std::vector<SignedHead>> read_heads(
    eventstore::Ledger& stream, const std::function<bool(const SignedHead&)>& accept);

}  // namespace cassette::replay
