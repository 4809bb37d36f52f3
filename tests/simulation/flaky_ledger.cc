// FlakyLedger: a draw a call, and the truth behind it.
#include "tests/simulation/flaky_ledger.h"

#include <deque>
#include <utility>

namespace cassette::sim {

using eventstore::AppendOutcome;
using eventstore::AppendResult;
using eventstore::Message;
using eventstore::Stored;
using eventstore::StoreError;

namespace {

// How long a connection that is cut off is silent before it says so.
constexpr Nanos kSilence = 50 * kMillisecond;
// The latest that a request arrives after nobody waits for it any more.
constexpr Nanos kLatest = 8 * kSecond;

Nanos nanos(std::chrono::milliseconds duration) {
  return duration.count() * kMillisecond;
}

Failure<StoreError> unavailable() {
  return Failure{StoreError{StoreError::Kind::Unavailable, "no answer"}};
}

// Gives what the inner reader has in portions as drawn.
class FlakyReader : public eventstore::LedgerReader {
 public:
  FlakyReader(std::unique_ptr<LedgerReader> inner, Weather& weather, ProcessId process)
      : inner_(std::move(inner)), weather_(weather), process_(process) {}

  Stored<std::vector<Message>> next(std::chrono::milliseconds timeout) override {
    if (!weather_.reaches(process_) || weather_.strikes(weather_.plan().network.unavailable)) {
      pass(std::min(kSilence, nanos(timeout)));
      return unavailable();
    }
    if (waiting_.empty()) {
      const Shield shield;
      auto messages = inner_->next(timeout);
      if (!messages.ok()) return messages;
      waiting_.assign(messages.value().begin(), messages.value().end());
    }
    if (!waiting_.empty()) weather_.travel();
    std::vector<Message> portion;
    const auto most = 1 + weather_.draws().below(waiting_.size() + 1);
    while (!waiting_.empty() && portion.size() < most) {
      portion.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
    return portion;
  }

  void interrupt() override {
    const Shield shield;
    inner_->interrupt();
  }

 private:
  std::unique_ptr<LedgerReader> inner_;
  Weather& weather_;
  const ProcessId process_;
  std::deque<Message> waiting_;
};

}  // namespace

AppendResult FlakyLedger::append(std::uint64_t expected_last, std::string_view body,
                                 const std::vector<std::uint32_t>& addressed,
                                 std::chrono::milliseconds timeout) {
  const NetworkFaults& faults = weather_.plan().network;
  weather_.travel();
  const bool lost = !weather_.reaches(process_) || weather_.strikes(faults.lost_request);
  const bool late = weather_.strikes(faults.late_request);
  if (lost || late) {
    if (late) store_later(expected_last, body, addressed);
    pass(nanos(timeout));
    return {AppendOutcome::Unknown, "no acknowledgement"};
  }
  if (weather_.strikes(faults.refused)) return {AppendOutcome::Refused, "no room"};
  const AppendResult result = store(expected_last, body, addressed);
  if (weather_.strikes(faults.lost_answer)) {
    pass(nanos(timeout));
    return {AppendOutcome::Unknown, "no acknowledgement"};
  }
  weather_.travel();
  if (result.outcome == AppendOutcome::Stored) acknowledged_ = expected_last + 1;
  return result;
}

AppendResult FlakyLedger::store(std::uint64_t expected_last, std::string_view body,
                                const std::vector<std::uint32_t>& addressed) {
  const Shield shield;
  AppendResult result = truth_.append(expected_last, body, addressed, {});
  trace(expected_last * 4 + static_cast<std::uint64_t>(result.outcome));
  return result;
}

void FlakyLedger::store_later(std::uint64_t expected_last, std::string_view body,
                              const std::vector<std::uint32_t>& addressed) {
  const Nanos delay = weather_.draws().between(0, kLatest);
  spawn(kWorld, [&truth = truth_, delay, expected_last, body = std::string(body), addressed] {
    pass(delay);
    const Shield shield;
    truth.append(expected_last, body, addressed, {});
  });
}

bool FlakyLedger::answers() {
  weather_.travel();
  if (weather_.reaches(process_) && !weather_.strikes(weather_.plan().network.unavailable)) {
    return true;
  }
  pass(kSilence);
  return false;
}

Stored<std::uint64_t> FlakyLedger::last_sequence() {
  if (!answers()) return unavailable();
  const Shield shield;
  return truth_.last_sequence();
}

Stored<std::optional<Message>> FlakyLedger::read(std::uint64_t sequence) {
  if (!answers()) return unavailable();
  const Shield shield;
  return truth_.read(sequence);
}

Stored<std::unique_ptr<eventstore::LedgerReader>> FlakyLedger::follow(std::uint64_t from) {
  if (!answers()) return unavailable();
  const Shield shield;
  auto inner = truth_.follow(from);
  if (!inner.ok()) return inner;
  return std::unique_ptr<eventstore::LedgerReader>(
      std::make_unique<FlakyReader>(std::move(inner).value(), weather_, process_));
}

}  // namespace cassette::sim
