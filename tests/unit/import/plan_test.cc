// Plans: which requests the sample's rows become, in which order, and what they add up to.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>

#include "api/import/adventureworks.h"
#include "api/import/facts.h"
#include "api/import/report.h"
#include "tests/support/small_tables.h"

namespace cassette::api::importing {
namespace {

using domain::OrderStatus;

// "METHOD path fact" of each write of the steps that have a time, a line a step.
std::string story_of(const Plan& plan) {
  std::string story;
  for (const Step& step : plan.steps) {
    if (step.month.empty()) continue;
    story += step.month + ":";
    for (const Write& write : step.writes) story += " " + write.fact;
    story += "\n";
  }
  return story;
}

const Step& step_of(const Plan& plan, std::string_view phase) {
  for (const Step& step : plan.steps) {
    if (step.phase == phase) return step;
  }
  FAIL("no such step");
  return plan.steps.front();
}

TEST_CASE("tracking becomes transitions, and a later step implies the ones before it") {
  const test::SmallTables files;
  const Plan plan = adventureworks_plan(load_tables(files.folder()).value());
  CHECK(story_of(plan) ==
        "2011-05: order/aw-100\n"
        "2011-05: confirmed/aw-100\n"
        "2011-05: status/aw-100/9/Packed status/aw-100/adventure-works/Packed\n"
        "2011-06: shipment/aw-100/9/aw-100-9 "
        "shipment/aw-100/adventure-works/aw-100-adventure-works order/aw-200\n"
        "2011-06: note/aw-200/adventure-works/Delivery error\n"
        "2011-06: note/aw-100/9/Arrived at facility "
        "note/aw-100/adventure-works/Arrived at facility\n"
        "2011-06: confirmed/aw-200\n"
        "2011-06: status/aw-200/adventure-works/Packed\n"
        "2011-06: shipment/aw-200/adventure-works/aw-200-adventure-works\n"
        "2011-06: note/aw-200/adventure-works/Arrived at facility\n"
        "2011-06: status/aw-100/9/Delivered status/aw-100/adventure-works/Delivered\n"
        "2011-06: note/aw-200/adventure-works/Delivery error\n");
}

TEST_CASE("orders carry the tables' prices and times, and wait for their confirmation") {
  const test::SmallTables files;
  const Plan plan = adventureworks_plan(load_tables(files.folder()).value());
  const Write& order = step_of(plan, "orders").writes.front();
  CHECK(order.method == "POST");
  CHECK(order.path == "/orders");
  CHECK(order.key == "adventureworks:order/aw-100");
  CHECK(order.body == R"({"orderId":"aw-100","customerId":"77","items":[)"
                      R"({"vendorId":"9","productId":"1","quantity":2,)"
                      R"("unitPrice":{"amount":202500,"currency":"USD"}},)"
                      R"({"vendorId":"adventure-works","productId":"2","quantity":3,)"
                      R"("unitPrice":{"amount":519,"currency":"USD"}}],)"
                      R"("confirmation":"manual","reservationSeconds":31622400,)"
                      R"("occurredAt":"2011-05-31T05:30:00.000000Z"})");
}

TEST_CASE("stock is what the orders need and the safety stock, counted first only") {
  const test::SmallTables files;
  const Plan plan = adventureworks_plan(load_tables(files.folder()).value());
  const Write& cap = step_of(plan, "stock").writes.at(1);
  CHECK(cap.path == "/vendors/adventure-works/inventory/2");
  CHECK(cap.body == R"({"quantity":8,"reorderPoint":3,"safetyStock":4})");
  CHECK(cap.first_only);
}

TEST_CASE("vendors that are not active are suspended when all orders are told") {
  const test::SmallTables files;
  const Plan plan = adventureworks_plan(load_tables(files.folder()).value());
  REQUIRE(plan.steps.back().writes.size() == 1);
  CHECK(plan.steps.back().writes.front().path == "/vendors/10");
  CHECK(plan.expected.vendors == 3);
  CHECK(plan.expected.suspended_vendors == 1);
}

TEST_CASE("every write has a key of its own, and the same in every run") {
  const test::SmallTables files;
  const Tables tables = load_tables(files.folder()).value();
  const Plan plan = adventureworks_plan(tables);
  const Plan again = adventureworks_plan(tables);
  std::set<std::string> keys;
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    for (std::size_t j = 0; j < plan.steps[i].writes.size(); ++j) {
      const Write& write = plan.steps[i].writes[j];
      CHECK(write.key == again.steps[i].writes[j].key);
      CHECK(write.body == again.steps[i].writes[j].body);
      // The same words on the same sub-order are one note.
      if (!write.fact.starts_with("note/")) CHECK(keys.insert(write.key).second);
    }
  }
}

// The sample's own page says these figures.
TEST_CASE("the real tables add up to what their page says") {
  const char* data = std::getenv("CASSETTE_DATA");
  const char* source = std::getenv("CASSETTE_SOURCE_DIR");
  const std::string folder =
      (data != nullptr ? std::string(data) : std::string(source) + "/../shared/data") +
      "/adventureworks";
  if (!std::filesystem::exists(folder)) {
    MESSAGE("not here: ", folder);
    return;
  }
  const auto tables = load_tables(folder);
  REQUIRE_MESSAGE(tables.ok(), tables.error());
  const Plan plan = adventureworks_plan(tables.value());
  const Figures figures = demanded(plan.expected);
  CHECK(figures.vendors == 105);
  CHECK(figures.suspended_vendors == 4);
  CHECK(figures.products == 506);
  CHECK(figures.orders == std::map<std::string, std::size_t>{{"Delivered", 1560}, {"Shipped", 1}});
  CHECK(figures.lines == 6032);
  CHECK(figures.units == 13281);
  CHECK(figures.sub_orders == 3184);
  CHECK(figures.revenue == 568'473'395);
}

}  // namespace
}  // namespace cassette::api::importing
