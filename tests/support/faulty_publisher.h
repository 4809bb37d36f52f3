// FaultyPublisher: a publisher that fails as told, around one that works. Nothing in it is random.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <vector>

#include "eventstore/publisher.h"

namespace cassette::test {

// What becomes of one batch.
enum class FeedFault {
  None,
  LoseAcks,     // stored, but the caller hears Unavailable
  LoseRequest,  // not stored, and the caller hears Unavailable
  Part,         // the first half is stored, and the caller hears Unavailable
  Late,         // the caller hears Unavailable; the first half is stored before the next batch
  Full,         // not stored, and the caller hears Full
};

// Thread-safe as a Publisher is; the faults may be set from any thread. `feed` outlives it.
class FaultyPublisher : public eventstore::Publisher {
 public:
  explicit FaultyPublisher(eventstore::Publisher& feed) : feed_(feed) {}

  // The faults of the next batches, one each, after those already given.
  void fail(std::vector<FeedFault> faults) {
    const std::lock_guard lock(mutex_);
    faults_.insert(faults_.end(), faults.begin(), faults.end());
  }

  // From now on every batch is refused as Unavailable once so many messages are stored, as if the
  // process were killed there.
  void stop_after(std::size_t messages) {
    const std::lock_guard lock(mutex_);
    budget_ = messages;
    limited_ = true;
  }
  // Waits until a batch was cut short or refused by `stop_after`.
  void await_stopped() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return stopped_; });
  }

  std::size_t records() {
    const std::lock_guard lock(mutex_);
    return records_;
  }

  eventstore::Stored<eventstore::Done> open_stream(
      std::uint32_t partition, const eventstore::FeedOptions& options) override {
    return feed_.open_stream(partition, options);
  }
  eventstore::Stored<eventstore::FeedState> state(std::uint32_t partition) override {
    return feed_.state(partition);
  }

  eventstore::Stored<eventstore::Done> publish(
      std::uint32_t partition, std::uint64_t expected_last,
      std::span<const eventstore::FeedMessage> messages) override {
    deliver_late();
    const std::size_t half = messages.size() / 2;
    switch (next_fault()) {
      case FeedFault::None:
        return publish_within_budget(partition, expected_last, messages);
      case FeedFault::LoseAcks:
        (void)feed_.publish(partition, expected_last, messages);
        return unavailable("the acknowledgements are lost");
      case FeedFault::LoseRequest:
        return unavailable("the request is lost");
      case FeedFault::Part:
        (void)feed_.publish(partition, expected_last, messages.first(half));
        return unavailable("half of it is lost");
      case FeedFault::Late: {
        const std::lock_guard lock(mutex_);
        late_ = {partition, expected_last, {messages.begin(), messages.begin() + half}};
        return unavailable("it is late");
      }
      case FeedFault::Full:
        return Failure{eventstore::StoreError{eventstore::StoreError::Kind::Full, "full"}};
    }
    return eventstore::Done{};
  }

  eventstore::Stored<eventstore::Done> record(std::uint32_t partition, std::uint64_t last_sequence,
                                              const eventstore::FeedPoint& point) override {
    {
      const std::lock_guard lock(mutex_);
      if (stopped_) return unavailable("stopped");
      ++records_;
    }
    return feed_.record(partition, last_sequence, point);
  }
  eventstore::Stored<std::vector<eventstore::FeedConsumer>> consumers(
      std::uint32_t partition) override {
    return feed_.consumers(partition);
  }
  eventstore::Stored<eventstore::Done> renew_stream(
      std::uint32_t partition, const eventstore::FeedOptions& options,
      const std::map<std::string, std::uint64_t>& starts) override {
    return feed_.renew_stream(partition, options, starts);
  }

 private:
  struct Late {
    std::uint32_t partition = 0;
    std::uint64_t expected_last = 0;
    std::vector<eventstore::FeedMessage> messages;
  };

  static Failure<eventstore::StoreError> unavailable(const char* why) {
    return Failure{eventstore::StoreError{eventstore::StoreError::Kind::Unavailable, why}};
  }

  FeedFault next_fault() {
    const std::lock_guard lock(mutex_);
    if (faults_.empty()) return FeedFault::None;
    const FeedFault fault = faults_.front();
    faults_.pop_front();
    return fault;
  }

  void deliver_late() {
    Late late;
    {
      const std::lock_guard lock(mutex_);
      std::swap(late, late_);
    }
    if (!late.messages.empty()) {
      (void)feed_.publish(late.partition, late.expected_last, late.messages);
    }
  }

  eventstore::Stored<eventstore::Done> publish_within_budget(
      std::uint32_t partition, std::uint64_t expected_last,
      std::span<const eventstore::FeedMessage> messages) {
    const std::lock_guard lock(mutex_);
    const std::size_t fit = limited_ ? std::min(budget_, messages.size()) : messages.size();
    if (limited_) budget_ -= fit;
    auto stored = feed_.publish(partition, expected_last, messages.first(fit));
    if (!stored || fit == messages.size()) return stored;
    stopped_ = true;
    changed_.notify_all();
    return unavailable("stopped");
  }

  eventstore::Publisher& feed_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<FeedFault> faults_;
  Late late_;
  std::size_t budget_ = 0;
  std::size_t records_ = 0;
  bool limited_ = false;
  bool stopped_ = false;
};

}  // namespace cassette::test
