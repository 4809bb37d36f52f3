// Commits and their bodies: inheritance, what is refused as malformed, what as too new, the hash,
// positions, and the partition of an id.
#include <set>

#include "eventstore/codec.h"
#include "tests/unit/eventstore/golden_commits.h"

// After ours: both define CHECK, and here doctest's is meant.
#include <doctest/doctest.h>

namespace cassette::test {
namespace {

using namespace eventstore;
using namespace domain;
using Kind = DecodeError::Kind;

std::string encoded(const Commit& commit) {
  std::string body;
  encode(commit, body);
  return body;
}

Commit decoded(std::string_view body) {
  auto commit = decode(body);
  REQUIRE_MESSAGE(commit.ok(), commit.error().what);
  return std::move(commit).value();
}

// `text` with the only `from` in it replaced.
std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  REQUIRE(text.find(from, at + 1) == std::string::npos);
  return text.replace(at, from.size(), to);
}

const std::string kEvent =
    R"({"type":"StockCounted","by":"admin","vendorId":"1580","productId":"p-707","quantity":100})";

// A body around `events`, and `more` members before them.
std::string body_of(const std::string& events, const std::string& more = "") {
  return R"({"v":1,"at":"2026-11-23T21:07:00Z","prev":")" + std::string(64, '0') +
         R"(","owner":"o")" + more + R"(,"events":[)" + events + "]}";
}

void check_refused(const std::string& body, Kind kind = Kind::NotACommit) {
  CAPTURE(body);
  const auto commit = decode(body);
  REQUIRE_FALSE(commit.ok());
  CHECK(commit.error().kind == kind);
  CHECK_FALSE(commit.error().what.empty());
}

TEST_CASE("A commit whose events are written while they come has the same body") {
  const Commit commit = one_line_order();
  Commit growing = commit;
  growing.events.clear();
  EventsText text;
  for (const RecordedEvent& recorded : commit.events) {
    growing.events.push_back(recorded);
    text.take(growing);
    text.take(growing);
  }
  std::string body;
  encode(growing, text, body);
  CHECK(body == encoded(commit));
}

TEST_CASE("Events that were let go of stay in the body, and later causes count from the first") {
  Commit commit = one_line_order();
  Commit growing = commit;
  growing.events.clear();
  EventsText text;
  const auto count = static_cast<std::uint32_t>(commit.events.size());
  for (int order = 0; order < 2; ++order) {
    for (RecordedEvent recorded : commit.events) {
      if (auto& on = recorded.cause.on; on && order == 1) *on += count;
      growing.events.push_back(recorded);
      text.take(growing);
    }
    text.release(growing);
    CHECK(growing.events.empty());
  }
  CHECK(text.count() == 2 * count);
  std::string body;
  encode(growing, text, body);
  const std::vector<RecordedEvent> first = commit.events;
  for (RecordedEvent recorded : first) {
    if (auto& on = recorded.cause.on) *on += count;
    commit.events.push_back(recorded);
  }
  CHECK(body == encoded(commit));
}

TEST_CASE("A body that is written by hand is read") {
  const Commit commit = decoded(body_of(kEvent));
  REQUIRE(commit.events.size() == 1);
  CHECK(commit.owner == "o");
  CHECK(commit.events[0].by == "admin");
  CHECK(commit.events[0].event == Event{StockCounted{{"1580"}, {"p-707"}, {}, 100}});
  CHECK(commit.events[0].cause == Cause{});
}

TEST_CASE("Members after v come in any order, space is skipped, and unknown members too") {
  const Commit expected = decoded(body_of(kEvent));
  const std::string zeros(64, '0');
  CHECK(decoded(R"({ "v":1, "events":[)" + kEvent +
                R"(], "new":{"a":[1,{}]}, "owner":"o","prev":")" + zeros +
                "\",\n\"at\":\"2026-11-23T21:07:00Z\" } ") == expected);
  const std::string grown = replaced(kEvent, R"("by":"admin")", R"("new":[true],"by":"admin")");
  CHECK(decoded(body_of(grown)) == expected);
}

TEST_CASE("What an unknown member holds must still be JSON") {
  check_refused(body_of(kEvent, R"(,"new":[1 2])"));
  check_refused(body_of(kEvent, R"(,"new":nonsense)"));
}

TEST_CASE("An event leaves out what equals the event that it stands on") {
  const std::string body = encoded(one_line_order());
  CHECK(body.find(R"({"type":"SubOrderRecorded","on":1})") != std::string::npos);
  CHECK(body.find(R"({"type":"OrderConfirmed","on":2,"vendors":["1580"]})") != std::string::npos);
  CHECK(decoded(body) == one_line_order());
}

