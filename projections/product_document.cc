// Folds a product's events into its document.
#include "projections/product_document.h"

namespace cassette::projections {
namespace {

void touch(ProductDocument& document, const FoldMeta& meta) {
  ++document.version;
  document.updated_at = meta.at;
}

void take(ProductDocument& document, const domain::ProductDetails& details) {
  document.status = domain::ProductStatus::Listed;
  document.name = details.name;
  document.description = details.description;
  document.sku = details.sku;
  document.price = details.price;
  document.category = details.category;
  document.images = details.images;
  document.specifications = details.specifications;
}

}  // namespace

void evolve(ProductDocument& document, const domain::ProductListed& event, const FoldMeta& meta) {
  if (document.version == 0) {
    document.product_id = event.product_id;
    document.vendor_id = event.vendor_id;
    document.created_at = meta.at;
  }
  touch(document, meta);
  take(document, event.details);
}

void evolve(ProductDocument& document, const domain::ProductRevised& event, const FoldMeta& meta) {
  touch(document, meta);
  take(document, event.details);
}

void evolve(ProductDocument& document, const domain::ProductDelisted&, const FoldMeta& meta) {
  touch(document, meta);
  document.status = domain::ProductStatus::Delisted;
}

}  // namespace cassette::projections
