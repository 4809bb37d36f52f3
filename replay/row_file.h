// RowFile: one file of an export while it is written. It stands under its name only once it is
// whole and on the disk; what a crash leaves behind ends in `.part`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "replay/export_manifest.h"

namespace cassette::replay {

// What a file under way is called.
inline constexpr std::string_view kPartSuffix = ".part";

// One thread uses it. Dropped before `finish`, it leaves its part behind.
class RowFile {
 public:
  virtual ~RowFile() = default;

  // Whole lines. Blocks for the disk, or the program that takes them. Full or Unavailable when they
  // can't be taken.
  virtual eventstore::Stored<eventstore::Done> write(std::string_view lines) = 0;
  // Brings it to the disk under its name. `partition` and `rows` are left to the caller.
  virtual eventstore::Stored<ExportedFile> finish() = 0;
};

// The lines as they are.
eventstore::Stored<std::unique_ptr<RowFile>> open_text_file(const std::filesystem::path& folder,
                                                            const std::string& name);

// What `program` makes of the lines that it reads on its stdin: it is run as `program FILE`, writes
// FILE, and exits with 0. Found in PATH unless it is a path. Unsupported, saying how to come by
// one, when it can't be run.
eventstore::Stored<std::unique_ptr<RowFile>> open_piped_file(const std::filesystem::path& folder,
                                                             const std::string& name,
                                                             const std::string& program);

}  // namespace cassette::replay
