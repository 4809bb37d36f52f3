// Chooses the indexes of a query, walks them, and reads the documents of a page.
#include "projections/rocks_list.h"

#include <algorithm>
#include <unordered_map>

#include "domain/check.h"
#include "projections/list_filters.h"
#include "projections/list_token.h"
#include "projections/rocks_cursor.h"
#include "projections/rocks_values.h"
#include "projections/timeline_group.h"
#include "projections/words.h"

namespace cassette::projections {
namespace {

using List = ListQuery::List;

constexpr std::size_t kStatusCount = EnumNames<domain::OrderStatus>::values.size();

class ListReader {
 public:
  ListReader(const RocksDatabase& database, const ListQuery& query)
      : database_(database), view_(database), query_(query), filtered_(filters_bodies(query)) {}

  Stored<Page> read() {
    std::string start;
    if (!query_.after.empty()) {
      const std::optional<std::string> place = place_of(query_, query_.after);
      if (!place) return mismatch();
      start = *place;
    }
    if (query_.created_to) start = std::max(start, newest_first({query_.created_to->micros - 1}));
    const std::unique_ptr<Cursor> cursor = walk();
    return read_page(*cursor, start);
  }

 private:
  Stored<Page> read_page(Cursor& cursor, const std::string& start) {
    Page page;
    std::size_t looked_at = 0;
    for (cursor.seek(start); cursor.valid() && in_time(cursor.place()); cursor.next()) {
      if (query_.list == List::Timeline) {
        auto ended = look_at_group(cursor.place(), start, looked_at++, page);
        if (!ended) return Failure{ended.error()};
        if (ended.value()) return page;
        continue;
      }
      if (page.items.size() == limit() || looked_at++ == kMaxEntriesLookedAt) {
        page.next = list_token(query_, cursor.place());
        return page;
      }
      const Stored<Done> looked = look_at(cursor.place(), page);
      if (!looked) return Failure{looked.error()};
    }
    const Stored<Done> status = cursor.status();
    if (!status) return Failure{status.error()};
    page.next = list_token(query_, cursor.gave_up_at());
    return page;
  }

  std::size_t limit() const { return std::clamp<std::size_t>(query_.limit, 1, kMaxPageItems); }

  // Adds the events of the group that stand at `start` or after and pass. True when the page has
  // ended, and says where the next one begins.
  Stored<bool> look_at_group(std::string_view place, std::string_view start, std::size_t looked_at,
                             Page& page) {
    auto value = view_.get(Family::Timeline, place);
    if (!value) return Failure{std::move(value).error()};
    if (!value.value()) return false;
    const std::vector<GroupedEvent> events = events_in(place, body_of(*value.value()));
    if (looked_at == kMaxEntriesLookedAt && !events.empty()) {
      page.next = list_token(query_, events.front().place);
      return true;
    }
    for (const GroupedEvent& event : events) {
      if (event.place < start || !on_timeline(event)) continue;
      if (filtered_ && !passes(query_, event.body)) continue;
      if (page.items.size() == limit()) {
        page.next = list_token(query_, event.place);
        return true;
      }
      page.items.emplace_back(event.body);
    }
    return false;
  }

  // Whether the event is on the timelines that its group was found by.
  bool on_timeline(const GroupedEvent& event) const {
    if (!query_.vendor_id) return true;
    if (!query_.product_id) return event.vendor == query_.vendor_id->value;
    const std::string product = query_.vendor_id->value + "/" + query_.product_id->value;
    return std::ranges::find(event.products, product) != event.products.end();
  }

  // Adds what stands at the place, if it passes.
  Stored<Done> look_at(std::string_view place, Page& page) {
    const std::string_view key = key_of(place);
    const Stored<bool> shown = marks_allow(key);
    if (!shown) return Failure{shown.error()};
    if (!shown.value()) return Done{};
    auto value = view_.get(documents(), key);
    if (!value) return Failure{std::move(value).error()};
    if (!value.value()) return Done{};
    const std::string_view body = body_of(*value.value());
    if (!filtered_ || passes(query_, body)) page.items.emplace_back(body);
    return Done{};
  }

  bool in_time(std::string_view place) const {
    return !query_.created_from || time_of(place) >= *query_.created_from;
  }

  // What sets of products say: items in stock, and vendors who may not sell.
  Stored<bool> marks_allow(std::string_view key) {
    if (query_.list != List::Products) return true;
    if (query_.in_stock) {
      const Stored<bool> in_stock = view_.contains(Family::Marks, in_stock_mark(key));
      if (!in_stock) return in_stock;
      if (in_stock.value() != *query_.in_stock) return false;
    }
    if (query_.include_delisted) return true;
    const std::string vendor(key.substr(0, key.find('/')));
    const auto known = suspended_.find(vendor);
    if (known != suspended_.end()) return !known->second;
    const Stored<bool> suspended = view_.contains(Family::Marks, suspended_mark(vendor));
    if (!suspended) return suspended;
    suspended_.emplace(vendor, suspended.value());
    return !suspended.value();
  }

  Family documents() const {
    switch (query_.list) {
      case List::Vendors:
        return Family::Vendors;
      case List::Products:
        return Family::Products;
      case List::Stock:
        return Family::Stock;
      case List::Orders:
      case List::CustomerOrders:
        return Family::Orders;
      case List::VendorOrders:
        return Family::VendorOrders;
      case List::Customers:
        return Family::Customers;
      case List::Timeline:
        return Family::Timeline;
    }
    return Family::Vendors;
  }

