// Index keys: where each document is found besides its own key, as bytes in the order in which
// lists give them. Pure; RocksDB, which keeps them, is not known here.
//
// An index is a prefix; an entry is the prefix, then its place: the time, newest first, and the
// document's key. Entries have no value. docs/read-models.md has the table.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "projections/documents.h"

namespace cassette::projections {

// The column families. The first ones are the models, in their order.
enum class Family {
  Vendors,
  Products,
  Stock,
  Orders,
  VendorOrders,
  OrdersByCustomer,
  Customers,
  Timeline,
  Tallies,
  Lists,          // vendors, stock, orders and customers in the order of lists
  Terms,          // products by what is searched for
  Marks,          // what stands in a set: items in stock, suspended vendors
  TimelineIndex,  // events by vendor, product, order and customer; erasures
  Meta,           // schema, partitions, and where each one's fold stands
};
inline constexpr std::size_t kFamilyCount = 14;

struct IndexKey {
  Family family = Family::Lists;
  std::string key;

  auto operator<=>(const IndexKey&) const = default;
};

// ---- places

// Eight bytes that sort the newest first.
std::string newest_first(domain::Timestamp at);
inline constexpr std::size_t kTimeBytes = 8;
domain::Timestamp time_of(std::string_view place);
// What follows the time in a place.
std::string_view key_of(std::string_view place);

// An event's place, which is its key too: of one time by partition, then the last commit first.
std::string timeline_place(domain::Timestamp at, const eventstore::EventRef& ref);
inline constexpr std::size_t kTimelinePlaceBytes = 24;
// The event's index in such a place, and the place of another event of its commit.
std::uint32_t timeline_index(std::string_view place);
std::string with_timeline_index(std::string_view place, std::uint32_t index);

// ---- prefixes

std::string all_vendors();
std::string all_customers();
std::string orders_in(domain::OrderStatus status);
std::string orders_of(const domain::CustomerId& customer);
std::string vendor_orders_in(const domain::VendorId& vendor, domain::OrderStatus status);
std::string stock_of(const domain::VendorId& vendor);
std::string low_stock_of(const domain::VendorId& vendor);

// Delisted ones too.
std::string ever_listed();
std::string ever_listed_by(const domain::VendorId& vendor);
std::string ever_listed_by(const domain::VendorId& vendor, std::string_view sku);
// Listed products only.
std::string listed();
std::string listed_by(const domain::VendorId& vendor);
std::string listed_in_category(std::string_view category);
std::string listed_with_sku(std::string_view sku);
std::string listed_with_specification(std::string_view name, std::string_view value);
std::string listed_with_word(std::string_view word);
// All the indexes of words that begin so; without the end that tells a word from a longer one.
std::string words_beginning(std::string_view beginning);
// The word of such an index's entry.
std::string_view word_of(std::string_view entry);

std::string timeline_of_vendor(std::string_view vendor);
std::string timeline_of_product(std::string_view vendor_and_product);
std::string timeline_of_order(std::string_view order);
// A customer's own events, and none of orders.
std::string timeline_of_customer(std::string_view customer);
// Every CustomerErased.
std::string timeline_of_erasures();

// ---- marks

std::string in_stock_mark(std::string_view vendor_and_product);
std::string suspended_mark(std::string_view vendor);

// ---- entries

// Every entry of a document, in no order.
std::vector<IndexKey> index_keys(const VendorDocument& document);
std::vector<IndexKey> index_keys(const ProductDocument& document);
std::vector<IndexKey> index_keys(const StockDocument& document);
std::vector<IndexKey> index_keys(const OrderDocument& document);
std::vector<IndexKey> index_keys(const VendorOrderDocument& document);
std::vector<IndexKey> index_keys(const CustomerDocument& document);
std::vector<IndexKey> index_keys(const TallyDocument& document);

}  // namespace cassette::projections

template <>
struct cassette::EnumNames<cassette::projections::Family> {
  static constexpr std::array<std::string_view, cassette::projections::kFamilyCount> values{
      "vendors",  "products", "stock", "orders", "vendor_orders", "orders_by_customer", "customers",
      "timeline", "tallies",  "lists", "terms",  "marks",         "timeline_index",     "meta"};
};
