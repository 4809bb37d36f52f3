// Halves each ledger by the times of its commits, which never run back along a chain.
#include "replay/cut.h"

#include <algorithm>

#include "eventstore/codec.h"
#include "replay/heads.h"

namespace cassette::replay {

using domain::Timestamp;
using eventstore::Ledger;
using eventstore::Position;
using eventstore::Stored;
using eventstore::StoreError;

namespace {

// One commit of the chain, and when it was.
struct Dated {
  std::uint64_t commit = 0;  // 0: there is none
  Timestamp at;
};

Stored<Dated> dated(std::uint32_t partition, Ledger& ledger, std::uint64_t commit) {
  if (commit == 0) return Dated{};
  const auto message = ledger.read(commit);
  if (!message.ok()) return Failure{message.error()};
  const std::string name = eventstore::format(Position{partition, commit});
  if (!message.value()) {
    return Failure{StoreError{StoreError::Kind::Corrupt, "the ledger has no message " + name}};
  }
  const auto decoded = eventstore::decode(message.value()->body);
  if (!decoded.ok()) {
    return Failure{StoreError{StoreError::Kind::Unsupported,
                              "commit " + name + " can't be read: " + decoded.error().what}};
  }
  return Dated{commit, decoded.value().at};
}

// The last commit of the chain that is message `sequence` or before it.
Stored<Dated> commit_up_to(std::uint32_t partition, Ledger& ledger, std::uint64_t sequence) {
  const auto head = head_before(partition, ledger, sequence + 1);
  if (!head.ok()) return Failure{head.error()};
  return dated(partition, ledger, head.value().commit);
}

}  // namespace

std::optional<Moment> parse_moment(std::string_view text) {
  if (const auto position = eventstore::parse_position(text)) return *position;
  if (const auto time = domain::parse_timestamp(text)) return *time;
  return std::nullopt;
}

std::string format(const Moment& moment) {
  return std::visit(
      [](const auto& each) {
        using domain::format;
        using eventstore::format;
        return format(each);
      },
      moment);
}

Stored<std::uint64_t> last_commit_at(std::uint32_t partition, Ledger& ledger, Timestamp at) {
  const auto last = ledger.last_sequence();
  if (!last.ok()) return Failure{last.error()};
  std::uint64_t found = 0;                // a commit that is not after `at`
  std::uint64_t low = 1;                  // first message whose side is not known
  std::uint64_t high = last.value() + 1;  // this and all behind it are after `at`, or not there
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    const auto commit = commit_up_to(partition, ledger, middle);
    if (!commit.ok()) return Failure{commit.error()};
    if (commit.value().commit == 0 || commit.value().at <= at) {
      found = std::max(found, commit.value().commit);
      low = middle + 1;
    } else {
      high = commit.value().commit;  // what lies between it and the middle is void
    }
  }
  return found;
}

Stored<Cut> cut_at(std::span<Ledger* const> ledgers, Timestamp at) {
  Cut cut;
  for (std::uint32_t p = 0; p < ledgers.size(); ++p) {
    const auto commit = last_commit_at(p, *ledgers[p], at);
    if (!commit.ok()) return Failure{commit.error()};
    cut.commits.push_back(commit.value());
  }
  return cut;
}

}  // namespace cassette::replay
