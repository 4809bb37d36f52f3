// The JSON mapping of described values: what is written, what is left out, what is refused.
#include <limits>

#include "domain/rejections.h"
#include "eventstore/json_read.h"
#include "eventstore/json_write.h"

// After ours: both define CHECK, and here doctest's is meant.
#include <doctest/doctest.h>

namespace cassette::test {

enum class Colour { Red, Green };

struct Inner {
  std::string name;
  bool flag = false;

  static void fields(auto& self, auto&& visit) {
    visit("name", self.name);
    visit("flag", self.flag);
  }
  bool operator==(const Inner&) const = default;
};

struct Everything {
  std::string text;
  domain::VendorId id;
  domain::Currency currency;
  domain::Sealed sealed;
  domain::LineId line;
  eventstore::Hash hash{};
  domain::Timestamp time;
  bool flag = false;
  std::int8_t tiny = 0;
  std::int64_t big = 0;
  std::uint32_t small = 0;
  std::uint64_t huge = 0;
  double real = 0;
  Colour colour = Colour::Red;
  std::optional<std::string> maybe;
  std::vector<Inner> list;
  std::map<std::string, int> map;
  domain::Rejection one_of;
  Inner inner;

  static void fields(auto& self, auto&& visit) {
    visit("text", self.text);
    visit("id", self.id);
    visit("currency", self.currency);
    visit("sealed", self.sealed);
    visit("line", self.line);
    visit("hash", self.hash);
    visit("time", self.time);
    visit("flag", self.flag);
    visit("tiny", self.tiny);
    visit("big", self.big);
    visit("small", self.small);
    visit("huge", self.huge);
    visit("real", self.real);
    visit("colour", self.colour);
    visit("maybe", self.maybe);
    visit("list", self.list);
    visit("map", self.map);
    visit("oneOf", self.one_of);
    visit("inner", self.inner);
  }
  bool operator==(const Everything&) const = default;
};

}  // namespace cassette::test

template <>
struct cassette::EnumNames<cassette::test::Colour> {
  static constexpr std::array<std::string_view, 2> values{"red", "green"};
};

namespace cassette::test {
namespace {

using eventstore::read_json;
using eventstore::to_json;

Everything filled() {
  Everything all;
  all.text = "a\"b\\c\n\t\x01/\u00e9\U0001F6B2";
  all.id = {"1580"};
  all.currency = {"USD"};
  all.sealed = {"token"};
  all.line = {7};
  all.hash.back() = 0xAB;
  all.time = {1'795'468'020'000'001};
  all.flag = true;
  all.tiny = -128;
  all.big = std::numeric_limits<std::int64_t>::min();
  all.small = std::numeric_limits<std::uint32_t>::max();
  all.huge = std::numeric_limits<std::uint64_t>::max();
  all.real = 4.25;
  all.colour = Colour::Green;
  all.maybe = "";
  all.list = {{"x", true}, {}};
  all.map = {{"a\"", 1}, {"b", -2}};
  all.one_of = domain::VendorIsSuspended{{"1580"}};
  all.inner = {"y", false};
  return all;
}

constexpr std::string_view kZeroHash =
    "0000000000000000000000000000000000000000000000000000000000000000";

template <class T>
bool reads(std::string_view text) {
  T value;
  return read_json(text, value);
}

TEST_CASE("Every kind of value has its form") {
  CHECK(to_json(filled()) ==
        R"({"text":"a\"b\\c\n\t\u0001/)"
        "\u00e9\U0001F6B2"
        R"(","id":"1580","currency":"USD","sealed":{"$sealed":"token"},"line":"7","hash":")" +
            std::string(62, '0') +
            R"(ab","time":"2026-11-23T21:07:00.000001Z","flag":true,"tiny":-128,)"
            R"("big":-9223372036854775808,"small":4294967295,"huge":18446744073709551615,)"
            R"("real":4.25,"colour":"green","maybe":"","list":[{"name":"x","flag":true},{}],)"
            R"("map":{"a\"":1,"b":-2},"oneOf":{"type":"VendorIsSuspended","vendorId":"1580"},)"
            R"("inner":{"name":"y"}})");
}

TEST_CASE("What is at its default is left out, but for numbers, times, enums and variants") {
  CHECK(to_json(Everything{}) ==
        R"({"line":"0","hash":")" + std::string(kZeroHash) +
            R"(","time":"1970-01-01T00:00:00.000000Z","tiny":0,"big":0,"small":0,"huge":0,)"
            R"("real":0,"colour":"red","oneOf":{"type":"NotFound"}})");
}

TEST_CASE("What is written is read as the same value") {
  for (const Everything& value : {Everything{}, filled()}) {
    Everything read;
    REQUIRE(read_json(to_json(value), read));
    CHECK(read == value);
  }
}

