// HeadCheck: a tree that grows with the commits, and what heads say it was at their sizes.
#include "replay/head_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "eventstore/chain.h"
#include "eventstore/codec.h"
#include "eventstore/commit_tree.h"
#include "replay/read_messages.h"
#include "replay/tree_fold.h"

namespace cassette::replay {

using eventstore::CommitTree;
using eventstore::Done;
using eventstore::Ledger;
using eventstore::Message;
using eventstore::NotaryPublicKey;
using eventstore::Position;
using eventstore::Stored;
using eventstore::StoreError;
using eventstore::TreeLeaf;

namespace {

Position place_of(const SignedHead& head) {
  return {0, head.partitions.empty() ? 0 : head.partitions.front().commit};
}

std::string signature_objection(const SignedHead& head, std::span<const NotaryPublicKey> keys) {
  const auto own = NotaryPublicKey::parse(head.key);
  if (!own) return fmt::format("head {} names no key", head.number);
  if (!keys.empty() && std::ranges::find(keys, *own) == keys.end()) {
    return fmt::format("head {} is of a key that is not trusted: {}", head.number, head.key);
  }
  const auto verified = verify_signature(head, *own);
  return verified ? std::string() : verified.error().what;
}

// Of two heads in the order of their numbers; empty when both can be true.
std::string contradiction(const SignedHead& one, const SignedHead& other) {
  if (one.ledger_id != other.ledger_id) return "they are of different ledgers";
  if (one.partitions.size() != other.partitions.size()) return "they have other partitions";
  if (one.number == other.number) return one == other ? "" : "both have this number";
  if (other.number == one.number + 1) {
    const auto follows = verify_succession(one, other);
    return follows ? std::string() : follows.error().what;
  }
  for (std::size_t p = 0; p < one.partitions.size(); ++p) {
    const PartitionHead& end = one.partitions[p];
    const PartitionHead& later = other.partitions[p];
    if (later.size < end.size || (later.size == end.size && later != end)) {
      return fmt::format("partition {} does not grow from one to the other", p);
    }
  }
  return {};
}

// The messages to `end`, which the ledger says is there. False from `take` ends it.
Stored<Done> each_message(std::uint32_t partition, Ledger& ledger, std::uint64_t end,
                          const HeadCheckOptions& options,
                          const std::function<bool(const Message&)>& take) {
  return read_messages(
      ledger, {partition, 1, end}, options.stop,
      [&](const Message& message) -> Stored<bool> { return take(message); },
      [&](std::uint64_t read) {
        if (options.progress != nullptr) options.progress->reach(read);
      });
}

// The partition's tree as a head vouches for it, to tell which commit differs.
std::optional<CommitTree> trusted_tree(const std::filesystem::path& data, std::uint32_t partition,
                                       const PartitionHead& end) {
  if (data.empty()) return std::nullopt;
  auto tree =
      CommitTree::open(eventstore::commit_tree_file(data, partition), CommitTree::Access::Read);
  if (!tree || !proves(tree.value(), end)) return std::nullopt;
  return std::move(tree).value();
}

// Holds the messages against the leaves, and names the first that differs.
class LeafCheck {
 public:
  LeafCheck(std::uint32_t partition, const CommitTree& tree, std::uint64_t size, Findings& findings)
      : partition_(partition), tree_(tree), size_(size), findings_(findings) {}

  // False when there is no more to look at.
  bool take(const Message& message) {
    while (next_ < size_) {
      const auto leaf = tree_.leaf(next_);
      if (!leaf) return fail(leaf.error());
      const TreeLeaf& wanted = leaf.value();
      if (message.sequence < wanted.sequence) return true;  // void when it was signed
      ++next_;
      if (message.sequence > wanted.sequence) {
        report(wanted.sequence, "the commit that was signed is missing");
      } else if (eventstore::hash_of(message.body) != wanted.body) {
        report(wanted.sequence, "it is not the commit that was signed");
      }
      if (message.sequence == wanted.sequence) return true;
    }
    return false;
  }
  void finish() {
    if (next_ >= size_ || error_) return;
    const auto leaf = tree_.leaf(next_);
    if (!leaf) return void(fail(leaf.error()));
    findings_.add(FindingKind::CutTail, {partition_, leaf.value().sequence},
                  fmt::format("the ledger ends before it, and {} commits after it were signed",
                              size_ - next_ - 1));
  }
  const std::optional<StoreError>& error() const { return error_; }

