// HeadStream: looking back, and appending behind what was read.
#include "replay/head_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "eventstore/codec.h"

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

// The first `last` messages, oldest first.
Stored<Done> each_message(Ledger& stream, std::uint64_t last,
                          const std::function<void(const Message&)>& take) {
  if (last == 0) return Done{};
  auto reader = stream.follow(1);
  if (!reader) return Failure{reader.error()};
  for (std::uint64_t read = 0; read < last;) {
    const auto messages = reader.value()->next(kReadTimeout);
    if (!messages) return Failure{messages.error()};
    if (messages.value().empty()) {
      return failure(StoreError::Kind::Unavailable,
                     fmt::format("{} ends at {}, and not at {}", kNotaryStream, read, last));
    }
    for (const Message& message : messages.value()) {
      if (message.sequence > last) return Done{};
      read = message.sequence;
      take(message);
    }
  }
  return Done{};
}

}  // namespace

std::optional<SignedHead> HeadStream::ours(const Message& message) const {
  auto head = parse_head(message.body);
  if (!head || !is_ours_(head.value())) return std::nullopt;
  return std::move(head).value();
}

Stored<std::vector<SignedHead>> HeadStream::read_back(std::uint64_t until) {
  const auto last = stream_.last_sequence();
  if (!last) return Failure{last.error()};
  auto heads = read_pure(last.value(), until);
  if (!heads) return Failure{heads.error()};
  if (!heads.value()) heads = read_all(last.value(), until);
  if (!heads) return Failure{heads.error()};
  read_ = last.value();
  stored_ = heads.value()->empty() ? 0 : heads.value()->back().number;
  return std::move(*heads.value());
}

Stored<std::optional<std::vector<SignedHead>>> HeadStream::read_pure(std::uint64_t last,
                                                                     std::uint64_t until) {
  std::vector<SignedHead> heads;
  for (std::uint64_t sequence = last; sequence > 0; --sequence) {
    const auto message = stream_.read(sequence);
    if (!message) return Failure{message.error()};
    auto head = message.value() ? ours(*message.value()) : std::nullopt;
    if (!head || head->number != sequence) return std::optional<std::vector<SignedHead>>();
    heads.push_back(std::move(*head));
    if (sequence <= until) break;
  }
  std::ranges::reverse(heads);
  return std::optional(std::move(heads));
}

Stored<std::optional<std::vector<SignedHead>>> HeadStream::read_all(std::uint64_t last,
                                                                    std::uint64_t until) {
  std::vector<SignedHead> heads;
  std::map<std::uint64_t, eventstore::Hash> seen;  // each number's head
  std::string wrong;
  const auto read = each_message(stream_, last, [&](const Message& message) {
    auto head = ours(message);
    if (!head) ++foreign_;
    if (!head || !wrong.empty()) return;
    const std::uint64_t number = head->number;
    const auto [at, is_new] = seen.emplace(number, eventstore::hash_of(to_line(*head)));
    if (!is_new && at->second != eventstore::hash_of(to_line(*head))) {
      wrong = fmt::format("{} has two heads {}", kNotaryStream, number);
    }
    if (heads.empty() || number == heads.back().number + 1) {
      if (number <= until) heads.clear();
      return heads.push_back(std::move(*head));
    }
    // Whoever may write there can put a copy of an old one behind the others.
    if (number <= heads.back().number) return void(++foreign_);
    wrong = fmt::format("{}: head {} is followed by head {}", kNotaryStream, heads.back().number,
                        number);
  });
  if (!read) return Failure{read.error()};
  if (!wrong.empty()) return failure(StoreError::Kind::Mismatch, std::move(wrong));
  return std::optional(std::move(heads));
}

Stored<bool> HeadStream::look_for(const SignedHead& head) {
  const auto last = stream_.last_sequence();
  if (!last) return Failure{last.error()};
  while (read_ < last.value()) {
    const auto message = stream_.read(read_ + 1);
    if (!message) return Failure{message.error()};
    ++read_;
    const auto found = message.value() ? ours(*message.value()) : std::nullopt;
    if (!found) ++foreign_;
    if (!found || found->number != head.number) continue;
    if (*found == head) return true;
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
  const auto read = each_message(stream, last.value(), [&](const Message& message) {
    auto head = parse_head(message.body);
    if (head && accept(head.value())) heads.push_back(std::move(head).value());
  });
  if (!read) return Failure{read.error()};
  std::ranges::stable_sort(heads, {}, &SignedHead::number);
  std::vector<SignedHead> once;
  for (SignedHead& head : heads) {
    const auto same_number = std::ranges::lower_bound(once, head.number, {}, &SignedHead::number);
    if (std::find(same_number, once.end(), head) == once.end()) once.push_back(std::move(head));
  }
  return once;
}

}  // namespace cassette::replay
