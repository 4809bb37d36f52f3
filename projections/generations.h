// Generations: the folders of read models, models/<n>/, and the file CURRENT that names the one in
// use. Folders are never renamed; CURRENT is replaced atomically; a folder that nobody holds and
// CURRENT doesn't name is removed. What is in a folder is not known here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "eventstore/store_error.h"

namespace cassette::projections {

// Holding a generation keeps every process from removing its folder. Let go by destruction.
class GenerationHold {
 public:
  explicit GenerationHold(int file) : file_(file) {}
  ~GenerationHold();
  GenerationHold(const GenerationHold&) = delete;
  GenerationHold& operator=(const GenerationHold&) = delete;

 private:
  int file_;
};

// Any process may use the same root. Thread-safe. Failures are Unavailable or Full, naming the
// path.
class Generations {
 public:
  explicit Generations(std::filesystem::path root) : root_(std::move(root)) {}

  std::filesystem::path folder(std::uint64_t number) const;
  const std::filesystem::path& root() const { return root_; }

  // Nothing when there is none yet. Corrupt when CURRENT holds no number.
  eventstore::Stored<std::optional<std::uint64_t>> current() const;

  // A number that no folder has had, greater than all; its folder is made, empty.
  eventstore::Stored<std::uint64_t> create();

  // Readers that look from now on find `number`. On disk when it returns.
  eventstore::Stored<eventstore::Done> make_current(std::uint64_t number);

  // Nothing when it is being removed, or was.
  eventstore::Stored<std::shared_ptr<GenerationHold>> hold(std::uint64_t number) const;

  // Removes all folders but the current one's that nobody holds. Gives their numbers.
  eventstore::Stored<std::vector<std::uint64_t>> remove_unused();

 private:
  std::filesystem::path lock_file(std::uint64_t number) const;
  std::vector<std::uint64_t> numbers() const;

  std::filesystem::path root_;
};

}  // namespace cassette::projections
