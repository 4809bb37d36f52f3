// The projector over real RocksDB: what it serves, and that neither crashes nor rebuilds change it.
#include "projections/projection.h"

#include <doctest/doctest.h>

#include "domain/order.h"
#include "tests/store/projections_rig.h"

using namespace cassette;
using namespace cassette::testing;
using domain::OrderStatus;
using projections::ListQuery;
using projections::Model;
using projections::Page;
using projections::ReadModels;

namespace {

std::string body(ReadModels& models, Model model, const std::string& key) {
  const auto document = value_of(models.get(model, key));
  return document ? document->body : "";
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("an order through every model") {
  TapeMaker tape;
  tape.run(register_vendor("v1"));
  tape.run(list_product("v1", "p1"));
  tape.run(count_stock("v1", "p1", 10));
  tape.run(place_order("o1", {item("v1", "p1", 3)}));
  const TapeLedgers ledgers(tape);
  const TempFolder folder;
  const auto projection = open_projection(folder / "models", ledgers);
  REQUIRE(projection->drain_to(ends_of(tape), kPatience));
  ReadModels& models = projection->models();

  MESSAGE(body(models, Model::Vendors, "v1"));
  MESSAGE(body(models, Model::Products, "v1/p1"));
  MESSAGE(body(models, Model::Stock, "v1/p1"));
  MESSAGE(body(models, Model::Orders, "o1"));
  MESSAGE(body(models, Model::VendorOrders, "v1/o1"));
  MESSAGE(body(models, Model::Tallies, "all/now"));
  ListQuery query;
  query.list = ListQuery::List::Timeline;
  for (const std::string& each : value_of(models.list(query)).items) MESSAGE(each);
  CHECK(holds(body(models, Model::Stock, "v1/p1"), R"("quantityAvailable":7)"));
  CHECK(holds(body(models, Model::Orders, "o1"), R"("status":"Confirmed")"));
  CHECK(holds(body(models, Model::VendorOrders, "v1/o1"), R"("status":"Confirmed")"));
}