TEST_CASE("Each character that needs an escape gets one, alone and wherever it stands") {
  for (int code = 0; code < 256; ++code) {
    const char c = static_cast<char>(code);
    const bool escaped = code < 0x20 || c == '"' || c == '\\';
    for (std::size_t length = 1; length <= 20; ++length) {
      for (std::size_t at = 0; at < length; ++at) {
        std::string text(length, 'x');
        text[at] = c;
        const std::string json = to_json(text);
        REQUIRE((json != '"' + text + '"') == escaped);
        std::vector<std::string> read;
        if (code < 0x80) REQUIRE(read_json("[" + json + "]", read));
        if (code < 0x80) REQUIRE(read == std::vector{text});
      }
    }
  }
}

TEST_CASE("Reading starts from the default") {
  Inner value{"old", true};
  REQUIRE(read_json("{}", value));
  CHECK(value == Inner{});
}

TEST_CASE("Members come in any order, unknown ones are skipped") {
  Inner value;
  REQUIRE(read_json(R"( {"new":[1,{"name":"no"}],"flag":true,"":null,"name":"yes"} )", value));
  CHECK(value == Inner{"yes", true});
  CHECK(reads<Inner>(R"({"na\u006de":"x"})"));
}

TEST_CASE("A member that stands twice is refused, however it is spelled") {
  CHECK_FALSE(reads<Inner>(R"({"name":"a","name":"a"})"));
  CHECK_FALSE(reads<Inner>(R"({"name":"a","na\u006de":"b"})"));
  CHECK_FALSE(reads<Everything>(R"({"map":{"a":1,"a":1}})"));
  CHECK_FALSE(reads<Everything>(R"({"sealed":{"$sealed":"a","$sealed":"a"}})"));
}

TEST_CASE("Wrong types are refused") {
  for (const std::string_view text : {R"({"text":1})",
                                      R"({"text":null})",
                                      R"({"id":["x"]})",
                                      R"({"sealed":"plain"})",
                                      R"({"sealed":{}})",
                                      R"({"sealed":{"$sealed":"a","b":1}})",
                                      R"({"line":1})",
                                      R"({"line":"-1"})",
                                      R"({"line":"1x"})",
                                      R"({"line":""})",
                                      R"({"line":"4294967296"})",
                                      R"({"hash":"ab"})",
                                      R"({"time":"2026-11-23"})",
                                      R"({"time":0})",
                                      R"({"flag":"true"})",
                                      R"({"flag":1})",
                                      R"({"flag":null})",
                                      R"({"big":"1"})",
                                      R"({"big":1.0})",
                                      R"({"big":1e3})",
                                      R"({"real":"1"})",
                                      R"({"colour":"blue"})",
                                      R"({"colour":0})",
                                      R"({"maybe":1})",
                                      R"({"list":{}})",
                                      R"({"list":[1]})",
                                      R"({"list":null})",
                                      R"({"map":[]})",
                                      R"({"map":{"a":"1"}})",
                                      R"({"oneOf":{}})",
                                      R"({"oneOf":{"type":"Nobody"}})",
                                      R"({"oneOf":{"vendorId":"1","type":"VendorIsSuspended"}})",
                                      R"({"oneOf":{"type":"NotFound","type":"NotFound"}})",
                                      R"({"inner":[]})"}) {
    CAPTURE(text);
    CHECK_FALSE(reads<Everything>(text));
  }
}

TEST_CASE("Numbers out of their type's range are refused") {
  CHECK(reads<Everything>(R"({"tiny":127,"small":4294967295})"));
  for (const std::string_view text :
       {R"({"tiny":128})", R"({"tiny":-129})", R"({"big":9223372036854775808})", R"({"small":-1})",
        R"({"small":4294967296})", R"({"huge":-1})", R"({"huge":18446744073709551616})"}) {
    CAPTURE(text);
    CHECK_FALSE(reads<Everything>(text));
  }
}

TEST_CASE("null is an empty optional") {
  Everything value;
  REQUIRE(read_json(R"({"maybe":null})", value));
  CHECK_FALSE(value.maybe);
}

TEST_CASE("Malformed JSON and anything behind the value are refused") {
  for (const std::string_view text :
       {"", " ", "{", "}", "[]", "1", "null", R"({"name":"a)", R"({"name":"a"}})",
        R"({"name":"a"} x)", R"({"name":"a"}{"name":"a"})", R"({"name" "a"})", R"({"name":"a",})",
        R"({name:"a"})", "{\"name\":\"\xff\"}", "{\"name\":\"a\nb\"}", R"({"name":"\ud800"})",
        R"({"name":"\x"})"}) {
    CAPTURE(text);
    CHECK_FALSE(reads<Inner>(text));
  }
}

TEST_CASE("Lists and maps stand alone too") {
  std::vector<int> list;
  REQUIRE(read_json("[1,2,3]", list));
  CHECK(to_json(list) == "[1,2,3]");
  CHECK_FALSE(read_json("[1,2,3]]", list));
  CHECK_FALSE(read_json("[1,,3]", list));
  std::map<std::string, Inner> map;
  REQUIRE(read_json(R"({"b":{},"a":{"flag":true}})", map));
  CHECK(to_json(map) == R"({"a":{"flag":true},"b":{}})");
}

TEST_CASE("Writing appends") {
  std::string out = "[";
  eventstore::write_json(out, Inner{"a", false});
  CHECK(out == R"([{"name":"a"})");
}

}  // namespace
}  // namespace cassette::test
