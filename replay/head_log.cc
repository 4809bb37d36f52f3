// HeadLog: lines, and where each ends.
#include "replay/head_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "domain/check.h"

namespace cassette::replay {

using eventstore::Done;
using eventstore::file_error;
using eventstore::FileDescriptor;
using eventstore::Stored;
using eventstore::StoreError;

Stored<std::unique_ptr<HeadLog>> HeadLog::open(const std::filesystem::path& file) {
  std::error_code error;
  std::filesystem::create_directories(file.parent_path(), error);
  FileDescriptor fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) return Failure{file_error("opening", file)};
  std::unique_ptr<HeadLog> log(new HeadLog(file, std::move(fd)));
  if (const auto loaded = log->load(); !loaded) return Failure{loaded.error()};
  return log;
}

Stored<Done> HeadLog::load() {
  const auto text = eventstore::read_file(path_);
  if (!text) return Failure{text.error()};
  for (std::size_t at = text.value().find('\n'); at != std::string::npos;
       at = text.value().find('\n', at + 1)) {
    ends_.push_back(at + 1);
  }
  const std::uint64_t whole = ends_.empty() ? 0 : ends_.back();
  if (whole < text.value().size() && ftruncate(fd_.get(), static_cast<off_t>(whole)) != 0) {
    return Failure{file_error("shortening", path_)};
  }
  const auto last_head = last();
  if (!last_head) return Failure{last_head.error()};
  return Done{};
}

std::uint64_t HeadLog::count() const {
  const std::lock_guard lock(mutex_);
  return ends_.size();
}

Stored<std::optional<SignedHead>> HeadLog::head(std::uint64_t number) const {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  {
    const std::lock_guard lock(mutex_);
    if (number == 0 || number > ends_.size()) return std::optional<SignedHead>();
    begin = number == 1 ? 0 : ends_[number - 2];
    end = ends_[number - 1];
  }
  std::string line(end - begin, '\0');
  if (pread(fd_.get(), line.data(), line.size(), static_cast<off_t>(begin)) !=
      static_cast<ssize_t>(line.size())) {
    return Failure{file_error("reading", path_)};
  }
  auto head = parse_head(line);
  if (!head || head.value().number != number) {
    return Failure{
        StoreError{StoreError::Kind::Corrupt,
                   fmt::format("line {} of {} is not that head", number, path_.string())}};
  }
  return std::optional(std::move(head).value());
}

Stored<Done> HeadLog::append(const SignedHead& head) {
  const std::uint64_t begin = [&] {
    const std::lock_guard lock(mutex_);
    CHECK(head.number == ends_.size() + 1);
    return ends_.empty() ? 0 : ends_.back();
  }();
  const std::string line = to_line(head) + "\n";
  std::size_t written = 0;
  while (written < line.size()) {
    const ssize_t done = pwrite(fd_.get(), line.data() + written, line.size() - written,
                                static_cast<off_t>(begin + written));
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return Failure{file_error("writing", path_)};
    written += static_cast<std::size_t>(done);
  }
  if (fdatasync(fd_.get()) != 0) return Failure{file_error("syncing", path_)};
  const std::lock_guard lock(mutex_);
  ends_.push_back(begin + line.size());
  return Done{};
}

}  // namespace cassette::replay
