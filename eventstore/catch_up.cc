// Catch-up: read, judge by the chain, fold in large writes.
#include "eventstore/catch_up.h"

#include <utility>
#include <vector>

#include <spdlog/spdlog.h>

#include "eventstore/chain.h"

namespace cassette::eventstore {
namespace {

// Bodies folded into the archive in one write, in bytes.
constexpr std::size_t kFoldBytes = 8 * 1024 * 1024;
constexpr std::chrono::milliseconds kReadTimeout{200};

// Takes the messages into `commits` and moves `point` on; gives the bytes of their bodies.
Stored<std::size_t> accept(Chain& chain, const std::vector<Message>& messages, FoldPoint& point,
                           std::vector<StoredCommit>& commits) {
  std::size_t bytes = 0;
  for (const Message& message : messages) {
    auto link = chain.accept(message);
    if (!link.ok()) return Failure{link.error()};
    point.head = chain.head();
    auto* stored = std::get_if<StoredCommit>(&link.value());
    if (stored == nullptr) continue;
    point.at = stored->commit.at;
    for (const auto& [partition, seen] : stored->commit.seen) point.seen[partition] = seen;
    bytes += stored->bytes;
    commits.push_back(std::move(*stored));
  }
  return bytes;
}

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
  Chain chain(partition, point.head);
  std::vector<StoredCommit> commits;
  std::size_t bytes = 0;
  while (chain.head().read < last.value()) {
    if (give_up()) return Failure{StoreError{StoreError::Kind::Unavailable, "told to stop"}};
    auto messages = reader.value()->next(kReadTimeout);
    if (!messages.ok()) return Failure{messages.error()};
    auto accepted = accept(chain, messages.value(), point, commits);
    if (!accepted.ok()) return Failure{accepted.error()};
    bytes += accepted.value();
    if (bytes < kFoldBytes && point.head.read < last.value()) continue;
    if (auto folded = archive.fold(commits, point); !folded.ok()) return Failure{folded.error()};
    spdlog::info("partition {}: the archive is at {} of {}", partition, point.head.read,
                 last.value());
    commits.clear();
    bytes = 0;
  }
  return point;
}

}  // namespace cassette::eventstore
