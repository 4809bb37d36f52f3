// The worked example of docs/ledger-format.md is what the code reads and writes.
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "eventstore/chain.h"
#include "eventstore/codec.h"

// After ours: both define CHECK, and here doctest's is meant.
#include <doctest/doctest.h>

namespace cassette::test {
namespace {

std::string page() {
  std::ifstream file(std::string(std::getenv("CASSETTE_SOURCE_DIR")) + "/docs/ledger-format.md");
  return {std::istreambuf_iterator<char>(file), {}};
}

// What stands in the fenced blocks of `language`, without the last line's end.
std::vector<std::string> blocks(const std::string& text, const std::string& language) {
  std::vector<std::string> found;
  const std::string open = "```" + language + "\n";
  std::size_t at = 0;
  while ((at = text.find(open, at)) != std::string::npos) {
    at += open.size();
    found.push_back(text.substr(at, text.find("\n```", at) - at));
  }
  return found;
}

TEST_CASE("The documented bodies form a chain, hash as documented and are written as they stand") {
  const auto bodies = blocks(page(), "json");
  const auto hashes = blocks(page(), "text");
  REQUIRE(bodies.size() == 2);
  REQUIRE(hashes.size() == 2);
  eventstore::Chain chain(0);
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    const auto link = chain.accept({i + 1, bodies[i], {}});
    REQUIRE(link.ok());
    const auto* stored = std::get_if<eventstore::StoredCommit>(&link.value());
    REQUIRE(stored != nullptr);
    CHECK(eventstore::hex(stored->hash) == hashes[i]);
    std::string written;
    encode(stored->commit, written);
    CHECK(written == bodies[i]);
    const std::string length = std::to_string(bodies[i].size());
    const std::string size = "Message " + std::to_string(i + 1) + ", " + length + " bytes";
    CHECK(page().find(size) != std::string::npos);
  }
}

TEST_CASE("The documented partition of a vendor is where it lives") {
  CHECK(page().find("with P = 4 vendor 1580 lives in partition 2") != std::string::npos);
  CHECK(eventstore::partition_of("1580", 4) == 2);
}

}  // namespace
}  // namespace cassette::test
