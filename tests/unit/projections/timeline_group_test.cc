// Groups of the timeline: what goes together, how it is taken apart, and in which order.
#include "projections/timeline_group.h"

#include <doctest/doctest.h>

namespace cassette::test {
namespace {

using projections::GroupedEvent;
using projections::IndexKey;
using projections::TimelineEntry;
using projections::TimelineGroup;

TimelineEntry entry(std::uint32_t index, const std::string& order = "o1",
                    const std::string& vendor = "", std::vector<std::string> products = {}) {
  return {{1000}, {{0, 7}, index}, "{\"n\":" + std::to_string(index) + "}",
          vendor, order,           std::move(products)};
}

TEST_CASE("events of one order that follow each other go together, and no others") {
  TimelineGroup group;
  CHECK(group.takes(entry(3)));
  group.add(entry(3));
  CHECK(group.takes(entry(4)));
  CHECK_FALSE(group.takes(entry(5)));        // one between them is of something else
  CHECK_FALSE(group.takes(entry(4, "o2")));  // another order
  TimelineEntry next_commit = entry(4);
  next_commit.ref.position.commit = 8;
  CHECK_FALSE(group.takes(next_commit));
  group.clear();
  group.add(entry(3, ""));
  CHECK_FALSE(group.takes(entry(4, "")));  // of no order: each by itself
}

TEST_CASE("a group that has grown large takes no more") {
  TimelineGroup group;
  TimelineEntry large = entry(0);
  large.body = std::string(70'000, 'x');
  group.add(large);
  CHECK_FALSE(group.takes(entry(1)));
}

TEST_CASE("a group is taken apart with the last event first") {
  TimelineGroup group;
  group.add(entry(3));
  group.add(entry(4, "o1", "v1", {"v1/p1", "v1/p2"}));
  group.add(entry(5, "o1", "v2"));
  std::string value;
  group.append_value(value);
  const std::vector<GroupedEvent> events = projections::events_in(group.place(), value);
  REQUIRE(events.size() == 3);
  CHECK(events[0].body == "{\"n\":5}");
  CHECK(events[0].vendor == "v2");
  CHECK(events[0].products.empty());
  CHECK(events[1].body == "{\"n\":4}");
  CHECK(events[1].vendor == "v1");
  REQUIRE(events[1].products.size() == 2);
  CHECK(events[1].products[1] == "v1/p2");
  CHECK(events[2].body == "{\"n\":3}");
  CHECK(events[2].vendor.empty());
  CHECK(events[2].place == group.place());
  // Lists go by place: the last event before the first, and the group where its first one is.
  CHECK(events[0].place < events[1].place);
  CHECK(events[1].place < events[2].place);
  CHECK(events[0].place == projections::timeline_place({1000}, {{0, 7}, 5}));
}

TEST_CASE("a group has one entry in each index, whatever it holds of it") {
  TimelineGroup group;
  group.add(entry(0));
  group.add(entry(1, "o1", "v1", {"v1/p1"}));
  group.add(entry(2, "o1", "v1", {"v1/p1", "v1/p2"}));
  CHECK(group.index_keys().size() == 4);  // the order, the vendor, two products
}

TEST_CASE("a customer's own events are found by the customer, and erasures among themselves") {
  const auto keys_of = [](const TimelineEntry& one) {
    TimelineGroup group;
    group.add(one);
    return group.index_keys();
  };
  TimelineEntry own = entry(0, "");
  CHECK(keys_of(own).empty());
  own.customer_id = "c1";
  const auto place = projections::timeline_place({1000}, {{0, 7}, 0});
  REQUIRE(keys_of(own).size() == 1);
  CHECK(keys_of(own)[0].key == projections::timeline_of_customer("c1") + place);
  own.erasure = true;
  REQUIRE(keys_of(own).size() == 2);
  CHECK(keys_of(own)[1].key == projections::timeline_of_erasures() + place);
}

TEST_CASE("what is no group gives no events") {
  CHECK(projections::events_in("short", "\t{}\n").empty());
  CHECK(projections::events_in(projections::timeline_place({1}, {{0, 1}, 0}), "").empty());
}

}  // namespace
}  // namespace cassette::test