 private:
  bool fail(StoreError error) {
    error_ = std::move(error);
    return false;
  }
  void report(std::uint64_t commit, std::string what) {
    findings_.add(FindingKind::RewrittenHistory, {partition_, commit}, std::move(what));
  }

  const std::uint32_t partition_;
  const CommitTree& tree_;
  const std::uint64_t size_;
  Findings& findings_;
  std::uint64_t next_ = 0;
  std::optional<StoreError> error_;
};

Stored<Done> check_leaves(std::uint32_t partition, Ledger& ledger, const CommitTree& tree,
                          const PartitionHead& end, std::span<const SignedHead> heads,
                          const HeadCheckOptions& options, Findings& findings) {
  for (const SignedHead& head : heads) {
    if (holds(tree, head.partitions[partition])) continue;
    findings.add(FindingKind::BrokenHeads, {partition, head.partitions[partition].commit},
                 fmt::format("head {} has another root than the last one's tree", head.number));
  }
  const auto last = ledger.last_sequence();
  if (!last) return Failure{last.error()};
  LeafCheck check(partition, tree, end.size, findings);
  auto read = each_message(partition, ledger, std::min(last.value(), end.commit), options,
                           [&](const Message& message) { return check.take(message); });
  if (!read) return read;
  check.finish();
  if (check.error()) return Failure{*check.error()};
  return Done{};
}

// By the chain's rule, which whoever signed went by as well.
class ChainCheck {
 public:
  ChainCheck(std::uint32_t partition, std::span<const SignedHead> heads, Findings& findings)
      : partition_(partition), chain_(partition), check_(partition, heads, findings) {}

  // False when there is no more to look at.
  bool take(const Message& message) {
    const auto link = chain_.accept(message);
    if (!link && link.error().kind == StoreError::Kind::Unsupported) {
      // Whoever signed understood it, or it was changed: the root tells.
      const eventstore::Hash hash = eventstore::hash_of(message.body);
      chain_ = eventstore::Chain(partition_, {message.sequence, message.sequence, hash});
      check_.take(message.sequence, hash);
      return !check_.contradicted();
    }
    if (!link) return false;
    const auto* const valid = std::get_if<eventstore::StoredCommit>(&link.value());
    if (valid != nullptr) check_.take(message.sequence, valid->hash);
    return !check_.contradicted();
  }
  void finish() { check_.finish(chain_.head().read); }

 private:
  const std::uint32_t partition_;
  eventstore::Chain chain_;
  HeadCheck check_;
};

Stored<Done> check_chain(std::uint32_t partition, Ledger& ledger, std::uint64_t commit,
                         std::span<const SignedHead> heads, const HeadCheckOptions& options,
                         Findings& findings) {
  const auto last = ledger.last_sequence();
  if (!last) return Failure{last.error()};
  ChainCheck check(partition, heads, findings);
  auto read = each_message(partition, ledger, std::min(last.value(), commit), options,
                           [&](const Message& message) { return check.take(message); });
  if (read) check.finish();
  return read;
}

}  // namespace

void check_signatures(std::span<const SignedHead> heads, std::span<const NotaryPublicKey> keys,
                      Findings& findings) {
  std::vector<const SignedHead*> sorted;
  for (const SignedHead& head : heads) {
    sorted.push_back(&head);
    std::string why = signature_objection(head, keys);
    if (!why.empty()) findings.add(FindingKind::BrokenHeads, place_of(head), std::move(why));
  }
  std::ranges::stable_sort(sorted, {}, &SignedHead::number);
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    const std::string why = contradiction(*sorted[i - 1], *sorted[i]);
    if (why.empty()) continue;
    findings.add(FindingKind::BrokenHeads, place_of(*sorted[i]),
                 fmt::format("heads {} and {} can't both be true: {}", sorted[i - 1]->number,
                             sorted[i]->number, why));
  }
}

