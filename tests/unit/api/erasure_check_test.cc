// The check of erasures at a start: whoever the ledger says is erased has no key afterwards, and
// nobody else loses theirs.
#include "api/erasure_check.h"

#include <doctest/doctest.h>

#include "tests/unit/api/fakes.h"

namespace cassette::api {
namespace {

std::string erasure_of(const std::string& customer) {
  return R"({"id":"0:7:0","type":"CustomerErased","customerId":")" + customer + R"(","data":{}})";
}

TEST_CASE("a key that an erasure left behind is destroyed, and no other") {
  Desk desk;
  for (const char* subject : {"customer:cut-short", "customer:whole", "customer:other"}) {
    REQUIRE(desk.keyring->obtain(subject).value());
  }
  REQUIRE(desk.keyring->destroy("customer:whole"));
  desk.models.page.items = {erasure_of("cut-short"), erasure_of("whole"), erasure_of("keyless")};
  const auto report = check_erasures(desk.models, *desk.keyring, {});
  REQUIRE(report);
  CHECK(report.value().erased == 3);
  CHECK(report.value().finished == 2);
  CHECK(desk.models.queries.back().event_type == "CustomerErased");
  for (const char* subject : {"customer:cut-short", "customer:whole", "customer:keyless"}) {
    INFO(subject);
    CHECK(desk.keyring->is_destroyed(subject).value());
    CHECK_FALSE(desk.keyring->obtain(subject).value());
  }
  CHECK(desk.keyring->find("customer:other").value());
  CHECK(check_erasures(desk.models, *desk.keyring, {}).value().finished == 0);
}

TEST_CASE("an erasure that can't be read stops the check, and says so") {
  Desk desk;
  desk.models.page.items = {"{}not json"};
  CHECK(check_erasures(desk.models, *desk.keyring, {}).error().kind ==
        eventstore::StoreError::Kind::Corrupt);
}

TEST_CASE("a check that is told to stop leaves the rest for the next start") {
  Desk desk;
  REQUIRE(desk.keyring->obtain("customer:cut-short").value());
  desk.models.page.items = {erasure_of("cut-short")};
  std::stop_source stop;
  stop.request_stop();
  const auto report = check_erasures(desk.models, *desk.keyring, stop.get_token());
  REQUIRE(report);
  CHECK(report.value().erased == 0);
  CHECK(desk.keyring->find("customer:cut-short").value());
}

}  // namespace
}  // namespace cassette::api
