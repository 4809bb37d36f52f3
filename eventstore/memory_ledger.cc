// MemoryLedger: a vector of messages under one mutex, and a condition that its readers wait for.
#include "eventstore/memory_ledger.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace cassette::eventstore {

struct MemoryLedger::Stream {
  std::mutex mutex;
  std::condition_variable grown;
  std::vector<Message> messages;  // message n is at n - 1
};

namespace {

class MemoryReader : public LedgerReader {
 public:
  MemoryReader(std::shared_ptr<MemoryLedger::Stream> stream, std::uint64_t from)
      : stream_(std::move(stream)), next_(from) {}

  Stored<std::vector<Message>> next(std::chrono::milliseconds timeout) override {
    std::unique_lock lock(stream_->mutex);
    const auto ready = [&] { return interrupted_ || stream_->messages.size() >= next_; };
    stream_->grown.wait_for(lock, timeout, ready);
    if (std::exchange(interrupted_, false)) return std::vector<Message>{};
    std::vector<Message> batch;
    while (next_ <= stream_->messages.size() && batch.size() < kMemoryBatch) {
      batch.push_back(stream_->messages[next_++ - 1]);
    }
    return batch;
  }

  void interrupt() override {
    const std::lock_guard lock(stream_->mutex);
    interrupted_ = true;
    stream_->grown.notify_all();
  }

 private:
  std::shared_ptr<MemoryLedger::Stream> stream_;
  std::uint64_t next_;
  bool interrupted_ = false;  // guarded by the stream's mutex
};

}  // namespace

MemoryLedger::MemoryLedger() : stream_(std::make_shared<Stream>()) {}
MemoryLedger::~MemoryLedger() = default;

AppendResult MemoryLedger::append(std::uint64_t expected_last, std::string_view body,
                                  const std::vector<std::uint32_t>& addressed,
                                  std::chrono::milliseconds) {
  if (body.size() > kMaxBodyBytes) return {AppendOutcome::Refused, "the body is too large"};
  const std::lock_guard lock(stream_->mutex);
  const std::uint64_t last = stream_->messages.size();
  if (last != expected_last) {
    return {AppendOutcome::WrongSequence, "the last sequence is " + std::to_string(last)};
  }
  stream_->messages.push_back({last + 1, std::string(body), addressed});
  stream_->grown.notify_all();
  return {AppendOutcome::Stored, {}};
}

Stored<std::uint64_t> MemoryLedger::last_sequence() {
  const std::lock_guard lock(stream_->mutex);
  return std::uint64_t{stream_->messages.size()};
}

Stored<std::optional<Message>> MemoryLedger::read(std::uint64_t sequence) {
  const std::lock_guard lock(stream_->mutex);
  if (sequence == 0 || sequence > stream_->messages.size()) return std::optional<Message>{};
  return std::optional<Message>{stream_->messages[sequence - 1]};
}

Stored<std::unique_ptr<LedgerReader>> MemoryLedger::follow(std::uint64_t from) {
  return std::unique_ptr<LedgerReader>(
      std::make_unique<MemoryReader>(stream_, std::max<std::uint64_t>(from, 1)));
}

void MemoryLedger::truncate(std::uint64_t sequence) {
  const std::lock_guard lock(stream_->mutex);
  if (sequence < stream_->messages.size()) stream_->messages.resize(sequence);
}

}  // namespace cassette::eventstore
