// Product: folds and decides listing, revising and delisting.
// It refuses a SKU that another listed product of its vendor has.
#include "domain/product.h"

#include "domain/preconditions.h"

namespace cassette::domain {
namespace {

constexpr std::uint64_t kFnvOffset = 14695981039346656037ULL;
constexpr std::uint64_t kFnvPrime = 1099511628211ULL;

struct Fnv {
  std::uint64_t state = kFnvOffset;

  void byte(unsigned char value) { state = (state ^ value) * kFnvPrime; }
  void number(std::uint64_t value) {
    for (int shift = 0; shift < 64; shift += 8) byte(static_cast<unsigned char>(value >> shift));
  }
  void text(std::string_view value) {
    number(value.size());
    for (const char c : value) byte(static_cast<unsigned char>(c));
  }
};

void take(Product& product, const ProductDetails& details) {
  ++product.version;
  product.status = ProductStatus::Listed;
  product.name = details.name;
  product.sku = details.sku;
  product.price = details.price;
  product.details_digest = details_digest(details);
}

bool sku_taken(const ProductId& holder, const ProductId& product) {
  return !holder.empty() && holder != product;
}

}  // namespace

std::uint64_t details_digest(const ProductDetails& details) {
  Fnv hash;
  hash.text(details.name);
  hash.text(details.description);
  hash.text(details.sku);
  hash.number(static_cast<std::uint64_t>(details.price.amount));
  hash.text(details.price.currency.code);
  hash.text(details.category);
  hash.number(details.images.size());
  for (const std::string& image : details.images) hash.text(image);
  hash.number(details.specifications.size());
  for (const auto& [name, value] : details.specifications) {
    hash.text(name);
    hash.text(value);
  }
  return hash.state;
}

// ---- evolve

void evolve(Product& product, const ProductListed& event) {
  CHECK(!product.listed());
  take(product, event.details);
}

void evolve(Product& product, const ProductRevised& event) {
  CHECK(product.listed());
  take(product, event.details);
}

void evolve(Product& product, const ProductDelisted&) {
  CHECK(product.listed());
  ++product.version;
  product.status = ProductStatus::Delisted;
}

// ---- decide

Decision decide(const Product& product, const ProductId& sku_holder, const ListProduct& command) {
  if (product.exists()) return Failure{AlreadyExists{"product", command.product_id.value}};
  if (sku_taken(sku_holder, command.product_id)) {
    return Failure{DuplicateSku{command.details.sku, sku_holder}};
  }
  return events_of(ProductListed{command.vendor_id, command.product_id, command.details});
}

Decision decide(const Product& product, const ProductId& sku_holder, const ReviseProduct& command) {
  if (mismatched(command.expected_version, product.version)) {
    return Failure{VersionMismatch{*command.expected_version, product.version}};
  }
  if (sku_taken(sku_holder, command.product_id)) {
    return Failure{DuplicateSku{command.details.sku, sku_holder}};
  }
  if (!product.listed()) {
    return events_of(ProductListed{command.vendor_id, command.product_id, command.details});
  }
  if (product.details_digest == details_digest(command.details)) return Events{};
  return events_of(ProductRevised{command.vendor_id, command.product_id, command.details});
}

Decision decide(const Product& product, const DelistProduct& command) {
  if (!product.exists()) return Failure{NotFound{"product", command.product_id.value}};
  if (mismatched(command.expected_version, product.version)) {
    return Failure{VersionMismatch{*command.expected_version, product.version}};
  }
  if (!product.listed()) return Events{};
  return events_of(ProductDelisted{command.vendor_id, command.product_id});
}

}  // namespace cassette::domain