TEST_CASE("A default that differs from the inherited value is written") {
  Commit commit = one_line_order();
  commit.events.resize(2);
  auto& reserved = std::get<StockReserved>(commit.events[1].event);
  reserved.customer_id = {};
  reserved.shipping_address = {};
  commit.events[1].by = {};
  commit.events[1].occurred_at.reset();
  const std::string body = encoded(commit);
  CHECK(body.find(R"("on":0,"by":"","occurredAt":null,"vendorId")") != std::string::npos);
  CHECK(body.find(R"("customerId":"")") != std::string::npos);
  CHECK(body.find(R"("shippingAddress":{"$sealed":""})") != std::string::npos);
  CHECK(decoded(body) == commit);
}

TEST_CASE("Fields of the same name and another type are not inherited") {
  // OrderPlaced.lines are PlacedLines, StockReserved.lines are ReservedLines.
  Commit commit = one_line_order();
  commit.events.resize(2);
  std::get<StockReserved>(commit.events[1].event).lines.clear();
  CHECK(decoded(encoded(commit)) == commit);
}

TEST_CASE("No field of an event has a name that the codec uses itself") {
  const std::set<std::string_view> reserved{"type", "cause", "on", "by", "occurredAt", "request"};
  for (const GoldenCommit& each : golden_events()) {
    std::visit(
        [&]<class E>(const E& event) {
          E::fields(event, [&](std::string_view name, const auto&) {
            CAPTURE(each.name);
            CHECK_FALSE(reserved.contains(name));
          });
        },
        each.commit.events.front().event);
  }
}

TEST_CASE("Missing, doubled and misplaced members of the envelope are malformed") {
  const std::string body = body_of(kEvent);
  check_refused(replaced(body, R"("v":1,)", ""));
  check_refused(replaced(body, R"("at":"2026-11-23T21:07:00Z",)", ""));
  check_refused(replaced(body, R"("owner":"o",)", ""));
  check_refused(replaced(body, R"("prev":")" + std::string(64, '0') + R"(",)", ""));
  check_refused(replaced(body, R"(,"events":[)" + kEvent + "]", ""));
  check_refused(body_of(kEvent, R"(,"owner":"o")"));
  check_refused(replaced(body, R"("v":1,)", R"("at":"2026-11-23T21:07:00Z","v":1,)"));
  check_refused(replaced(body, R"("v":1,)", R"("v":1,"v":1,)"));
}

TEST_CASE("What is not JSON, or not an object, is malformed") {
  const std::string body = body_of(kEvent);
  for (const std::string& text :
       {std::string(), std::string("{}"), std::string("[]"), std::string("1"),
        std::string("not a commit"), std::string(3, '\0'), body + "x", body + body,
        "[" + body + "]", std::string(5000, '[')}) {
    check_refused(text);
  }
  for (std::size_t length = 0; length < body.size(); ++length)
    check_refused(body.substr(0, length));
}

TEST_CASE("Members of the wrong type or form are malformed") {
  const std::string body = body_of(kEvent);
  for (const std::string_view v : {"0", "-1", "1.0", "\"1\"", "null", "true"}) {
    check_refused(replaced(body, R"("v":1)", R"("v":)" + std::string(v)));
  }
  check_refused(replaced(body, "21:07:00Z", "21:07:00"));
  check_refused(replaced(body, R"("owner":"o")", R"("owner":1)"));
  check_refused(replaced(body, R"("prev":"0)", R"("prev":")"));
  check_refused(replaced(body, R"("prev":"0)", R"("prev":"A)"));
  check_refused(replaced(body, R"("quantity":100)", R"("quantity":"100")"));
  check_refused(replaced(body, R"("quantity":100)", R"("quantity":9223372036854775808)"));
  check_refused(replaced(body, R"("by":"admin")", R"("by":null)"));
  check_refused(replaced(body, R"("by":"admin")", R"("occurredAt":"yesterday")"));
}

TEST_CASE("Malformed commands and seen are refused") {
  const std::string hash(64, 'a');
  CHECK(decoded(body_of(kEvent, R"(,"seen":{"1":[77,")" + hash + R"("]})")).seen[1].commit == 77);
  for (const std::string& seen : std::vector<std::string>{
           R"({"1":[77]})", R"({"1":["x"]})", R"({"x":[77,")" + hash + R"("]})",
           R"({"1":[77,"a"]})", R"({"1":[77,")" + hash + R"(",1]})",
           R"({"1":[-1,")" + hash + R"("]})", R"({"4294967296":[1,")" + hash + R"("]})", "[]"}) {
    check_refused(body_of(kEvent, R"(,"seen":)" + seen));
  }
  for (const std::string_view commands : {R"([{"id":1}])", R"([{"status":"201"}])", "{}", "[1]"}) {
    check_refused(body_of(kEvent, R"(,"commands":)" + std::string(commands)));
  }
}

