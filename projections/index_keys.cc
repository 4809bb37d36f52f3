// The bytes of index prefixes, places and entries.
#include "projections/index_keys.h"

#include <algorithm>
#include <initializer_list>

#include "projections/words.h"

namespace cassette::projections {
namespace {

constexpr char kEnd = '\0';         // closes a prefix: neither ids nor words have it
constexpr char kPairMark = '\x01';  // between a specification's name and value

template <class Integer>
void append_big_endian(std::string& out, Integer value) {
  for (std::size_t shift = sizeof value; shift-- > 0;) {
    out.push_back(static_cast<char>(value >> (8 * shift) & 0xff));
  }
}

std::string prefix(char tag, std::initializer_list<std::string_view> texts = {}) {
  std::string out(1, tag);
  for (const std::string_view text : texts) {
    for (const char c : text) out.push_back(c == kEnd ? ' ' : c);
  }
  out.push_back(kEnd);
  return out;
}

char digit(domain::OrderStatus status) {
  return static_cast<char>('0' + static_cast<int>(status));
}

// The entries of one document: each of its indexes with the document's place.
class Entries {
 public:
  Entries(domain::Timestamp at, std::string_view key) : place_(newest_first(at)) { place_ += key; }

  void add(Family family, std::string index) {
    keys_.push_back({family, std::move(index) + place_});
  }
  void mark(std::string key) { keys_.push_back({Family::Marks, std::move(key)}); }
  std::vector<IndexKey> take() && { return std::move(keys_); }

