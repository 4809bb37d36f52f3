// The hub alone: how a member gets from its cursor to the present, whatever comes in between. A
// mailbox keeps what is put in it, and reads of older events are answered by the test.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "api/live/hub.h"

namespace cassette::api {
namespace {

class Box : public Mailbox {
 public:
  void wake() override {}
  void overflow() override { ++overflows; }

  // "5.0@0:5.0 …": what was put in, each with its cursor.
  std::string drain() {
    std::string all;
    while (const auto mail = take()) {
      if (!all.empty()) all += ' ';
      if (mail->event) {
        all += std::to_string(mail->event->ref.position.commit) + '.' +
               std::to_string(mail->event->ref.index) + '@' + *mail->cursor;
      }
      if (mail->level) all += mail->level->json;
    }
    return all;
  }
  int overflows = 0;
};

LiveEventPtr event(std::uint64_t commit, std::uint32_t index = 0, std::size_t bytes = 100,
                   std::uint32_t partition = 0) {
  auto made = std::make_shared<LiveEvent>();
  made->ref = {{partition, commit}, index};
  made->type = "StockCounted";
  made->vendor_id = "v1";
  made->products = {"p1"};
  made->touched = {"p1"};
  made->frame.resize(bytes, 'x');
  return made;
}

Recent recent(std::uint64_t first, std::uint64_t last, std::size_t bytes = 100) {
  Recent made;
  made.head = last;
  made.levels = true;
  for (std::uint64_t c = first; c <= last; ++c) made.commits.push_back({c, {event(c, 0, bytes)}});
  return made;
}

struct HubRig {
  explicit HubRig(std::vector<std::uint64_t> starts = {0}, std::size_t ring_bytes = kRingBytes)
      : hub(std::move(starts), parts(), ring_bytes) {}

  HubParts parts() {
    HubParts to;
    to.read_older = [this](OlderWanted wanted) { asked.push_back(std::move(wanted)); };
    to.read_level = [this](const std::string& vendor, const std::string& product,
                           const eventstore::Position&) {
      levels.push_back(vendor + '/' + product);
    };
    to.end = [this](const std::shared_ptr<Member>&, const Problem& problem) {
      ended = problem.type;
    };
    return to;
  }
  std::shared_ptr<Member> join(Box& box, const std::optional<Cursor>& after = std::nullopt) {
    Subscription what;
    what.events = true;
    auto member = std::make_shared<Member>(what, "s", box);
    hub.join(member, after);
    return member;
  }
  // Answers the oldest read with the commits after its place, up to `last`.
  void answer(std::uint64_t last) {
    const OlderWanted wanted = asked.front();
    asked.erase(asked.begin());
    Older older;
    older.member = wanted.member;
    older.partition = wanted.partition;
    for (std::uint64_t c = wanted.after.commit + 1; c <= last; ++c)
      older.events.push_back(event(c));
    older.at = {last};
    older.head.read = older.head.commit = last;
    hub.take(std::move(older));
  }

