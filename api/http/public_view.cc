// Public view: the documents' public members, and whose part is listed.
#include "api/http/public_view.h"

#include <algorithm>

#include "api/http/permissions.h"
#include "domain/check.h"
#include "domain/product.h"
#include "eventstore/json_read.h"
#include "eventstore/json_write.h"
#include "projections/vendor_document.h"

namespace cassette::api {
namespace {

struct PublicVendor {
  domain::VendorId vendor_id;
  std::string name;
  projections::Ratings ratings;
  domain::VendorStatus status = domain::VendorStatus::Active;
  domain::Version version = 0;
  domain::Timestamp created_at;
  domain::Timestamp updated_at;

  static void fields(auto& self, auto&& visit) {
    visit("vendorId", self.vendor_id);
    visit("name", self.name);
    visit("ratings", self.ratings);
    visit("status", self.status);
    visit("version", self.version);
    visit("createdAt", self.created_at);
    visit("updatedAt", self.updated_at);
  }
};

struct PublicStock {
  std::string inventory_id;
  domain::VendorId vendor_id;
  domain::ProductId product_id;
  domain::Quantity available = 0;
  domain::Version version = 0;
  domain::Timestamp last_updated;

  static void fields(auto& self, auto&& visit) {
    visit("inventoryId", self.inventory_id);
    visit("vendorId", self.vendor_id);
    visit("productId", self.product_id);
    visit("quantityAvailable", self.available);
    visit("version", self.version);
    visit("lastUpdated", self.last_updated);
  }
};

struct ListingGlance {
  domain::ProductStatus status = domain::ProductStatus::Listed;

  static void fields(auto& self, auto&& visit) { visit("status", self.status); }
};

template <class View>
bool narrow(const Caller& caller, std::string& document) {
  View view;
  CHECK(eventstore::read_json(document, view));
  if (sees_all_of(caller, view.vendor_id.value)) return false;
  document.clear();
  eventstore::write_json(document, view);
  return true;
}

bool is_listed(const std::optional<Document>& product) {
  ListingGlance glance;
  return product && eventstore::read_json(product->body, glance) &&
         glance.status == domain::ProductStatus::Listed;
}

// "V" of "V/P".
std::string_view vendor_of(std::string_view key) {
  return key.substr(0, key.find('/'));
}

// Which of the stock keys are of parts that the caller may see: its own, or listed ones.
Answered<std::vector<bool>> visible(const Call& call, std::span<const std::string> keys) {
  std::vector<bool> seen(keys.size(), true);
  const auto sees_all = [&](const std::string& key) {
    return sees_all_of(call.caller, vendor_of(key));
  };
  if (std::ranges::all_of(keys, sees_all)) return seen;
  const bool vendor = asker_of(call.caller) == Asker::Vendor;
  const auto products = call.services.models.get_many(Model::Products, keys);
  if (!products) return Failure{problem_of(products.error())};
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (!sees_all(keys[i])) seen[i] = !vendor && is_listed(products.value()[i]);
  }
  return seen;
}

}  // namespace

bool show_public(const Caller& caller, Model model, std::string& document) {
  if (asker_of(caller) == Asker::Admin) return false;  // of all the most, and sees everything
  if (model == Model::Vendors) return narrow<PublicVendor>(caller, document);
  if (model == Model::Stock) return narrow<PublicStock>(caller, document);
  return false;
}

Answered<eventstore::Done> show_public(const Call& call, ListQuery::List list,
                                       std::vector<std::string>& documents) {
  if (list == ListQuery::List::Vendors) {
    for (std::string& document : documents) show_public(call.caller, Model::Vendors, document);
  }
  if (list != ListQuery::List::Stock || sees_all_of(call.caller, call.ids[0])) {
    return eventstore::Done{};
  }
  std::vector<std::string> keys;
  for (std::string& document : documents) {
    show_public(call.caller, Model::Stock, document);
    PublicStock stock;
    CHECK(eventstore::read_json(document, stock));
    keys.push_back(std::move(stock.inventory_id));
  }
  const auto seen = visible(call, keys);
  if (!seen) return Failure{seen.error()};
  std::vector<std::string> kept;
  for (std::size_t i = 0; i < documents.size(); ++i) {
    if (seen.value()[i]) kept.push_back(std::move(documents[i]));
  }
  documents = std::move(kept);
  return eventstore::Done{};
}

Answered<std::vector<std::string>> stocks_for(const Call& call,
                                              const std::vector<std::string>& keys) {
  const auto seen = visible(call, keys);
  if (!seen) return Failure{seen.error()};
  std::vector<std::string> wanted;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (seen.value()[i]) wanted.push_back(keys[i]);
  }
  auto documents = call.services.models.get_many(Model::Stock, wanted);
  const auto absent = [](const auto& document) { return !document.has_value(); };
  if (documents && std::ranges::any_of(documents.value(), absent)) {
    // What was made a moment ago may not be folded yet.
    if (!await_heads(call)) return Failure{not_caught_up("Some may be there, and not folded yet.")};
    documents = call.services.models.get_many(Model::Stock, wanted);
  }
  if (!documents) return Failure{problem_of(documents.error())};
  std::vector<std::string> found;
  for (auto& document : documents.value()) {
    if (!document) continue;
    show_public(call.caller, Model::Stock, document->body);
    found.push_back(std::move(document->body));
  }
  return found;
}

Answered<eventstore::Done> refuse_unlisted(const Call& call, const std::string& key) {
  if (sees_all_of(call.caller, vendor_of(key))) return eventstore::Done{};
  const auto product = find_document(call, Model::Products, key);
  if (!product) return Failure{product.error()};
  if (is_listed(product.value())) return eventstore::Done{};
  return Failure{not_found("stock", key)};
}

}  // namespace cassette::api
