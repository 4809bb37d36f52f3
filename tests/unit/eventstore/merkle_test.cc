// Merkle: the roots and paths that certificate transparency's test data have, and every proof of
// every small tree, against the definition of RFC 6962 written down once more.
#include "eventstore/merkle.h"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

#include "eventstore/codec.h"

namespace cassette::test {
namespace {

using namespace eventstore;
using namespace std::string_literals;
using Leaves = std::vector<Hash>;

const std::array<std::string, 8> kData = {
    ""s,
    "\x00"s,
    "\x10"s,
    "\x20\x21"s,
    "\x30\x31"s,
    "\x40\x41\x42\x43"s,
    "\x50\x51\x52\x53\x54\x55\x56\x57"s,
    "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"s};

constexpr std::array<const char*, 9> kRoots = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

Leaves test_leaves() {
  Leaves leaves;
  for (const std::string& data : kData) leaves.push_back(merkle_leaf(data));
  return leaves;
}

Leaves many_leaves(std::size_t count) {
  Leaves leaves;
  for (std::size_t i = 0; i < count; ++i) leaves.push_back(commit_leaf(i + 1, hash_of("")));
  return leaves;
}

// MTH of section 2.1, of the leaves' hashes from `begin` to before `end`.
Hash by_definition(const Leaves& leaves, std::size_t begin, std::size_t end) {
  if (begin == end) return hash_of("");
  if (end - begin == 1) return leaves[begin];
  std::size_t half = 1;
  while (half * 2 < end - begin) half *= 2;
  return merkle_parent(by_definition(leaves, begin, begin + half),
                       by_definition(leaves, begin + half, end));
}

// Every node computed anew.
class PlainNodes : public MerkleNodes {
 public:
  explicit PlainNodes(Leaves leaves) : leaves_(std::move(leaves)) {}
  Stored<Hash> node(unsigned level, std::uint64_t index) const override {
    const std::uint64_t end = (index + 1) << level;
    REQUIRE(end <= leaves_.size());
    return by_definition(leaves_, index << level, end);
  }