 private:
  std::string place_;
  std::vector<IndexKey> keys_;
};

}  // namespace

// ---- places

std::string newest_first(domain::Timestamp at) {
  // The sign is flipped, so that times before 1970 sort before later ones, and then all bits are.
  std::string place;
  append_big_endian(place, ~(static_cast<std::uint64_t>(at.micros) ^ (std::uint64_t{1} << 63)));
  return place;
}

domain::Timestamp time_of(std::string_view place) {
  std::uint64_t bits = 0;
  for (const char c : place.substr(0, kTimeBytes)) {
    bits = bits << 8 | static_cast<unsigned char>(c);
  }
  return {static_cast<std::int64_t>(~bits ^ (std::uint64_t{1} << 63))};
}

std::string_view key_of(std::string_view place) {
  return place.substr(kTimeBytes);
}

std::string timeline_place(domain::Timestamp at, const eventstore::EventRef& ref) {
  std::string place = newest_first(at);
  append_big_endian(place, ref.position.partition);
  append_big_endian(place, ~ref.position.commit);
  append_big_endian(place, ~ref.index);
  return place;
}

std::uint32_t timeline_index(std::string_view place) {
  std::uint32_t bits = 0;
  for (const char c : place.substr(place.size() - sizeof bits)) {
    bits = bits << 8 | static_cast<unsigned char>(c);
  }
  return ~bits;
}

std::string with_timeline_index(std::string_view place, std::uint32_t index) {
  std::string other(place.substr(0, place.size() - sizeof index));
  append_big_endian(other, ~index);
  return other;
}

// ---- prefixes

std::string all_vendors() {
  return prefix('v');
}
std::string all_customers() {
  return prefix('c');
}
std::string orders_in(domain::OrderStatus status) {
  const char name = digit(status);
  return prefix('s', {{&name, 1}});
}
std::string orders_of(const domain::CustomerId& customer) {
  return prefix('c', {customer.value});
}
std::string vendor_orders_in(const domain::VendorId& vendor, domain::OrderStatus status) {
  const char name = digit(status);
  return prefix('x', {{&name, 1}, vendor.value});
}
std::string stock_of(const domain::VendorId& vendor) {
  return prefix('t', {vendor.value});
}
std::string low_stock_of(const domain::VendorId& vendor) {
  return prefix('b', {vendor.value});
}

std::string ever_listed() {
  return prefix('A');
}
std::string ever_listed_by(const domain::VendorId& vendor) {
  return prefix('B', {vendor.value});
}
std::string ever_listed_by(const domain::VendorId& vendor, std::string_view sku) {
  return prefix('K', {vendor.value, {&kPairMark, 1}, sku});
}
std::string listed() {
  return prefix('l');
}
std::string listed_by(const domain::VendorId& vendor) {
  return prefix('v', {vendor.value});
}
std::string listed_in_category(std::string_view category) {
  return prefix('c', {category});
}
std::string listed_with_sku(std::string_view sku) {
  return prefix('k', {sku});
}
std::string listed_with_specification(std::string_view name, std::string_view value) {
  return prefix('s', {name, {&kPairMark, 1}, value});
}
std::string listed_with_word(std::string_view word) {
  return prefix('w', {word});
}

std::string words_beginning(std::string_view beginning) {
  std::string index = listed_with_word(beginning);
  index.pop_back();
  return index;
}
std::string_view word_of(std::string_view entry) {
  return entry.substr(1, entry.find(kEnd) - 1);
}

std::string timeline_of_vendor(std::string_view vendor) {
  return prefix('v', {vendor});
}
std::string timeline_of_product(std::string_view vendor_and_product) {
  return prefix('p', {vendor_and_product});
}
std::string timeline_of_order(std::string_view order) {
  return prefix('o', {order});
}
std::string timeline_of_customer(std::string_view customer) {
  return prefix('c', {customer});
}
std::string timeline_of_erasures() {
  return prefix('e');
}

// ---- marks

std::string in_stock_mark(std::string_view vendor_and_product) {
  return std::string("i").append(vendor_and_product);
}
std::string suspended_mark(std::string_view vendor) {
  return std::string("s").append(vendor);
}

// ---- entries

std::vector<IndexKey> index_keys(const VendorDocument& document) {
  Entries entries(document.created_at, document.vendor_id.value);
  entries.add(Family::Lists, all_vendors());
  if (document.status == domain::VendorStatus::Suspended) {
    entries.mark(suspended_mark(document.vendor_id.value));
  }
  return std::move(entries).take();
}

std::vector<IndexKey> index_keys(const ProductDocument& document) {
  Entries entries(document.created_at, document.vendor_id.value + "/" + document.product_id.value);
  entries.add(Family::Terms, ever_listed());
  entries.add(Family::Terms, ever_listed_by(document.vendor_id));
  entries.add(Family::Terms, ever_listed_by(document.vendor_id, document.sku));
  if (document.status == domain::ProductStatus::Delisted) return std::move(entries).take();
  entries.add(Family::Terms, listed());
  entries.add(Family::Terms, listed_by(document.vendor_id));
  entries.add(Family::Terms, listed_in_category(*document.category));
  entries.add(Family::Terms, listed_with_sku(document.sku));
  for (const auto& [name, value] : *document.specifications) {
    entries.add(Family::Terms, listed_with_specification(name, value));
  }
  for (const std::string& word : words_of(document)) {
    entries.add(Family::Terms, listed_with_word(word));
  }
  return std::move(entries).take();
}

std::vector<IndexKey> index_keys(const StockDocument& document) {
  Entries entries(document.created_at, document.inventory_id);
  entries.add(Family::Lists, stock_of(document.vendor_id));
  if (low(document)) entries.add(Family::Lists, low_stock_of(document.vendor_id));
  if (!out_of_stock(document)) entries.mark(in_stock_mark(document.inventory_id));
  return std::move(entries).take();
}

std::vector<IndexKey> index_keys(const OrderDocument& document) {
  Entries entries(document.created_at, document.order_id.value);
  entries.add(Family::Lists, orders_in(document.status));
  entries.add(Family::OrdersByCustomer, orders_of(document.customer_id));
  return std::move(entries).take();
}

std::vector<IndexKey> index_keys(const VendorOrderDocument& document) {
  const domain::VendorId& vendor = document.part.vendor_id;
  Entries entries(document.created_at, vendor.value + "/" + document.order_id.value);
  entries.add(Family::Lists, vendor_orders_in(vendor, document.part.status));
  return std::move(entries).take();
}

std::vector<IndexKey> index_keys(const CustomerDocument& document) {
  Entries entries(document.created_at, document.customer_id.value);
  entries.add(Family::Lists, all_customers());
  return std::move(entries).take();
}

std::vector<IndexKey> index_keys(const TallyDocument&) {
  return {};
}

}  // namespace cassette::projections