  // ---- which indexes

  std::unique_ptr<Cursor> walk() {
    switch (query_.list) {
      case List::Vendors:
        return cursor(Family::Lists, all_vendors());
      case List::Customers:
        return cursor(Family::Lists, all_customers());
      case List::Products:
        return walk_products();
      case List::Stock:
        CHECK(query_.vendor_id);
        return cursor(Family::Lists, query_.below_reorder_point.value_or(false)
                                         ? low_stock_of(*query_.vendor_id)
                                         : stock_of(*query_.vendor_id));
      case List::Orders:
        return walk_statuses(orders_in);
      case List::VendorOrders:
        CHECK(query_.vendor_id);
        return walk_statuses(
            [this](auto status) { return vendor_orders_in(*query_.vendor_id, status); });
      case List::CustomerOrders:
        CHECK(query_.customer_id);
        return cursor(Family::OrdersByCustomer, orders_of(*query_.customer_id));
      case List::Timeline:
        return walk_timeline();
    }
    return any_of({});
  }

  std::unique_ptr<Cursor> cursor(Family family, std::string prefix) {
    return cursor_of(database_, view_, family, std::move(prefix));
  }

  // Every order has a status, so all of them are those of any status: an index of all would be one
  // entry more an order to write.
  std::unique_ptr<Cursor> walk_statuses(auto&& index_of) {
    Cursors cursors;
    const auto add = [&](domain::OrderStatus status) {
      cursors.push_back(cursor(Family::Lists, index_of(status)));
    };
    std::ranges::for_each(query_.statuses, add);
    for (std::size_t i = 0; query_.statuses.empty() && i < kStatusCount; ++i) {
      add(static_cast<domain::OrderStatus>(i));
    }
    return any_of(std::move(cursors));
  }

  std::unique_ptr<Cursor> walk_products() {
    Cursors cursors;
    const auto add = [&](std::string prefix) {
      cursors.push_back(cursor(Family::Terms, std::move(prefix)));
    };
    if (query_.include_delisted) {
      if (!query_.vendor_id) return cursor(Family::Terms, ever_listed());
      return cursor(Family::Terms, query_.sku.empty()
                                       ? ever_listed_by(*query_.vendor_id)
                                       : ever_listed_by(*query_.vendor_id, query_.sku));
    }
    if (!query_.sku.empty()) add(listed_with_sku(query_.sku));
    for (const auto& [name, value] : query_.specifications) {
      add(listed_with_specification(name, value));
    }
    if (!query_.category.empty()) add(listed_in_category(query_.category));
    if (query_.vendor_id) add(listed_by(*query_.vendor_id));
    std::vector<std::string> words = words_in(query_.text);
    if (!words.empty()) {
      cursors.push_back(walk_beginning(words.back()));
      words.pop_back();
    }
    for (const std::string& word : words) add(listed_with_word(word));
    if (cursors.empty()) add(listed());
    return all_of(std::move(cursors));
  }

  // The products of all words that begin so.
  std::unique_ptr<Cursor> walk_beginning(const std::string& beginning) {
    const std::string from = words_beginning(beginning);
    std::string to = from;
    ++to.back();  // a word's last byte is never 0xff
    const rocksdb::Slice lower(from);
    const rocksdb::Slice upper(to);
    const auto entries = view_.iterate(Family::Terms, &lower, &upper);
    Cursors cursors;
    entries->SeekToFirst();
    while (entries->Valid() && cursors.size() < kMaxPrefixWords) {
      std::string index = listed_with_word(word_of(entries->key().ToStringView()));
      std::string past = index;
      ++past.back();
      cursors.push_back(cursor(Family::Terms, std::move(index)));
      entries->Seek(past);
    }
    return any_of(std::move(cursors));
  }

  std::unique_ptr<Cursor> walk_timeline() {
    Cursors cursors;
    const auto add = [&](std::string prefix) {
      cursors.push_back(cursor(Family::TimelineIndex, std::move(prefix)));
    };
    if (query_.order_id) add(timeline_of_order(query_.order_id->value));
    if (query_.vendor_id && query_.product_id) {
      add(timeline_of_product(query_.vendor_id->value + "/" + query_.product_id->value));
    } else if (query_.vendor_id) {
      add(timeline_of_vendor(query_.vendor_id->value));
    }
    if (query_.customer_id) add(timeline_of_customer(query_.customer_id->value));
    if (query_.event_type == domain::CustomerErased::type) add(timeline_of_erasures());
    return cursors.empty() ? cursor(Family::Timeline, "") : all_of(std::move(cursors));
  }

  Failure<StoreError> mismatch() const {
    return Failure{StoreError{StoreError::Kind::Mismatch, "no page of this list ended there"}};
  }

  const RocksDatabase& database_;
  const RocksDatabase::View view_;
  const ListQuery& query_;
  const bool filtered_;
  std::unordered_map<std::string, bool> suspended_;
};

}  // namespace

Stored<Page> read_list(const RocksDatabase& database, const ListQuery& query) {
  return ListReader(database, query).read();
}

}  // namespace cassette::projections
