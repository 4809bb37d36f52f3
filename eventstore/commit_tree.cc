// CommitTree: offsets by arithmetic, and plain reads and writes at them.
#include "eventstore/commit_tree.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>

#include "domain/check.h"

namespace cassette::eventstore {
namespace {

constexpr std::string_view kMagic = "cassette-tree-1\n";
constexpr std::uint64_t kSequenceBytes = 8;
constexpr std::uint64_t kNodeBytes = sizeof(Hash);
constexpr std::uint64_t kLeafBytes = kSequenceBytes + kNodeBytes;
// Gathered before it is written: the system call is then little against the hashing.
constexpr std::size_t kWriteBytes = 256 * 1024;

// Bytes of a file with that many leaves: each but those of ones in `leaves` completes a node above.
std::uint64_t bytes_of(std::uint64_t leaves) {
  const auto open = static_cast<std::uint64_t>(std::popcount(leaves));
  return kMagic.size() + leaves * kLeafBytes + (leaves - open) * kNodeBytes;
}

// The most leaves that a file of that many bytes can have whole.
std::uint64_t leaves_in(std::uint64_t bytes) {
  std::uint64_t low = 0;
  std::uint64_t high = bytes / kLeafBytes + 1;
  while (high - low > 1) {
    const std::uint64_t middle = low + (high - low) / 2;
    (bytes_of(middle) <= bytes ? low : high) = middle;
  }
  return low;
}

std::uint64_t offset_of(unsigned level, std::uint64_t index) {
  const std::uint64_t last_leaf = ((index + 1) << level) - 1;
  const std::uint64_t leaf_at = bytes_of(last_leaf);
  return level == 0 ? leaf_at : leaf_at + kLeafBytes + (level - 1) * kNodeBytes;
}

TreeLeaf leaf_of(std::string_view bytes) {
  TreeLeaf leaf;
  for (std::size_t i = 0; i < kSequenceBytes; ++i) {
    leaf.sequence = leaf.sequence << 8 | static_cast<unsigned char>(bytes[i]);
  }
  std::copy(bytes.begin() + kSequenceBytes, bytes.end(), leaf.body.begin());
  return leaf;
}

void append_leaf(std::string& out, const TreeLeaf& leaf) {
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(leaf.sequence >> shift);
  out.append(reinterpret_cast<const char*>(leaf.body.data()), leaf.body.size());
}

}  // namespace

Stored<CommitTree> CommitTree::open(const std::filesystem::path& file, Access access) {
  const bool writes = access == Access::Write;
  std::error_code error;
  if (writes) std::filesystem::create_directories(file.parent_path(), error);
  const int flags = (writes ? O_RDWR | O_CREAT : O_RDONLY) | O_CLOEXEC;
  FileDescriptor fd(::open(file.c_str(), flags, 0600));
  if (!fd) return Failure{file_error("opening", file)};
  CommitTree tree(file, std::move(fd));
  struct stat status {};
  if (fstat(tree.fd_.get(), &status) != 0) return Failure{file_error("reading", file)};
  if (status.st_size == 0 && writes) {
    tree.waiting_ = kMagic;
    if (const auto synced = tree.sync(); !synced) return Failure{synced.error()};
  }
  if (const auto loaded = tree.load(); !loaded) return Failure{loaded.error()};
  return tree;
}

Stored<Done> CommitTree::load() {
  struct stat status {};
  if (fstat(fd_.get(), &status) != 0) return Failure{file_error("reading", path_)};
  std::string magic(kMagic.size(), '\0');
  const auto size = static_cast<std::uint64_t>(status.st_size);
  const auto read = read_at(0, magic.data(), magic.size());
  if (size < kMagic.size() || !read || magic != kMagic) {
    return Failure{StoreError{StoreError::Kind::Unsupported,
                              fmt::format("{} is no tree of commits", path_.string())}};
  }
  const std::uint64_t leaves = leaves_in(size);
  written_ = bytes_of(leaves);
  auto frontier = MerkleFrontier::of(*this, leaves);
  if (!frontier) return Failure{frontier.error()};
  frontier_ = frontier.value();
  return Done{};
}

Stored<Done> CommitTree::append(const TreeLeaf& leaf) {
  frontier_.add(commit_leaf(leaf.sequence, leaf.body), [&](unsigned level, const Hash& node) {
    if (level == 0) return append_leaf(waiting_, leaf);
    waiting_.append(reinterpret_cast<const char*>(node.data()), node.size());
  });
  return waiting_.size() < kWriteBytes ? Stored<Done>(Done{}) : write_out();
}

Stored<Done> CommitTree::write_out() {
  while (!waiting_.empty()) {
    const ssize_t done =
        pwrite(fd_.get(), waiting_.data(), waiting_.size(), static_cast<off_t>(written_));
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return Failure{file_error("writing", path_)};
    written_ += static_cast<std::uint64_t>(done);
    waiting_.erase(0, static_cast<std::size_t>(done));
  }
  return Done{};
}

Stored<Done> CommitTree::sync() {
  if (auto written = write_out(); !written) return written;
  if (fdatasync(fd_.get()) != 0) return Failure{file_error("syncing", path_)};
  return Done{};
}

Stored<Done> CommitTree::keep(std::uint64_t size) {
  CHECK(size <= this->size());
  if (auto written = write_out(); !written) return written;
  const std::uint64_t bytes = bytes_of(size);
  if (ftruncate(fd_.get(), static_cast<off_t>(bytes)) != 0) {
    return Failure{file_error("shortening", path_)};
  }
  return load();
}

Stored<Done> CommitTree::read_at(std::uint64_t offset, char* bytes, std::size_t size) const {
  while (size > 0) {
    const ssize_t done = pread(fd_.get(), bytes, size, static_cast<off_t>(offset));
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return Failure{file_error("reading", path_)};
    if (done == 0) {
      return Failure{StoreError{StoreError::Kind::Corrupt,
                                fmt::format("{} ends at {}", path_.string(), offset)}};
    }
    bytes += done;
    offset += static_cast<std::uint64_t>(done);
    size -= static_cast<std::size_t>(done);
  }
  return Done{};
}

Stored<TreeLeaf> CommitTree::leaf(std::uint64_t index) const {
  std::array<char, kLeafBytes> bytes{};
  const auto read = read_at(offset_of(0, index), bytes.data(), bytes.size());
  if (!read) return Failure{read.error()};
  return leaf_of({bytes.data(), bytes.size()});
}

Stored<std::optional<Hash>> CommitTree::computed_root(std::uint64_t size) const {
  CHECK(size <= this->size());
  const std::uint64_t end = bytes_of(size);
  MerkleFrontier frontier;
  std::string block;
  std::string made;  // what the leaves of `block` should have written
  for (std::uint64_t at = kMagic.size(); at < end;) {
    block.resize(std::min<std::uint64_t>(end - at, kWriteBytes));
    if (const auto read = read_at(at, block.data(), block.size()); !read) {
      return Failure{read.error()};
    }
    made.clear();
    // A leaf's nodes may go on in the next block: then it is read again from that leaf on.
    std::size_t whole = 0;
    while (frontier.size() < size && whole + kLeafBytes <= block.size()) {
      const auto above = static_cast<std::uint64_t>(std::countr_one(frontier.size()));
      if (whole + kLeafBytes + above * kNodeBytes > block.size()) break;
      const TreeLeaf leaf = leaf_of(std::string_view(block).substr(whole, kLeafBytes));
      frontier.add(commit_leaf(leaf.sequence, leaf.body), [&](unsigned level, const Hash& node) {
        if (level == 0) return append_leaf(made, leaf);
        made.append(reinterpret_cast<const char*>(node.data()), node.size());
      });
      whole = made.size();
    }
    if (!block.starts_with(made)) return std::optional<Hash>();
    at += whole;
  }
  return std::optional(frontier.root());
}

Stored<Hash> CommitTree::node(unsigned level, std::uint64_t index) const {
  if (level == 0) {
    const auto found = leaf(index);
    if (!found) return Failure{found.error()};
    return commit_leaf(found.value().sequence, found.value().body);
  }
  Hash node{};
  const auto read =
      read_at(offset_of(level, index), reinterpret_cast<char*>(node.data()), node.size());
  if (!read) return Failure{read.error()};
  return node;
}

Stored<std::optional<std::uint64_t>> CommitTree::find(std::uint64_t sequence,
                                                      std::uint64_t size) const {
  std::uint64_t low = 0;
  std::uint64_t high = size;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    const auto found = leaf(middle);
    if (!found) return Failure{found.error()};
    if (found.value().sequence == sequence) return std::optional(middle);
    if (found.value().sequence < sequence) low = middle + 1;
    if (found.value().sequence > sequence) high = middle;
  }
  return std::optional<std::uint64_t>();
}

std::filesystem::path commit_tree_file(const std::filesystem::path& data, std::uint32_t partition) {
  return data / "notary" / fmt::format("{}.tree", partition);
}

}  // namespace cassette::eventstore
