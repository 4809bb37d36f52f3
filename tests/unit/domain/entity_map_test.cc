// EntityMap: what it found last never outlives its entry, and never is another map's.
#include "domain/entity_map.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>

namespace cassette::domain {
namespace {

using Map = EntityMap<std::string, int>;

Map map_of_two() {
  Map map;
  map.at("a").second = 1;
  map.at("b").second = 2;
  return map;
}

TEST_CASE("An entry is found by its id, again and after others") {
  const Map map = map_of_two();
  CHECK(*map.find("a") == 1);
  CHECK(*map.find("a") == 1);
  CHECK(*map.find("b") == 2);
  CHECK(map.find("c") == nullptr);
  CHECK(*map.find("b") == 2);
}

TEST_CASE("An erased entry is gone, though it was found last") {
  Map map = map_of_two();
  REQUIRE(map.find("a") != nullptr);
  map.erase("a");
  CHECK(map.find("a") == nullptr);
  CHECK(map.at("a").second == 0);
}

TEST_CASE("An entry may be erased by its own id") {
  Map map = map_of_two();
  map.erase(map.at("a").first);
  CHECK(map.find("a") == nullptr);
  CHECK(*map.find("b") == 2);
}

TEST_CASE("A copy finds its own entries") {
  Map map = map_of_two();
  REQUIRE(map.find("a") != nullptr);
  Map copy(map);
  copy.at("a").second = 10;
  CHECK(*map.find("a") == 1);
  Map assigned;
  assigned.at("a").second = 5;
  assigned = copy;
  assigned.at("a").second = 20;
  CHECK(*copy.find("a") == 10);
  CHECK(*assigned.find("a") == 20);
}

TEST_CASE("What was moved from finds nothing") {
  Map map = map_of_two();
  REQUIRE(map.find("a") != nullptr);
  const Map moved(std::move(map));
  CHECK(*moved.find("a") == 1);
  CHECK(map.find("a") == nullptr);  // NOLINT(bugprone-use-after-move): empty is what it promises
}

}  // namespace
}  // namespace cassette::domain
