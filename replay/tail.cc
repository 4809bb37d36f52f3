// A thread a ledger, one line at a time.
#include "replay/tail.h"

#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "eventstore/chain.h"
#include "replay/heads.h"
#include "replay/read_messages.h"
#include "replay/tail_lines.h"

namespace cassette::replay {

using eventstore::Chain;
using eventstore::ChainHead;
using eventstore::Done;
using eventstore::Ledger;
using eventstore::LedgerReader;
using eventstore::Message;
using eventstore::Position;
using eventstore::Stored;
using eventstore::StoreError;

namespace {

constexpr std::uint64_t kNoEnd = UINT64_MAX;

std::uint64_t first_wanted(const TailOptions& options, std::uint32_t partition) {
  for (const Position& position : options.from) {
    if (position.partition == partition && position.commit > 0) return position.commit;
  }
  return 1;
}

// What the threads of one tail share.
class Lines {
 public:
  Lines(const TailOptions& options, const TakeLine& take)
      : format_(options.format), take_(take), erased_(options.is_erased) {}

  // False once the taker has had enough.
  bool show(std::uint32_t partition, const eventstore::Link& link) {
    const std::lock_guard lock(mutex_);
    if (enough_) return false;
    const eventstore::Link shown = erased_.redact(link);
    return each_line(partition, shown, format_, [this](std::string_view line) {
      enough_ = enough_ || !take_(line);
      return !enough_;
    });
  }
  void fail(StoreError error) {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::move(error);
  }
  Stored<Done> result() const {
    if (failure_) return Failure{*failure_};
    return Done{};
  }

 private:
  const TailFormat format_;
  const TakeLine& take_;
  std::mutex mutex_;
  Erased erased_;
  bool enough_ = false;
  std::optional<StoreError> failure_;
};

class PartitionTail {
 public:
  PartitionTail(std::uint32_t partition, const ChainHead& head, std::uint64_t end,
                std::unique_ptr<LedgerReader> reader)
      : partition_(partition), chain_(partition, head), end_(end), reader_(std::move(reader)) {}

  // Until the end, an error, a stop, or enough: then the others are told to stop too.
  void run(Lines& lines, std::stop_source others) {
    const std::stop_callback interrupt(others.get_token(), [this] { reader_->interrupt(); });
    int silent = 0;
    while (!others.stop_requested() && chain_.head().read < end_) {
      auto messages = reader_->next(kLedgerPoll);
      if (!messages.ok() && messages.error().kind != StoreError::Kind::Unavailable) {
        lines.fail(messages.error());
        others.request_stop();
        break;
      }
      const bool nothing = !messages.ok() || messages.value().empty();
      silent = nothing ? silent + 1 : 0;
      if (nothing && end_ != kNoEnd && silent > kMaxSilentPolls) {
        lines.fail({StoreError::Kind::Unavailable, "the ledger does not give what it holds"});
        others.request_stop();
      }
      if (messages.ok() && !show(messages.value(), lines)) others.request_stop();
    }
  }

 private:
  bool show(const std::vector<Message>& messages, Lines& lines) {
    for (const Message& message : messages) {
      if (chain_.head().read >= end_) return true;
      auto link = chain_.accept(message);
      if (!link.ok()) {
        lines.fail(std::move(link).error());
        return false;
      }
      if (!lines.show(partition_, link.value())) return false;
    }
    return true;
  }

  const std::uint32_t partition_;
  Chain chain_;
  const std::uint64_t end_;
  std::unique_ptr<LedgerReader> reader_;
};

Stored<std::unique_ptr<PartitionTail>> open(std::uint32_t partition, Ledger& ledger,
                                            const TailOptions& options) {
  const std::uint64_t from = first_wanted(options, partition);
  const auto last = ledger.last_sequence();
  if (!last.ok()) return Failure{last.error()};
  const auto head = head_before(partition, ledger, from);
  if (!head.ok()) return Failure{head.error()};
  auto reader = ledger.follow(from);
  if (!reader.ok()) return Failure{std::move(reader).error()};
  return std::make_unique<PartitionTail>(
      partition, head.value(), options.follow ? kNoEnd : last.value(), std::move(reader).value());
}

}  // namespace

Stored<Done> tail(std::span<Ledger* const> ledgers, const TailOptions& options,
                  const TakeLine& take, const std::stop_token& stop) {
  std::vector<std::unique_ptr<PartitionTail>> tails;
  for (std::uint32_t p = 0; p < ledgers.size(); ++p) {
    auto opened = open(p, *ledgers[p], options);
    if (!opened.ok()) return Failure{std::move(opened).error()};
    tails.push_back(std::move(opened).value());
  }
  Lines lines(options, take);
  std::stop_source all;
  const std::stop_callback stop_all(stop, [&all] { all.request_stop(); });
  {
    std::vector<std::jthread> threads;
    for (const auto& each : tails) {
      threads.emplace_back([&lines, &all, tail = each.get()] { tail->run(lines, all); });
    }
  }
  return lines.result();
}

}  // namespace cassette::replay
