// Golden files pin every byte of the format: what was ever written is read for good.
// CASSETTE_WRITE_GOLDEN=1 writes the files that are missing; one that is there is never touched.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "eventstore/codec.h"
#include "tests/unit/eventstore/golden_commits.h"

// After ours: both define CHECK, and here doctest's is meant.
#include <doctest/doctest.h>

namespace cassette::test {
namespace {

namespace fs = std::filesystem;

fs::path golden_folder() {
  return fs::path(std::getenv("CASSETTE_SOURCE_DIR")) / "tests/golden/v1";
}

std::string encoded(const eventstore::Commit& commit) {
  std::string body;
  encode(commit, body);
  return body;
}

std::string golden(const GoldenCommit& each) {
  const fs::path path = golden_folder() / (each.name + ".json");
  if (!fs::exists(path) && std::getenv("CASSETTE_WRITE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << encoded(each.commit);
  }
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<GoldenCommit> all_golden() {
  auto all = golden_events();
  for (GoldenCommit& shape : golden_shapes()) all.push_back(std::move(shape));
  return all;
}

template <class... Alternatives>
std::vector<std::string> names_of(const std::variant<Alternatives...>*) {
  return {std::string(Alternatives::type)...};
}

TEST_CASE("Every golden body is read as the value that it was written for") {
  for (const GoldenCommit& each : all_golden()) {
    CAPTURE(each.name);
    const auto decoded = eventstore::decode(golden(each));
    REQUIRE_MESSAGE(decoded.ok(), decoded.error().what);
    CHECK(decoded.value() == each.commit);
  }
}

TEST_CASE("Every golden value is written as the same bytes") {
  for (const GoldenCommit& each : all_golden()) {
    CAPTURE(each.name);
    CHECK(encoded(each.commit) == golden(each));
  }
}

TEST_CASE("Every event type has a golden body of its name, and every file has a value") {
  std::vector<std::string> names;
  for (const GoldenCommit& each : golden_events()) names.push_back(each.name);
  CHECK(names == names_of(static_cast<const domain::Event*>(nullptr)));
  std::set<std::string> files;
  for (const auto& file : fs::directory_iterator(golden_folder())) {
    files.insert(file.path().stem().string());
  }
  std::set<std::string> expected;
  for (const GoldenCommit& each : all_golden()) expected.insert(each.name);
  CHECK(files == expected);
}

}  // namespace
}  // namespace cassette::test
