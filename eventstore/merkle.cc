// The recursions of RFC 6962 over whatever keeps the nodes, and RFC 9162's loops that verify.
#include "eventstore/merkle.h"

#include <algorithm>
#include <bit>
#include <string>

#include "domain/check.h"
#include "eventstore/codec.h"

namespace cassette::eventstore {
namespace {

constexpr char kLeafMark = 0;
constexpr char kNodeMark = 1;

std::string_view text_of(const Hash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

// The largest power of two below `size`, which is 2 or more: where a tree is split.
std::uint64_t split_of(std::uint64_t size) {
  return std::bit_floor(size - 1);
}

// Of the leaves from `begin` to before `end`; `begin` is where a tree of that size may begin.
Stored<Hash> range_root(const MerkleNodes& nodes, std::uint64_t begin, std::uint64_t end) {
  const std::uint64_t size = end - begin;
  if (std::has_single_bit(size)) {
    const auto level = static_cast<unsigned>(std::countr_zero(size));
    return nodes.node(level, begin >> level);
  }
  const std::uint64_t middle = begin + split_of(size);
  const auto left = range_root(nodes, begin, middle);
  if (!left) return left;
  const auto right = range_root(nodes, middle, end);
  if (!right) return right;
  return merkle_parent(left.value(), right.value());
}

// Appends PATH(index, D[begin:end]) from the top down; turned round at the end.
Stored<Done> go_down(const MerkleNodes& nodes, std::uint64_t index, std::uint64_t begin,
                     std::uint64_t end, MerklePath& path) {
  while (end - begin > 1) {
    const std::uint64_t middle = begin + split_of(end - begin);
    const bool left = index < middle;
    const auto sibling = left ? range_root(nodes, middle, end) : range_root(nodes, begin, middle);
    if (!sibling) return Failure{sibling.error()};
    path.push_back(sibling.value());
    (left ? end : begin) = middle;
  }
  return Done{};
}

// The state of a verification: where in the tree it stands, one step up at a time.
struct Climb {
  std::uint64_t at;
  std::uint64_t last;

  void up() {
    at >>= 1;
    last >>= 1;
  }
  // To where `at` is a right child, or the first of its level.
  void skip_even() {
    while ((at & 1) == 0 && at != 0) up();
  }
};

}  // namespace

Hash merkle_leaf(std::string_view data) {
  std::string text(1, kLeafMark);
  text += data;
  return hash_of(text);
}

Hash merkle_parent(const Hash& left, const Hash& right) {
  std::array<char, 1 + 2 * sizeof(Hash)> bytes{kNodeMark};
  std::copy(left.begin(), left.end(), bytes.begin() + 1);
  std::copy(right.begin(), right.end(), bytes.begin() + 1 + sizeof(Hash));
  return hash_of({bytes.data(), bytes.size()});
}

Hash merkle_empty() {
  return hash_of("");
}

Hash commit_leaf(std::uint64_t sequence, const Hash& body) {
  std::string data;
  for (int shift = 56; shift >= 0; shift -= 8) data += static_cast<char>(sequence >> shift);
  data += text_of(body);
  return merkle_leaf(data);
}

Stored<Hash> merkle_root(const MerkleNodes& nodes, std::uint64_t size) {
  if (size == 0) return merkle_empty();
  return range_root(nodes, 0, size);
}

Stored<MerklePath> inclusion_path(const MerkleNodes& nodes, std::uint64_t index,
                                  std::uint64_t size) {
  CHECK(index < size);
  MerklePath path;
  if (const auto gone = go_down(nodes, index, 0, size, path); !gone) return Failure{gone.error()};
  std::ranges::reverse(path);
  return path;
}

// SUBPROOF(m, D[n], true): down towards leaf m - 1 until a whole node ends with it. That node is
// known to whoever has the old root only when it begins at leaf 0.
Stored<MerklePath> consistency_path(const MerkleNodes& nodes, std::uint64_t old_size,
                                    std::uint64_t size) {
  CHECK(old_size <= size);
  if (old_size == 0 || old_size == size) return MerklePath{};
  MerklePath path;
  std::uint64_t begin = 0;
  std::uint64_t end = size;
  while (end != old_size) {
    const std::uint64_t middle = begin + split_of(end - begin);
    const bool left = old_size <= middle;
    const auto sibling = left ? range_root(nodes, middle, end) : range_root(nodes, begin, middle);
    if (!sibling) return Failure{sibling.error()};
    path.push_back(sibling.value());
    (left ? end : begin) = middle;
  }
  if (begin != 0) {
    const auto node = range_root(nodes, begin, end);
    if (!node) return Failure{node.error()};
    path.push_back(node.value());
  }
  std::ranges::reverse(path);
  return path;
}

bool verify_inclusion(const Hash& leaf, std::uint64_t index, std::uint64_t size,
                      const MerklePath& path, const Hash& root) {
  if (index >= size) return false;
  Climb climb{index, size - 1};
  Hash node = leaf;
  for (const Hash& sibling : path) {
    if (climb.last == 0) return false;
    if ((climb.at & 1) == 1 || climb.at == climb.last) {
      node = merkle_parent(sibling, node);
      climb.skip_even();
    } else {
      node = merkle_parent(node, sibling);
    }
    climb.up();
  }
  return climb.last == 0 && node == root;
}

bool verify_consistency(std::uint64_t old_size, std::uint64_t size, const Hash& old_root,
                        const Hash& root, const MerklePath& path) {
  if (old_size > size) return false;
  if (old_size == size) return path.empty() && old_root == root;
  if (old_size == 0) return path.empty() && old_root == merkle_empty();
  // An old tree that is a whole node is where the path begins, and is left out of it.
  const bool whole = std::has_single_bit(old_size);
  if (path.empty() && !whole) return false;
  Climb climb{old_size - 1, size - 1};
  while ((climb.at & 1) == 1) climb.up();
  Hash old_node = whole ? old_root : path.front();
  Hash node = old_node;
  for (std::size_t i = whole ? 0 : 1; i < path.size(); ++i) {
    if (climb.last == 0) return false;
    if ((climb.at & 1) == 1 || climb.at == climb.last) {
      old_node = merkle_parent(path[i], old_node);
      node = merkle_parent(path[i], node);
      climb.skip_even();
    } else {
      node = merkle_parent(node, path[i]);
    }
    climb.up();
  }
  return climb.last == 0 && old_node == old_root && node == root;
}

Stored<MerkleFrontier> MerkleFrontier::of(const MerkleNodes& nodes, std::uint64_t size) {
  MerkleFrontier frontier;
  frontier.size_ = size;
  for (unsigned level = 0; level < frontier.edge_.size(); ++level) {
    if ((size >> level & 1) == 0) continue;
    const auto node = nodes.node(level, (size >> level) - 1);
    if (!node) return Failure{node.error()};
    frontier.edge_[level] = node.value();
  }
  return frontier;
}

void MerkleFrontier::add(const Hash& leaf) {
  add(leaf, [](unsigned, const Hash&) {});
}

void MerkleFrontier::add(const Hash& leaf, const Completed& completed) {
  Hash node = leaf;
  unsigned level = 0;
  completed(level, node);
  for (std::uint64_t rest = size_; (rest & 1) == 1; rest >>= 1) {
    node = merkle_parent(edge_[level], node);
    completed(++level, node);
  }
  edge_[level] = node;
  ++size_;
}

Hash MerkleFrontier::root() const {
  if (size_ == 0) return merkle_empty();
  auto level = static_cast<unsigned>(std::countr_zero(size_));
  Hash root = edge_[level];
  for (++level; level < edge_.size(); ++level) {
    if ((size_ >> level & 1) == 1) root = merkle_parent(edge_[level], root);
  }
  return root;
}

}  // namespace cassette::eventstore
