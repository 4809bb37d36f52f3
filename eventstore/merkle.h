// Merkle: the tree of RFC 6962 (section 2.1) over a list that only grows, and its proofs: that a
// leaf is in the tree, and that a tree begins with an older one. Pure; where nodes are kept is
// commit_tree.h's.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "eventstore/commit.h"
#include "eventstore/store_error.h"

namespace cassette::eventstore {

// SHA-256 of 0x00 and the data; of 0x01, the left and the right node; and of nothing.
Hash merkle_leaf(std::string_view data);
Hash merkle_parent(const Hash& left, const Hash& right);
Hash merkle_empty();

// The leaf of a commit: its data are the commit's sequence in its stream, 8 bytes big-endian, and
// the SHA-256 of its body. So a leaf says where it stood as well as what it was.
Hash commit_leaf(std::uint64_t sequence, const Hash& body);

// The hashes on the way, from the leaf up, as RFC 6962 orders them.
using MerklePath = std::vector<Hash>;

// The complete nodes of a tree: node `index` of `level` is over the leaves from index * 2^level on,
// 2^level of them. Level 0 is the leaves.
class MerkleNodes {
 public:
  virtual ~MerkleNodes() = default;
  // Asked only for nodes whose leaves are all there.
  virtual Stored<Hash> node(unsigned level, std::uint64_t index) const = 0;
};

// Of the first `size` leaves. Each takes a number of nodes that grows with the logarithm's square.
Stored<Hash> merkle_root(const MerkleNodes& nodes, std::uint64_t size);
// That leaf `index` is one of the first `size`. CHECK-fails unless index < size.
Stored<MerklePath> inclusion_path(const MerkleNodes& nodes, std::uint64_t index,
                                  std::uint64_t size);
// That the first `size` leaves begin with the first `old_size`. CHECK-fails unless old_size <=
// size. Empty when both are the same, or the old tree was.
Stored<MerklePath> consistency_path(const MerkleNodes& nodes, std::uint64_t old_size,
                                    std::uint64_t size);

// Whether the path leads from that leaf to that root (RFC 9162, section 2.1.3.2).
bool verify_inclusion(const Hash& leaf, std::uint64_t index, std::uint64_t size,
                      const MerklePath& path, const Hash& root);
// Whether the path leads to both roots (RFC 9162, section 2.1.4.2). Every tree begins with the
// empty one.
bool verify_consistency(std::uint64_t old_size, std::uint64_t size, const Hash& old_root,
                        const Hash& root, const MerklePath& path);

// The right edge of a tree: all that is needed to add leaves and know the root. A value.
class MerkleFrontier {
 public:
  // Called with each node that a leaf completes, the leaf itself first.
  using Completed = std::function<void(unsigned level, const Hash& node)>;

  MerkleFrontier() = default;
  // Of the first `size` leaves of a tree that is kept.
  static Stored<MerkleFrontier> of(const MerkleNodes& nodes, std::uint64_t size);

  void add(const Hash& leaf);
  void add(const Hash& leaf, const Completed& completed);

  std::uint64_t size() const { return size_; }
  Hash root() const;

 private:
  std::uint64_t size_ = 0;
  std::array<Hash, 64> edge_{};  // by level: the last complete node, where `size_` has that bit
};

}  // namespace cassette::eventstore
