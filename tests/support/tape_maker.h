// TapeMaker: plays the engines of a few partitions by hand, in one thread, and keeps what they
// would have written. Tests fold its commits, or damage its bodies and see who notices.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "domain/marketplace.h"
#include "eventstore/commit.h"

namespace cassette::testing {

using Bodies = std::vector<std::string>;  // of one partition, message 1 first

class TapeMaker {
 public:
  // Writes genesis and claim of each partition.
  explicit TapeMaker(std::uint32_t partitions = 1);

  // Decides `command` where it lives and commits it with its local reactions; then every partition
  // reads the others until nothing is left to react to. CHECK-fails when it is rejected.
  eventstore::Position run(const domain::Command& command, const std::string& id = "");
  // The same, but nothing happens when it is rejected.
  std::optional<eventstore::Position> attempt(const domain::Command& command,
                                              const std::string& id = "");

  // Ends what is due, as the engine does.
  void expire();

  // Whatever comes next happens this much later.
  void wait(std::int64_t micros) { now_.micros += micros; }
  domain::Timestamp now() const { return now_; }

  // A commit of these events, decided by nobody, with the right `prev`. The state ignores it.
  eventstore::StoredCommit forge(std::uint32_t partition, domain::Events events);
  eventstore::StoredCommit forge(std::uint32_t partition,
                                 const std::function<void(eventstore::Commit&)>& fill);
  // A message that is whatever it is.
  void put_raw(std::uint32_t partition, std::string body);

  std::uint32_t partitions() const { return static_cast<std::uint32_t>(tracks_.size()); }
  std::uint32_t home(std::string_view id) const;
  const Bodies& bodies(std::uint32_t partition = 0) const { return tracks_[partition].bodies; }
  const std::vector<eventstore::StoredCommit>& commits(std::uint32_t partition = 0) const {
    return tracks_[partition].commits;
  }
  const domain::Marketplace& marketplace(std::uint32_t partition = 0) const {
    return tracks_[partition].marketplace;
  }
  const std::string& owner() const { return owner_; }

 private:
  struct Track {
    domain::Marketplace marketplace;
    Bodies bodies;
    std::vector<eventstore::StoredCommit> commits;
    eventstore::Hash last_hash{};
    std::map<std::uint32_t, std::size_t> taken;  // of the other's commits
  };

  eventstore::Commit open() const;
  void append(Track& track, eventstore::Commit& commit, domain::Events events,
              const eventstore::RecordedEvent& envelope);
  void react_locally(std::uint32_t partition, eventstore::Commit& commit, std::size_t first);
  bool read_other(std::uint32_t partition, std::uint32_t other);
  void read_others();
  eventstore::Position store(std::uint32_t partition, eventstore::Commit commit);

  std::vector<Track> tracks_;
  domain::Timestamp now_{1'790'000'000'000'000};
  std::string owner_ = "4f0c2d9ab1e6f073";
};

// The bodies again with each `prev` naming the one before, after some were changed.
Bodies rechained(const Bodies& bodies);

}  // namespace cassette::testing
