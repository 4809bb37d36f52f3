// Reads of a body only what the filters ask for.
#include "projections/list_filters.h"

#include <algorithm>

#include "eventstore/json_read.h"
#include "projections/order_document.h"
#include "projections/product_document.h"
#include "projections/timeline_document.h"
#include "projections/words.h"

namespace cassette::projections {
namespace {

using List = ListQuery::List;

struct Updated {
  domain::Timestamp updated_at;

  static void fields(auto& self, auto&& visit) { visit("updatedAt", self.updated_at); }
};

struct ListedOrder {
  domain::OrderStatus status = domain::OrderStatus::Pending;
  domain::Timestamp updated_at;

  static void fields(auto& self, auto&& visit) {
    visit("status", self.status);
    visit("updatedAt", self.updated_at);
  }
};

struct ListedStock {
  domain::Quantity available = 0;
  domain::Quantity reorder_point = 0;
  domain::Timestamp last_updated;

  static void fields(auto& self, auto&& visit) {
    visit("quantityAvailable", self.available);
    visit("reorderPoint", self.reorder_point);
    visit("lastUpdated", self.last_updated);
  }
};

bool fresh(const ListQuery& query, domain::Timestamp updated_at) {
  return !query.updated_after || updated_at > *query.updated_after;
}

bool passes(const ListQuery& query, const Updated& document) {
  return fresh(query, document.updated_at);
}

bool passes(const ListQuery& query, const ListedOrder& order) {
  const auto& wanted = query.statuses;
  return fresh(query, order.updated_at) &&
         (wanted.empty() || std::ranges::find(wanted, order.status) != wanted.end());
}

bool passes(const ListQuery& query, const ListedStock& stock) {
  const bool below = stock.reorder_point > 0 && stock.available <= stock.reorder_point;
  return fresh(query, stock.last_updated) && query.below_reorder_point.value_or(below) == below &&
         query.in_stock.value_or(stock.available > 0) == (stock.available > 0);
}

bool has_words(const ProductDocument& product, const std::string& text) {
  const std::vector<std::string> has = words_of(product);
  const std::vector<std::string> wanted = words_in(text);
  return std::ranges::all_of(wanted, [&](const std::string& word) {
    const auto found = std::ranges::lower_bound(has, word);
    if (found == has.end()) return false;
    return &word == &wanted.back() ? found->starts_with(word) : *found == word;
  });
}

bool passes(const ListQuery& query, const ProductDocument& product) {
  const auto& has = *product.specifications;
  const auto specified = [&has](const auto& wanted) {
    const auto found = has.find(wanted.first);
    return found != has.end() && found->second == wanted.second;
  };
  return fresh(query, product.updated_at) && (query.sku.empty() || query.sku == product.sku) &&
         (query.category.empty() || query.category == *product.category) &&
         std::ranges::all_of(query.specifications, specified) && has_words(product, query.text);
}

bool same(const auto& wanted, const std::string& has) {
  return !wanted || wanted->value == has;
}

// A product without its vendor has no index: its own events are found, and those of orders are not.
bool passes(const ListQuery& query, const TimelineHeader& event) {
  return same(query.customer_id, event.customer_id) &&
         (query.vendor_id || same(query.product_id, event.product_id)) &&
         (query.event_type.empty() || query.event_type == event.type) &&
         (query.by.empty() || query.by == event.by);
}

template <class Part>
bool read_and_pass(const ListQuery& query, std::string_view body) {
  Part part;
  return eventstore::read_json(body, part) && passes(query, part);
}

}  // namespace

bool filters_bodies(const ListQuery& query) {
  switch (query.list) {
    case List::Vendors:
    case List::Customers:
    case List::Orders:
    case List::VendorOrders:
      return query.updated_after.has_value();
    case List::Products:
      return query.updated_after.has_value() || query.include_delisted;
    case List::Stock:
      return query.updated_after || query.below_reorder_point || query.in_stock;
    case List::CustomerOrders:
      return query.updated_after || !query.statuses.empty();
    case List::Timeline:
      return query.customer_id || (query.product_id && !query.vendor_id) ||
             !query.event_type.empty() || !query.by.empty();
  }
  return true;
}

bool passes(const ListQuery& query, std::string_view body) {
  switch (query.list) {
    case List::Vendors:
    case List::Customers:
      return read_and_pass<Updated>(query, body);
    case List::Products:
      return query.include_delisted ? read_and_pass<ProductDocument>(query, body)
                                    : read_and_pass<Updated>(query, body);
    case List::Stock:
      return read_and_pass<ListedStock>(query, body);
    case List::Orders:
    case List::VendorOrders:
    case List::CustomerOrders:
      return read_and_pass<ListedOrder>(query, body);
    case List::Timeline:
      return read_and_pass<TimelineHeader>(query, body);
  }
  return false;
}

}  // namespace cassette::projections
