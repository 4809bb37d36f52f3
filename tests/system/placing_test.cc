// Placing: whatever POST /orders answers is what a GET at the position it gives answers, byte for
// byte, with everything in one partition and spread over three.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/system/shop.h"

namespace cassette::test {
namespace {

struct Placing {
  const char* name;
  std::vector<Want> wants;
  std::string more;  // members of the request
  int status = 201;
};

constexpr std::string_view kAddress =
    R"(,"shippingAddress":{"name":"Ada Rider","line1":"1 Sprocket Lane","city":"Portland",)"
    R"("postalCode":"97201","countryCode":"US"})";

std::vector<Placing> placings(const std::vector<std::string>& vendors) {
  const Want one{vendors[0], "part", 1};
  const Want two{vendors[1], "part", 2};
  const Want too_many{vendors[2], "part", 1'000};
  const std::string address(kAddress);
  return {
      {"plain", {one}, ""},
      {"addressed", {one}, address},
      {"of-two-vendors", {two, one}, address},
      {"two-lines-of-one-product", {one, one}, ""},
      {"manual", {one, two}, R"(,"confirmation":"manual","reservationSeconds":600)" + address},
      {"short-of-one-vendor", {one, too_many}, R"(,"onShortage":"cancel-short-vendors")"},
      {"charged",
       {one},
       fmt::format(R"(,"charges":[{{"vendorId":"{}","type":"shipping","amount":499}}])",
                   vendors[0])},
      {"occurred-before", {one}, R"(,"occurredAt":"2024-02-29T12:00:00Z")"},
  };
}

api::ClientRequest get_at(const std::string& order, std::string position) {
  api::ClientRequest request;
  request.target = "/orders/" + order;
  request.position = std::move(position);
  return request;
}

}  // namespace

TEST_CASE("AnAnswerIsWhatAReaderGetsAtItsPosition") {
  for (const std::uint32_t partitions : {1U, 3U}) {
    INFO("partitions: " << partitions);
    Shop shop(partitions);
    const auto vendors = ids_over_partitions("vendor", partitions, 3);
    for (const std::string& vendor : vendors) shop.market().open_shop(vendor, "part", 100);
    for (const Placing& placing : placings(vendors)) {
      INFO("order: " << placing.name);
      const std::string id = fmt::format(R"(,"orderId":"{}")", placing.name);
      const auto request = place_order(placing.wants, placing.name, id + placing.more);
      const api::ClientResponse answer = shop.market().send(request);
      INFO(answer.body);
      CHECK(answer.status == placing.status);
      const auto read = shop.market().send(get_at(placing.name, answer.position));
      CHECK(read.status == 200);
      CHECK(read.body == answer.body);
      // Under the same key, the order as it stands, which is unchanged.
      const api::ClientResponse repeat = shop.market().send(request);
      CHECK(repeat.status == placing.status);
      CHECK(repeat.body == answer.body);
    }
    shop.end_and_verify();
  }
}

}  // namespace cassette::test
