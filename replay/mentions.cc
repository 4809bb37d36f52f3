// Texts first; then each message found is asked of the chain around it.
#include "replay/mentions.h"

#include <chrono>
#include <optional>

#include "eventstore/codec.h"
#include "replay/heads.h"

namespace cassette::replay {

using eventstore::Ledger;
using eventstore::Message;
using eventstore::Position;
using eventstore::Stored;
using eventstore::StoredCommit;
using eventstore::StoreError;

namespace {

constexpr std::chrono::milliseconds kPoll{500};
// Polls without a message, though the ledger has one: half a minute.
constexpr int kMaxSilentPolls = 60;

Failure<StoreError> unavailable(std::string what) {
  return Failure{StoreError{StoreError::Kind::Unavailable, std::move(what)}};
}

// The messages up to `end` that hold `text`.
Stored<std::vector<std::uint64_t>> holding(Ledger& ledger, const MentionSearch& search,
                                           std::string_view text, std::uint64_t end,
                                           const std::stop_token& stop) {
  std::vector<std::uint64_t> found;
  if (search.from > end) return found;
  auto reader = ledger.follow(search.from);
  if (!reader.ok()) return Failure{std::move(reader).error()};
  const std::stop_callback interrupt(stop, [&] { reader.value()->interrupt(); });
  std::uint64_t read = search.from - 1;
  int silent = 0;
  while (read < end) {
    if (stop.stop_requested()) return unavailable("told to stop");
    auto messages = reader.value()->next(kPoll);
    if (!messages.ok() && messages.error().kind != StoreError::Kind::Unavailable) {
      return Failure{std::move(messages).error()};
    }
    const bool nothing = !messages.ok() || messages.value().empty();
    silent = nothing ? silent + 1 : 0;
    if (silent > kMaxSilentPolls) return unavailable("the ledger does not give what it holds");
    if (nothing) continue;
    const std::uint64_t before = read;
    for (const Message& message : messages.value()) {
      if (message.sequence > end) break;
      if (message.body.find(text) != std::string::npos) found.push_back(message.sequence);
      read = message.sequence;
    }
    if (search.progress) search.progress(read - before);
  }
  return found;
}

// Takes message `sequence` as the chain does. Nothing when it is void.
Stored<std::optional<StoredCommit>> commit_at(std::uint32_t partition, Ledger& ledger,
                                              std::uint64_t sequence) {
  const auto after = head_before(partition, ledger, sequence + 1);
  if (!after.ok()) return Failure{after.error()};
  if (after.value().commit != sequence) return std::optional<StoredCommit>();
  const auto message = ledger.read(sequence);
  if (!message.ok()) return Failure{message.error()};
  const std::string where = "message " + format(Position{partition, sequence});
  if (!message.value()) return unavailable(where + " is gone");
  auto decoded = eventstore::decode(message.value()->body);
  if (!decoded.ok()) {
    return Failure{StoreError{StoreError::Kind::Unsupported, where + ": " + decoded.error().what}};
  }
  return std::optional(StoredCommit{Position{partition, sequence}, after.value().hash,
                                    message.value()->body.size(), std::move(decoded).value()});
}

}  // namespace

Stored<Mentions> find_mentions(Ledger& ledger, const MentionSearch& search,
                               const std::stop_token& stop) {
  const auto last = ledger.last_sequence();
  if (!last.ok()) return Failure{last.error()};
  const std::string text = "\"" + std::string(search.id) + "\"";
  const auto found = holding(ledger, search, text, last.value(), stop);
  if (!found.ok()) return Failure{found.error()};
  Mentions mentions;
  mentions.read = last.value();
  for (const std::uint64_t sequence : found.value()) {
    auto commit = commit_at(search.partition, ledger, sequence);
    if (!commit.ok()) return Failure{std::move(commit).error()};
    if (commit.value()) {
      mentions.commits.push_back(std::move(*commit.value()));
    } else {
      mentions.void_messages.push_back(sequence);
    }
  }
  return mentions;
}

}  // namespace cassette::replay
