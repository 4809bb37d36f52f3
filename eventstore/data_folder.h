// DataFolder: the one folder that a running Cassette keeps everything in, locked while it runs.
// It refuses a folder of another version, one in use, and one that holds something else.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "eventstore/store_error.h"

namespace cassette::eventstore {

// What DATA/VERSION says. Raised when a folder of before can't be read any more.
inline constexpr int kDataFolderVersion = 1;

// An open file descriptor, closed with it; -1 is none.
class FileDescriptor {
 public:
  explicit FileDescriptor(int fd = -1) : fd_(fd) {}
  ~FileDescriptor();
  FileDescriptor(FileDescriptor&& other) noexcept;
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

// Its methods may be called from any thread. The lock is the process's: it goes with it, also when
// it is killed.
class DataFolder {
 public:
  // Makes what is missing. A new folder is given `new_id` for ever. Failures: Unavailable when
  // another process has it (its pid is named) or it can't be written, Unsupported when it is of
  // another version, Mismatch when it is not empty and not ours.
  static Stored<std::unique_ptr<DataFolder>> open(const std::filesystem::path& path,
                                                  std::string_view new_id);

  // Absolute.
  const std::filesystem::path& path() const { return path_; }
  const std::string& id() const { return id_; }
  // The same after every restart, and another one for a copy of the folder: by it a process knows
  // its dead predecessor's leases.
  std::string node() const;

 private:
  DataFolder(std::filesystem::path path, std::string id, FileDescriptor lock)
      : path_(std::move(path)), id_(std::move(id)), lock_(std::move(lock)) {}

  const std::filesystem::path path_;
  const std::string id_;
  const FileDescriptor lock_;
};

// The whole file. Unavailable when it can't be read.
Stored<std::string> read_file(const std::filesystem::path& path);

// Writes `text` beside `path`, syncs it and renames it there, so that readers and crashes see the
// old or the new file whole. Only the owner may read it.
Stored<Done> replace_file(const std::filesystem::path& path, std::string_view text);

// Brings what another process wrote there to the disk, with its name.
Stored<Done> sync_file(const std::filesystem::path& path);

// From errno: Full for a full disk, else Unavailable.
StoreError file_error(std::string_view doing, const std::filesystem::path& path);

}  // namespace cassette::eventstore
