// Problems: every rejection has its status and type, and shows its fields.
#include <doctest/doctest.h>

#include "api/http/problem.h"
#include "tests/unit/api/fakes.h"

namespace cassette::api {
namespace {

using namespace domain;

struct Expected {
  Rejection rejection;
  int status;
  const char* type;
  const char* member;
};

TEST_CASE("every rejection is a problem of its own") {
  const std::vector<Expected> all = {
      {NotFound{"vendor", "7"}, 404, "not-found", R"("entity":"vendor","id":"7")"},
      {AlreadyExists{"order", "o"}, 409, "already-exists", R"("id":"o")"},
      {VersionMismatch{3, 4}, 412, "version-mismatch", R"("expected":3,"actual":4)"},
      {OnHandMismatch{3, 4}, 412, "on-hand-mismatch", R"("expected":3,"actual":4)"},
      {InvalidCommand{"items", "none"}, 422, "invalid-command", R"("field":"items")"},
      {NotPermitted{"unitPrice", "no"}, 403, "not-permitted", R"("field":"unitPrice")"},
      {DuplicateSku{"s", {"p"}}, 409, "duplicate-sku", R"("SKU":"s","productId":"p")"},
      {BelowReserved{1, 2, {{"o"}}}, 409, "below-reserved", R"("orders":["o"])"},
      {InsufficientStock{{{{1}, {"v"}, {"p"}, 3, 2}}, true}, 409, "insufficient-stock",
       R"("lines":[{"lineId":"1","vendorId":"v","productId":"p","wanted":3,"available":2}],)"
       R"("retryable":true)"},
      {VendorIsSuspended{{"v"}}, 409, "vendor-suspended", R"("vendorId":"v")"},
      {ProductIsNotListed{{1}, {"v"}, {"p"}}, 409, "product-not-listed", R"("productId":"p")"},
      {PriceChanged{{1}, {"v"}, {"p"}, {1, {"USD"}}, {2, {"USD"}}}, 409, "price-changed",
       R"("actual":{"amount":2,"currency":"USD"})"},
      {MixedCurrency{{"v"}, {"USD"}, {"EUR"}}, 422, "mixed-currency", R"("actual":"EUR")"},
      {CustomerIsErased{{"c"}}, 409, "customer-erased", R"("customerId":"c")"},
      {IllegalTransition{"Pending", "Shipped", {"Confirmed"}}, 409, "illegal-transition",
       R"("allowed":["Confirmed"])"},
      {ReservationHasExpired{{"o"}}, 409, "reservation-expired", R"("orderId":"o")"},
      {OrderIsUnsettled{{"o"}}, 409, "order-unsettled", R"("orderId":"o")"},
      {QuantityExceedsOpen{{1}, 3, 2}, 409, "quantity-exceeds-open", R"("wanted":3,"open":2)"},
  };
  CHECK(all.size() == std::variant_size_v<Rejection::OneOf>);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Response response = to_response(problem_of(all[i].rejection));
    CAPTURE(response.body);
    CHECK(all[i].rejection.index() == i);
    CHECK(response.status == all[i].status);
    CHECK(problem_type(response) == all[i].type);
    CHECK(response.content_type == "application/problem+json");
    CHECK(response.body.find(all[i].member) != std::string::npos);
  }
}

TEST_CASE("texts are escaped, and 503 says when to come back") {
  const Response field = to_response(invalid_field("a\"b\n", "is odd"));
  CHECK(field.body.find(R"("field":"a\"b\n")") != std::string::npos);
  CHECK(header_of(to_response(unavailable("x")), "Retry-After") == "1");
  CHECK(header_of(to_response(malformed("x")), "Retry-After").empty());
}

}  // namespace
}  // namespace cassette::api
