// Tables: sellers, prices, sizes and times as the sample's page demands, and broken files refused.
#include "api/import/tables.h"

#include <doctest/doctest.h>

#include "tests/support/small_tables.h"

namespace cassette::api::importing {
namespace {

TEST_CASE("decimals are rounded half up") {
  CHECK(rounded("2024.994", 2) == 202499);
  CHECK(rounded("2024.995", 2) == 202500);
  CHECK(rounded("5.1865", 2) == 519);
  CHECK(rounded("5.1849", 2) == 518);
  CHECK(rounded("0.0", 2) == 0);
  CHECK(rounded("7", 2) == 700);
  CHECK(rounded("47.8701", 4) == 478701);
  for (const char* bad : {"", ".5", "-1.0", "1,5", "1e3", "1234567890123", "1.2.3"}) {
    CAPTURE(bad);
    CHECK_FALSE(rounded(bad, 2));
  }
}

TEST_CASE("the lowest price sells, then the lowest vendor, and the house what no one supplies") {
  const test::SmallTables files;
  const auto tables = load_tables(files.folder());
  REQUIRE(tables.ok());
  const ProductRow& frame = tables.value().products.at("1");
  CHECK(frame.seller == "9");
  CHECK(frame.price == 4787);
  const ProductRow& cap = tables.value().products.at("2");
  CHECK(cap.seller == kHouseVendor);
  CHECK(cap.price == 899);
}

TEST_CASE("what the tables say of a product becomes its category and specifications") {
  const test::SmallTables files;
  const Tables tables = load_tables(files.folder()).value();
  const ProductRow& frame = tables.products.at("1");
  CHECK(frame.category == "Components");
  CHECK(frame.specifications == std::map<std::string, std::string>{{"class", "H"},
                                                                   {"color", "Black"},
                                                                   {"line", "R"},
                                                                   {"model", "6"},
                                                                   {"size", "58 CM"},
                                                                   {"style", "U"},
                                                                   {"subcategory", "Road Frames"},
                                                                   {"weight", "2.24 LB"}});
  const ProductRow& cap = tables.products.at("2");
  CHECK(cap.category.empty());
  CHECK(cap.specifications == std::map<std::string, std::string>{{"color", "Red"}});
}

TEST_CASE("tracking stands in the order of time and never before its order") {
  const test::SmallTables files;
  const Tables tables = load_tables(files.folder()).value();
  REQUIRE(tables.orders.size() == 2);
  const OrderRow& order = tables.orders[0];
  REQUIRE(order.tracking.size() == 5);
  CHECK(order.tracking[0].event == 1);
  CHECK(order.tracking[0].at == order.at);
  CHECK(order.tracking[4].event == 6);
  CHECK(domain::format(order.tracking[4].at) == "2011-06-02T09:00:00.000000Z");
}

TEST_CASE("what is wrong with a table is said with its file and row") {
  const test::SmallTables files;
  files.replace("SalesOrderDetail.csv",
                "SalesOrderID,ProductID,OrderQty,UnitPrice\n100,1,two,1.0\n");
  CHECK(load_tables(files.folder()).error() == "SalesOrderDetail.csv, row 1: OrderQty is two");
  // It was taken for zero.
  files.replace("SalesOrderDetail.csv",
                "SalesOrderID,ProductID,OrderQty,UnitPrice\n100,1,99999999999999999999,1.0\n");
  CHECK(load_tables(files.folder()).error() ==
        "SalesOrderDetail.csv, row 1: OrderQty is 99999999999999999999");
  files.replace("SalesOrderDetail.csv", "SalesOrderID,ProductID,OrderQty\n");
  CHECK(load_tables(files.folder()).error() == "SalesOrderDetail.csv has no UnitPrice");
  files.replace("SalesOrderDetail.csv", "SalesOrderID,ProductID,OrderQty,UnitPrice\n100,3,1,1.0\n");
  CHECK(load_tables(files.folder()).error() ==
        "SalesOrderDetail.csv, row 1: no such order or product");
  files.replace("Vendor.csv", "VendorID,Name,ActiveFlag\n9.1,Nine,1\n");
  CHECK(load_tables(files.folder()).error() == "Vendor.csv, row 1: VendorID is 9.1");
}

}  // namespace
}  // namespace cassette::api::importing
