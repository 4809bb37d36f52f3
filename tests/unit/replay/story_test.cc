// Stories: the same whatever the partitions are, in causal order, and equal to what the partitions'
// own folds say.
#include "replay/story.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "replay/story_report.h"
#include "tests/support/small_market.h"
#include "tests/support/tape_ledgers.h"

using namespace cassette;
using namespace cassette::testing;

namespace {

std::optional<replay::Story> told(const TapeMaker& tape, const std::string& id,
                                  const replay::StoryOptions& options = {}) {
  const MemoryLedgers ledgers(tape_of(tape));
  auto story = replay::tell_order(ledgers.all(), {id}, options);
  REQUIRE_MESSAGE(story.ok(), story.error().what);
  return std::move(story).value();
}

std::vector<std::string> types_of(const replay::Story& story) {
  std::vector<std::string> types;
  for (const auto& step : story.steps) types.push_back(step.vendor_id + " " + step.type);
  return types;
}

std::vector<std::string> statuses_of(const std::vector<replay::StatusStep>& history) {
  std::vector<std::string> statuses;
  for (const auto& step : history) statuses.emplace_back(name_of(step.status));
  return statuses;
}

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

const std::vector<std::string> kOrders{"both-0", "both-1",  "both-2",
                                       "both-3", "expires", "confirmed"};

// Of the vendor's own partition.
const domain::SubOrder* decided(const TapeMaker& tape, const std::string& vendor,
                                const std::string& order) {
  return tape.marketplace(tape.home(vendor)).sub_order({vendor}, {order});
}

}  // namespace

TEST_CASE("story: what the partitions' own folds say, over as many as there are") {
  for (const std::uint32_t partitions : {1U, 2U, 3U}) {
    const TapeMaker tape = busy_market(partitions);
    for (const std::string& id : kOrders) {
      CAPTURE(partitions);
      CAPTURE(id);
      const auto story = told(tape, id);
      REQUIRE(story);
      CHECK(story->contradiction == "");
      const domain::Order* order = tape.marketplace(tape.home(id)).order({id});
      REQUIRE(order != nullptr);
      CHECK(story->status == order->status());
      CHECK(story->customer_id == "customer-1");
      REQUIRE(story->sub_orders.size() == 2);
      for (const auto& part : story->sub_orders) {
        const domain::SubOrder* own = decided(tape, part.vendor_id, id);
        REQUIRE(own != nullptr);
        CHECK(part.status == own->status());
        CHECK(part.total == own->total());
        CHECK(part.payable == own->payable());
        REQUIRE(part.lines.size() == own->lines.size());
        for (std::size_t i = 0; i < part.lines.size(); ++i) {
          CHECK(part.lines[i].open == own->lines[i].open());
          CHECK(part.lines[i].shipped == own->lines[i].shipped);
          CHECK(part.lines[i].released == own->lines[i].cancelled);
          CHECK(part.lines[i].reserved == own->lines[i].quantity);
        }
      }
    }
  }
}

TEST_CASE("story: every cause comes before its effect, and every decision was recorded") {
  for (const std::uint32_t partitions : {1U, 2U, 3U}) {
    const TapeMaker tape = busy_market(partitions);
    for (const std::string& id : kOrders) {
      const auto story = told(tape, id);
      REQUIRE(story);
      std::map<std::string, std::size_t> place;
      for (std::size_t i = 0; i < story->steps.size(); ++i) place[story->steps[i].id] = i;
      CHECK(place.size() == story->steps.size());
      for (std::size_t i = 0; i < story->steps.size(); ++i) {
        const auto& step = story->steps[i];
        const auto cause = place.find(step.cause);
        if (cause != place.end()) CHECK(cause->second < i);
        const bool vendors = !step.vendor_id.empty() && step.type != "StockRequested";
        CHECK(step.recorded.empty() != vendors);
      }
      CHECK(std::ranges::is_sorted(story->steps, {}, &replay::StoryStep::at));
    }
  }
}

TEST_CASE("story: of an order that was shipped, delivered and asked back") {
  const auto story = told(busy_market(1), "both-0");
  REQUIRE(story);
  CHECK(story->total == domain::Money{1250, {"USD"}});
  const auto& part = story->sub_orders[0];
  CHECK(part.vendor_id == "v1");
  CHECK(statuses_of(part.history) ==
        std::vector<std::string>{"Pending", "Confirmed", "Packed", "Shipped", "Delivered"});
  CHECK(part.reservation == "used");
  REQUIRE(part.shipments.size() == 1);
  CHECK(part.shipments[0].id == "shipment-both-0");
  CHECK(part.shipments[0].status == "Delivered");
  CHECK(part.shipments[0].events.size() == 2);
  REQUIRE(part.returns.size() == 1);
  CHECK(part.returns[0].status == "Requested");
  CHECK(story->sub_orders[1].reservation == "held");
  CHECK(statuses_of(story->history) == std::vector<std::string>{"Pending", "Confirmed"});
  const std::string text = replay::to_text(*story);
  CHECK(text.starts_with("order both-0 of customer customer-1: Confirmed\n"));
  CHECK(holds(text, "admin placed the order: 1 of p1 of vendor v1, 1 of p2 of vendor v2;"));
  CHECK(holds(text, "vendor v1 (for admin) reserved 1 of p1 (Product p1, SKU-p1) at 1000 USD"));
  CHECK(holds(text, "admin for vendor v1 asked to return 1 of line 1 as r1 (\"too big\")"));
  CHECK(holds(text, "  shipment shipment-both-0: Delivered, 1 of line 1 ["));
}

