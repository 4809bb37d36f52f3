// ScratchFolder: a folder of this process alone, removed with it. What is put there is its owner's.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "eventstore/store_error.h"

namespace cassette::api {

class ScratchFolder {
 public:
  // Makes one of a name that nobody can foretell, which only the owner may enter. Unavailable or
  // Full when it can't be made.
  static eventstore::Stored<std::unique_ptr<ScratchFolder>> make(std::string_view purpose);

  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  explicit ScratchFolder(std::filesystem::path path) : path_(std::move(path)) {}

  const std::filesystem::path path_;
};

}  // namespace cassette::api
