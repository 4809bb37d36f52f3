// Products: listing, revising, delisting, and the SKU that only one listed product may have.
#include "tests/support/bicycle_parts.h"
#include "tests/support/given.h"

using namespace cassette;
using namespace cassette::domain;
using namespace cassette::tests;

TEST_CASE("a product is listed once; listing it again is refused even after delisting") {
  const auto after = given({registered(kAcme)})
                         .when(ListProduct{kAcme, kChain, details("chain", 1000)})
                         .then_taken({listed(kAcme, kChain)});
  given(after)
      .and_then({ProductDelisted{kAcme, kChain}})
      .when(ListProduct{kAcme, kChain, details("chain", 1000)})
      .refused(AlreadyExists{"product", "chain"});
}

TEST_CASE("a vendor that never registered can't list anything") {
  given(Events{})
      .when(ListProduct{kAcme, kChain, details("chain", 1000)})
      .refused(NotFound{"vendor", "acme"});
}

TEST_CASE("two listed products of one vendor can't share a SKU") {
  given({registered(kAcme), listed(kAcme, kChain)})
      .when(ListProduct{kAcme, kPedal, details("chain", 500)})
      .refused(DuplicateSku{"SKU-chain", kChain});
}

TEST_CASE("another vendor may use the same SKU") {
  given({registered(kAcme), listed(kAcme, kChain), registered(kBolt)})
      .when(ListProduct{kBolt, kChain, details("chain", 1000)})
      .then_taken({listed(kBolt, kChain)});
}

TEST_CASE("delisting frees the SKU, and a revision can't take it back from its new holder") {
  const auto freed = given({registered(kAcme), listed(kAcme, kChain)})
                         .when(DelistProduct{kAcme, kChain, std::nullopt})
                         .then({ProductDelisted{kAcme, kChain}});
  const auto taken = given(freed)
                         .when(ListProduct{kAcme, kPedal, details("chain", 500)})
                         .then_taken({ProductListed{kAcme, kPedal, details("chain", 500)}});
  given(taken)
      .when(ReviseProduct{kAcme, kChain, std::nullopt, details("chain", 1000)})
      .refused(DuplicateSku{"SKU-chain", kPedal});
}

TEST_CASE("a revision lists what is new or was delisted, and repeats in silence") {
  const ReviseProduct revise{kAcme, kChain, std::nullopt, details("chain", 1000)};
  const auto fresh = given({registered(kAcme)}).when(revise).then({listed(kAcme, kChain)});
  const auto again = given(fresh)
                         .and_then({ProductDelisted{kAcme, kChain}})
                         .when(revise)
                         .then({listed(kAcme, kChain)});
  CHECK(again.product(kAcme, kChain)->listed());
}

TEST_CASE("a revision of any detail is an event, also of one the rules never read") {
  ProductDetails other = details("chain", 1000);
  other.specifications["speeds"] = "11";
  given({registered(kAcme), listed(kAcme, kChain)})
      .when(ReviseProduct{kAcme, kChain, 1, other})
      .then_once({ProductRevised{kAcme, kChain, other}});
}

TEST_CASE("details that differ only in where a text ends have different digests") {
  ProductDetails left = details("a", 1);
  left.description = "bc";
  ProductDetails right = left;
  right.name = "ab";
  right.description = "c";
  CHECK(details_digest(left) != details_digest(right));
}

TEST_CASE("a new SKU frees the old one") {
  ProductDetails other = details("chain", 1000);
  other.sku = "NEW";
  const auto after = given({registered(kAcme), listed(kAcme, kChain)})
                         .when(ReviseProduct{kAcme, kChain, std::nullopt, other})
                         .then({ProductRevised{kAcme, kChain, other}});
  CHECK(after.sku_holder(kAcme, "SKU-chain").empty());
  CHECK(after.sku_holder(kAcme, "NEW") == kChain);
}