  std::vector<OlderWanted> asked;
  std::vector<std::string> levels;
  std::string ended;
  Hub hub;
};

TEST_CASE("a member without a cursor begins with what happens next") {
  HubRig rig;
  Box box;
  rig.hub.take(recent(1, 3));
  const auto member = rig.join(box);
  CHECK(rig.hub.cursor_of(*member) == "0:3");
  rig.hub.take(recent(4, 5));
  CHECK(box.drain() == "4.0@0:4.0 5.0@0:5.0");
  CHECK(rig.hub.cursor_of(*member) == "0:5");
}

TEST_CASE("a short gap is filled from the ring, without a read") {
  HubRig rig;
  Box box;
  rig.hub.take(recent(1, 5));
  rig.join(box, Cursor{{2}});
  CHECK(rig.asked.empty());
  CHECK(box.drain() == "3.0@0:3.0 4.0@0:4.0 5.0@0:5.0");
}

TEST_CASE("events that come while older ones are read wait for them in the ring") {
  HubRig rig({0}, 2'000);
  Box box;
  rig.hub.take(recent(1, 50));
  rig.join(box, Cursor{{0}});
  REQUIRE(rig.asked.size() == 1);
  CHECK(rig.asked.front().until == 50);
  rig.hub.take(recent(51, 52));
  CHECK(box.drain().empty());
  rig.answer(50);
  const std::string all = box.drain();
  CHECK(all.starts_with("1.0@0:1.0 2.0@0:2.0 "));
  CHECK(all.ends_with("50.0@0:50.0 51.0@0:51.0 52.0@0:52.0"));
  CHECK(rig.asked.empty());
}

TEST_CASE("a ring that has gone on meanwhile calls for another read") {
  HubRig rig({0}, 2'000);
  Box box;
  rig.hub.take(recent(1, 50));
  rig.join(box, Cursor{{0}});
  rig.hub.take(recent(51, 150));
  rig.answer(50);
  REQUIRE(rig.asked.size() == 1);
  CHECK(rig.asked.front().after == Place{50});
  CHECK(rig.asked.front().head.commit == 50);
  rig.answer(150);
  CHECK(box.drain().ends_with("149.0@0:149.0 150.0@0:150.0"));
}

TEST_CASE("a mailbox that is full enough is left alone until there is room") {
  HubRig rig;
  Box box;
  rig.hub.take(recent(1, 40, 20'000));
  const auto member = rig.join(box, Cursor{{0}});
  CHECK(box.bytes() < kEnoughBytes + 20'000);
  CHECK(box.overflows == 0);
  std::string all = box.drain();
  while (all.find("40.0@") == std::string::npos) {
    rig.hub.go_on(member);
    all += ' ' + box.drain();
  }
  for (int c = 1; c <= 40; ++c) {
    const std::string place = ' ' + std::to_string(c) + ".0@";
    const std::size_t first = (' ' + all).find(place);
    CHECK(first != std::string::npos);
    CHECK((' ' + all).find(place, first + 1) == std::string::npos);
  }
}

TEST_CASE("what was not kept while nobody was here is read for who came just then") {
  HubRig rig;
  Box box;
  rig.hub.take(recent(1, 3));
  const auto member = rig.join(box);
  Recent left_out;
  left_out.head = 6;
  left_out.left_out = true;
  rig.hub.take(std::move(left_out));
  REQUIRE(rig.asked.size() == 1);
  CHECK(rig.asked.front().after == Place{3});
  rig.hub.take(recent(7, 7));
  rig.answer(6);
  CHECK(box.drain() == "4.0@0:4.0 5.0@0:5.0 6.0@0:6.0 7.0@0:7.0");
}

TEST_CASE("the present begins where the read models are: what warms the ring is not told") {
  HubRig rig({10});
  Box box;
  const auto member = rig.join(box);
  CHECK(rig.hub.cursor_of(*member) == "0:10");
  rig.hub.take(recent(5, 12));
  CHECK(box.drain() == "11.0@0:11.0 12.0@0:12.0");
  Box back;
  rig.join(back, Cursor{{6}});
  CHECK(back.drain().starts_with("7.0@0:7.0"));
  CHECK(rig.asked.empty());
}

TEST_CASE("a cursor that is ahead of the hub waits for it") {
  HubRig rig;
  Box box;
  rig.hub.take(recent(1, 3));
  const auto member = rig.join(box, Cursor{{5}});
  rig.hub.take(recent(4, 6));
  CHECK(box.drain() == "6.0@0:6.0");
  CHECK(rig.hub.cursor_of(*member) == "0:6");
}

TEST_CASE("with two partitions each has its own place") {
  HubRig rig({0, 0}, 3'000'000);
  Box box;
  Recent other;
  other.partition = 1;
  other.head = 2;
  other.commits = {{1, {event(1, 0, 100, 1)}}, {2, {event(2, 0, 100, 1)}}};
  rig.hub.take(recent(1, 2));
  rig.hub.take(std::move(other));
  rig.join(box, Cursor{{1}, {1}});
  CHECK(box.drain() == "2.0@0:2.0,1:1 2.0@0:2,1:2.0");
  rig.hub.take(recent(3, 3));
  CHECK(box.drain() == "3.0@0:3.0,1:2");
}

TEST_CASE("a cursor in no commit ends the member") {
  HubRig rig({0}, 500);
  Box box;
  rig.hub.take(recent(1, 9));
  const auto member = rig.join(box, Cursor{{3}});
  REQUIRE(rig.asked.size() == 1);
  Older older;
  older.member = member;
  older.no_commit = true;
  rig.hub.take(std::move(older));
  CHECK(rig.ended == "stale-position");
  CHECK(member->left);
  rig.hub.take(recent(10, 10));
  CHECK(box.drain().empty());
}

TEST_CASE("past its bound a mailbox overflows once and takes no more") {
  HubRig rig;
  Box box;
  rig.join(box);
  rig.hub.take(recent(1, 40, 100'000));
  CHECK(box.overflows == 1);
  CHECK(box.bytes() < kMaxUnsentBytes + 100'000 + 1);
}

TEST_CASE("of a product's levels the newest is kept, and a version told once") {
  HubRig rig;
  Box box;
  Subscription what;
  what.levels = true;
  what.vendor_id = "v1";
  what.product_id = "p1";
  const auto member = std::make_shared<Member>(what, "s", box);
  rig.hub.join(member, std::nullopt);
  CHECK(rig.levels == std::vector<std::string>{"v1/p1"});
  const auto tell = [&](std::uint64_t version, bool listed = true) {
    auto level = std::make_shared<Level>();
    level->vendor_id = "v1";
    level->product_id = "p1";
    level->json = "v" + std::to_string(version);
    level->version = version;
    level->listed = listed;
    rig.hub.take(LevelPtr(level));
  };
  tell(1);
  tell(2);
  tell(3);
  CHECK(box.drain() == "v3");
  tell(3);
  CHECK(box.drain().empty());
  tell(4, false);
  CHECK(box.drain().empty());
  rig.hub.take(recent(1, 1));
  CHECK(rig.levels.size() == 2);
  rig.hub.leave(member);
  rig.hub.take(recent(2, 2));
  CHECK(rig.levels.size() == 2);
}

}  // namespace
}  // namespace cassette::api
