// Symptom: a JSON text that is cut off before a value, read by a thread that had read a longer one,
// went on into that one, and an exception left the reader.
#include "eventstore/codec.h"
#include "eventstore/json_read.h"

#include <doctest/doctest.h>

using namespace cassette;
using namespace cassette::eventstore;

namespace {

struct Pair {
  std::string a;
  std::string b;
  std::int64_t n = 0;

  static void fields(auto& self, auto&& visit) {
    visit("a", self.a);
    visit("b", self.b);
    visit("n", self.n);
  }
};

constexpr std::string_view kPair = R"({"a":"one","b":"two","n":7})";
constexpr std::string_view kCommit =
    R"({"v":1,"at":"2026-11-23T21:00:00.000000Z","prev":"0000000000000000000000000000000000000000)"
    R"(000000000000000000000000","owner":"5f1c","commands":[{"id":"i","digest":"d","status":201}],)"
    R"("events":[{"type":"PartitionClaimed","owner":"5f1c"}]})";

TEST_CASE("json: a cut text is refused, whatever the thread has read before") {
  for (std::size_t size = 0; size < kPair.size(); ++size) {
    CAPTURE(size);
    Pair pair;
    REQUIRE(read_json(kPair, pair));
    CHECK_FALSE(read_json(kPair.substr(0, size), pair));
  }
}

TEST_CASE("codec: a cut commit is none, whatever the thread has read before") {
  for (std::size_t size = 0; size < kCommit.size(); ++size) {
    CAPTURE(size);
    REQUIRE(decode(kCommit).ok());
    const auto decoded = decode(kCommit.substr(0, size));
    REQUIRE_FALSE(decoded.ok());
    CHECK(decoded.error().kind == DecodeError::Kind::NotACommit);
    prev_of(kCommit.substr(0, size));
  }
}

}  // namespace
