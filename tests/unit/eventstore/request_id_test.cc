// Request ids: packed, unpacked, kept by reactions, shown by the timeline.
#include "eventstore/request_id.h"

#include "eventstore/codec.h"
#include "tests/unit/eventstore/golden_commits.h"

// After ours: both define CHECK, and here doctest's is meant.
#include <doctest/doctest.h>

namespace cassette::test {
namespace {

using namespace eventstore;

TEST_CASE("A UUID packs into 23 characters and comes back") {
  for (const std::string id :
       {"01932a4e-8c1f-7d2b-9a55-3f0c8e6b7d10", "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff"}) {
    const std::string packed = pack_request_id(id);
    CAPTURE(packed);
    CHECK(packed.size() == 23);
    CHECK(unpack_request_id(packed) == id);
  }
  CHECK(pack_request_id("01932a4e-8c1f-7d2b-9a55-3f0c8e6b7d10") == "~AZMqTowffSuaVT8Mjmt9EA");
}

TEST_CASE("What is no UUID in its usual form is written as it is") {
  for (const std::string id :
       {"", "checkout-4711", "01932A4E-8C1F-7D2B-9A55-3F0C8E6B7D10",
        "01932a4e+8c1f-7d2b-9a55-3f0c8e6b7d10", "01932a4e8c1f7d2b9a553f0c8e6b7d10",
        "01932a4e-8c1f-7d2b-9a55-3f0c8e6b7d1", "01932a4e-8c1f-7d2b-9a55-3f0c8e6b7d1g"}) {
    CHECK(pack_request_id(id) == id);
    CHECK(unpack_request_id(id) == id);
  }
}

TEST_CASE("A text that no UUID packs to is read as it is") {
  for (const std::string text : {"~", "~AZMqTowffSuaVT8Mjmt9E", "~AZMqTowffSuaVT8Mjmt9EB",
                                 "~AZMqTowffSuaVT8Mjmt9E*", "-AZMqTowffSuaVT8Mjmt9EA"}) {
    CHECK(unpack_request_id(text) == text);
  }
}

TEST_CASE("An order's events name their request once") {
  Commit commit = one_line_order();
  std::string without;
  encode(commit, without);
  for (RecordedEvent& recorded : commit.events) {
    recorded.request = "01932a4e-8c1f-7d2b-9a55-3f0c8e6b7d10";
  }
  std::string with;
  encode(commit, with);
  CHECK(with.size() - without.size() ==
        std::string(R"(,"request":"~AZMqTowffSuaVT8Mjmt9EA")").size());
  const auto read = decode(with);
  REQUIRE(read.ok());
  CHECK(read.value() == commit);
}

}  // namespace
}  // namespace cassette::test
