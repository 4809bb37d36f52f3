// Hazards: what systems in use today get wrong, each under its name, over HTTP, with everything in
// one partition and spread over three.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

#include "tests/system/shop.h"

namespace cassette::test {
namespace {

constexpr unsigned kRivals = 8;
const std::vector<std::string> kManual{"--confirmation", "manual", "--reservation-max-seconds",
                                       "1"};

// Runs `hazard` with one and with three partitions; the vendors lie in different ones.
template <class Hazard>
void in_every_shape(Hazard hazard, const std::vector<std::string>& arguments = {}) {
  for (const std::uint32_t partitions : {1U, 3U}) {
    INFO("partitions: " << partitions);
    Shop shop(partitions, arguments);
    hazard(shop, ids_over_partitions("vendor", partitions, 3));
    shop.end_and_verify();
  }
}

std::string placed(Marketplace& market, const std::vector<Want>& wants, std::string key) {
  const std::string body = market.must(place_order(wants, std::move(key))).body;
  return market.settled_order(order_of(body).order_id).order_id;
}

void must_be_short(Marketplace& market, const std::vector<Want>& wants, std::string key) {
  const api::ClientResponse response = market.send(place_order(wants, std::move(key)));
  CHECK(response.status == 409);
  CHECK(problem_of(response.body).type == "/problems/insufficient-stock");
  CHECK_FALSE(problem_of(response.body).retryable);
}

api::ClientRequest cancellation(const std::string& order_id, std::string body = "{}") {
  return write_to("POST", fmt::format("/orders/{}/cancellations", order_id), std::move(body));
}

api::ClientRequest ship(const std::string& order_id, const std::string& vendor_id) {
  return write_to("PATCH", fmt::format("/orders/{}/status", order_id),
                  fmt::format(R"({{"status":"Shipped","vendorId":"{}"}})", vendor_id));
}

// What a vendor's partition did may still be on its way to the read.
void await_stock(Marketplace& market, const std::string& vendor, const StockView& wanted) {
  StockView stock;
  const bool came = await([&] { return (stock = market.stock(vendor, "part")) == wanted; });
  INFO("available " << stock.available << ", on hand " << stock.on_hand << ", reserved "
                    << stock.reserved);
  CHECK(came);
}

void await_status(Marketplace& market, const std::string& order_id, std::string_view status) {
  INFO("order " << order_id);
  CHECK(await([&] { return market.order(order_id).status == status; }));
}

void must_have_expired(Marketplace& market, const std::string& order_id) {
  const api::ClientResponse late =
      market.send(write_to("POST", fmt::format("/orders/{}/confirmation", order_id), "{}"));
  CHECK(late.status == 409);
  CHECK(problem_of(late.body).type == "/problems/reservation-expired");
  CHECK(market.order(order_id).status == "Cancelled");
}

}  // namespace

// Two customers see one unit, and both are sold it.
TEST_CASE("LastUnitRace") {
  in_every_shape([](Shop& shop, const std::vector<std::string>& vendors) {
    shop.market().open_shop(vendors[0], "part", 1);
    const Endpoint endpoint(shop.cassette().http_url());
    LoadOptions options;
    options.clients = kRivals;
    const auto rival = [&](unsigned, const std::vector<Write>& so_far) {
      const bool again = so_far.empty() || problem_of(so_far.back().answer).retryable;
      return again ? std::optional(place_order({{vendors[0], "part"}})) : std::nullopt;
    };
    Load load(options, endpoint, rival);
    load.start();
    REQUIRE(load.await_end(kDeadline));
    load.finish();
    const std::vector<Write> writes = load.writes();
    CHECK(std::count_if(writes.begin(), writes.end(),
                        [](const Write& write) { return write.accepted(); }) == 1);
    CHECK(std::count_if(writes.begin(), writes.end(), [](const Write& write) {
            return write.status == 409 && !problem_of(write.answer).retryable;
          }) == kRivals - 1);
    await_stock(shop.market(), vendors[0], {.available = 0, .on_hand = 1, .reserved = 1});
  });
}

// Each line is checked by itself, and together they take more than there is.
TEST_CASE("TwoLinesOfOneOrderOnOneItem") {
  in_every_shape([](Shop& shop, const std::vector<std::string>& vendors) {
    Marketplace& market = shop.market();
    market.open_shop(vendors[0], "part", 5);
    must_be_short(market, {{vendors[0], "part", 3}, {vendors[0], "part", 3}}, "six");
    await_stock(market, vendors[0], {.available = 5, .on_hand = 5, .reserved = 0});
    const std::string id =
        placed(market, {{vendors[0], "part", 3}, {vendors[0], "part", 2}}, "five");
    CHECK(market.order(id).of(vendors[0]).items.size() == 2);
    await_stock(market, vendors[0], {.available = 0, .on_hand = 5, .reserved = 5});
  });
}

// The order is gone, and what it held stays held.
TEST_CASE("CancelledOrderGivesItsStockBack") {
  in_every_shape([](Shop& shop, const std::vector<std::string>& vendors) {
    Marketplace& market = shop.market();
    for (const auto& vendor : vendors) market.open_shop(vendor, "part", 5);
    const std::vector<Want> all{
        {vendors[0], "part", 5}, {vendors[1], "part", 5}, {vendors[2], "part", 5}};
    const std::string id = placed(market, all, "first");
    must_be_short(market, {{vendors[1], "part", 1}}, "none-left");
    market.must(cancellation(id));
    await_status(market, id, "Cancelled");
    for (const auto& vendor : vendors) {
      await_stock(market, vendor, {.available = 5, .on_hand = 5, .reserved = 0});
    }
    CHECK(market.order(placed(market, all, "second")).status == "Confirmed");
  });
}

// Shipping asks whether the stock is available, and the order's own reservation says no.
TEST_CASE("OrderShipsItsOwnLastReservedUnit") {
  in_every_shape([](Shop& shop, const std::vector<std::string>& vendors) {
    Marketplace& market = shop.market();
    market.open_shop(vendors[0], "part", 1);
    const std::string id = placed(market, {{vendors[0], "part"}}, "last");
    market.must(write_to("PATCH", fmt::format("/vendors/{}/inventory/part", vendors[0]),
                         R"({"delta":0,"reason":"more caution","safetyStock":10})", "caution"));
    market.must(ship(id, vendors[0]));
    await_status(market, id, "Shipped");
    await_stock(market, vendors[0], {.available = 0, .on_hand = 0, .reserved = 0});
  });
}

// One vendor can't deliver, and everybody's parts are cancelled.
TEST_CASE("CancellingOneVendorLeavesItsSiblings") {
  in_every_shape([](Shop& shop, const std::vector<std::string>& vendors) {
    Marketplace& market = shop.market();
    for (const auto& vendor : vendors) market.open_shop(vendor, "part", 5);
    const std::string id = placed(
        market, {{vendors[0], "part", 2}, {vendors[1], "part", 2}, {vendors[2], "part", 2}}, "all");
    market.must(cancellation(id, fmt::format(R"({{"vendorId":"{}"}})", vendors[1])));
    CHECK(await([&] { return market.order(id).of(vendors[1]).status == "Cancelled"; }));
    const OrderView order = market.order(id);
    CHECK(order.status == "Confirmed");
    CHECK(order.of(vendors[0]).status == "Confirmed");
    CHECK(order.of(vendors[2]).status == "Confirmed");
    await_stock(market, vendors[1], {.available = 5, .on_hand = 5, .reserved = 0});
    for (const auto& sibling : {vendors[0], vendors[2]}) {
      await_stock(market, sibling, {.available = 3, .on_hand = 5, .reserved = 2});
      market.must(ship(id, sibling));
    }
    await_status(market, id, "Shipped");
  });
}

// The customer never pays, and the stock is never sold to anybody.
TEST_CASE("ReservationExpires") {
  in_every_shape(
      [](Shop& shop, const std::vector<std::string>& vendors) {
        Marketplace& market = shop.market();
        for (const auto& vendor : vendors) market.open_shop(vendor, "part", 1);
        const std::vector<Want> all{
            {vendors[0], "part"}, {vendors[1], "part"}, {vendors[2], "part"}};
        const std::string id = placed(market, all, "never-paid");
        await_status(market, id, "Cancelled");
        for (const auto& vendor : vendors) {
          await_stock(market, vendor, {.available = 1, .on_hand = 1, .reserved = 0});
        }
        const std::string paid = placed(market, all, "paid");
        market.must(write_to("POST", fmt::format("/orders/{}/confirmation", paid), "{}"));
        await_status(market, paid, "Confirmed");
        for (const auto& vendor : vendors) {
          await_stock(market, vendor, {.available = 0, .on_hand = 1, .reserved = 1});
        }
      },
      kManual);
}

// The payment comes after the deadline, or the server was down at it, and the order comes back.
TEST_CASE("ExpiredReservationStaysExpired") {
  in_every_shape(
      [](Shop& shop, const std::vector<std::string>& vendors) {
        shop.market().open_shop(vendors[0], "part", 1);
        const std::string first = placed(shop.market(), {{vendors[0], "part"}}, "too-late");
        await_status(shop.market(), first, "Cancelled");
        must_have_expired(shop.market(), first);

        await_stock(shop.market(), vendors[0], {.available = 1, .on_hand = 1, .reserved = 0});
        const std::string second = placed(shop.market(), {{vendors[0], "part"}}, "while-down");
        shop.cassette().kill9();
        shop.start();
        await_status(shop.market(), second, "Cancelled");
        must_have_expired(shop.market(), second);
        must_have_expired(shop.market(), first);
        await_stock(shop.market(), vendors[0], {.available = 1, .on_hand = 1, .reserved = 0});
      },
      kManual);
}

// The customer cancels, and the vendor goes on packing.
TEST_CASE("CancellationIsSeenByItsVendor") {
  in_every_shape([](Shop& shop, const std::vector<std::string>& vendors) {
    Marketplace& market = shop.market();
    for (const auto& vendor : vendors) market.open_shop(vendor, "part", 5);
    const std::string id = placed(market, {{vendors[0], "part"}, {vendors[1], "part"}}, "both");
    for (const auto& vendor : {vendors[0], vendors[1]}) {
      REQUIRE(market.orders_of(vendor, "?status=Confirmed").size() == 1);
    }
    market.must(cancellation(id, R"({"reason":"changed my mind"})"));
    await_status(market, id, "Cancelled");
    for (const auto& vendor : {vendors[0], vendors[1]}) {
      CHECK(market.orders_of(vendor, "?status=Confirmed").empty());
      const auto cancelled = market.orders_of(vendor, "?status=Cancelled");
      REQUIRE(cancelled.size() == 1);
      CHECK(cancelled[0].order_id == id);
      const auto late = market.send(ship(id, vendor));
      CHECK(late.status == 409);
      CHECK(problem_of(late.body).type == "/problems/illegal-transition");
    }
    CHECK(market.orders_of(vendors[2]).empty());
  });
}

}  // namespace cassette::test
