// Listing: packs a product and its stock, and finds a vendor's listings.
#include "domain/listing.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "domain/check.h"

namespace cassette::domain {
namespace {

constexpr std::size_t kFewestSlots = 4;

std::size_t length_bytes(std::size_t length) {
  std::size_t bytes = 1;
  for (; length >= 0x80; length >>= 7) ++bytes;
  return bytes;
}

char* write_text(char* to, std::string_view text) {
  std::size_t length = text.size();
  for (; length >= 0x80; length >>= 7) *to++ = static_cast<char>((length & 0x7f) | 0x80);
  *to++ = static_cast<char>(length);
  return std::copy(text.begin(), text.end(), to);
}

std::string_view read_text(const char*& from) {
  std::size_t length = 0;
  int shift = 0;
  while (true) {
    const auto byte = static_cast<unsigned char>(*from++);
    length |= std::size_t{byte & 0x7fU} << shift;
    shift += 7;
    if (byte < 0x80) break;
  }
  const std::string_view text(from, length);
  from += length;
  return text;
}

bool fits(Quantity quantity) {
  return std::in_range<std::int32_t>(quantity);
}

}  // namespace

// ---- Listing

Listing::Listing(const ProductId& id, std::size_t number)
    : number_(static_cast<std::uint32_t>(number)) {
  set_texts({id.value, {}, {}, {}});
}

Listing::Listing(const Listing& other)
    : large_(other.large_ ? std::make_unique<StockItem>(*other.large_) : nullptr),
      details_digest_(other.details_digest_),
      price_(other.price_),
      number_(other.number_),
      stock_(other.stock_),
      product_version_(other.product_version_),
      status_(other.status_) {
  set_texts(other.texts());
}

Listing::Texts Listing::texts() const {
  const char* from = texts_.get();
  Texts texts;
  for (auto text : {&Texts::id, &Texts::sku, &Texts::name, &Texts::currency}) {
    texts.*text = read_text(from);
  }
  return texts;
}

// What stands in `texts` may be the listing's own.
void Listing::set_texts(const Texts& texts) {
  std::size_t bytes = 0;
  for (const std::string_view text : {texts.id, texts.sku, texts.name, texts.currency}) {
    bytes += length_bytes(text.size()) + text.size();
  }
  auto written = std::make_unique<char[]>(bytes);
  char* to = written.get();
  for (const std::string_view text : {texts.id, texts.sku, texts.name, texts.currency}) {
    to = write_text(to, text);
  }
  texts_ = std::move(written);
}

Product Listing::product() const {
  const Texts own = texts();
  return {product_version_,
          status_,
          std::string(own.name),
          std::string(own.sku),
          {price_, {std::string(own.currency)}},
          details_digest_};
}

void Listing::set(const Product& product) {
  CHECK(std::in_range<std::uint32_t>(product.version));
  set_texts({product_id(), product.sku, product.name, product.price.currency.code});
  product_version_ = static_cast<std::uint32_t>(product.version);
  status_ = product.status;
  price_ = product.price.amount;
  details_digest_ = product.details_digest;
}

StockItem Listing::stock() const {
  if (large_) return *large_;
  return {stock_.version, stock_.on_hand,      stock_.reserved,      stock_.unsettled,
          stock_.missing, stock_.safety_stock, stock_.reorder_point, {}};
}

bool Listing::is_small(const StockItem& item) {
  return item.locations.empty() && std::in_range<std::uint32_t>(item.version) &&
         fits(item.on_hand) && fits(item.reserved) && fits(item.unsettled) && fits(item.missing) &&
         fits(item.safety_stock) && fits(item.reorder_point);
}

void Listing::set(StockItem item) {
  if (!is_small(item)) {
    if (!large_) large_ = std::make_unique<StockItem>();
    *large_ = std::move(item);
    return;
  }
  large_.reset();
  stock_ = {
      static_cast<std::uint32_t>(item.version),     static_cast<std::int32_t>(item.on_hand),
      static_cast<std::int32_t>(item.reserved),     static_cast<std::int32_t>(item.unsettled),
      static_cast<std::int32_t>(item.missing),      static_cast<std::int32_t>(item.safety_stock),
      static_cast<std::int32_t>(item.reorder_point)};
}

Offer Listing::offer() const {
  const Texts own = texts();
  const StockItem item = stock();
  return {listed(),
          own.name,
          own.sku,
          {price_, {std::string(own.currency)}},
          item.exists() ? item.available() : 0,
          item.unsettled > 0};
}

// ---- Listings::Index

// Scales the hash to the number of slots, which need not be a power of two.
std::size_t Listings::Index::slot_of(const Kept& all, std::string_view key) const {
  std::size_t at = (hash_of_id(key) >> 32) * slots_.size() >> 32;
  while (slots_[at] != 0 && key_at(all, at) != key) at = next(at);
  return at;
}

const Listing* Listings::Index::find(const Kept& all, std::string_view key) const {
  if (slots_.empty()) return nullptr;
  const Slot found = slots_[slot_of(all, key)];
  return found == 0 ? nullptr : &all[found - 1];
}

void Listings::Index::put(const Kept& all, Slot value) {
  slots_[slot_of(all, (all[value - 1].*key_of_)())] = value;
}

void Listings::Index::insert(const Kept& all, std::size_t listing) {
  if ((size_ + 1) * 3 > slots_.size() * 2) grow(all);
  Slot& slot = slots_[slot_of(all, (all[listing].*key_of_)())];
  if (slot == 0) ++size_;
  slot = static_cast<Slot>(listing + 1);
}

void Listings::Index::grow(const Kept& all) {
  const std::size_t more = std::max(kFewestSlots, slots_.size() + slots_.size() / 2);
  const std::vector<Slot> before = std::exchange(slots_, std::vector<Slot>(more));
  for (const Slot value : before) {
    if (value != 0) put(all, value);
  }
}

void Listings::Index::erase(const Kept& all, std::string_view key) {
  if (slots_.empty()) return;
  const std::size_t hole = slot_of(all, key);
  if (slots_[hole] == 0) return;
  slots_[hole] = 0;
  --size_;
  // Those that follow may stand there only because the hole was taken.
  for (std::size_t at = next(hole); slots_[at] != 0; at = next(at)) {
    put(all, std::exchange(slots_[at], 0));
  }
}

// ---- Listings

Listing& Listings::at(const ProductId& id) {
  if (const Listing* known = find(id)) return all_[known->number()];
  CHECK(std::in_range<std::uint32_t>(all_.size() + 1));
  Listing& listing = all_.emplace_back(id, all_.size());
  by_id_.insert(all_, listing.number());
  return listing;
}

void Listings::set(Listing& listing, const Product& product) {
  if (listing.listed()) by_sku_.erase(all_, listing.sku());
  listing.set(product);
  if (listing.listed()) by_sku_.insert(all_, listing.number());
}

}  // namespace cassette::domain
