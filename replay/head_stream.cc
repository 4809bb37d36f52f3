// HeadStream: looking back, and appending behind what was read.
#include "replay/head_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace cassette::replay {

using eventstore::AppendOutcome;
using eventstore::AppendResult;
using eventstore::Done;
using eventstore::Ledger;
using eventstore::Message;
using eventstore::Stored;
using eventstore::StoreError;

namespace {

// Of one append, until the answer is unknown.
constexpr std::chrono::milliseconds kAppendTimeout{5'000};
// Appends of one publish: each but the last lost to somebody else's message or to the network.
constexpr int kMaxAppends = 8;
// How long the end of a stream that has said how long it is may be in coming.
constexpr std::chrono::milliseconds kReadTimeout{5'000};

Failure<StoreError> failure(StoreError::Kind kind, std::string what) {
  return Failure{StoreError{kind, std::move(what)}};
}

}  // namespace

Stored<std::optional<SignedHead>> HeadStream::ours_at(std::uint64_t sequence) {
  const auto message = stream_.read(sequence);
  if (!message) return Failure{message.error()};
  if (message.value()) {
    auto head = parse_head(message.value()->body);
    if (head && is_ours_(head.value())) return std::optional(std::move(head).value());
  }
  ++foreign_;
  return std::optional<SignedHead>();
}

Stored<std::vector<SignedHead>> HeadStream::read_back(std::uint64_t until) {
  const auto last = stream_.last_sequence();
  if (!last) return Failure{last.error()};
  std::vector<SignedHead> heads;
  for (std::uint64_t sequence = last.value(); sequence > 0; --sequence) {
    auto head = ours_at(sequence);
    if (!head) return Failure{head.error()};
    if (!head.value()) continue;
    const std::uint64_t number = head.value()->number;
    if (!heads.empty() && number + 1 != heads.back().number) {
      return failure(StoreError::Kind::Mismatch,
                     fmt::format("{}: head {} is followed by head {}", kNotaryStream, number,
                                 heads.back().number));
    }
    heads.push_back(std::move(*head.value()));
    if (number <= until) break;
  }
  std::ranges::reverse(heads);
  read_ = last.value();
  stored_ = heads.empty() ? 0 : heads.back().number;
  return heads;
}

Stored<bool> HeadStream::look_for(const SignedHead& head) {
  const auto last = stream_.last_sequence();
  if (!last) return Failure{last.error()};
  while (read_ < last.value()) {
    const auto found = ours_at(read_ + 1);
    if (!found) return Failure{found.error()};
    ++read_;
    if (!found.value() || found.value()->number != head.number) continue;
    if (*found.value() == head) return true;
    return failure(StoreError::Kind::Mismatch,
                   fmt::format("{} has another head {}", kNotaryStream, head.number));
  }
  return false;
}

Stored<Done> HeadStream::publish(const SignedHead& head) {
  if (head.number <= stored_) return Done{};
  AppendResult result;
  for (int i = 0; i < kMaxAppends; ++i) {
    const auto found = look_for(head);
    if (!found) return Failure{found.error()};
    if (found.value()) stored_ = head.number;
    if (found.value()) return Done{};
    result = stream_.append(read_, to_line(head), {}, kAppendTimeout);
    if (result.outcome == AppendOutcome::Stored) {
      ++read_;
      stored_ = head.number;
      return Done{};
    }
    if (result.outcome == AppendOutcome::Refused) {
      return failure(StoreError::Kind::Full, result.why);
    }
  }
  return failure(StoreError::Kind::Unavailable, result.why);
}

Stored<std::vector<SignedHead>> read_heads(Ledger& stream,
                                           const std::function<bool(const SignedHead&)>& accept) {
  const auto last = stream.last_sequence();
  if (!last) return Failure{last.error()};
  std::vector<SignedHead> heads;
  if (last.value() == 0) return heads;
  auto reader = stream.follow(1);
  if (!reader) return Failure{reader.error()};
  for (std::uint64_t read = 0; read < last.value();) {
    const auto messages = reader.value()->next(kReadTimeout);
    if (!messages) return Failure{messages.error()};
    if (messages.value().empty()) {
      return failure(StoreError::Kind::Unavailable, fmt::format("{} ends at {}, and not at {}",
                                                                kNotaryStream, read, last.value()));
    }
    for (const Message& message : messages.value()) {
      read = message.sequence;
      auto head = parse_head(message.body);
      if (head && accept(head.value())) heads.push_back(std::move(head).value());
    }
  }
  return heads;
}

}  // namespace cassette::replay
