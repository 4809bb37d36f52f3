// Lease: who may own a partition, as a key that its holder keeps changing.
// It keeps engines from claiming over each other; it is not what keeps the ledger whole. That is
// the expected sequence of each append: a holder that missed losing its lease can still do no harm.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "eventstore/key_value.h"

namespace cassette::eventstore {

// The bucket that holds a key `engine.<partition>` for each partition.
inline constexpr std::string_view kLeaseBucket = "cassette-leases";
// How often a holder renews.
inline constexpr std::chrono::milliseconds kLeaseBeat{1000};
// A lease that nobody has changed for this long, as the one who waits saw it, is its holder's no
// more: five beats, so that a slow disk costs no partition.
inline constexpr std::chrono::milliseconds kLeaseTimeout{5000};

struct LeaseHolder {
  std::string owner;  // random, of one engine host's life
  std::string node;   // of its data folder, the same after a restart
  std::uint64_t beat = 0;

  static void fields(auto& self, auto&& visit) {
    visit("owner", self.owner);
    visit("node", self.node);
    visit("beat", self.beat);
  }
};

// One partition's lease, as one engine host sees it. One thread. Time is passed in, so that a test
// moves it. Every call is one or two round trips; Unavailable says nothing about who holds it.
class Lease {
 public:
  // `node_is_ours`: the data folder of `self.node` is locked by this process, so a lease in its
  // name is a dead predecessor's and is taken at once.
  Lease(KeyValue& bucket, std::uint32_t partition, LeaseHolder self, bool node_is_ours);

  // Takes the lease when it is free, its holder is dead, or it is a predecessor's; renews it when
  // it is ours. Gives whether it is ours now.
  Stored<bool> beat(std::chrono::steady_clock::time_point now);
  // Overwrites whoever holds it.
  Stored<Done> take_over();
  // Gives it up, for the next to take at once. Giving up another's is no error, and does nothing.
  Stored<Done> release();

  bool held() const { return revision_.has_value(); }
  // Who was seen to hold it last; empty when nobody was.
  const LeaseHolder& holder() const { return holder_; }

 private:
  Stored<bool> acquire(std::chrono::steady_clock::time_point now);
  std::string next_value();

  KeyValue& bucket_;
  const std::string key_;
  LeaseHolder self_;
  const bool node_is_ours_;
  std::optional<std::uint64_t> revision_;  // of our last write, while it is ours
  LeaseHolder holder_;
  std::uint64_t seen_revision_ = 0;  // of another's
  std::chrono::steady_clock::time_point seen_since_;
};

}  // namespace cassette::eventstore
