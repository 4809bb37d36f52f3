// Proofs: made from trees, and checked with nothing but themselves and a head.
#include "replay/proof.h"

#include <fmt/format.h>

#include "eventstore/codec.h"
#include "eventstore/json_read.h"
#include "eventstore/json_write.h"

namespace cassette::replay {

using eventstore::CommitTree;
using eventstore::Position;
using eventstore::Stored;
using eventstore::StoreError;

namespace {

Failure<NoProof> none(NoProof::Kind kind, std::string what) {
  return Failure{NoProof{kind, std::move(what)}};
}

Failure<NoProof> failed(std::string what) {
  return none(NoProof::Kind::Failed, std::move(what));
}

// What both documents begin with.
struct Beginning {
  std::uint32_t v = 0;
  std::string kind;

  static void fields(auto& self, auto&& visit) {
    visit("v", self.v);
    visit("kind", self.kind);
  }
};

template <class T>
Stored<Proof> parse_as(std::string_view text) {
  T proof;
  if (!eventstore::read_json(text, proof)) {
    return Failure{StoreError{StoreError::Kind::Corrupt, "the proof is not whole"}};
  }
  return Proof(std::move(proof));
}

}  // namespace

Result<InclusionProof, NoProof> prove_inclusion(eventstore::Ledger& ledger, const CommitTree& tree,
                                                Position position, const SignedHead& head) {
  if (position.partition >= head.partitions.size()) {
    return none(NoProof::Kind::NoSuchCommit,
                fmt::format("there is no partition {}", position.partition));
  }
  const PartitionHead& end = head.partitions[position.partition];
  if (position.commit > end.commit) {
    return none(
        NoProof::Kind::NotCovered,
        fmt::format("head {} ends with commit {}:{}", head.number, position.partition, end.commit));
  }
  const auto index = tree.find(position.commit, end.size);
  if (!index) return failed(index.error().what);
  if (!index.value()) {
    return none(NoProof::Kind::NoSuchCommit,
                fmt::format("{} is not a commit of the ledger", format(position)));
  }
  auto path = eventstore::inclusion_path(tree, *index.value(), end.size);
  if (!path) return failed(path.error().what);
  auto message = ledger.read(position.commit);
  if (!message) return failed(message.error().what);
  if (!message.value()) return failed(fmt::format("message {} is missing", format(position)));
  InclusionProof proof;
  proof.position = format(position);
  proof.index = *index.value();
  proof.path = std::move(path).value();
  proof.body = std::move(message.value()->body);
  proof.head = head;
  if (const std::string why = objection(proof, head); !why.empty()) return failed(why);
  return proof;
}

Result<ConsistencyProof, NoProof> prove_consistency(std::span<const CommitTree* const> trees,
                                                    const SignedHead& since,
                                                    const SignedHead& head) {
  if (since.number > head.number) {
    return none(NoProof::Kind::NotInOrder,
                fmt::format("head {} is after head {}", since.number, head.number));
  }
  ConsistencyProof proof;
  proof.since = since;
  proof.head = head;
  for (std::size_t p = 0; p < trees.size(); ++p) {
    if (p >= since.partitions.size() || p >= head.partitions.size()) {
      return failed("the heads have other partitions than the ledger");
    }
    const std::uint64_t old_size = since.partitions[p].size;
    const std::uint64_t size = head.partitions[p].size;
    if (old_size > size) return failed("the heads contradict one another");
    auto path = eventstore::consistency_path(*trees[p], old_size, size);
    if (!path) return failed(path.error().what);
    proof.paths.push_back(std::move(path).value());
  }
  if (const std::string why = objection(proof, head); !why.empty()) return failed(why);
  return proof;
}

std::string to_json(const Proof& proof) {
  return std::visit([](const auto& each) { return eventstore::to_json(each); }, proof);
}

Stored<Proof> parse_proof(std::string_view text) {
  Beginning beginning;
  if (!eventstore::read_json(text, beginning)) {
    return Failure{StoreError{StoreError::Kind::Corrupt, "it is not a JSON object"}};
  }
  if (beginning.v != kProofVersion) {
    return Failure{StoreError{StoreError::Kind::Unsupported,
                              fmt::format("a proof of version {}", beginning.v)}};
  }
  if (beginning.kind == InclusionProof().kind) return parse_as<InclusionProof>(text);
  if (beginning.kind == ConsistencyProof().kind) return parse_as<ConsistencyProof>(text);
  return Failure{StoreError{StoreError::Kind::Unsupported, "no such kind of proof"}};
}

std::string objection(const InclusionProof& proof, const SignedHead& head) {
  if (proof.head != head) return "the proof is about another head than this one";
  const auto position = eventstore::parse_position(proof.position);
  if (!position || position->partition >= head.partitions.size()) return "it names no commit";
  const PartitionHead& end = head.partitions[position->partition];
  const eventstore::Hash leaf =
      eventstore::commit_leaf(position->commit, eventstore::hash_of(proof.body));
  if (!eventstore::verify_inclusion(leaf, proof.index, end.size, proof.path, end.root)) {
    return fmt::format("the path does not lead from commit {} to the root of head {}",
                       proof.position, head.number);
  }
  return {};
}

std::string objection(const ConsistencyProof& proof, const SignedHead& head) {
  if (proof.head != head) return "the proof is about another head than this one";
  if (proof.since.ledger_id != head.ledger_id) return "the heads are of different ledgers";
  if (proof.since.partitions.size() != head.partitions.size() ||
      proof.paths.size() != head.partitions.size()) {
    return "it does not have a path for each partition";
  }
  for (std::size_t p = 0; p < head.partitions.size(); ++p) {
    const PartitionHead& since = proof.since.partitions[p];
    const PartitionHead& end = head.partitions[p];
    if (!eventstore::verify_consistency(since.size, end.size, since.root, end.root,
                                        proof.paths[p])) {
      return fmt::format("partition {} of head {} does not begin with what head {} has", p,
                         head.number, proof.since.number);
    }
  }
  return {};
}

}  // namespace cassette::replay
