// ProductDocument: a product as GET /vendors/{v}/products/{p} serves it. Stock is not in it.
// A delisted product keeps its document.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "domain/product.h"
#include "projections/fold_meta.h"

namespace cassette::projections {

struct ProductDocument {
  domain::ProductId product_id;
  domain::VendorId vendor_id;
  std::string name;
  Shown<std::string> description{std::in_place};
  std::string sku;
  domain::Money price;
  Shown<std::string> category{std::in_place};
  Shown<std::vector<std::string>> images{std::in_place};
  Shown<std::map<std::string, std::string>> specifications{std::in_place};
  domain::ProductStatus status = domain::ProductStatus::Listed;
  domain::Version version = 0;
  domain::Timestamp created_at;  // first listed
  domain::Timestamp updated_at;

  static void fields(auto& self, auto&& visit) {
    visit("productId", self.product_id);
    visit("vendorId", self.vendor_id);
    visit("name", self.name);
    visit("description", self.description);
    visit("SKU", self.sku);
    visit("price", self.price);
    visit("category", self.category);
    visit("images", self.images);
    visit("specifications", self.specifications);
    visit("status", self.status);
    visit("version", self.version);
    visit("createdAt", self.created_at);
    visit("updatedAt", self.updated_at);
  }
  bool operator==(const ProductDocument&) const = default;
};

void evolve(ProductDocument& document, const domain::ProductListed& event, const FoldMeta& meta);
void evolve(ProductDocument& document, const domain::ProductRevised& event, const FoldMeta& meta);
void evolve(ProductDocument& document, const domain::ProductDelisted& event, const FoldMeta& meta);

}  // namespace cassette::projections