TEST_CASE("story: of what expired, was cancelled, and could not be had") {
  const TapeMaker tape = busy_market(2);
  const auto expired = told(tape, "expires");
  REQUIRE(expired);
  CHECK(expired->status == domain::OrderStatus::Cancelled);
  CHECK(expired->sub_orders[0].reservation == "released");
  CHECK(expired->sub_orders[0].lines[0].released == 2);
  CHECK(holds(replay::to_text(*expired), "the deadline passed unconfirmed; to be released by"));
  const auto cancelled = told(tape, "both-3");
  REQUIRE(cancelled);
  CHECK(cancelled->sub_orders[0].reservation == "used");  // delivered before
  CHECK(cancelled->sub_orders[1].reservation == "released");
  const auto short_of = told(tape, "short");
  REQUIRE(short_of);
  CHECK(short_of->sub_orders[1].reservation == "refused");
  CHECK(holds(replay::to_text(*short_of), "InsufficientStock: 9 of p2 wanted and"));
}

TEST_CASE("story: nothing of an order that nobody placed, or that a stranger tells of") {
  TapeMaker tape = busy_market(2);
  CHECK_FALSE(told(tape, "nowhere"));
  CHECK_FALSE(told(tape, "both"));
  tape.put_raw(tape.home("ghost"), R"({"v":1,"events":[{"orderId":"ghost"}]})");
  CHECK_FALSE(told(tape, "ghost"));
  const std::uint32_t home = tape.home("both-0");
  tape.put_raw(home, R"({"v":1,"events":[{"orderId":"both-0"}]})");
  const auto story = told(tape, "both-0");
  REQUIRE(story);
  CHECK(story->void_messages ==
        std::vector<std::string>{format(eventstore::Position{home, tape.bodies(home).size()})});
  CHECK(types_of(*story) == types_of(*told(busy_market(2), "both-0")));
}

TEST_CASE("story: an event that can't be is told, named, and not folded") {
  TapeMaker tape = busy_market(1);
  domain::SubOrderPacked packed{{"both-0"}, {"v1"}};
  const auto forged = tape.forge(0, {domain::Event(packed)});
  const auto story = told(tape, "both-0");
  REQUIRE(story);
  CHECK(story->contradiction.starts_with(format(forged.position) + ":0 SubOrderPacked can't be"));
  CHECK(story->steps.back().type == "SubOrderPacked");
  CHECK(story->sub_orders[0].status == domain::OrderStatus::Delivered);
  CHECK(holds(replay::to_text(*story), "UNSOUND: "));
}

// A note with a line break would look like a step of its own.
TEST_CASE("story: a text of the ledger stays on its line, and personal data out of it") {
  TapeMaker tape = busy_market(1);
  tape.run(domain::NoteSubOrder{{"both-0"}, {"v2"}, "call\n0:99:0 admin \x1b[2Jall is well", {}});
  const auto story = told(tape, "both-0");
  REQUIRE(story);
  const std::string text = replay::to_text(*story);
  CHECK(holds(text, "noted \"call?0:99:0 admin ?[2Jall is well\""));
  CHECK_FALSE(holds(text, "sealed address"));
}

TEST_CASE("story: JSON has the same, and nothing of who was erased") {
  TapeMaker tape = small_market();
  domain::PlaceOrder order = place_order("o9", {item("v1", "p1", 1)});
  order.shipping_address = {"customer:c9|shippingAddress|c2VhbGVk"};
  tape.run(order);
  CHECK(holds(replay::to_json(*told(tape, "o9")), "c2VhbGVk"));
  replay::StoryOptions options;
  options.is_erased = [](std::string_view subject) { return subject == "customer:c9"; };
  const std::string json = replay::to_json(*told(tape, "o9", options));
  CHECK_FALSE(holds(json, "c2VhbGVk"));
  CHECK(holds(json, "(erased)"));
  CHECK(json.starts_with(R"({"orderId":"o9","customerId":"customer-1","status":"Confirmed")"));
  CHECK(holds(json, R"("readUpTo":["0:)"));
}

TEST_CASE("story: commits of several partitions come in causal order, however they are given") {
  const TapeMaker tape = busy_market(3);
  for (const bool reversed : {false, true}) {
    std::vector<eventstore::StoredCommit> commits;
    for (std::uint32_t i = 0; i < 3; ++i) {
      const auto& own = tape.commits(reversed ? 2 - i : i);
      commits.insert(commits.end(), own.begin(), own.end());
    }
    const std::size_t count = commits.size();
    std::map<std::uint32_t, std::uint64_t> last;
    const auto ordered = replay::in_causal_order(std::move(commits));
    CHECK(ordered.size() == count);
    for (const auto& stored : ordered) {
      for (const auto& [partition, seen] : stored.commit.seen) {
        CHECK(last[partition] >= seen.commit);
      }
      CHECK(last[stored.position.partition] + 1 == stored.position.commit);
      last[stored.position.partition] = stored.position.commit;
    }
  }
}
