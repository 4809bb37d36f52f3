// Catch-up: read, judge by the chain, fold in large writes.
#include "eventstore/catch_up.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "eventstore/chain.h"
#include "eventstore/codec.h"

namespace cassette::eventstore {
namespace {

// Bodies folded into the archive in one write, in bytes.
constexpr std::size_t kFoldBytes = 8 * 1024 * 1024;
constexpr std::chrono::milliseconds kReadTimeout{200};

// Reads without a message, though the ledger says that it has more: ten seconds.
constexpr int kMaxSilentReads = 50;

// Whether a body with this hash stands before `end`.
Stored<bool> stands_before(Ledger& ledger, const Hash& hash, std::uint64_t end) {
  for (std::uint64_t sequence = 1; sequence < end; ++sequence) {
    auto message = ledger.read(sequence);
    if (!message.ok()) return Failure{message.error()};
    if (message.value() && hash_of(message.value()->body) == hash) return true;
  }
  return false;
}

// What one catch-up has read so far.
class Reading {
 public:
  Reading(std::uint32_t partition, Ledger& ledger, FoldPoint point)
      : ledger_(ledger), chain_(partition, point.head), point_(std::move(point)) {}

  // Who wrote the last commit, so that its successors are known as theirs.
  Stored<Done> know_owner() {
    if (point_.head.commit == 0) return Done{};
    auto message = ledger_.read(point_.head.commit);
    if (!message.ok()) return Failure{message.error()};
    if (!message.value()) return Done{};
    if (auto commit = decode(message.value()->body)) owners_.insert(commit.value().owner);
    return Done{};
  }

  Stored<Done> accept(const std::vector<Message>& messages) {
    for (const Message& message : messages) {
      auto link = chain_.accept(message);
      if (!link.ok()) return Failure{link.error()};
      point_.head = chain_.head();
      if (auto* stored = std::get_if<StoredCommit>(&link.value())) {
        take(std::move(*stored));
      } else if (auto sound = check_void(message); !sound.ok()) {
        return sound;
      }
    }
    return Done{};
  }

  const FoldPoint& point() const { return point_; }
  std::size_t bytes() const { return bytes_; }
  const std::vector<StoredCommit>& commits() const { return commits_; }
  void folded() {
    commits_.clear();
    bytes_ = 0;
  }

 private:
  using DecodeResult = Result<Commit, DecodeError>;

  void take(StoredCommit stored) {
    point_.at = stored.commit.at;
    for (const auto& [partition, seen] : stored.commit.seen) point_.seen[partition] = seen;
    owners_.insert(stored.commit.owner);
    bytes_ += stored.bytes;
    commits_.push_back(std::move(stored));
  }

  // A commit of an owner of this ledger that its chain does not take, and that is no copy of one
  // that it took, was written after something that is not there any more: going on from here would
  // drop what was acknowledged.
  Stored<Done> check_void(const Message& message) const {
    const DecodeResult commit = decode(message.body);
    if (!commit.ok() || !owners_.contains(commit.value().owner)) return Done{};
    auto copy = stands_before(ledger_, hash_of(message.body), message.sequence);
    if (!copy.ok()) return Failure{copy.error()};
    if (copy.value()) return Done{};
    return Failure{StoreError{
        StoreError::Kind::Mismatch,
        fmt::format("message {} of the ledger is a commit of its owner, and names another one "
                    "before it than {}: that was changed or replaced",
                    message.sequence, point_.head.commit)}};
  }

  Ledger& ledger_;
  Chain chain_;
  FoldPoint point_;
  std::set<std::string> owners_;
  std::vector<StoredCommit> commits_;
  std::size_t bytes_ = 0;
};

}  // namespace

Stored<FoldPoint> catch_up(std::uint32_t partition, Ledger& ledger, Archive& archive,
                           const std::function<bool()>& give_up) {
  auto archived = archive.point();
  if (!archived.ok()) return archived;
  FoldPoint point = std::move(archived).value();
  if (auto held = check_head(ledger, point.head); !held.ok()) return Failure{held.error()};
  auto last = ledger.last_sequence();
  if (!last.ok()) return Failure{last.error()};
  if (point.head.read >= last.value()) return point;
  auto reader = ledger.follow(point.head.read + 1);
  if (!reader.ok()) return Failure{reader.error()};
  Reading reading(partition, ledger, std::move(point));
  if (auto known = reading.know_owner(); !known.ok()) return Failure{known.error()};
  int silent = 0;
  while (reading.point().head.read < last.value()) {
    if (give_up()) return Failure{StoreError{StoreError::Kind::Unavailable, "told to stop"}};
    auto messages = reader.value()->next(kReadTimeout);
    if (!messages.ok()) return Failure{messages.error()};
    silent = messages.value().empty() ? silent + 1 : 0;
    if (silent > kMaxSilentReads) {
      return Failure{StoreError{StoreError::Kind::Unavailable,
                                fmt::format("the ledger gives nothing after message {} of {}",
                                            reading.point().head.read, last.value())}};
    }
    if (auto accepted = reading.accept(messages.value()); !accepted.ok()) {
      return Failure{accepted.error()};
    }
    const std::uint64_t read = reading.point().head.read;
    if (reading.bytes() < kFoldBytes && read < last.value()) continue;
    if (auto folded = archive.fold(reading.commits(), reading.point()); !folded.ok()) {
      return Failure{folded.error()};
    }
    spdlog::info("partition {}: the archive is at {} of {}", partition, read, last.value());
    reading.folded();
  }
  return reading.point();
}

}  // namespace cassette::eventstore
