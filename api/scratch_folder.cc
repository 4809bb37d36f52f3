// ScratchFolder: mkdtemp, and its removal.
#include "api/scratch_folder.h"

#include <fmt/format.h>

#include <cstdlib>
#include <string>
#include <system_error>

#include "eventstore/data_folder.h"

namespace cassette::api {

namespace fs = std::filesystem;

eventstore::Stored<std::unique_ptr<ScratchFolder>> ScratchFolder::make(std::string_view purpose) {
  std::error_code error;
  const fs::path parent = fs::temp_directory_path(error);
  std::string name = (parent / fmt::format("cassette-{}-XXXXXX", purpose)).string();
  if (error || mkdtemp(name.data()) == nullptr) {
    return Failure{eventstore::file_error("making", name)};
  }
  return std::unique_ptr<ScratchFolder>(new ScratchFolder(name));
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace cassette::api
