// The tree's file: it holds what was appended, whatever became of the process, and its nodes are
// those of the definition.
#include "eventstore/commit_tree.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "eventstore/codec.h"
#include "tests/support/nats_fixture.h"

namespace cassette::test {
namespace {

using namespace eventstore;

// Every third sequence is a void message's.
TreeLeaf leaf_of(std::uint64_t index) {
  return {index + index / 2 + 1, hash_of("body " + std::to_string(index))};
}

struct Rig {
  TemporaryFolder folder;
  std::filesystem::path file = commit_tree_file(folder.path(), 0);

  CommitTree open(CommitTree::Access access = CommitTree::Access::Write) const {
    return must(CommitTree::open(file, access));
  }
  CommitTree filled(std::uint64_t size) const {
    CommitTree tree = open();
    for (std::uint64_t i = tree.size(); i < size; ++i) must(tree.append(leaf_of(i)));
    must(tree.sync());
    return tree;
  }
};

Hash root_of(std::uint64_t size) {
  MerkleFrontier frontier;
  for (std::uint64_t i = 0; i < size; ++i) {
    frontier.add(commit_leaf(leaf_of(i).sequence, leaf_of(i).body));
  }
  return frontier.root();
}

TEST_CASE("commit tree: the root is computed of the leaves, and of no byte that was changed") {
  const Rig rig;
  rig.filled(21);
  const std::string whole = must(read_file(rig.file));
  for (std::uint64_t size = 0; size <= 21; ++size) {
    CHECK(must(rig.open().computed_root(size)) == root_of(size));
  }
  for (std::size_t at = 16; at < whole.size(); ++at) {
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
    std::ofstream(rig.file, std::ios::binary) << bytes;
    CAPTURE(at);
    CHECK(must(rig.open(CommitTree::Access::Read).computed_root(21)) != root_of(21));
  }
}

// More than is read at once.
TEST_CASE("commit tree: the root of many leaves is computed") {
  const Rig rig;
  const CommitTree tree = rig.filled(20'000);
  CHECK(must(tree.computed_root(20'000)) == root_of(20'000));
  CHECK(must(tree.computed_root(12'345)) == root_of(12'345));
}

TEST_CASE("commit tree: opened again it holds the leaves and the root, at every size") {
  for (std::uint64_t size = 0; size <= 40; ++size) {
    CAPTURE(size);
    const Rig rig;
    CHECK(rig.filled(size).root() == root_of(size));
    const CommitTree again = rig.open(CommitTree::Access::Read);
    CHECK(again.size() == size);
    CHECK(again.root() == root_of(size));
    for (std::uint64_t i = 0; i < size; ++i) CHECK(must(again.leaf(i)) == leaf_of(i));
    for (std::uint64_t part = 0; part <= size; ++part) {
      CHECK(must(merkle_root(again, part)) == root_of(part));
    }
  }
}

TEST_CASE("commit tree: two ways to the same size give the same bytes") {
  const Rig one;
  one.filled(37);
  const Rig other;
  other.filled(5);
  other.filled(36);
  other.filled(37);
  CHECK(must(read_file(one.file)) == must(read_file(other.file)));
}

TEST_CASE("commit tree: cut anywhere, it holds the leaves that are whole and goes on from there") {
  const std::uint64_t size = 11;
  const Rig whole;
  whole.filled(size);
  const std::string bytes = must(read_file(whole.file));
  for (std::size_t cut = 16; cut <= bytes.size(); ++cut) {
    CAPTURE(cut);
    const Rig rig;
    std::filesystem::create_directories(rig.file.parent_path());
    std::ofstream(rig.file, std::ios::binary) << bytes.substr(0, cut);
    {
      const CommitTree tree = rig.open();
      CHECK(tree.size() <= size);
      CHECK(tree.root() == root_of(tree.size()));
    }
    rig.filled(size);
    CHECK(must(read_file(rig.file)) == bytes);
  }
}

TEST_CASE("commit tree: leaves are found by their sequence, and voids are not") {
  const Rig rig;
  const CommitTree tree = rig.filled(20);
  for (std::uint64_t i = 0; i < 20; ++i) {
    CHECK(must(tree.find(leaf_of(i).sequence, 20)) == std::optional(i));
  }
  CHECK_FALSE(must(tree.find(3, 20)));
  CHECK_FALSE(must(tree.find(0, 20)));
  CHECK_FALSE(must(tree.find(1'000, 20)));
  CHECK_FALSE(must(tree.find(leaf_of(19).sequence, 19)));
}

TEST_CASE("commit tree: what is dropped is gone, and others may come in its place") {
  const Rig rig;
  CommitTree tree = rig.filled(20);
  must(tree.keep(13));
  CHECK(tree.size() == 13);
  CHECK(tree.root() == root_of(13));
  must(tree.append({99, hash_of("another")}));
  must(tree.sync());
  CHECK(tree.root() != root_of(14));
  CHECK(must(rig.open(CommitTree::Access::Read).leaf(13)).sequence == 99);
}

TEST_CASE("commit tree: a reader beside the writer sees what was synced") {
  const Rig rig;
  CommitTree tree = rig.filled(8);
  const CommitTree reader = rig.open(CommitTree::Access::Read);
  for (std::uint64_t i = 8; i < 3'000; ++i) must(tree.append(leaf_of(i)));
  CHECK(reader.size() == 8);
  must(tree.sync());
  CHECK(must(merkle_root(reader, 3'000)) == tree.root());
  CHECK(must(reader.leaf(2'999)) == leaf_of(2'999));
  CHECK_FALSE(reader.leaf(3'000).ok());
}

TEST_CASE("commit tree: another file is refused, and none is made to be read") {
  const Rig rig;
  CHECK_FALSE(CommitTree::open(rig.file, CommitTree::Access::Read).ok());
  std::filesystem::create_directories(rig.file.parent_path());
  std::ofstream(rig.file) << "something else that is long enough";
  for (const auto access : {CommitTree::Access::Read, CommitTree::Access::Write}) {
    const auto opened = CommitTree::open(rig.file, access);
    REQUIRE_FALSE(opened.ok());
    CHECK(opened.error().kind == StoreError::Kind::Unsupported);
  }
  CHECK(must(read_file(rig.file)) == "something else that is long enough");
}

}  // namespace
}  // namespace cassette::test