 private:
  Leaves leaves_;
};

MerklePath path_of(std::initializer_list<const char*> texts) {
  MerklePath path;
  for (const char* text : texts) path.push_back(parse_hash(text).value());
  return path;
}

// Each way to spoil a path: a bit, a hash too few, one too many, two swapped.
std::vector<MerklePath> spoilt(const MerklePath& path) {
  std::vector<MerklePath> all;
  for (std::size_t i = 0; i < path.size(); ++i) {
    MerklePath changed = path;
    changed[i][i % changed[i].size()] ^= 1;
    all.push_back(changed);
    MerklePath shorter = path;
    shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(i));
    all.push_back(shorter);
    if (i == 0 || path[i] == path[i - 1]) continue;
    MerklePath swapped = path;
    std::swap(swapped[i], swapped[i - 1]);
    all.push_back(swapped);
  }
  MerklePath longer = path;
  longer.push_back(hash_of("more"));
  all.push_back(longer);
  longer = path;
  longer.insert(longer.begin(), hash_of("more"));
  all.push_back(longer);
  return all;
}

TEST_CASE("merkle: the roots of the reference's eight leaves") {
  const PlainNodes nodes(test_leaves());
  MerkleFrontier frontier;
  for (std::size_t size = 0; size < kRoots.size(); ++size) {
    CAPTURE(size);
    CHECK(hex(merkle_root(nodes, size).value()) == kRoots[size]);
    CHECK(hex(frontier.root()) == kRoots[size]);
    if (size < kData.size()) frontier.add(merkle_leaf(kData[size]));
  }
}

TEST_CASE("merkle: the reference's inclusion paths") {
  const PlainNodes nodes(test_leaves());
  CHECK(inclusion_path(nodes, 0, 1).value().empty());
  CHECK(inclusion_path(nodes, 0, 8).value() ==
        path_of({"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                 "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                 "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}));
  CHECK(inclusion_path(nodes, 5, 8).value() ==
        path_of({"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                 "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                 "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}));
  CHECK(inclusion_path(nodes, 2, 3).value() ==
        path_of({"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"}));
  CHECK(inclusion_path(nodes, 1, 5).value() ==
        path_of({"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                 "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                 "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}));
}

TEST_CASE("merkle: the reference's consistency paths") {
  const PlainNodes nodes(test_leaves());
  CHECK(consistency_path(nodes, 1, 1).value().empty());
  CHECK(consistency_path(nodes, 1, 8).value() ==
        path_of({"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                 "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                 "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}));
  CHECK(consistency_path(nodes, 6, 8).value() ==
        path_of({"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                 "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                 "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}));
  CHECK(consistency_path(nodes, 2, 5).value() ==
        path_of({"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                 "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}));
}

TEST_CASE("merkle: every leaf of every tree up to 33 is proven, and under nothing else") {
  const Leaves leaves = many_leaves(34);
  const PlainNodes nodes(leaves);
  for (std::uint64_t size = 1; size <= 33; ++size) {
    const Hash root = merkle_root(nodes, size).value();
    for (std::uint64_t index = 0; index < size; ++index) {
      CAPTURE(size);
      CAPTURE(index);
      const MerklePath path = inclusion_path(nodes, index, size).value();
      REQUIRE(verify_inclusion(leaves[index], index, size, path, root));
      CHECK_FALSE(verify_inclusion(leaves[index + 1], index, size, path, root));
      CHECK_FALSE(verify_inclusion(leaves[index], size, size, path, root));
      for (std::uint64_t other = 0; other < size; ++other) {
        CHECK(verify_inclusion(leaves[index], other, size, path, root) == (other == index));
      }
      for (const MerklePath& bad : spoilt(path)) {
        CHECK_FALSE(verify_inclusion(leaves[index], index, size, bad, root));
      }
    }
  }
}

TEST_CASE("merkle: every tree up to 33 is proven to begin with every older one, and no other") {
  const PlainNodes nodes(many_leaves(34));
  for (std::uint64_t size = 0; size <= 33; ++size) {
    const Hash root = merkle_root(nodes, size).value();
    for (std::uint64_t old_size = 0; old_size <= size; ++old_size) {
      CAPTURE(size);
      CAPTURE(old_size);
      const Hash old_root = merkle_root(nodes, old_size).value();
      const MerklePath path = consistency_path(nodes, old_size, size).value();
      REQUIRE(verify_consistency(old_size, size, old_root, root, path));
      Hash wrong = old_root;
      wrong[7] ^= 1;
      CHECK_FALSE(verify_consistency(old_size, size, wrong, root, path));
      // What begins with nothing may be anything.
      if (old_size > 0) CHECK_FALSE(verify_consistency(old_size, size, old_root, wrong, path));
      CHECK_FALSE(verify_consistency(size + 1, size, old_root, root, path));
      for (const MerklePath& bad : spoilt(path)) {
        CHECK_FALSE(verify_consistency(old_size, size, old_root, root, bad));
      }
    }
  }
}

TEST_CASE("merkle: a frontier goes on from the nodes that are kept, and names what completes") {
  const Leaves leaves = many_leaves(70);
  const PlainNodes nodes(leaves);
  for (std::uint64_t size = 0; size < 69; ++size) {
    CAPTURE(size);
    MerkleFrontier frontier = MerkleFrontier::of(nodes, size).value();
    CHECK(frontier.root() == by_definition(leaves, 0, size));
    std::uint64_t index = size;
    frontier.add(leaves[size], [&](unsigned level, const Hash& node) {
      CHECK(node == nodes.node(level, index >> level).value());
    });
    CHECK(frontier.root() == by_definition(leaves, 0, size + 1));
  }
}

TEST_CASE("merkle: a leaf says where its commit stood") {
  CHECK(commit_leaf(1, hash_of("body")) != commit_leaf(2, hash_of("body")));
  const Hash body = hash_of("body");
  std::string data("\0\0\0\0\0\0\x01\x02", 8);
  data.append(reinterpret_cast<const char*>(body.data()), body.size());
  CHECK(commit_leaf(258, body) == merkle_leaf(data));
}

}  // namespace
}  // namespace cassette::test
