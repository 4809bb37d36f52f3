// ReadModels: what queries are answered from. Documents are kept as they are served; personal
// fields in them are sealed, and only the api opens them. Writing is the projector's.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/sub_order.h"
#include "domain/values.h"
#include "eventstore/commit.h"
#include "eventstore/store_error.h"

namespace cassette::projections {

using eventstore::Position;
using eventstore::Stored;

// One column family each, by the names of `EnumNames<Model>`.
enum class Model {
  Vendors,           // key: vendor
  Products,          // key: vendor/product
  Stock,             // key: vendor/product
  Orders,            // key: order; folded from the order's partition
  VendorOrders,      // key: vendor/order; folded from the vendor's partition
  OrdersByCustomer,  // an index of Orders
  Customers,         // key: customer
  Timeline,          // every event; key: its place, which begins with the time
  Tallies,           // counts by vendor, status and hour
};

// A document as served, with the version that its ETag names.
struct Document {
  std::string body;
  std::uint64_t version = 0;
};

// A list, newest first, ties by id. Absent filters match everything.
struct ListQuery {
  enum class List {
    Vendors,
    Products,      // of all vendors, or of `vendor_id`; delisted ones only when `include_delisted`
    Stock,         // of `vendor_id`
    Orders,        // all
    VendorOrders,  // of `vendor_id`, as its sub-orders
    CustomerOrders,  // of `customer_id`
    Customers,
    Timeline,  // of `vendor_id`, `product_id`, `order_id`, or `customer_id` (its own events, and
               // not those of its orders); else every event
  };
  List list = List::Vendors;
  std::optional<domain::VendorId> vendor_id;
  std::optional<domain::ProductId> product_id;
  std::optional<domain::OrderId> order_id;
  std::optional<domain::CustomerId> customer_id;
  std::vector<domain::OrderStatus> statuses;  // any of them; empty: all
  std::optional<domain::Timestamp> updated_after;
  std::optional<domain::Timestamp> created_from;  // the timeline's `from`; inclusive
  std::optional<domain::Timestamp> created_to;    // the timeline's `to`; exclusive
  std::string text;                               // words, all of which must occur
  std::string category;
  std::string sku;
  std::vector<std::pair<std::string, std::string>> specifications;  // name and value, all of them
  std::optional<bool> in_stock;
  std::optional<bool> below_reorder_point;
  bool include_delisted = false;
  std::string event_type;
  std::string by;

  std::size_t limit = 50;
  std::string after;  // where the previous page ended, as it said; empty: the first page
};

struct Page {
  std::vector<std::string> items;  // documents as served
  std::string next;                // empty on the last page; binary, the api seals it
};

// Thread-safe. Blocks for disk reads at most, but for the waits.
class ReadModels {
 public:
  virtual ~ReadModels() = default;

  // Nothing when there is no such document.
  virtual Stored<std::optional<Document>> get(Model model, std::string_view key) = 0;
  // In the order of `keys`.
  virtual Stored<std::vector<std::optional<Document>>> get_many(
      Model model, std::span<const std::string> keys) = 0;
  // Corrupt is never the answer to a wrong `after`: one that no page gave starts nowhere, and gives
  // Mismatch.
  virtual Stored<Page> list(const ListQuery& query) = 0;

  // How far each partition is folded, in the order of partitions.
  virtual std::vector<Position> positions() const = 0;
  // True once every position is folded; false when `timeout` passed first.
  virtual bool wait_for(std::span<const Position> positions, std::chrono::milliseconds timeout) = 0;

  // Counts the batches applied; `wait_beyond` returns the tick once it is above `tick`, or after
  // `timeout`. Whoever waits for a document's state reads the tick first, then the document.
  virtual std::uint64_t tick() const = 0;
  virtual std::uint64_t wait_beyond(std::uint64_t tick, std::chrono::milliseconds timeout) = 0;

  // The error that stopped the projector, if one did.
  virtual std::optional<std::string> failure() const = 0;
};

}  // namespace cassette::projections

template <>
struct cassette::EnumNames<cassette::projections::Model> {
  static constexpr std::array<std::string_view, 9> values{
      "vendors",   "products", "stock",  "orders", "vendor_orders", "orders_by_customer",
      "customers", "timeline", "tallies"};
};
