// CommitTree: the Merkle tree over one partition's commits, in a file that is only appended to. It
// can be deleted: it is rebuilt from the ledger. Which commits belong into it is its owner's to
// say.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "eventstore/data_folder.h"
#include "eventstore/merkle.h"

namespace cassette::eventstore {

// What of a commit is in its leaf.
struct TreeLeaf {
  std::uint64_t sequence = 0;  // in the partition's stream
  Hash body{};                 // SHA-256 of the body

  bool operator==(const TreeLeaf&) const = default;
};

// The file: 16 bytes "cassette-tree-1\n", then every node in the order in which leaves complete
// them. A leaf is its sequence (8 bytes big-endian) and its body's hash, 40 bytes; a node above is
// its hash, 32 bytes: 72 bytes a commit. So where a node stands follows from its level and index.
//
// `append`, `keep` and `sync` are for one thread; the others may run beside them for leaves that
// were synced, as long as `keep` takes none of those away.
class CommitTree final : public MerkleNodes {
 public:
  enum class Access { Read, Write };

  // Opens the file, to write makes it. What an interrupted append left at its end is dropped. What
  // the nodes are worth is not looked at: compare `computed_root`. Failures: Unavailable, Full;
  // Unsupported when the file is something else.
  static Stored<CommitTree> open(const std::filesystem::path& file, Access access);

  // Leaves, those that are not synced included.
  std::uint64_t size() const { return frontier_.size(); }
  // Of all leaves.
  Hash root() const { return frontier_.root(); }

  // The next commit. Written when enough has gathered, and with `sync`.
  Stored<Done> append(const TreeLeaf& leaf);
  // On the disk when this returns.
  Stored<Done> sync();
  // Drops all leaves but the first `size`, which is not above size().
  Stored<Done> keep(std::uint64_t size);

  // Corrupt when the file ends before it.
  Stored<TreeLeaf> leaf(std::uint64_t index) const;
  Stored<Hash> node(unsigned level, std::uint64_t index) const override;
  // The root of the first `size` leaves, by the leaves alone; nothing when a node of the file is
  // not what the leaves below it make. Reads all of it.
  Stored<std::optional<Hash>> computed_root(std::uint64_t size) const;
  // The index of the commit with that sequence among the first `size`; nothing when there is none.
  Stored<std::optional<std::uint64_t>> find(std::uint64_t sequence, std::uint64_t size) const;

 private:
  CommitTree(std::filesystem::path path, FileDescriptor fd)
      : path_(std::move(path)), fd_(std::move(fd)) {}

  Stored<Done> load();
  Stored<Done> write_out();
  Stored<Done> read_at(std::uint64_t offset, char* bytes, std::size_t size) const;

  std::filesystem::path path_;
  FileDescriptor fd_;
  MerkleFrontier frontier_;
  std::string waiting_;        // behind what is written
  std::uint64_t written_ = 0;  // bytes of the file
};

// Where a data folder has the tree of a partition.
std::filesystem::path commit_tree_file(const std::filesystem::path& data, std::uint32_t partition);

}  // namespace cassette::eventstore
