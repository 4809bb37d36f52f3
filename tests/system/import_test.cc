// Imports through a running cassette: AdventureWorks' real tables and made-up ones, and the demo.
// What stands afterwards must be what the tables demand, and doing it again must change nothing.
#include <doctest/doctest.h>

#include <cstdlib>

#include "tests/support/small_tables.h"
#include "tests/system/shop.h"

namespace cassette::test {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kImportLimit{600'000};

Finished import(Shop& shop, const std::string& folder,
                std::chrono::milliseconds limit = kImportLimit) {
  return run_cassette({"import", "adventureworks", folder, "--url", shop.cassette().http_url()},
                      limit);
}

// Where the ledgers end: "heads" of the health report.
std::string heads(Shop& shop) {
  api::ClientRequest request;
  request.target = "/health/ready";
  const std::string report = shop.market().must(request).body;
  const std::size_t at = report.find("\"heads\":\"");
  REQUIRE(at != std::string::npos);
  return report.substr(at, report.find('"', at + 9) - at);
}

bool says(const Finished& finished, std::string_view line) {
  return finished.output.find(line) != std::string::npos;
}

std::string real_tables() {
  const char* data = std::getenv("CASSETTE_DATA");
  const char* source = std::getenv("CASSETTE_SOURCE_DIR");
  const std::string folder =
      data != nullptr ? std::string(data) : std::string(source) + "/../shared/data";
  return folder + "/adventureworks";
}

TEST_CASE("AdventureWorks: broken off and begun again, all of it, and nothing twice") {
  if (!std::filesystem::exists(real_tables())) {
    MESSAGE("not here: ", real_tables());
    return;
  }
  Shop shop(1);
  // Killed somewhere on the way: 137. On a fast machine it may be done by then.
  const Finished broken = import(shop, real_tables(), 4s);
  CHECK((broken.status == 137 || broken.status == 0));
  const Finished whole = import(shop, real_tables());
  REQUIRE_MESSAGE(whole.status == 0, whole.output, whole.errors);
  INFO(whole.output);
  CHECK(says(whole, "vendors                                  105             105\n"));
  CHECK(says(whole, "products                                 506             506\n"));
  CHECK(says(whole, "orders                                  1561            1561\n"));
  CHECK(says(whole, "  Shipped                                  1               1\n"));
  CHECK(says(whole, "  Delivered                             1560            1560\n"));
  CHECK(says(whole, "units ordered                          13281           13281\n"));
  CHECK(says(whole, "sub-orders                              3184            3184\n"));
  CHECK(says(whole, "revenue, USD                    5,684,733.95    5,684,733.95\n"));
  const std::string before = heads(shop);
  const Finished again = import(shop, real_tables());
  CHECK(again.status == 0);
  CHECK(says(again, "\n0 written, 21633 already so\n"));
  CHECK(heads(shop) == before);
  shop.end_and_verify();
}

TEST_CASE("small tables over three partitions: sellers, skipped steps, problems, suspensions") {
  const SmallTables tables;
  Shop shop(3);
  const Finished first = import(shop, tables.folder());
  REQUIRE_MESSAGE(first.status == 0, first.output, first.errors);
  const OrderView delivered = shop.market().order("aw-100");
  CHECK(delivered.status == "Delivered");
  CHECK(delivered.of("9").status == "Delivered");
  CHECK(delivered.of("adventure-works").status == "Delivered");
  const OrderView problem = shop.market().order("aw-200");
  CHECK(problem.status == "Shipped");
  api::ClientRequest request;
  request.target = "/orders/aw-200";
  const std::string document = shop.market().must(request).body;
  CHECK(document.find(R"("status":"Problem")") != std::string::npos);
  CHECK(document.find(R"("text":"Arrived at facility")") != std::string::npos);
  request.target = "/vendors/10";
  CHECK(shop.market().must(request).body.find("Suspended") != std::string::npos);
  const std::string before = heads(shop);
  const Finished again = import(shop, tables.folder());
  CHECK(again.status == 0);
  CHECK(heads(shop) == before);
  // The months' positions come from the timelines, and so are the same however often one asks.
  const auto months = [](const Finished& finished) {
    const std::size_t at = finished.output.find("month ");
    return finished.output.substr(at, finished.output.find("written") - at - 3);
  };
  CHECK(months(again).substr(0, 60) == months(first).substr(0, 60));
  shop.end_and_verify();
}

TEST_CASE("read models that are not as the tables demand are said to be not") {
  const SmallTables tables;
  Shop shop(1);
  REQUIRE(import(shop, tables.folder()).status == 0);
  tables.replace("SalesOrderDetail.csv",
                 "SalesOrderID,ProductID,OrderQty,UnitPrice\n"
                 "100,1,2,2024.995\n100,2,4,5.1865\n200,2,1,5.1864\n");
  const Finished other = import(shop, tables.folder());
  CHECK(other.status == 1);
  INFO(other.output);
  CHECK(says(other, "units ordered                              6               7   <- differs\n"));
  CHECK(says(other, "order aw-100 is not as the source demands\n"));
}

TEST_CASE("an import that can't run says why, at once") {
  const SmallTables tables;
  // The discard port: nobody listens there.
  const std::vector<std::string> nowhere{"import", "adventureworks", tables.folder(), "--url",
                                         "http://127.0.0.1:9"};
  const Finished unreachable = run_cassette(nowhere, 20s);
  CHECK(unreachable.status == 2);
  CHECK(unreachable.errors.find("http://127.0.0.1:9") != std::string::npos);
  tables.replace("Vendor.csv", "VendorID\n1\n");
  const Finished malformed = run_cassette(nowhere, 20s);
  CHECK(malformed.status == 2);
  CHECK(malformed.errors.find("Vendor.csv has no Name") != std::string::npos);
}

TEST_CASE("the demo fills an empty marketplace once, and then leaves it alone") {
  Shop shop(2, {"--demo"});
  std::map<std::string, std::size_t> statuses;
  for (const OrderView& order : shop.market().orders()) ++statuses[order.status];
  for (const char* status :
       {"Pending", "Confirmed", "Packed", "Shipped", "Delivered", "Cancelled"}) {
    CAPTURE(status);
    CHECK(statuses[status] > 0);
  }
  // What people do with it stays done.
  shop.market().must(write_to("PATCH", "/vendors/last-century", R"({"status":"Active"})"));
  shop.market().must(write_to("POST", "/orders/demo-1002/cancellations", "{}"));
  REQUIRE(shop.cassette().terminate() == 0);
  shop.start();
  api::ClientRequest request;
  request.target = "/vendors/last-century";
  CHECK(shop.market().must(request).body.find("Active") != std::string::npos);
  CHECK(shop.market().order("demo-1002").status == "Cancelled");
  shop.end_and_verify();
}

}  // namespace
}  // namespace cassette::test
