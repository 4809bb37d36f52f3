// A buffer over the file; the digest is of all that is read into it.
#include "replay/export_lines.h"

#include <fmt/format.h>

namespace cassette::replay {

using eventstore::Done;
using eventstore::Stored;
using eventstore::StoreError;

namespace {

constexpr std::size_t kReadBytes = 256 * 1024;

}  // namespace

ExportLines::ExportLines(const std::filesystem::path& folder, const ExportedFile& file)
    : file_(file), in_(folder / file.name, std::ios::binary), open_(in_.is_open()) {}

bool ExportLines::fill() {
  buffer_.erase(0, at_);
  at_ = 0;
  if (buffer_.size() > kMaxLineBytes) {
    too_long_ = true;
    return false;
  }
  const std::size_t held = buffer_.size();
  buffer_.resize(held + kReadBytes);
  in_.read(buffer_.data() + held, kReadBytes);
  const auto got = static_cast<std::size_t>(in_.gcount());
  buffer_.resize(held + got);
  digest_.update(std::string_view(buffer_).substr(held));
  bytes_ += got;
  return got > 0;
}

std::optional<std::string_view> ExportLines::next() {
  if (!open_ || too_long_) return std::nullopt;
  std::size_t searched = at_;
  while (true) {
    const std::size_t end = buffer_.find('\n', searched);
    if (end != std::string::npos) {
      const std::string_view line = std::string_view(buffer_).substr(at_, end - at_);
      at_ = end + 1;
      ++line_;
      return line;
    }
    searched = buffer_.size() - at_;
    if (!fill()) return std::nullopt;
  }
}

std::string ExportLines::where() const {
  return fmt::format("{} line {}", file_.name, line_);
}

Stored<Done> ExportLines::finish() {
  const auto mismatch = [this](std::string_view what) {
    return Failure{StoreError{StoreError::Kind::Mismatch, fmt::format("{} {}", file_.name, what)}};
  };
  if (!open_ || in_.bad()) {
    return Failure{StoreError{StoreError::Kind::Unavailable, file_.name + " can't be read"}};
  }
  if (too_long_) return mismatch(fmt::format("has a line, after {}, that is too long", line_));
  if (at_ < buffer_.size()) return mismatch("ends within a line");
  if (bytes_ != file_.bytes) {
    return mismatch(fmt::format("has {} bytes, and the manifest says {}", bytes_, file_.bytes));
  }
  const eventstore::Hash found = digest_.finish();
  if (found != file_.sha256) {
    return mismatch(fmt::format("has the SHA-256 {}, and the manifest says {}",
                                eventstore::hex(found), eventstore::hex(file_.sha256)));
  }
  return Done{};
}

Stored<Done> check_file(const std::filesystem::path& folder, const ExportedFile& file) {
  std::ifstream in(folder / file.name, std::ios::binary);
  std::string buffer(kReadBytes, '\0');
  eventstore::Sha256 digest;
  std::uint64_t bytes = 0;
  while (in) {
    in.read(buffer.data(), kReadBytes);
    const auto got = static_cast<std::size_t>(in.gcount());
    digest.update(std::string_view(buffer).substr(0, got));
    bytes += got;
  }
  if (!in.eof()) {
    return Failure{StoreError{StoreError::Kind::Unavailable, file.name + " can't be read"}};
  }
  if (bytes == file.bytes && digest.finish() == file.sha256) return Done{};
  return Failure{StoreError{StoreError::Kind::Mismatch,
                            file.name + " has not the bytes that the manifest says"}};
}

}  // namespace cassette::replay
