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

// The stock of a vendor's products while an event changes it, one after another.
class StockChange {
 public:
  explicit StockChange(Listings& listings) : listings_(listings) {}
  ~StockChange() { keep(); }
  StockChange(const StockChange&) = delete;
  StockChange& operator=(const StockChange&) = delete;

  // Valid until the next is asked for.
  StockItem& of(const ProductId& product) {
    keep();
    listing_ = &listings_.at(product);
    item_ = listing_->stock();
    return item_;
  }

 private:
  void keep() {
    if (listing_) listing_->set(std::move(item_));
  }

  Listings& listings_;
  Listing* listing_ = nullptr;
  StockItem item_;
};

}  // namespace

struct Marketplace::Evolve {
  Marketplace& all;

  void operator()(const OfLedger auto&) const {}

  void operator()(const OfVendor auto& event) const {
    domain::evolve(all.shop(event.vendor_id).vendor, event);
  }

  void operator()(const OfProduct auto& event) const {
    Listings& listings = all.shop(event.vendor_id).listings;
    Listing& listing = listings.at(event.product_id);
    Product product = listing.product();
    domain::evolve(product, event);
    listings.set(listing, product);
  }

  void operator()(const OfStock auto& event) const {
    StockChange change(all.shop(event.vendor_id).listings);
    domain::evolve(change.of(event.product_id), event);
  }

  void operator()(const OfCustomer auto& event) const {
    domain::evolve(all.customers_.at(event.customer_id).second, event);
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
      StockChange change(shop.listings);
      apply_to_stock(sub_order, event, [&change](const ProductId& product) -> StockItem& {
        return change.of(product);
      });
    }
    domain::evolve(sub_order, event);
  }
};

void Marketplace::evolve(const Event& event) {
  std::visit(Evolve{*this}, event);
}

}  // namespace cassette::domain
