// Products: list, read, revise and delist a vendor's products, and search all that are for sale.
#include "api/http/handlers.h"
#include "api/http/preconditions.h"
#include "api/http/writes.h"

namespace cassette::api {
namespace {

// Words that are searched for together.
constexpr std::size_t kMaxSearchBytes = 256;

using ImageRequests = Items<Url, 0, kMaxImages>;

struct DetailsRequest {
  Name name;
  std::optional<Text<0, kMaxDescriptionBytes>> description;
  Code sku;
  PriceRequest price;
  std::optional<OptionalCode> category;
  std::optional<ImageRequests> images;
  std::optional<Specifications> specifications;

  static void fields(auto& self, auto&& visit) {
    visit("name", self.name);
    visit("description", self.description);
    visit("SKU", self.sku);
    visit("price", self.price);
    visit("category", self.category);
    visit("images", self.images);
    visit("specifications", self.specifications);
  }
};

struct ListRequest {
  std::optional<domain::ProductId> product_id;
  DetailsRequest details;

  static void fields(auto& self, auto&& visit) {
    visit("productId", self.product_id);
    DetailsRequest::fields(self.details, visit);
  }
};

domain::ProductDetails to_details(DetailsRequest request) {
  domain::ProductDetails details;
  details.name = std::move(request.name.value);
  if (request.description) details.description = std::move(request.description->value);
  details.sku = std::move(request.sku.value);
  details.price = request.price.money();
  if (request.category) details.category = std::move(request.category->value);
  if (request.images) {
    for (auto& image : request.images->values) details.images.push_back(std::move(image.value));
  }
  if (request.specifications) details.specifications = std::move(request.specifications->values);
  return details;
}

std::string key_of(const domain::VendorId& vendor, const domain::ProductId& product) {
  return vendor.value + '/' + product.value;
}

Written written(const domain::VendorId& vendor, const domain::ProductId& product) {
  return {Model::Products, key_of(vendor, product), "product",
          "/vendors/" + vendor.value + "/products/" + product.value};
}

domain::ProductId product_of(const Call& call) {
  return {call.ids[1]};
}

}  // namespace

Answered<Response> list_product(const Call& call) {
  auto body = read_body<ListRequest>(call);
  if (!body) return Failure{std::move(body).error()};
  domain::ListProduct command;
  command.vendor_id = call.vendor_id();
  command.product_id = id_or_new(call, body.value().product_id);
  command.details = to_details(std::move(body.value().details));
  const Written where = written(command.vendor_id, command.product_id);
  return write_and_respond(call, {std::move(command), 201}, where);
}

Answered<Response> list_vendor_products(const Call& call) {
  QueryReader reader(call.parameters);
  ListQuery query;
  query.list = ListQuery::List::Products;
  query.vendor_id = call.vendor_id();
  query.sku = reader.text("sku", kMaxCodeBytes);
  query.include_delisted = true;  // also all of a vendor that is suspended
  return get_vendor_list(call, std::move(query), reader);
}

Answered<Response> read_product(const Call& call) {
  return get_document(call, Model::Products, key_of(call.vendor_id(), product_of(call)), "product");
}

// `If-None-Match: *` lists and never replaces.
Answered<Response> revise_product(const Call& call) {
  auto body = read_body<DetailsRequest>(call);
  if (!body) return Failure{std::move(body).error()};
  const auto demanded = preconditions_of(call);
  if (!demanded) return Failure{demanded.error()};
  const Written where = written(call.vendor_id(), product_of(call));
  const auto there = refuse_new(call, demanded.value(), where.model, where.key);
  if (!there) return Failure{there.error()};
  const auto stored = call.services.models.get(where.model, where.key);
  if (!stored) return Failure{problem_of(stored.error())};
  const bool first = !stored.value() || demanded.value().none_yet;
  domain::ProductDetails details = to_details(std::move(body).value());
  if (demanded.value().none_yet) {
    domain::ListProduct command{call.vendor_id(), product_of(call), std::move(details)};
    return none_yet(write_and_respond(call, {std::move(command), 201}, where));
  }
  domain::ReviseProduct command{call.vendor_id(), product_of(call), demanded.value().version,
                                std::move(details)};
  return write_and_respond(call, {std::move(command), first ? 201 : 200}, where);
}

Answered<Response> delist_product(const Call& call) {
  const auto demanded = preconditions_of(call);
  if (!demanded) return Failure{demanded.error()};
  domain::DelistProduct command{call.vendor_id(), product_of(call), demanded.value().version};
  const auto accepted = submit(call, {std::move(command), 204});
  if (!accepted) return Failure{accepted.error()};
  return respond_empty(call, accepted.value());
}

Answered<Response> search_products(const Call& call) {
  QueryReader reader(call.parameters);
  ListQuery query;
  query.list = ListQuery::List::Products;
  query.text = reader.text("q", kMaxSearchBytes);
  query.category = reader.text("category", kMaxCodeBytes);
  query.vendor_id = reader.id<domain::VendorId>("vendorId");
  query.in_stock = reader.boolean("inStock");
  query.specifications = reader.prefixed("spec.");
  return get_list(call, std::move(query), reader);
}

}  // namespace cassette::api
