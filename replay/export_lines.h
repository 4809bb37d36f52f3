// ExportLines: the lines of an export's files, one after the other, with their digests. It knows no
// line's meaning.
#pragma once

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

#include "eventstore/sha256.h"
#include "replay/export_manifest.h"

namespace cassette::replay {

// Lines longer than this are no message of a ledger's: its bytes in hexadecimal, and the wrapping.
inline constexpr std::size_t kMaxLineBytes = 2 * 4 * 1024 * 1024 + 1024;

// One file. One thread uses it.
class ExportLines {
 public:
  // `file` must outlive it.
  ExportLines(const std::filesystem::path& folder, const ExportedFile& file);

  // The next line without its end, valid until the next call; nothing at the end of the file, or
  // after a failure.
  std::optional<std::string_view> next();
  // The last one that `next` gave, from 1.
  std::uint64_t line() const { return line_; }
  // "commits-0-00001.jsonl line 7"
  std::string where() const;

  // After the last line: whether the file could be read and is what the manifest says. Mismatch or
  // Unavailable.
  eventstore::Stored<eventstore::Done> finish();

 private:
  bool fill();

  const ExportedFile& file_;
  std::ifstream in_;
  eventstore::Sha256 digest_;
  std::uint64_t bytes_ = 0;
  std::uint64_t line_ = 0;
  std::string buffer_;
  std::size_t at_ = 0;
  bool open_ = false;
  bool too_long_ = false;
};

// Reads it all for its bytes and digest, whatever it holds. Failures as of `finish`.
eventstore::Stored<eventstore::Done> check_file(const std::filesystem::path& folder,
                                                const ExportedFile& file);

}  // namespace cassette::replay
