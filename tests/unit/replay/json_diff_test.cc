// What two documents differ in, by the paths of RFC 6901.
#include "replay/json_diff.h"

#include <doctest/doctest.h>

using cassette::replay::json_diff;
using cassette::replay::MemberChange;
using Changes = std::vector<MemberChange>;

TEST_CASE("equal documents have no difference, however they are spaced") {
  CHECK(json_diff(R"({"a":1,"b":[{"c":null}]})", R"({ "a": 1, "b": [ {"c": null} ] })").empty());
  CHECK(json_diff(std::nullopt, std::nullopt).empty());
}

TEST_CASE("a difference is named by its path, as deep as it goes") {
  CHECK((json_diff(R"({"a":{"b":[1,{"c":"x"}]},"d":2})", R"({"a":{"b":[1,{"c":"y"}]},"d":2})") ==
         Changes{{"/a/b/1/c", R"("x")", R"("y")"}}));
  CHECK((json_diff(R"({"a/b":1,"m~n":1})", R"({"a/b":2,"m~n":2})") ==
         Changes{{"/a~1b", "1", "2"}, {"/m~0n", "1", "2"}}));
}

TEST_CASE("what comes and goes is one change, however much it holds") {
  CHECK((json_diff(R"({"gone":{"a":[1]},"list":[1]})", R"({"list":[1,{"b":2}],"new":false})") ==
         Changes{{"/gone", R"({"a":[1]})", std::nullopt},
                 {"/list/1", std::nullopt, R"({"b":2})"},
                 {"/new", std::nullopt, "false"}}));
  CHECK((json_diff(R"({"list":[1,2]})", R"({"list":[1]})") ==
         Changes{{"/list/1", "2", std::nullopt}}));
  CHECK((json_diff(std::nullopt, R"({"a":1})") == Changes{{"/a", std::nullopt, "1"}}));
  CHECK((json_diff(R"({"a":1})", std::nullopt) == Changes{{"/a", "1", std::nullopt}}));
}

TEST_CASE("another kind of value is a change of the whole value") {
  CHECK((json_diff(R"({"a":{"b":1}})", R"({"a":[1]})") == Changes{{"/a", R"({"b":1})", "[1]"}}));
  CHECK((json_diff(R"({"a":1})", R"({"a":"1"})") == Changes{{"/a", "1", R"("1")"}}));
}
