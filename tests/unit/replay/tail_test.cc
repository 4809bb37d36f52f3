// Tail: what its lines say, where it starts, and how it ends.
#include "replay/tail.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "replay/erased.h"
#include "replay/tail_lines.h"
#include "tests/support/small_market.h"
#include "tests/support/tape_ledgers.h"

using namespace cassette;
using namespace cassette::testing;

namespace {

std::vector<std::string> lines_of(const TapeMaker& tape, replay::TailOptions options) {
  const MemoryLedgers ledgers(tape_of(tape));
  options.follow = false;
  std::vector<std::string> lines;
  const auto take = [&lines](std::string_view line) {
    lines.emplace_back(line);
    return true;
  };
  const auto done = replay::tail(ledgers.all(), options, take, {});
  REQUIRE(done.ok());
  return lines;
}

std::size_t events_of(const TapeMaker& tape) {
  std::size_t count = 0;
  for (std::uint32_t p = 0; p < tape.partitions(); ++p) {
    for (const auto& stored : tape.commits(p)) count += stored.commit.events.size();
  }
  return count;
}

bool any_holds(const std::vector<std::string>& lines, std::string_view text) {
  return std::ranges::any_of(
      lines, [&](const std::string& line) { return line.find(text) != std::string::npos; });
}

}  // namespace

TEST_CASE("tail: one line an event, of every partition") {
  const TapeMaker tape = busy_market(2);
  const auto lines = lines_of(tape, {});
  CHECK(lines.size() == events_of(tape));
  CHECK(any_holds(lines, "0:1 2026-09-21T"));
  CHECK(any_holds(lines, " system LedgerCreated ledgerId=ledger-of-tests partitions=2"));
  CHECK(any_holds(lines, " admin OrderPlaced orderId=both-1 customerId=customer-1 lines=2"));
  CHECK_FALSE(any_holds(lines, "sealed address"));
}

TEST_CASE("tail: JSON is one object a line, with position, hash and the whole event") {
  const TapeMaker tape = small_market();
  replay::TailOptions options;
  options.format = replay::TailFormat::Json;
  const auto lines = lines_of(tape, options);
  REQUIRE(lines.size() == events_of(tape));
  const auto& stored = tape.commits().back();
  CHECK(lines.back().starts_with("{\"position\":\"" + format(stored.position) + "\""));
  CHECK(lines.back().find("\"hash\":\"" + eventstore::hex(stored.hash) + "\"") !=
        std::string::npos);
  CHECK(lines.back().find("\"event\":{\"type\":\"StockCounted\"") != std::string::npos);
  CHECK(lines.back().find('\n') == std::string::npos);
}

TEST_CASE("tail: void messages are shown, with the reason") {
  TapeMaker tape = small_market();
  tape.put_raw(0, "\x1b[2J by hand");
  const eventstore::Position where{0, tape.bodies().size()};
  tape.run(register_vendor("v3"));
  const auto lines = lines_of(tape, {});
  CHECK(lines[lines.size() - 2].starts_with(format(where) + " void: "));
  CHECK(any_holds(lines, "VendorRegistered vendorId=v3"));
}

TEST_CASE("tail: from a position on, after a void message too") {
  TapeMaker tape = small_market();
  tape.put_raw(0, "by hand");
  tape.run(register_vendor("v3"));
  const std::uint64_t last = tape.bodies().size();
  for (const std::uint64_t from : {last, last - 1, last - 2}) {
    replay::TailOptions options;
    options.from = {{0, from}};
    const auto lines = lines_of(tape, options);
    CHECK(lines.size() == last - from + 1);
    CHECK(lines.back().find("VendorRegistered vendorId=v3") != std::string::npos);
  }
}

TEST_CASE("tail: a taker that has had enough ends it") {
  const MemoryLedgers ledgers(tape_of(busy_market(2)));
  int taken = 0;
  const auto done =
      replay::tail(ledgers.all(), {}, [&taken](std::string_view) { return ++taken < 3; }, {});
  CHECK(done.ok());
  CHECK(taken == 3);
}

TEST_CASE("tail: follows what is appended later, until it is stopped") {
  TapeMaker tape = small_market();
  MemoryLedgers ledgers(tape_of(tape));
  const std::size_t before = events_of(tape);
  tape.run(register_vendor("v3"));
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> lines;
  const auto reaches = [&](std::size_t count) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(20), [&] { return lines.size() >= count; });
  };
  std::stop_source stop;
  std::jthread thread([&] {
    const auto take = [&](std::string_view line) {
      const std::lock_guard lock(mutex);
      lines.emplace_back(line);
      changed.notify_all();
      return true;
    };
    CHECK(replay::tail(ledgers.all(), {}, take, stop.get_token()).ok());
  });
  REQUIRE(reaches(before));
  const std::uint64_t last = tape.bodies().size();
  ledgers[0].append(last - 1, tape.bodies().back(), {}, std::chrono::seconds(1));
  CHECK(reaches(before + 1));
  stop.request_stop();
  thread.join();
  CHECK(lines.back().find("VendorRegistered vendorId=v3") != std::string::npos);
}

