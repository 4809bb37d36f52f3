// Races: many clients for the last units, over one and several partitions. What must hold is that
// exactly what there is gets sold, and that everybody who got nothing was told so for good.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "tests/system/marketplace.h"

namespace cassette::test {
namespace {

constexpr unsigned kClients = 64;
constexpr std::int64_t kUnits = 100;
constexpr std::chrono::milliseconds kRaceLimit{60'000};

bool told_no_for_good(const Write& write) {
  const ProblemView problem = problem_of(write.answer);
  return write.status == 409 && problem.type == "/problems/insufficient-stock" &&
         !problem.retryable;
}

// Buys `wants` again and again, also after a retryable no, until told no for good.
Script buy_until_told_no(std::vector<Want> wants) {
  return [wants = std::move(wants)](
             unsigned, const std::vector<Write>& so_far) -> std::optional<api::ClientRequest> {
    if (!so_far.empty() && told_no_for_good(so_far.back())) return std::nullopt;
    return place_order(wants);
  };
}

// ---- checks ----------------------------------------------------------------------------------

void check_answers(const std::vector<Write>& writes) {
  std::int64_t sold = 0;
  unsigned losers = 0;
  for (const Write& write : writes) {
    INFO(write.request.idempotency_key << ": " << write.status << " " << write.answer);
    CHECK((write.accepted() || write.status == 409));
    if (write.accepted()) {
      CHECK(order_of(write.answer).status == "Confirmed");
      ++sold;
    }
    if (told_no_for_good(write)) ++losers;
  }
  CHECK(sold == kUnits);
  CHECK(losers == kClients);
}

bool nothing_is_on_its_way(Marketplace& market, const std::vector<Want>& wants, Books& books) {
  books = books_of(market.orders());
  return std::all_of(wants.begin(), wants.end(), [&](const Want& want) {
    const std::int64_t promised = books.promised[want.vendor_id + "/" + want.product_id];
    return promised == kUnits && market.stock(want.vendor_id, want.product_id).reserved == kUnits;
  });
}

// Every unit is somebody's, and nothing is promised to nobody.
void check_stock(Marketplace& market, const std::vector<Want>& wants,
                 const std::vector<std::int64_t>& counted) {
  Books books;
  // The last refused orders may still be giving back what their first vendors held for them.
  await([&] { return nothing_is_on_its_way(market, wants, books); });
  for (std::size_t i = 0; i < wants.size(); ++i) {
    const auto& [vendor_id, product_id, quantity] = wants[i];
    const StockView stock = market.stock(vendor_id, product_id);
    INFO(vendor_id << "/" << product_id);
    CHECK(stock.on_hand == counted[i]);
    CHECK(stock.reserved == kUnits);
    CHECK(stock.reserved == books.promised[vendor_id + "/" + product_id]);
    CHECK(stock.available == counted[i] - kUnits);
  }
  const std::vector<OrderView> orders = market.orders();
  const auto standing = std::count_if(orders.begin(), orders.end(),
                                      [](const OrderView& o) { return o.status == "Confirmed"; });
  CHECK(standing == kUnits);
}

// ---- the race --------------------------------------------------------------------------------

// One vendor for each number in `counted`; every order wants one unit of each vendor's part.
void race(std::uint32_t partitions, const std::vector<std::int64_t>& counted) {
  INFO("partitions: " << partitions);
  const ScratchFolder scratch;
  CassetteProcess cassette(scratch / "data", {"--partitions", std::to_string(partitions)});
  INFO(cassette.log_tail());
  REQUIRE(cassette.start());
  Marketplace market(cassette.http_url());
  const auto vendors = ids_over_partitions("vendor", partitions, counted.size());
  std::vector<Want> wants;
  for (std::size_t i = 0; i < counted.size(); ++i) {
    market.open_shop(vendors[i], "part", counted[i]);
    wants.push_back({vendors[i], "part"});
  }

  const Endpoint endpoint(cassette.http_url());
  LoadOptions options;
  options.clients = kClients;
  Load load(options, endpoint, buy_until_told_no(wants));
  load.start();
  REQUIRE(load.await_end(kRaceLimit));
  load.finish();

  check_answers(load.writes());
  check_stock(market, wants, counted);
  REQUIRE(cassette.terminate() == 0);
  require_sound_models(cassette.data());
}

}  // namespace

TEST_CASE("64 clients race for the last 100 units of one part") {
  for (const std::uint32_t partitions : {1U, 2U, 4U}) race(partitions, {kUnits});
}

TEST_CASE("64 clients race for the last 100 units of three vendors' parts at once") {
  for (const std::uint32_t partitions : {1U, 2U, 4U}) race(partitions, {kUnits, kUnits, kUnits});
}

TEST_CASE("What the first vendors held for an order that the last refuses is free again") {
  for (const std::uint32_t partitions : {1U, 2U, 4U}) {
    race(partitions, {2 * kUnits, kUnits + kClients / 2, kUnits});
  }
}

}  // namespace cassette::test
