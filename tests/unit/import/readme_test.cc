// The README's curl lines are those that `up` prints: what a newcomer copies from either works.
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

#include "api/hints.h"

namespace cassette::api {
namespace {

TEST_CASE("every line that up suggests is in the README, at the default address") {
  std::ifstream file(std::string(std::getenv("CASSETTE_SOURCE_DIR")) + "/README.md");
  const std::string readme{std::istreambuf_iterator<char>(file), {}};
  std::istringstream lines(
      hints("http://127.0.0.1:8080", false, "cassette-data/bootstrap-admin.json"));
  int suggested = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("  curl") && !line.starts_with("  TOKEN=")) continue;
    ++suggested;
    CAPTURE(line);
    CHECK(readme.find("\n" + line.substr(2) + "\n") != std::string::npos);
  }
  CHECK(suggested >= 8);
}

}  // namespace
}  // namespace cassette::api
