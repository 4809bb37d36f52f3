// Values: what is an id, a currency and a time, and what is not.
#include "domain/values.h"

#include <doctest/doctest.h>

using namespace cassette::domain;

TEST_CASE("an id is what can stand in a subject") {
  CHECK(valid_id("a"));
  CHECK(valid_id("AZaz09_-"));
  CHECK(valid_id(std::string(kMaxIdLength, 'x')));
  CHECK(!valid_id(""));
  CHECK(!valid_id(std::string(kMaxIdLength + 1, 'x')));
  for (const char* bad : {"a.b", "a b", "*", ">", "a/b", "\xc3\xa9"}) CHECK(!valid_id(bad));
  CHECK(!valid_id(std::string_view("a\0b", 3)));
}

TEST_CASE("a currency is three capital letters") {
  CHECK(valid_currency("USD"));
  for (const char* bad : {"", "US", "usd", "USDX", "U5D"}) CHECK(!valid_currency(bad));
}

TEST_CASE("a time survives being written and read, to the microsecond") {
  for (const std::int64_t micros : {0LL, 1LL, 1'795'467'600'123'456LL, -1LL}) {
    CHECK(parse_timestamp(format({micros})) == Timestamp{micros});
  }
  CHECK(format({0}) == "1970-01-01T00:00:00.000000Z");
  CHECK(format({-1}) == "1969-12-31T23:59:59.999999Z");
  CHECK(format({951'868'799'000'001}) == "2000-02-29T23:59:59.000001Z");
  CHECK(format({1'795'467'600'123'456}) == "2026-11-23T21:00:00.123456Z");
}

TEST_CASE("times in other zones, of other shapes and of no calendar are no times") {
  CHECK(parse_timestamp("2026-11-23T21:07:00Z"));
  CHECK(parse_timestamp("2026-11-23T21:07:00.123456789Z"));
  for (const char* bad : {"", "2026-11-23", "2026-11-23T21:07:00", "2026-11-23T21:07:00+01:00",
                          "2026-02-30T00:00:00Z", "2026-11-23T24:00:00Z", "2026-11-23T21:07:60Z",
                          "2026-11-23T21:07:00.Z", "2026-11-23T21:07:00.1234567890Z",
                          "2026-11-23T21:07:00.12x4Z", "2026-11-23 21:07:00Z"}) {
    CHECK(!parse_timestamp(bad));
  }
}
