// Customer exports: how large one may be, and how many are made at a time.
#include <doctest/doctest.h>

#include "tests/unit/api/fakes.h"

namespace cassette::api {
namespace {

using projections::Model;

constexpr std::string_view kExport = "/customers/c-1/export";

struct ExportDesk : Desk {
  ExportDesk() { models.put(Model::Customers, "c-1", R"({"customerId":"c-1"})", 1); }
  Response export_now() { return get(std::string(kExport)); }
};

TEST_CASE("what is too large for one document is refused as such") {
  ExportDesk desk;
  CHECK(desk.export_now().status == 200);
  desk.models.page.items = {R"({"orderId":"o-1"})"};
  desk.services.max_export_bytes = desk.export_now().body.size();
  CHECK(desk.export_now().status == 200);
  desk.models.page.items = {R"({"orderId":"o-1"})", R"({"orderId":"o-2"})"};
  const Response refused = desk.export_now();
  CHECK(refused.status == 422);
  CHECK(problem_type(refused) == "export-too-large");
}

// Each takes up to 64 MiB: the server's threads together ran out of memory.
TEST_CASE("a fifth export at a time is told to come again") {
  constexpr int kAtOnce = 4;
  ExportDesk desk;
  int made = 0;
  std::vector<int> refused;
  // While one export reads its customer, the next begins.
  desk.models.before_get = [&](int) {
    const Response nested = desk.export_now();
    if (nested.status == 200) ++made;
    if (nested.status != 503) return;
    CHECK(header_of(nested, "Retry-After") == "1");
    refused.push_back(nested.status);
  };
  CHECK(desk.export_now().status == 200);
  CHECK(made == kAtOnce - 1);
  CHECK(refused.size() == 1);
  desk.models.before_get = nullptr;
  CHECK(desk.export_now().status == 200);
}

}  // namespace
}  // namespace cassette::api
