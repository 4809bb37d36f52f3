// The lock is an flock on DATA/lock, whose text is the holder's pid, for the error message only.
#include "eventstore/data_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include "domain/check.h"

namespace cassette::eventstore {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLock = "lock";
constexpr const char* kVersion = "VERSION";
constexpr const char* kId = "id";
const std::string kOurVersion = std::to_string(kDataFolderVersion) + "\n";

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

Stored<Done> write_whole(int fd, std::string_view text, const fs::path& path) {
  while (!text.empty()) {
    const ssize_t wrote = write(fd, text.data(), text.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return Failure{file_error("writing", path)};
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return Done{};
}

// Without it a rename may be forgotten by a power cut.
void sync_folder(const fs::path& folder) {
  const FileDescriptor fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd) fsync(fd.get());
}

Stored<FileDescriptor> lock(const fs::path& folder) {
  const fs::path path = folder / kLock;
  FileDescriptor fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) return Failure{file_error("opening", path)};
  if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    const auto holder = read_file(path);
    return Failure{StoreError{
        StoreError::Kind::Unavailable,
        fmt::format("{} is in use by process {}", folder.string(),
                    holder.ok() && !holder.value().empty() ? trimmed(holder.value()) : "unknown")}};
  }
  if (ftruncate(fd.get(), 0) != 0) return Failure{file_error("writing", path)};
  auto written = write_whole(fd.get(), fmt::format("{}\n", getpid()), path);
  if (!written) return Failure{written.error()};
  return fd;
}

bool holds_something_else(const fs::path& folder) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (entry.path().filename() != kLock && entry.path().filename() != kId) return true;
  }
  return false;
}

// Nothing there yet is fine.
Stored<Done> check_version(const fs::path& folder) {
  const fs::path path = folder / kVersion;
  if (!fs::exists(path)) {
    if (!holds_something_else(folder)) return Done{};
    return Failure{StoreError{
        StoreError::Kind::Mismatch,
        fmt::format("{} is not Cassette's: it has files but no {}", folder.string(), kVersion)}};
  }
  const auto found = read_file(path);
  if (!found) return Failure{found.error()};
  if (found.value() == kOurVersion) return Done{};
  return Failure{
      StoreError{StoreError::Kind::Unsupported,
                 fmt::format("{} is of data version '{}', and this program's is {}",
                             folder.string(), trimmed(found.value()), kDataFolderVersion)}};
}

// Written before VERSION, so that a folder with VERSION has one.
Stored<std::string> own_id(const fs::path& folder, std::string_view new_id) {
  const fs::path path = folder / kId;
  if (fs::exists(path)) {
    auto found = read_file(path);
    if (!found) return Failure{found.error()};
    return trimmed(found.value());
  }
  auto written = replace_file(path, fmt::format("{}\n", new_id));
  if (!written) return Failure{written.error()};
  return std::string(new_id);
}

}  // namespace

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) close(fd_);
}
FileDescriptor::FileDescriptor(FileDescriptor&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)) {}
FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

StoreError file_error(std::string_view doing, const fs::path& path) {
  const int error = errno;
  const bool full = error == ENOSPC || error == EDQUOT;
  return {full ? StoreError::Kind::Full : StoreError::Kind::Unavailable,
          fmt::format("{} {}: {}", doing, path.string(),
                      std::error_code(error, std::generic_category()).message())};
}

Stored<std::string> read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file) return Failure{file_error("reading", path)};
  return std::move(text).str();
}

Stored<Done> replace_file(const fs::path& path, std::string_view text) {
  const fs::path beside = path.string() + ".new";
  {
    const FileDescriptor fd(open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!fd) return Failure{file_error("opening", beside)};
    auto written = write_whole(fd.get(), text, beside);
    if (!written) return written;
    if (fsync(fd.get()) != 0) return Failure{file_error("syncing", beside)};
  }
  if (rename(beside.c_str(), path.c_str()) != 0) return Failure{file_error("renaming to", path)};
  sync_folder(path.parent_path());
  return Done{};
}

Stored<Done> sync_file(const fs::path& path) {
  const FileDescriptor fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return Failure{file_error("opening", path)};
  if (fsync(fd.get()) != 0) return Failure{file_error("syncing", path)};
  sync_folder(path.parent_path());
  return Done{};
}

std::string DataFolder::node() const {
  struct stat file {};
  CHECK(fstat(lock_.get(), &file) == 0);
  return fmt::format("{}.{}", id_, file.st_ino);
}

Stored<std::unique_ptr<DataFolder>> DataFolder::open(const fs::path& path,
                                                     std::string_view new_id) {
  std::error_code error;
  const fs::path folder = fs::absolute(path, error).lexically_normal();
  if (!error) fs::create_directories(folder, error);
  if (error) {
    return Failure{StoreError{StoreError::Kind::Unavailable,
                              fmt::format("making {}: {}", path.string(), error.message())}};
  }
  auto locked = lock(folder);
  if (!locked) return Failure{locked.error()};
  auto fits = check_version(folder);
  if (!fits) return Failure{fits.error()};
  auto id = own_id(folder, new_id);
  if (!id) return Failure{id.error()};
  auto marked = fs::exists(folder / kVersion) ? Stored<Done>{Done{}}
                                              : replace_file(folder / kVersion, kOurVersion);
  if (!marked) return Failure{marked.error()};
  return std::unique_ptr<DataFolder>(
      new DataFolder(folder, std::move(id).value(), std::move(locked).value()));
}

}  // namespace cassette::eventstore
