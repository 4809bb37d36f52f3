// One process a data folder, of this version, and nobody else's files.
#include "eventstore/data_folder.h"

#include <unistd.h>

#include <fstream>

// After ours: both define CHECK, and here doctest's is meant.
#include <doctest/doctest.h>

namespace cassette::eventstore {
namespace {

// A folder's name that is free; the folder goes with it.
struct Place {
  std::filesystem::path path;

  Place() {
    std::string name = (std::filesystem::temp_directory_path() / "cassette-data-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path = std::filesystem::path(name) / "data";
  }
  ~Place() { std::filesystem::remove_all(path.parent_path()); }
};

TEST_CASE("a new folder is made, and keeps its first id") {
  const Place place;
  {
    const auto folder = DataFolder::open(place.path, "first");
    REQUIRE(folder.ok());
    CHECK(folder.value()->id() == "first");
    CHECK(folder.value()->path() == place.path);
  }
  const auto again = DataFolder::open(place.path, "second");
  REQUIRE(again.ok());
  CHECK(again.value()->id() == "first");
}

TEST_CASE("a folder in use is refused, naming the process that has it") {
  const Place place;
  const auto first = DataFolder::open(place.path, "first");
  REQUIRE(first.ok());
  const auto second = DataFolder::open(place.path, "second");
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().kind == StoreError::Kind::Unavailable);
  CHECK(second.error().what.find(std::to_string(getpid())) != std::string::npos);
}

TEST_CASE("a folder of another version is refused, naming it") {
  const Place place;
  REQUIRE(DataFolder::open(place.path, "first").ok());
  std::ofstream(place.path / "VERSION") << "999\n";
  const auto refused = DataFolder::open(place.path, "second");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == StoreError::Kind::Unsupported);
  CHECK(refused.error().what.find("'999'") != std::string::npos);
}

TEST_CASE("a folder that holds something else is refused and left as it is") {
  const Place place;
  std::filesystem::create_directories(place.path);
  std::ofstream(place.path / "thesis.tex") << "precious";
  const auto refused = DataFolder::open(place.path, "first");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == StoreError::Kind::Mismatch);
  CHECK_FALSE(std::filesystem::exists(place.path / "VERSION"));
}

TEST_CASE("a start that was cut short before VERSION was written is taken up") {
  const Place place;
  std::filesystem::create_directories(place.path);
  std::ofstream(place.path / "lock") << "4242\n";
  std::ofstream(place.path / "id") << "first\n";
  const auto folder = DataFolder::open(place.path, "second");
  REQUIRE(folder.ok());
  CHECK(folder.value()->id() == "first");
}

TEST_CASE("a place that can't be a folder is unavailable") {
  const Place place;
  std::ofstream(place.path) << "a file";
  const auto refused = DataFolder::open(place.path, "first");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == StoreError::Kind::Unavailable);
}

}  // namespace
}  // namespace cassette::eventstore
