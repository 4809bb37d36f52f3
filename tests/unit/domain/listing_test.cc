// Listing: what is kept small comes back whole.
#include <doctest/doctest.h>

#include <string>

#include "domain/listing.h"

using namespace cassette::domain;

namespace {

Product product_of(const std::string& name, const std::string& sku) {
  return {7, ProductStatus::Listed, name, sku, {4787, {"USD"}}, 0xfedcba9876543210ULL};
}

}  // namespace

TEST_CASE("A listing gives back the product and the stock that it was given") {
  Listing listing(ProductId{"p-707"}, 0);
  CHECK_FALSE(listing.has_product());
  CHECK_FALSE(listing.has_stock());
  CHECK((listing.product() == Product{}));
  const Product product = product_of(std::string(300, 'n'), "HL-U509-R");
  listing.set(product);
  CHECK((listing.product() == product));
  CHECK(listing.product_id() == "p-707");
  CHECK(listing.sku() == "HL-U509-R");
  const StockItem item{9, 100, 30, 5, 0, 10, 20, {}};
  listing.set(item);
  CHECK((listing.stock() == item));
  CHECK((listing.product() == product));
  const Offer offer = listing.offer();
  CHECK(offer.listed);
  CHECK(offer.name == product.name);
  CHECK((offer.price == product.price));
  CHECK(offer.available == 60);
  CHECK(offer.contended);
}

TEST_CASE("Stock in several warehouses, or too much of it for 32 bits, is kept as well") {
  Listing listing(ProductId{"p"}, 0);
  const StockItem spread{2, 5, 0, 0, 0, 0, 0, {{{"east"}, 2}, {{"west"}, 3}}};
  listing.set(spread);
  CHECK((listing.stock() == spread));
  CHECK(listing.has_stock());
  const StockItem many{3, 5'000'000'000, 1, 0, 0, 0, 4'000'000'000, {}};
  listing.set(many);
  CHECK((listing.stock() == many));
  CHECK(listing.reorder_point() == 4'000'000'000);
  const StockItem few{4, 5, 1, 0, 0, 0, 2, {}};
  listing.set(few);
  CHECK((listing.stock() == few));
  CHECK(listing.reorder_point() == 2);
}

TEST_CASE("Listings are found by id, and by SKU while they are listed, however many there are") {
  constexpr int kMany = 5000;
  Listings listings;
  const auto id = [](int n) { return ProductId{"p" + std::to_string(n)}; };
  const auto sku = [](int n) { return "SKU-" + std::to_string(n); };
  for (int n = 0; n < kMany; ++n) listings.set(listings.at(id(n)), product_of("Part", sku(n)));
  // Every third is delisted, every third gets another SKU.
  for (int n = 0; n < kMany; ++n) {
    Product product = listings.find(id(n))->product();
    if (n % 3 == 0) product.status = ProductStatus::Delisted;
    if (n % 3 == 1) product.sku += "-new";
    listings.set(listings.at(id(n)), product);
  }
  const Listings copy = listings;
  for (const Listings* each : {&std::as_const(listings), &copy}) {
    CHECK(each->find(ProductId{"absent"}) == nullptr);
    for (int n = 0; n < kMany; ++n) {
      REQUIRE(each->find(id(n)) != nullptr);
      CHECK(each->find(id(n))->product_id() == id(n).value);
      const Listing* old = each->find_sku(sku(n));
      const Listing* renamed = each->find_sku(sku(n) + "-new");
      CHECK(old == (n % 3 == 2 ? each->find(id(n)) : nullptr));
      CHECK(renamed == (n % 3 == 1 ? each->find(id(n)) : nullptr));
    }
  }
  CHECK(listings.find(id(1)) != copy.find(id(1)));
}
