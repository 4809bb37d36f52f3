// FaultyLedger: a ledger that fails as told, around one that works. Nothing in it is random.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "eventstore/ledger.h"

namespace cassette::test {

// What becomes of one append.
enum class Fault {
  None,
  LoseAck,      // stored, but the caller hears Unknown
  LoseRequest,  // not stored, and the caller hears Unknown
  Late,         // the caller hears Unknown; stored, if it still can be, by deliver_late
  Refuse,       // not stored, and the caller hears Refused
  Intrude,      // the intruder's body is stored first, and then the append is tried
};

// Thread-safe as a Ledger is; the faults may be set from any thread. `ledger` outlives it.
class FaultyLedger : public eventstore::Ledger {
 public:
  explicit FaultyLedger(eventstore::Ledger& ledger) : ledger_(ledger) {}

  // The faults of the next appends, one each, after those already given.
  void fail(std::vector<Fault> faults) {
    const std::lock_guard lock(mutex_);
    faults_.insert(faults_.end(), faults.begin(), faults.end());
  }

  // What Fault::Intrude stores.
  void set_intruder(std::string body) {
    const std::lock_guard lock(mutex_);
    intruder_ = std::move(body);
  }

  // Stores a foreign message now, behind all others. Not while an append runs.
  void inject(std::string_view body) { store_behind(body); }

  // From now on appends wait, before they are tried, until `release`.
  void hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
  }
  void release() {
    const std::lock_guard lock(mutex_);
    held_ = false;
    changed_.notify_all();
  }
  // Waits until an append is being held.
  void await_held() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ > 0; });
  }

  // Tries the appends of Fault::Late, in their order; gives what became of each.
  std::vector<eventstore::AppendOutcome> deliver_late() {
    std::deque<Late> late;
    {
      const std::lock_guard lock(mutex_);
      late.swap(late_);
    }
    std::vector<eventstore::AppendOutcome> outcomes;
    for (const Late& each : late) {
      outcomes.push_back(
          ledger_.append(each.expected_last, each.body, each.addressed, kPatience).outcome);
    }
    return outcomes;
  }

  // From now on reads and last_sequence are Unavailable, or no more.
  void set_unreadable(bool unreadable) {
    const std::lock_guard lock(mutex_);
    unreadable_ = unreadable;
  }

  // Appends that were begun so far.
  std::size_t appends() {
    const std::lock_guard lock(mutex_);
    return appends_;
  }

  eventstore::AppendResult append(std::uint64_t expected_last, std::string_view body,
                                  const std::vector<std::uint32_t>& addressed,
                                  std::chrono::milliseconds timeout) override {
    using eventstore::AppendOutcome;
    const Fault fault = begin_append();
    switch (fault) {
      case Fault::None:
        return ledger_.append(expected_last, body, addressed, timeout);
      case Fault::LoseAck: {
        const auto result = ledger_.append(expected_last, body, addressed, timeout);
        if (result.outcome != AppendOutcome::Stored) return result;
        return {AppendOutcome::Unknown, "the acknowledgement is lost"};
      }
      case Fault::LoseRequest:
        return {AppendOutcome::Unknown, "the request is lost"};
      case Fault::Late: {
        const std::lock_guard lock(mutex_);
        late_.push_back({expected_last, std::string(body), addressed});
        return {AppendOutcome::Unknown, "the request is late"};
      }
      case Fault::Refuse:
        return {AppendOutcome::Refused, "insufficient storage"};
      case Fault::Intrude:
        store_behind(intruder());
        return ledger_.append(expected_last, body, addressed, timeout);
    }
    return {};
  }

  eventstore::Stored<std::uint64_t> last_sequence() override {
    if (unreadable()) return unavailable();
    return ledger_.last_sequence();
  }

  eventstore::Stored<std::optional<eventstore::Message>> read(std::uint64_t sequence) override {
    if (unreadable()) return unavailable();
    return ledger_.read(sequence);
  }

  eventstore::Stored<std::unique_ptr<eventstore::LedgerReader>> follow(
      std::uint64_t from) override {
    return ledger_.follow(from);
  }

 private:
  struct Late {
    std::uint64_t expected_last = 0;
    std::string body;
    std::vector<std::uint32_t> addressed;
  };

  static constexpr std::chrono::seconds kPatience{10};

  // Waits while appends are held, then takes the next fault.
  Fault begin_append() {
    std::unique_lock lock(mutex_);
    ++appends_;
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return !held_; });
    --waiting_;
    if (faults_.empty()) return Fault::None;
    const Fault fault = faults_.front();
    faults_.pop_front();
    return fault;
  }

  void store_behind(std::string_view body) {
    const auto last = ledger_.last_sequence();
    if (last) ledger_.append(last.value(), body, {}, kPatience);
  }

  std::string intruder() {
    const std::lock_guard lock(mutex_);
    return intruder_;
  }

  bool unreadable() {
    const std::lock_guard lock(mutex_);
    return unreadable_;
  }

  static Failure<eventstore::StoreError> unavailable() {
    return Failure{
        eventstore::StoreError{eventstore::StoreError::Kind::Unavailable, "told to be unreadable"}};
  }

  eventstore::Ledger& ledger_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Fault> faults_;
  std::deque<Late> late_;
  std::string intruder_ = "not a commit";
  bool held_ = false;
  bool unreadable_ = false;
  std::size_t waiting_ = 0;
  std::size_t appends_ = 0;
};

}  // namespace cassette::test
