// Ring: the recent events of one partition, bounded by bytes, so that a short gap does not read the
// ledger again. Used by the io thread alone.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <vector>

#include "api/live/cursor.h"
#include "api/live/live_event.h"

namespace cassette::api {

// A commit's public events, as they came.
struct LiveCommit {
  std::uint64_t commit = 0;
  std::vector<LiveEventPtr> events;
};

class Ring {
 public:
  Ring(std::size_t max_bytes, std::uint64_t after) : max_bytes_(max_bytes), after_(after) {}

  // Commits after this one are all here.
  std::uint64_t after() const { return after_; }
  // Whether everything after `place` is.
  bool covers(const Place& place) const {
    return place.commit > after_ || (place.commit == after_ && place.index == kWholeCommit);
  }

  // The next commit.
  void push(LiveCommit commit) {
    for (const LiveEventPtr& event : commit.events) bytes_ += event->bytes();
    bytes_ += sizeof(LiveCommit);
    commits_.push_back(std::move(commit));
    while (bytes_ > max_bytes_) forget();
  }
  // Holds nothing up to and with this commit.
  void restart(std::uint64_t after) {
    commits_.clear();
    bytes_ = 0;
    after_ = after;
  }

  // Calls `take(event)` for every event after `place`, which it covers, until it gives false.
  template <class Take>
  void each_after(const Place& place, Take&& take) const {
    auto at = std::ranges::lower_bound(commits_, place.commit, {}, &LiveCommit::commit);
    for (; at != commits_.end(); ++at) {
      for (const LiveEventPtr& event : at->events) {
        if (place_of(event->ref) > place && !take(event)) return;
      }
    }
  }

 private:
  void forget() {
    for (const LiveEventPtr& event : commits_.front().events) bytes_ -= event->bytes();
    bytes_ -= sizeof(LiveCommit);
    after_ = commits_.front().commit;
    commits_.pop_front();
  }

  const std::size_t max_bytes_;
  std::uint64_t after_;
  std::size_t bytes_ = 0;
  std::deque<LiveCommit> commits_;
};

}  // namespace cassette::api
