// The contract of KeyValue, as one suite that every implementation passes: call
// `key_value_contract` inside a TEST_CASE. `make` gives a new and empty bucket at each call.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "eventstore/key_value.h"

// After ours: both define CHECK, and here doctest's is meant.
#include <doctest/doctest.h>

namespace cassette::test {

using eventstore::KeyValue;
using eventstore::StoreError;

using MakeKeyValue = std::function<std::unique_ptr<KeyValue>()>;

template <class T>
bool conflicts(const eventstore::Stored<T>& result) {
  return !result.ok() && result.error().kind == StoreError::Kind::Conflict;
}

inline std::vector<std::string> sorted_keys(KeyValue& bucket) {
  auto keys = bucket.keys();
  REQUIRE(keys.ok());
  std::sort(keys.value().begin(), keys.value().end());
  return keys.value();
}

inline void writing_contract(const MakeKeyValue& make) {
  const auto bucket = make();
  SUBCASE("an absent key gives nothing") {
    const auto entry = bucket->get("lease.0");
    REQUIRE(entry.ok());
    CHECK_FALSE(entry.value());
  }
  SUBCASE("what was put is got, with the revision that putting gave; values are bytes") {
    const std::string bytes("\0\xff\n and more", 11);
    const auto revision = bucket->put("lease.0", bytes);
    REQUIRE(revision.ok());
    const auto entry = bucket->get("lease.0");
    REQUIRE(entry.ok());
    REQUIRE(entry.value());
    CHECK(entry.value()->value == bytes);
    CHECK(entry.value()->revision == revision.value());
    const auto again = bucket->put("lease.0", "");
    REQUIRE(again.ok());
    CHECK(again.value() > revision.value());
    CHECK(bucket->get("lease.0").value()->value.empty());
  }
  SUBCASE("creating what is there conflicts and changes nothing") {
    REQUIRE(bucket->create("lease.0", "a").ok());
    CHECK(conflicts(bucket->create("lease.0", "b")));
    CHECK(bucket->get("lease.0").value()->value == "a");
  }
  SUBCASE("updating needs the revision that the key has") {
    const auto first = bucket->create("lease.0", "a");
    REQUIRE(first.ok());
    const auto second = bucket->update("lease.0", "b", first.value());
    REQUIRE(second.ok());
    CHECK(second.value() > first.value());
    CHECK(conflicts(bucket->update("lease.0", "c", first.value())));
    CHECK(conflicts(bucket->update("lease.0", "c", second.value() + 1)));
    CHECK(bucket->get("lease.0").value()->value == "b");
    CHECK(bucket->get("lease.0").value()->revision == second.value());
  }
  SUBCASE("another key's write leaves a key's revision alone") {
    const auto first = bucket->create("lease.0", "a");
    REQUIRE(first.ok());
    REQUIRE(bucket->put("lease.1", "x").ok());
    CHECK(bucket->update("lease.0", "b", first.value()).ok());
  }
}

inline void purging_contract(const MakeKeyValue& make) {
  const auto bucket = make();
  SUBCASE("a purged key is absent, and may be created again") {
    const auto first = bucket->put("key.c-17", "wrapped");
    REQUIRE(first.ok());
    REQUIRE(bucket->purge("key.c-17").ok());
    CHECK_FALSE(bucket->get("key.c-17").value());
    CHECK(conflicts(bucket->update("key.c-17", "late", first.value())));
    CHECK_FALSE(bucket->get("key.c-17").value());
    CHECK(bucket->create("key.c-17", "new").ok());
    CHECK(bucket->get("key.c-17").value()->value == "new");
  }
  SUBCASE("purging what is absent is no error") {
    CHECK(bucket->purge("nothing").ok());
  }
  SUBCASE("a forgotten key is absent for every writer, and may be created again") {
    const auto first = bucket->put("code.1", "once");
    REQUIRE(first.ok());
    REQUIRE(bucket->forget("code.1").ok());
    CHECK_FALSE(bucket->get("code.1").value());
    CHECK(sorted_keys(*bucket).empty());
    CHECK(conflicts(bucket->update("code.1", "late", first.value())));
    CHECK(bucket->create("code.1", "new").ok());
    CHECK(bucket->forget("nothing").ok());
  }
  SUBCASE("scrubbing leaves the present value, and what is absent absent") {
    REQUIRE(bucket->put("key.c-17", "old").ok());
    const auto second = bucket->put("key.c-17", "new");
    REQUIRE(second.ok());
    CHECK(bucket->scrub("key.c-17").ok());
    CHECK(bucket->get("key.c-17").value()->value == "new");
    CHECK(bucket->get("key.c-17").value()->revision == second.value());
    CHECK(bucket->scrub("nothing").ok());
    CHECK_FALSE(bucket->get("nothing").value());
  }
  SUBCASE("keys are those that are there") {
    CHECK(sorted_keys(*bucket).empty());
    REQUIRE(bucket->put("b", "1").ok());
    REQUIRE(bucket->put("a_b=c-d.e", "1").ok());
    REQUIRE(bucket->put("c", "1").ok());
    REQUIRE(bucket->put("b", "2").ok());
    REQUIRE(bucket->purge("c").ok());
    CHECK(sorted_keys(*bucket) == std::vector<std::string>{"a_b=c-d.e", "b"});
  }
  SUBCASE("names are at least those that are there, and none that was forgotten") {
    CHECK(bucket->names().value().empty());
    for (const char* key : {"a", "b", "purged", "forgotten"}) REQUIRE(bucket->put(key, "1").ok());
    REQUIRE(bucket->purge("purged").ok());
    REQUIRE(bucket->forget("forgotten").ok());
    auto names = bucket->names();
    REQUIRE(names.ok());
    std::erase(names.value(), "purged");
    std::sort(names.value().begin(), names.value().end());
    CHECK(names.value() == std::vector<std::string>{"a", "b"});
  }
  SUBCASE("buckets are apart") {
    const auto other = make();
    REQUIRE(bucket->put("a", "1").ok());
    CHECK_FALSE(other->get("a").value());
    CHECK(sorted_keys(*other).empty());
  }
}

inline void key_value_contract(const MakeKeyValue& make) {
  SUBCASE("writing") {
    writing_contract(make);
  }
  SUBCASE("purging") {
    purging_contract(make);
  }
}

}  // namespace cassette::test
