// CsvTable: what RFC 4180 allows, and what is refused with its line.
#include "api/import/csv.h"

#include <doctest/doctest.h>

namespace cassette::api::importing {
namespace {

TEST_CASE("fields are found by their column's name") {
  const auto parsed = CsvTable::parse("\"Id\",Name\n7,\"Chain\"\n8,Hub\n");
  REQUIRE(parsed.ok());
  const CsvTable& table = parsed.value();
  REQUIRE(table.size() == 2);
  CHECK(table.at(0, "Name") == "Chain");
  CHECK(table.at(1, "Id") == "8");
  CHECK(table.has("Id"));
  CHECK_FALSE(table.has("id"));
}

TEST_CASE("quoted fields hold commas, quotes and line ends") {
  const auto parsed = CsvTable::parse("a,b\n\"Frame, 58\",\"say \"\"ride\"\"\"\n\"two\nlines\",\n");
  REQUIRE(parsed.ok());
  const CsvTable& table = parsed.value();
  REQUIRE(table.size() == 2);
  CHECK(table.at(0, "a") == "Frame, 58");
  CHECK(table.at(0, "b") == "say \"ride\"");
  CHECK(table.at(1, "a") == "two\nlines");
  CHECK(table.at(1, "b").empty());
}

TEST_CASE("a byte order mark, CRLF and a missing last line end are no errors") {
  const auto parsed = CsvTable::parse(
      "\xEF\xBB\xBF"
      "a,b\r\n1,2\r\n3,4");
  REQUIRE(parsed.ok());
  const CsvTable& table = parsed.value();
  REQUIRE(table.size() == 2);
  CHECK(table.at(0, "a") == "1");
  CHECK(table.at(1, "b") == "4");
}

TEST_CASE("a malformed row is refused with its line") {
  CHECK(CsvTable::parse("").error() == "no header line");
  CHECK(CsvTable::parse("a,b\n1\n").error() == "line 2 has 1 fields, the header 2");
  CHECK(CsvTable::parse("a,b\n\"1\n2\",x\n1,2,3\n").error() == "line 4 has 3 fields, the header 2");
  CHECK(CsvTable::parse("a\n\"open").error() == "line 2 is malformed");
  CHECK(CsvTable::parse("a\n\"x\"y\n").error() == "line 2 is malformed");
}

TEST_CASE("a file that can't be read is named") {
  CHECK(CsvTable::load("/nowhere/Vendor.csv").error() == "/nowhere/Vendor.csv can't be read");
}

}  // namespace
}  // namespace cassette::api::importing
