// Folders, one file that names one of them, and a lock file beside each.
#include "projections/generations.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <set>
#include <string>

namespace cassette::projections {

namespace fs = std::filesystem;
using eventstore::Done;
using eventstore::Stored;
using eventstore::StoreError;

namespace {

constexpr const char* kCurrent = "CURRENT";
constexpr const char* kNextCurrent = "CURRENT.next";
constexpr std::string_view kLockSuffix = ".lock";

Failure<StoreError> failure(const fs::path& path, int error) {
  const auto kind = error == ENOSPC ? StoreError::Kind::Full : StoreError::Kind::Unavailable;
  return Failure{StoreError{kind, fmt::format("{}: {}", path.string(), std::strerror(error))}};
}

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number == 0) return std::nullopt;
  return number;
}

// A file descriptor that closes itself.
class File {
 public:
  File(const fs::path& path, int flags) : number_(::open(path.c_str(), flags | O_CLOEXEC, 0644)) {}
  ~File() {
    if (number_ >= 0) ::close(number_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  bool ok() const { return number_ >= 0; }
  int number() const { return number_; }
  int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

bool write_synced(const fs::path& path, const std::string& text) {
  const File file(path, O_WRONLY | O_CREAT | O_TRUNC);
  if (!file.ok()) return false;
  const ssize_t written = ::write(file.number(), text.data(), text.size());
  if (written >= 0 && written != static_cast<ssize_t>(text.size())) errno = ENOSPC;
  return written == static_cast<ssize_t>(text.size()) && ::fsync(file.number()) == 0;
}

bool sync_folder(const fs::path& path) {
  const File folder(path, O_RDONLY | O_DIRECTORY);
  return folder.ok() && ::fsync(folder.number()) == 0;
}

}  // namespace

GenerationHold::~GenerationHold() {
  ::close(file_);
}

fs::path Generations::folder(std::uint64_t number) const {
  return root_ / std::to_string(number);
}

fs::path Generations::lock_file(std::uint64_t number) const {
  return root_ / std::to_string(number).append(kLockSuffix);
}

Stored<std::optional<std::uint64_t>> Generations::current() const {
  std::ifstream file(root_ / kCurrent);
  if (!file) return std::optional<std::uint64_t>();
  std::string line;
  std::getline(file, line);
  const std::optional<std::uint64_t> number = number_in(line);
  if (number) return number;
  return Failure{StoreError{
      StoreError::Kind::Corrupt,
      fmt::format("{} holds '{}', which is no generation", (root_ / kCurrent).string(), line)}};
}

// Those with a folder or a lock file, which stays a moment longer.
std::vector<std::uint64_t> Generations::numbers() const {
  std::set<std::uint64_t> found;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(root_, error)) {
    std::string name = entry.path().filename().string();
    if (name.ends_with(kLockSuffix)) name.resize(name.size() - kLockSuffix.size());
    if (const auto number = number_in(name)) found.insert(*number);
  }
  return {found.begin(), found.end()};
}

Stored<std::uint64_t> Generations::create() {
  std::error_code error;
  fs::create_directories(root_, error);
  if (error) return failure(root_, error.value());
  const std::vector<std::uint64_t> taken = numbers();
  const auto now = current();
  if (!now) return Failure{now.error()};
  std::uint64_t number = 1 + std::max(taken.empty() ? 0 : taken.back(), now.value().value_or(0));
  // Another process may be making one at the same time: whoever makes the folder has the number.
  while (!fs::create_directory(folder(number), error)) {
    if (error) return failure(folder(number), error.value());
    ++number;
  }
  return number;
}

Stored<Done> Generations::make_current(std::uint64_t number) {
  const fs::path next = root_ / kNextCurrent;
  if (!write_synced(next, fmt::format("{}\n", number))) return failure(next, errno);
  if (std::rename(next.c_str(), (root_ / kCurrent).c_str()) != 0) return failure(next, errno);
  if (!sync_folder(root_)) return failure(root_, errno);
  return Done{};
}

Stored<std::shared_ptr<GenerationHold>> Generations::hold(std::uint64_t number) const {
  File file(lock_file(number), O_RDWR | O_CREAT);
  if (!file.ok()) return failure(lock_file(number), errno);
  // Only a remover locks exclusively, and then the folder goes.
  if (::flock(file.number(), LOCK_SH | LOCK_NB) != 0 || !fs::exists(folder(number))) {
    return std::shared_ptr<GenerationHold>();
  }
  return std::make_shared<GenerationHold>(file.release());
}

Stored<std::vector<std::uint64_t>> Generations::remove_unused() {
  const auto used = current();
  if (!used) return Failure{used.error()};
  std::vector<std::uint64_t> removed;
  for (const std::uint64_t number : numbers()) {
    if (number >= used.value().value_or(0)) continue;  // newer ones are being built
    const File lock(lock_file(number), O_RDWR | O_CREAT);
    if (!lock.ok()) return failure(lock_file(number), errno);
    if (::flock(lock.number(), LOCK_EX | LOCK_NB) != 0) continue;
    std::error_code error;
    fs::remove_all(folder(number), error);
    if (error) return failure(folder(number), error.value());
    fs::remove(lock_file(number), error);
    removed.push_back(number);
  }
  return removed;
}

}  // namespace cassette::projections
