// Texts first; then each message found is asked of the chain around it.
#include "replay/mentions.h"

#include <optional>

#include "eventstore/codec.h"
#include "replay/heads.h"
#include "replay/read_messages.h"

namespace cassette::replay {

using eventstore::Ledger;
using eventstore::Message;
using eventstore::Position;
using eventstore::Stored;
using eventstore::StoredCommit;
using eventstore::StoreError;

namespace {

Failure<StoreError> unavailable(std::string what) {
  return Failure{StoreError{StoreError::Kind::Unavailable, std::move(what)}};
}

// The messages up to `end` that hold `text`.
Stored<std::vector<std::uint64_t>> holding(Ledger& ledger, const MentionSearch& search,
                                           std::string_view text, std::uint64_t end,
                                           const std::stop_token& stop) {
  std::vector<std::uint64_t> found;
  std::uint64_t told = search.from - 1;
  auto done = read_messages(
      ledger, {search.partition, search.from, end}, stop,
      [&](const Message& message) -> Stored<bool> {
        if (message.body.find(text) != std::string::npos) found.push_back(message.sequence);
        return true;
      },
      [&](std::uint64_t last) {
        if (search.progress) search.progress(last - told);
        told = last;
      });
  if (!done.ok()) return Failure{std::move(done).error()};
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
