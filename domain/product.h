// Product: what one vendor lists for sale, at which price, under which SKU.
// A product is always the pair of vendor and product id. Stock is not its business.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "domain/decision.h"
#include "domain/values.h"

namespace cassette::domain {

// What a vendor says of a product; a revision replaces all of it.
struct ProductDetails {
  std::string name;
  std::string description;
  std::string sku;
  Money price;
  std::string category;
  std::vector<std::string> images;
  std::map<std::string, std::string> specifications;

  static void fields(auto& self, auto&& visit) {
    visit("name", self.name);
    visit("description", self.description);
    visit("SKU", self.sku);
    visit("price", self.price);
    visit("category", self.category);
    visit("images", self.images);
    visit("specifications", self.specifications);
  }
  bool operator==(const ProductDetails&) const = default;
};

// ---- commands

struct ListProduct {
  VendorId vendor_id;
  ProductId product_id;
  ProductDetails details;
};

// Replaces the details; lists the product when it is new or was delisted.
struct ReviseProduct {
  VendorId vendor_id;
  ProductId product_id;
  std::optional<Version> expected_version;
  ProductDetails details;
};

struct DelistProduct {
  VendorId vendor_id;
  ProductId product_id;
  std::optional<Version> expected_version;
};

// ---- events

struct ProductListed {
  static constexpr std::string_view type = "ProductListed";
  VendorId vendor_id;
  ProductId product_id;
  ProductDetails details;

  static void fields(auto& self, auto&& visit) {
    visit("vendorId", self.vendor_id);
    visit("productId", self.product_id);
    visit("details", self.details);
  }
  bool operator==(const ProductListed&) const = default;
};

struct ProductRevised {
  static constexpr std::string_view type = "ProductRevised";
  VendorId vendor_id;
  ProductId product_id;
  ProductDetails details;

  static void fields(auto& self, auto&& visit) {
    visit("vendorId", self.vendor_id);
    visit("productId", self.product_id);
    visit("details", self.details);
  }
  bool operator==(const ProductRevised&) const = default;
};

struct ProductDelisted {
  static constexpr std::string_view type = "ProductDelisted";
  VendorId vendor_id;
  ProductId product_id;

  static void fields(auto& self, auto&& visit) {
    visit("vendorId", self.vendor_id);
    visit("productId", self.product_id);
  }
  bool operator==(const ProductDelisted&) const = default;
};

// ---- state

enum class ProductStatus { Listed, Delisted };

// What the rules need of a product: description, images and facets live in the read model only.
struct Product {
  Version version = 0;
  ProductStatus status = ProductStatus::Listed;
  std::string name;
  std::string sku;
  Money price;
  std::uint64_t details_digest = 0;  // tells a repeated revision from a new one

  bool exists() const { return version > 0; }
  bool listed() const { return exists() && status == ProductStatus::Listed; }
  static void fields(auto& self, auto&& visit) {
    visit("version", self.version);
    visit("status", self.status);
    visit("name", self.name);
    visit("SKU", self.sku);
    visit("price", self.price);
    visit("detailsDigest", self.details_digest);
  }
  bool operator==(const Product&) const = default;
};

// FNV-1a over every detail, length-prefixed.
std::uint64_t details_digest(const ProductDetails& details);

// ---- evolve

void evolve(Product& product, const ProductListed& event);
void evolve(Product& product, const ProductRevised& event);
void evolve(Product& product, const ProductDelisted& event);

// ---- decide

// `sku_holder` is the vendor's listed product that has the wanted SKU, empty when none has.
// Failures: AlreadyExists (also when delisted: revise it to list it again), DuplicateSku.
Decision decide(const Product& product, const ProductId& sku_holder, const ListProduct& command);
// Failures: VersionMismatch, DuplicateSku. The same details again give no event.
Decision decide(const Product& product, const ProductId& sku_holder, const ReviseProduct& command);
// Failures: NotFound, VersionMismatch. Delisting twice gives no event.
Decision decide(const Product& product, const DelistProduct& command);

}  // namespace cassette::domain

template <>
struct cassette::EnumNames<cassette::domain::ProductStatus> {
  static constexpr std::array<std::string_view, 2> values{"Listed", "Delisted"};
};
