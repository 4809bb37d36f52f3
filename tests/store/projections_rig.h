// What the tests of projections share: folders that go away, ledgers in memory that hold a tape,
// and a tape with every kind of event on it.
#pragma once

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "eventstore/memory_ledger.h"
#include "projections/projection.h"
#include "tests/support/plain_commands.h"
#include "tests/support/tape_maker.h"

namespace cassette::testing {

inline constexpr std::chrono::seconds kPatience{20};

class TempFolder {
 public:
  TempFolder() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "cassette-models-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Ledgers that hold what a tape holds, as far as it was copied.
class TapeLedgers {
 public:
  explicit TapeLedgers(const TapeMaker& tape, std::size_t limit = static_cast<std::size_t>(-1))
      : tape_(tape) {
    for (std::uint32_t p = 0; p < tape.partitions(); ++p) {
      ledgers_.push_back(std::make_unique<eventstore::MemoryLedger>());
    }
    copy(limit);
  }

  // Appends what the tape has got since; of partition p at most up to message `limit`.
  void copy(std::size_t limit = static_cast<std::size_t>(-1)) {
    for (std::uint32_t p = 0; p < ledgers_.size(); ++p) {
      const Bodies& bodies = tape_.bodies(p);
      for (std::size_t i = copied(p); i < std::min(limit, bodies.size()); ++i) {
        const auto result = ledgers_[p]->append(i, bodies[i], {}, std::chrono::seconds(1));
        REQUIRE(result.outcome == eventstore::AppendOutcome::Stored);
      }
    }
  }

  std::size_t copied(std::uint32_t partition) const {
    return ledgers_[partition]->last_sequence().value();
  }
  eventstore::MemoryLedger& operator[](std::uint32_t partition) { return *ledgers_[partition]; }
  std::vector<eventstore::Ledger*> all() const {
    std::vector<eventstore::Ledger*> all;
    for (const auto& each : ledgers_) all.push_back(each.get());
    return all;
  }

 private:
  const TapeMaker& tape_;
  std::vector<std::unique_ptr<eventstore::MemoryLedger>> ledgers_;
};

// The last commit of each partition.
inline std::vector<eventstore::Position> ends_of(const TapeMaker& tape) {
  std::vector<eventstore::Position> ends;
  for (std::uint32_t p = 0; p < tape.partitions(); ++p) {
    ends.push_back(tape.commits(p).back().position);
  }
  return ends;
}

template <class T>
T value_of(eventstore::Stored<T> stored) {
  REQUIRE_MESSAGE(stored.ok(), (stored.ok() ? "" : stored.error().what));
  return std::move(stored).value();
}

inline std::unique_ptr<projections::Projection> open_projection(const std::filesystem::path& folder,
                                                                const TapeLedgers& ledgers) {
  return value_of(projections::Projection::open({folder, ledgers.all()}));
}

}  // namespace cassette::testing
