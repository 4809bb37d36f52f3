// SignedHead: its one text, and the rules that tie a head to its key and to the head before.
#include "replay/signed_head.h"

#include <fmt/format.h>

#include "eventstore/codec.h"
#include "eventstore/json_read.h"
#include "eventstore/json_write.h"

namespace cassette::replay {

using eventstore::Done;
using eventstore::Stored;
using eventstore::StoreError;

namespace {

Failure<StoreError> failure(StoreError::Kind kind, std::string what) {
  return Failure{StoreError{kind, std::move(what)}};
}

Failure<StoreError> mismatch(const SignedHead& head, std::string_view what) {
  return failure(StoreError::Kind::Mismatch, fmt::format("head {}: {}", head.number, what));
}

std::string_view without_line_feed(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

// What is wrong with a partition's next head; empty when nothing is.
std::string_view objection(const PartitionHead& last, const PartitionHead& next) {
  if (next.size < last.size) return "it has fewer commits than the head before";
  if (next.size == last.size) return next == last ? "" : "it has as many commits, and others";
  return next.commit > last.commit ? "" : "it has more commits, and ends no later";
}

}  // namespace

std::string to_line(const SignedHead& head) {
  return eventstore::to_json(head);
}

std::string signed_text(const SignedHead& head) {
  SignedHead bare = head;
  bare.signature.clear();
  return eventstore::to_json(bare);
}

eventstore::Hash hash_of(const SignedHead& head) {
  return eventstore::hash_of(signed_text(head));
}

SignedHead sign(SignedHead head, const eventstore::NotaryKey& key) {
  head.key = key.public_key().text();
  head.signature = eventstore::hex(key.sign(eventstore::kHeadPurpose, signed_text(head)));
  return head;
}

Stored<SignedHead> parse_head(std::string_view line) {
  line = without_line_feed(line);
  SignedHead head;
  if (line.size() > kMaxHeadBytes || !eventstore::read_json(line, head)) {
    return failure(StoreError::Kind::Corrupt, "not a signed head");
  }
  if (head.v != kHeadVersion) {
    return failure(StoreError::Kind::Unsupported, fmt::format("a head of version {}", head.v));
  }
  if (to_line(head) != line) {
    return failure(StoreError::Kind::Corrupt,
                   fmt::format("head {} is not written as heads are", head.number));
  }
  return head;
}

Stored<std::vector<SignedHead>> parse_heads(std::string_view lines) {
  std::vector<SignedHead> heads;
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n');
    const bool whole = end != std::string_view::npos;
    const std::string_view line = without_line_feed(lines.substr(0, end));
    lines = whole ? lines.substr(end + 1) : std::string_view();
    if (line.empty()) continue;
    auto head = parse_head(line);
    if (!head.ok() && !whole && !heads.empty()) break;
    if (!head.ok()) return Failure{head.error()};
    heads.push_back(std::move(head).value());
  }
  return heads;
}

Stored<Done> verify_signature(const SignedHead& head, const eventstore::NotaryPublicKey& key) {
  if (head.key != key.text()) return mismatch(head, "it is of another key: " + head.key);
  const auto signature = eventstore::parse_signature(head.signature);
  if (!signature) return mismatch(head, "it has no signature");
  if (!key.verifies(eventstore::kHeadPurpose, signed_text(head), *signature)) {
    return mismatch(head, "its signature is not its key's");
  }
  return Done{};
}

Stored<Done> verify_succession(const SignedHead& last, const SignedHead& next) {
  if (next.ledger_id != last.ledger_id) return mismatch(next, "it is of another ledger");
  if (next.number != last.number + 1) {
    return mismatch(next, fmt::format("it does not follow head {}", last.number));
  }
  if (next.prev != hash_of(last)) {
    return mismatch(next, "it does not name the hash of the head before");
  }
  if (next.at < last.at) return mismatch(next, "it is earlier than the head before");
  if (next.partitions.size() != last.partitions.size()) {
    return mismatch(next, "it has other partitions than the head before");
  }
  for (std::size_t p = 0; p < last.partitions.size(); ++p) {
    const std::string_view why = objection(last.partitions[p], next.partitions[p]);
    if (!why.empty()) return mismatch(next, fmt::format("partition {}: {}", p, why));
  }
  return Done{};
}

}  // namespace cassette::replay