TEST_CASE("Malformed events are refused") {
  for (const std::string_view event :
       {"{}", "1", "null", "[]", R"({"vendorId":"1580","type":"StockCounted"})",
        R"({"type":"StockCounted","type":"StockCounted"})", R"({"type":1})",
        R"({"type":"StockCounted","quantity":1,"quantity":1})",
        R"({"type":"StockCounted","by":"a","by":"a"})"}) {
    check_refused(body_of(std::string(event)));
  }
}

TEST_CASE("A cause must be there") {
  const auto with = [](std::string_view cause) {
    return replaced(kEvent, R"("by":"admin")", std::string(cause));
  };
  const std::string command = R"(,"commands":[{"id":"x","digest":"y","status":200}])";
  CHECK(decoded(body_of(with(R"("cause":0)"), command)).events[0].cause.command == 0);
  check_refused(body_of(with(R"("cause":1)"), command));
  check_refused(body_of(with(R"("cause":0)")));
  check_refused(body_of(with(R"("cause":-1)"), command));
  CHECK(decoded(body_of(kEvent + "," + with(R"("on":0)"))).events[1].by == "admin");
  check_refused(body_of(with(R"("on":0)")));
  check_refused(body_of(kEvent + "," + with(R"("on":1)")));
  check_refused(body_of(with(R"("on":"1:77")")));
  check_refused(body_of(with(R"("on":"1:77:2:3")")));
  check_refused(body_of(with(R"("on":true)")));
  CHECK(decoded(body_of(with(R"("on":"1:77:2")"))).events[0].cause.on_remote ==
        EventRef{Position{1, 77}, 2});
}

TEST_CASE("A newer format and an unknown event are unsupported, when they are whole") {
  const std::string newer = replaced(body_of(kEvent), R"("v":1)", R"("v":2)");
  check_refused(newer, Kind::Unsupported);
  check_refused(R"({"v":18446744073709551615})", Kind::Unsupported);
  check_refused(newer.substr(0, newer.size() - 1));
  const std::string unknown = body_of(kEvent + R"(,{"type":"StockTeleported","to":[1]})");
  check_refused(unknown, Kind::Unsupported);
  CHECK(decode(unknown).error().what.find("StockTeleported") != std::string::npos);
  check_refused(unknown + "}");
  check_refused(unknown.substr(0, unknown.size() - 2));
}

TEST_CASE("The predecessor is read of whatever names one") {
  CHECK(prev_of(body_of(kEvent)) == Hash{});
  CHECK(prev_of(R"({"v":9,"prev":")" + std::string(64, 'f') + R"("})")->front() == 0xFF);
  CHECK_FALSE(prev_of(R"({"v":9})"));
  CHECK_FALSE(prev_of(R"({"prev":1})"));
  CHECK_FALSE(prev_of("no"));
}

TEST_CASE("The hash is SHA-256, for bodies after bodies") {
  CHECK(hex(hash_of("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hex(hash_of("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(parse_hash(hex(hash_of("abc"))) == hash_of("abc"));
  CHECK_FALSE(parse_hash("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"));
}

TEST_CASE("Positions and event references have one spelling") {
  CHECK(format(Position{0, 1841}) == "0:1841");
  CHECK(parse_position("4294967295:18446744073709551615") ==
        Position{4294967295U, 18446744073709551615U});
  CHECK(format(EventRef{Position{2, 77}, 3}) == "2:77:3");
  CHECK(parse_event_ref("2:77:3") == EventRef{Position{2, 77}, 3});
  for (const std::string_view text :
       {"", ":", "1", "1:", ":1", "1:1:1", "01:1", "1:01", "-1:1", "1:+1", " 1:1", "1:1 ",
        "4294967296:1", "0:18446744073709551616", "a:1"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_position(text));
  }
  for (const std::string_view text : {"", "1:1", "1:1:", "1:1:1:1", "1:1:4294967296", "1:1:x"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_event_ref(text));
  }
}

struct Home {
  std::string_view id;
  std::uint32_t of_2, of_4, of_16;
};

TEST_CASE("An id's partition never changes") {
  const Home homes[] = {
      {"", 0, 2, 2},
      {"a", 1, 3, 15},
      {"abc", 0, 0, 0},
      {"1580", 0, 2, 6},
      {"1492", 1, 1, 9},
      {"p-707", 0, 0, 12},
      {"c-17", 0, 2, 14},
      {"v_1", 0, 2, 6},
      {"V-ABC", 1, 1, 9},
      {"01932a4e-8c1f-7d2b-9a55-3f0c8e6b7d10", 1, 3, 7},
      {"01932a4e-8c1f-7d2b-9a55-3f0c8e6b7d11", 1, 1, 13},
      {"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", 0, 2, 2}};
  for (const Home& home : homes) {
    CAPTURE(home.id);
    CHECK(partition_of(home.id, 1) == 0);
    CHECK(partition_of(home.id, 2) == home.of_2);
    CHECK(partition_of(home.id, 4) == home.of_4);
    CHECK(partition_of(home.id, 16) == home.of_16);
  }
}

}  // namespace
}  // namespace cassette::test
