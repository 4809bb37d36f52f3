// Subscription: who may be told what. Its answers are those of the permission table's rows for
// reading orders, stock and events.
#include "api/live/subscription.h"

#include <algorithm>

#include "api/http/permissions.h"

namespace cassette::api {
namespace {

constexpr std::size_t kMaxTypesBytes = 2'000;
constexpr std::string_view kEventsScope = "events:read";
constexpr std::string_view kOrdersScope = "orders:read";
constexpr std::string_view kStockScope = "stock:read";

// What the filter's `types` ask for.
struct Wanted {
  bool events = true;
  bool levels = true;
  bool named = false;              // events, by a type of theirs
  std::vector<std::string> types;  // of events
};

constexpr std::string_view kNoType = "names no type that there is";

bool known_type(std::string_view type) {
  const auto known = projections::public_types();
  return type == kStockLevel || std::ranges::find(known, type) != known.end();
}

Answered<Wanted> wanted_of(const Filter& filter) {
  Wanted wanted;
  if (!filter.types || filter.types->values.empty()) return wanted;
  wanted.levels = false;
  for (const auto& type : filter.types->values) {
    if (!known_type(type.value)) return Failure{invalid_field("types", std::string(kNoType))};
    if (type.value == kStockLevel) {
      wanted.levels = true;
    } else {
      wanted.types.push_back(type.value);
    }
  }
  wanted.named = !wanted.types.empty();
  wanted.events = wanted.named;
  return wanted;
}

template <class Id>
std::string text_of(const std::optional<Id>& id) {
  return id ? id->value : std::string();
}

bool of_orders(const Filter& filter) {
  return filter.order_id || filter.customer_id;
}

// Nobody in particular: stock levels at most.
Answered<Subscription> narrow_anonymous(const Filter& filter, const Wanted& wanted,
                                        Subscription granted, bool private_catalogue) {
  if (private_catalogue || wanted.named || of_orders(filter)) return Failure{token_required()};
  granted.events = false;
  return granted;
}

Answered<Subscription> narrow_vendor(const Filter& filter, const Wanted& wanted,
                                     Subscription granted, const std::string& own) {
  if (filter.customer_id) {
    return Failure{not_permitted("Not for the role vendor.").at("customerId")};
  }
  if (granted.vendor_id.empty()) granted.vendor_id = own;
  granted.unlisted = granted.vendor_id == own;
  if (granted.vendor_id == own) return granted;
  const bool level_of_one = wanted.levels && filter.product_id && !filter.order_id;
  if (wanted.events && (wanted.named || !level_of_one)) {
    return Failure{not_permitted("A vendor sees its own events.").at("vendorId")};
  }
  granted.events = false;
  return granted;
}

Answered<Subscription> narrow_customer(const Filter& filter, Subscription granted,
                                       const std::string& own) {
  if (filter.customer_id && filter.customer_id->value != own) {
    return Failure{not_found("customer", filter.customer_id->value)};
  }
  granted.customer_id = own;
  return granted;
}

Answered<Subscription> narrow_role(const Filter& filter, const Wanted& wanted, Subscription granted,
                                   const Caller& caller, bool private_catalogue) {
  switch (asker_of(caller)) {
    case Asker::Anonymous:
      return narrow_anonymous(filter, wanted, std::move(granted), private_catalogue);
    case Asker::Vendor:
      return narrow_vendor(filter, wanted, std::move(granted), caller.vendor_id->value);
    case Asker::Customer:
      return narrow_customer(filter, std::move(granted), caller.customer_id->value);
    case Asker::Admin:
    case Asker::Service:
    case Asker::Auditor:
      granted.unlisted = true;
      return granted;
  }
  return Failure{token_required()};
}

// A token that is narrowed to scopes sees no more than they open.
std::optional<Problem> narrow_scopes(const Filter& filter, const Wanted& wanted,
                                     const Caller& caller, Subscription& granted) {
  if (caller.anonymous) return std::nullopt;
  const bool customer = asker_of(caller) == Asker::Customer;
  const std::string_view scope = customer ? kOrdersScope : kEventsScope;
  if (granted.events && !opens(caller.scopes, scope)) {
    if (wanted.named || of_orders(filter) || !granted.levels) return insufficient_scope(scope);
    granted.events = false;
  }
  if (granted.levels && !opens(caller.scopes, kStockScope)) {
    if (!granted.events) return insufficient_scope(kStockScope);
    granted.levels = false;
  }
  return std::nullopt;
}

}  // namespace

Filter read_filter(QueryReader& reader) {
  Filter filter;
  filter.vendor_id = reader.id<domain::VendorId>("vendorId");
  filter.product_id = reader.id<domain::ProductId>("productId");
  filter.order_id = reader.id<domain::OrderId>("orderId");
  filter.customer_id = reader.id<domain::CustomerId>("customerId");
  const std::string text = reader.text("types", kMaxTypesBytes);
  std::string_view types = text;
  if (types.empty()) return filter;
  filter.types.emplace();
  while (true) {
    const std::size_t end = std::min(types.find(','), types.size());
    filter.types->values.push_back({std::string(types.substr(0, end))});
    if (!known_type(types.substr(0, end))) {
      reader.fail(invalid_parameter("types", std::string(kNoType)));
    }
    if (end == types.size()) break;
    types.remove_prefix(end + 1);
  }
  return filter;
}

bool Subscription::matches(const LiveEvent& event) const {
  if (!events) return false;
  if (!vendor_id.empty() && event.vendor_id != vendor_id) return false;
  if (!order_id.empty() && event.order_id != order_id) return false;
  if (!customer_id.empty() && event.customer_id != customer_id) return false;
  if (!product_id.empty() &&
      std::ranges::find(event.products, product_id) == event.products.end()) {
    return false;
  }
  return types.empty() || std::ranges::find(types, event.type) != types.end();
}

Answered<Subscription> narrow(const Filter& filter, const Caller& caller, bool private_catalogue) {
  if (filter.product_id && !filter.vendor_id) return Failure{missing_field("vendorId")};
  auto wanted = wanted_of(filter);
  if (!wanted) return Failure{wanted.error()};
  Subscription asked;
  asked.vendor_id = text_of(filter.vendor_id);
  asked.product_id = text_of(filter.product_id);
  asked.order_id = text_of(filter.order_id);
  asked.customer_id = text_of(filter.customer_id);
  asked.events = wanted.value().events;
  auto granted = narrow_role(filter, wanted.value(), std::move(asked), caller, private_catalogue);
  if (!granted) return granted;
  Subscription& sub = granted.value();
  sub.types = wanted.value().types;
  const bool all_vendors = sub.unlisted && sub.vendor_id.empty();
  const bool fits = !of_orders(filter) && (!sub.vendor_id.empty() || all_vendors);
  sub.levels = wanted.value().levels && fits;
  if (auto problem = narrow_scopes(filter, wanted.value(), caller, sub)) {
    return Failure{std::move(*problem)};
  }
  if (sub.events || sub.levels) return granted;
  if (of_orders(filter))
    return Failure{invalid_field("types", "StockLevel goes with a vendorId alone")};
  return Failure{missing_field("vendorId")};
}

}  // namespace cassette::api
