// Marketplace: folds each event into the aggregates that it concerns.
// It decides nothing, and refuses no event that was decided on this state.
#include "domain/marketplace.h"

namespace cassette::domain {
namespace {

template <class E>
concept OfLedger = kIsOneOf<E, LedgerCreated, PartitionClaimed>;
template <class E>
concept OfVendor = kIsOneOf<E, VendorRegistered, VendorChanged, VendorSuspended, VendorReinstated>;
template <class E>
concept OfProduct = kIsOneOf<E, ProductListed, ProductRevised, ProductDelisted>;
template <class E>
concept OfStock = kIsOneOf<E, StockCounted, StockAdjusted, StockShortfallRecorded,
                           StockThresholdsSet, ReorderPointReached>;
template <class E>
concept OfCustomer = kIsOneOf<E, CustomerRegistered, CustomerChanged, CustomerErased>;
template <class E>
concept OfOrder =
    kIsOneOf<E, OrderPlaced, StockRequested, OrderSettled, OrderConfirmed, OrderCancelled,
             ReservationExpired, CancellationRequested, AddressChangeRequested, SubOrderRecorded>;

}  // namespace

struct Marketplace::Evolve {
  Marketplace& all;

  void operator()(const OfLedger auto&) const {}

  void operator()(const OfVendor auto& event) const {
    domain::evolve(all.shop(event.vendor_id).vendor, event);
  }

  void operator()(const OfProduct auto& event) const {
    Shop& shop = all.shop(event.vendor_id);
    Product& product = shop.listings[event.product_id].product;
    if (product.listed()) shop.skus.erase(product.sku);
    domain::evolve(product, event);
    if (product.listed()) shop.skus[product.sku] = event.product_id;
  }

  void operator()(const OfStock auto& event) const {
    domain::evolve(all.shop(event.vendor_id).listings[event.product_id].stock, event);
  }

  void operator()(const OfCustomer auto& event) const {
    domain::evolve(all.customers_[event.customer_id], event);
  }

  void operator()(const OfOrder auto& event) const {
    Order& order = all.touch(event.order_id);
    all.unschedule(event.order_id, order);
    domain::evolve(order, event);
    all.schedule(event.order_id, order);
  }

  template <IsSubOrderEvent E>
  void operator()(const E& event) const {
    Shop& shop = all.shop(event.vendor_id);
    SubOrder& sub_order = all.touch(shop, event.order_id);
    if constexpr (MovesStock<E>) {
      apply_to_stock(sub_order, event, [&shop](const ProductId& product) -> StockItem& {
        return shop.listings[product].stock;
      });
    }
    domain::evolve(sub_order, event);
  }
};

void Marketplace::evolve(const Event& event) {
  std::visit(Evolve{*this}, event);
}

}  // namespace cassette::domain