HeadCheck::HeadCheck(std::uint32_t partition, std::span<const SignedHead> heads, Findings& findings)
    : partition_(partition), findings_(findings) {
  for (const SignedHead& head : heads) {
    if (partition >= head.partitions.size() || head.partitions[partition].size == 0) continue;
    marks_.push_back({head.partitions[partition], head.number, head.at});
  }
  std::ranges::stable_sort(marks_, {}, [](const Mark& mark) { return mark.end.size; });
}

void HeadCheck::take(std::uint64_t sequence, const eventstore::Hash& body) {
  last_ = sequence;
  if (contradicted_ || next_ == marks_.size()) return;
  tree_.add(eventstore::commit_leaf(sequence, body));
  while (next_ < marks_.size() && marks_[next_].end.size == tree_.size()) {
    hold_against(marks_[next_++], body);
  }
}

void HeadCheck::hold_against(const Mark& mark, const eventstore::Hash& body) {
  const bool same =
      mark.end.commit == last_ && mark.end.hash == body && mark.end.root == tree_.root();
  if (same) agreed_to_ = last_;
  if (same || contradicted_) return;
  contradicted_ = true;
  report(FindingKind::RewrittenHistory, mark.end.commit,
         fmt::format("head {} of {} signed other commits: one after {}:{} and up to here was "
                     "changed",
                     mark.number, domain::format(mark.at), partition_, agreed_to_));
}

void HeadCheck::finish(std::uint64_t read) {
  if (contradicted_ || next_ == marks_.size()) return;
  const Mark& mark = marks_[next_];
  contradicted_ = true;
  if (read < mark.end.commit) {
    report(FindingKind::CutTail, read + 1,
           fmt::format("the ledger ends before it, and head {} of {} goes to {}:{}", mark.number,
                       domain::format(mark.at), partition_, mark.end.commit));
    return;
  }
  report(FindingKind::RewrittenHistory, std::min(last_ + 1, mark.end.commit),
         fmt::format("the chain of commits ends before it, and head {} of {} goes to {}:{}",
                     mark.number, domain::format(mark.at), partition_, mark.end.commit));
}

void HeadCheck::report(FindingKind kind, std::uint64_t commit, std::string what) {
  findings_.add(kind, {partition_, commit}, std::move(what));
}

Stored<std::vector<Finding>> check_heads(std::span<Ledger* const> ledgers,
                                         std::span<const SignedHead> heads,
                                         const HeadCheckOptions& options) {
  Findings findings;
  check_signatures(heads, options.keys, findings);
  if (heads.empty() || !findings.all().empty()) return findings.all();
  const SignedHead& last = *std::ranges::max_element(heads, {}, &SignedHead::number);
  if (last.partitions.size() != ledgers.size()) {
    findings.add(FindingKind::RewrittenHistory, place_of(last),
                 fmt::format("head {} has {} partitions, and the ledger {}", last.number,
                             last.partitions.size(), ledgers.size()));
    return findings.all();
  }
  for (std::uint32_t p = 0; p < ledgers.size(); ++p) {
    const PartitionHead& end = last.partitions[p];
    const auto tree = trusted_tree(options.data, p, end);
    auto checked = tree ? check_leaves(p, *ledgers[p], *tree, end, heads, options, findings)
                        : check_chain(p, *ledgers[p], end.commit, heads, options, findings);
    if (!checked) return Failure{checked.error()};
  }
  return findings.all();
}

}  // namespace cassette::replay
