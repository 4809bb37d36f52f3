// Subscription: what a client asks to be told, read strictly and narrowed to what it may see. It
// reads no document: whether an order is the caller's own, ownership.h finds out.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/problem.h"
#include "api/http/query.h"
#include "api/http/request_types.h"
#include "api/identity/caller.h"
#include "api/live/live_event.h"

namespace cassette::api {

// The name by which stock levels are asked for; they are no events.
inline constexpr std::string_view kStockLevel = "StockLevel";
// Of one filter: there are not so many.
inline constexpr std::size_t kMaxTypes = 64;

// As asked. Members of a WebSocket's `filter` have these names, and so have an SSE's parameters.
struct Filter {
  std::optional<domain::VendorId> vendor_id;
  std::optional<domain::ProductId> product_id;
  std::optional<domain::OrderId> order_id;
  std::optional<domain::CustomerId> customer_id;
  std::optional<Items<Text<1, 64, Layout::Line>, 0, kMaxTypes>> types;

  static void fields(auto& self, auto&& visit) {
    visit("vendorId", self.vendor_id);
    visit("productId", self.product_id);
    visit("orderId", self.order_id);
    visit("customerId", self.customer_id);
    visit("types", self.types);
  }
};

// From the parameters of an SSE request; what is wrong, `reader` remembers.
Filter read_filter(QueryReader& reader);

// As granted: all that is given must hold.
struct Subscription {
  std::string vendor_id;           // empty: any
  std::string product_id;          // likewise; with vendor_id only
  std::string order_id;            // likewise
  std::string customer_id;         // likewise
  std::vector<std::string> types;  // of events; empty: all
  bool events = false;             // whether any come
  bool levels = false;             // whether stock levels come
  bool unlisted = false;           // those of products that are not listed, too

  bool matches(const LiveEvent& event) const;
};

// What the caller gets of what `filter` asks, or why it gets nothing: docs/live.md has the table.
Answered<Subscription> narrow(const Filter& filter, const Caller& caller, bool private_catalogue);

}  // namespace cassette::api
