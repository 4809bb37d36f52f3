// The demo: large enough, in every state, the same every time, and all that it sells is in stock.
#include "api/import/demo.h"

#include <doctest/doctest.h>

#include <set>

namespace cassette::api::importing {
namespace {

std::size_t count(const Plan& plan, std::string_view prefix) {
  std::size_t found = 0;
  for (const Step& step : plan.steps) {
    for (const Write& write : step.writes) found += write.fact.starts_with(prefix) ? 1 : 0;
  }
  return found;
}

TEST_CASE("a dozen vendors, about 150 parts, all counted, and a few dozen orders") {
  const Plan plan = demo_plan();
  CHECK(count(plan, "vendor/") == 12);
  CHECK(count(plan, "product/") >= 130);
  CHECK(count(plan, "product/") <= 170);
  CHECK(count(plan, "stock/") == count(plan, "product/"));
  CHECK(count(plan, "order/") == 48);
}

TEST_CASE("every state of an order is there") {
  const Plan plan = demo_plan();
  std::set<std::string> statuses;
  for (const Step& step : plan.steps) {
    for (const Write& write : step.writes) {
      if (write.fact.starts_with("status/")) {
        statuses.insert(write.fact.substr(write.fact.rfind('/') + 1));
      }
    }
  }
  CHECK(statuses == std::set<std::string>{"Cancelled", "Delivered", "Packed"});
  CHECK(count(plan, "shipment/") > 0);
  CHECK(count(plan, "return/") > 0);
  CHECK(count(plan, "note/") > 0);
}

TEST_CASE("it is the same every time, and nothing is written twice") {
  const Plan plan = demo_plan();
  const Plan again = demo_plan();
  std::set<std::string> facts;
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    for (std::size_t j = 0; j < plan.steps[i].writes.size(); ++j) {
      const Write& write = plan.steps[i].writes[j];
      CHECK(write.body == again.steps[i].writes[j].body);
      CHECK_MESSAGE(facts.insert(write.fact).second, write.fact);
    }
  }
}

}  // namespace
}  // namespace cassette::api::importing
