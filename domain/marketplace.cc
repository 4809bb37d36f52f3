// Marketplace: holds the aggregates of one partition, finds, loads and unloads them.
// It refuses to forget what is still open.
#include "domain/marketplace.h"

#include <utility>

namespace cassette::domain {
namespace {

// Null for an aggregate that has no event yet.
template <class T>
const T* if_exists(const T& state) {
  return state.exists() ? &state : nullptr;
}

}  // namespace

Marketplace::Marketplace() : Marketplace([](std::string_view) { return true; }) {}

Marketplace::Marketplace(IsLocal is_local) : is_local_(std::move(is_local)) {}

// ---- finding

const Listing* Marketplace::find_listing(const VendorId& vendor, const ProductId& id) const {
  const Shop* shop = shops_.find(vendor);
  return shop ? shop->listings.find(id) : nullptr;
}

const Vendor* Marketplace::vendor(const VendorId& id) const {
  const Shop* shop = shops_.find(id);
  return shop ? if_exists(shop->vendor) : nullptr;
}

std::optional<Product> Marketplace::product(const VendorId& vendor, const ProductId& id) const {
  const Listing* listing = find_listing(vendor, id);
  if (!listing || !listing->has_product()) return std::nullopt;
  return listing->product();
}

std::optional<StockItem> Marketplace::stock(const VendorId& vendor, const ProductId& id) const {
  const Listing* listing = find_listing(vendor, id);
  if (!listing || !listing->has_stock()) return std::nullopt;
  return listing->stock();
}

const SubOrder* Marketplace::sub_order(const VendorId& vendor, const OrderId& id) const {
  const Shop* shop = shops_.find(vendor);
  const Kept<SubOrder>* kept = shop ? shop->sub_orders.find(id) : nullptr;
  return kept ? &kept->state : nullptr;
}

const Order* Marketplace::order(const OrderId& id) const {
  const Kept<Order>* kept = orders_.find(id);
  return kept ? &kept->state : nullptr;
}

const Customer* Marketplace::customer(const CustomerId& id) const {
  return customers_.find(id);
}

ProductId Marketplace::sku_holder(const VendorId& vendor, std::string_view sku) const {
  const Shop* shop = shops_.find(vendor);
  const Listing* holder = shop ? shop->listings.find_sku(sku) : nullptr;
  return holder ? ProductId{std::string(holder->product_id())} : ProductId{};
}

// ---- loading and unloading

void Marketplace::load(const VendorId& id, Vendor state) {
  shop(id).vendor = std::move(state);
}

void Marketplace::load(const VendorId& vendor, const ProductId& id, Product state) {
  Listings& listings = shop(vendor).listings;
  listings.set(listings.at(id), state);
}

void Marketplace::load(const VendorId& vendor, const ProductId& id, StockItem state) {
  shop(vendor).listings.at(id).set(std::move(state));
}

void Marketplace::load(const VendorId& vendor, const OrderId& id, SubOrder state) {
  touch(shop(vendor), id) = std::move(state);
}

void Marketplace::load(const OrderId& id, Order state) {
  Order& order = touch(id);
  unschedule(id, order);
  order = std::move(state);
  schedule(id, order);
}

void Marketplace::load(const CustomerId& id, Customer state) {
  customers_.at(id).second = std::move(state);
}

void Marketplace::unload(const VendorId& vendor, const OrderId& id) {
  const SubOrder* state = sub_order(vendor, id);
  CHECK(state != nullptr && state->closed() && epoch_ == 0);
  shop(vendor).sub_orders.erase(id);
}

void Marketplace::unload(const OrderId& id) {
  const Order* state = order(id);
  CHECK(state != nullptr && state->closed() && epoch_ == 0);
  orders_.erase(id);
}

// ---- epochs

SubOrder& Marketplace::touch(Shop& shop, const OrderId& id) {
  auto& [key, kept] = shop.sub_orders.at(id);
  if (kept.epoch != epoch_) waiting_.push_back({epoch_, &shop, &key});
  kept.epoch = epoch_;
  return kept.state;
}

Order& Marketplace::touch(const OrderId& id) {
  auto& [key, kept] = orders_.at(id);
  if (kept.epoch != epoch_) waiting_.push_back({epoch_, nullptr, &key});
  kept.epoch = epoch_;
  return kept.state;
}

void Marketplace::forget(std::uint64_t epoch) {
  // Whatever is erased goes at the last of its entries: earlier ones are of earlier epochs.
  const auto forget_in = [](auto& map, const Waiting& waiting) {
    const auto* kept = map.find(*waiting.id);
    CHECK(kept != nullptr);
    if (kept->epoch == waiting.epoch && kept->state.at_rest()) map.erase(*waiting.id);
  };
  while (!waiting_.empty() && waiting_.front().epoch <= epoch) {
    const Waiting waiting = waiting_.front();
    waiting_.pop_front();
    if (waiting.shop) {
      forget_in(waiting.shop->sub_orders, waiting);
    } else {
      forget_in(orders_, waiting);
    }
  }
}

// ---- deadlines

std::optional<Marketplace::Deadline> Marketplace::next_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return *deadlines_.begin();
}

void Marketplace::schedule(const OrderId& id, const Order& order) {
  if (order.may_expire()) deadlines_.insert({*order.reserved_until, id});
}

void Marketplace::unschedule(const OrderId& id, const Order& order) {
  if (order.reserved_until) deadlines_.erase({*order.reserved_until, id});
}

// ---- visiting

void Marketplace::for_each_stock(
    const std::function<void(const VendorId&, const ProductId&, const StockItem&)>& visit) const {
  for (const auto& [vendor, at] : shops_) {
    for (const Listing& listing : at.listings) {
      const ProductId product{std::string(listing.product_id())};
      if (listing.has_stock()) visit(vendor, product, listing.stock());
    }
  }
}

void Marketplace::for_each_sub_order(
    const std::function<void(const VendorId&, const OrderId&, const SubOrder&)>& visit) const {
  for (const auto& [vendor, at] : shops_) {
    for (const auto& [order, kept] : at.sub_orders) visit(vendor, order, kept.state);
  }
}

void Marketplace::for_each_order(
    const std::function<void(const OrderId&, const Order&)>& visit) const {
  for (const auto& [id, kept] : orders_) visit(id, kept.state);
}

}  // namespace cassette::domain