TEST_CASE("tail: a summary shows ids and sizes, and no personal data") {
  domain::CustomerRegistered registered{{"c1"}, {"sealed name"}, {{"mail"}, {}}, {{"home"}}};
  CHECK(replay::summary_of(registered) == "customerId=c1 addresses=1");
  domain::SubOrderRecorded recorded{{"o1"}, {"v1"}, domain::SubOrderPacked{{"o1"}, {"v1"}}};
  CHECK(replay::summary_of(recorded) == "orderId=o1 vendorId=v1 change=SubOrderPacked");
  domain::OrderConfirmed confirmed{{"o1"}, {{"v1"}, {"v2"}}};
  CHECK(replay::summary_of(confirmed) == "orderId=o1 vendors=v1 vendors=v2");
}

namespace {

// A tape of one customer who registers, orders, and is erased or not.
TapeMaker tape_of_a_customer(const std::string& id, bool erased) {
  TapeMaker tape = small_market();
  const domain::Sealed name{"customer:" + id + "|name|c2VhbGVk"};
  tape.run(domain::RegisterCustomer{{id}, name, {name, {}}, {name, name}});
  if (erased) tape.run(domain::EraseCustomer{{id}, std::nullopt});
  return tape;
}

replay::TailOptions in_json() {
  replay::TailOptions options;
  options.format = replay::TailFormat::Json;
  return options;
}

}  // namespace

TEST_CASE("tail: personal data of who was erased is shown as erased, wherever the key is gone") {
  const TapeMaker tape = tape_of_a_customer("c9", false);
  replay::TailOptions options = in_json();
  CHECK(any_holds(lines_of(tape, options), "customer:c9|name|c2VhbGVk"));
  std::vector<std::string> asked;
  options.is_erased = [&asked](std::string_view subject) {
    asked.emplace_back(subject);
    return subject == "customer:c9";
  };
  const auto lines = lines_of(tape, options);
  CHECK_FALSE(any_holds(lines, "c2VhbGVk"));
  CHECK(any_holds(lines, "(erased)"));
  CHECK(std::ranges::count(asked, "customer:c9") == 1);
  options.format = replay::TailFormat::Text;
  CHECK(
      any_holds(lines_of(tape, options),
                "CustomerRegistered customerId=c9 name=(erased) contactInfo=(erased) addresses=2"));
}

TEST_CASE("tail: whether someone was erased is asked until there is an answer") {
  const TapeMaker tape = tape_of_a_customer("c9", false);
  replay::TailOptions options = in_json();
  int asked = 0;
  options.is_erased = [&asked](std::string_view) -> std::optional<bool> {
    return ++asked == 1 ? std::nullopt : std::optional(true);
  };
  const auto lines = lines_of(tape, options);
  CHECK(any_holds(lines, "customer:c9|name|c2VhbGVk"));
  CHECK(any_holds(lines, "(erased)"));
  CHECK(asked == 2);
}

TEST_CASE(
    "tail: an erasure seen on the way hides what comes after it, and others stay as they are") {
  TapeMaker tape = tape_of_a_customer("c9", true);
  domain::PlaceOrder order = place_order("o9", {item("v1", "p1", 1)});
  order.shipping_address = {"customer:c9|shippingAddress|c2VhbGVk"};
  tape.run(order);
  order = place_order("o8", {item("v1", "p1", 1)});
  order.shipping_address = {"customer:c8|shippingAddress|b3RoZXI"};
  tape.run(order);
  const auto lines = lines_of(tape, in_json());
  CHECK(any_holds(lines, "(erased)"));
  CHECK_FALSE(any_holds(lines, "shippingAddress|c2VhbGVk"));
  CHECK(any_holds(lines, "customer:c8|shippingAddress|b3RoZXI"));
}

// A vendor's partition has the address too, within an event that another one holds.
TEST_CASE("tail: what is erased is found within recorded events") {
  replay::Erased erased([](std::string_view subject) { return subject == "customer:c9"; });
  eventstore::StoredCommit stored;
  const domain::AddressChanged changed{{"o1"}, {"v1"}, {"customer:c9|shippingAddress|c2VhbGVk"}};
  eventstore::RecordedEvent outer;
  outer.event = domain::SubOrderRecorded{{"o1"}, {"v1"}, changed};
  stored.commit.events.push_back(outer);
  const auto link = erased.redact(stored);
  const auto& event = std::get<eventstore::StoredCommit>(link).commit.events[0].event;
  const auto& recorded = std::get<domain::SubOrderRecorded>(event);
  const auto& inner = std::get<domain::AddressChanged>(recorded.change);
  CHECK(inner.shipping_address.token == replay::kErased);
}
