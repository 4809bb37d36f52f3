// Listing: what one partition keeps of a product and of its stock, as small as it goes: a
// marketplace has millions. It is a way of keeping a Product and a StockItem and decides nothing.
// Not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>
#include <vector>

#include "domain/product.h"
#include "domain/stock_item.h"
#include "domain/sub_order.h"

namespace cassette::domain {

class Listing {
 public:
  Listing(const ProductId& id, std::size_t number);
  ~Listing() = default;
  Listing(const Listing& other);
  Listing& operator=(const Listing&) = delete;

  // Its place among its vendor's.
  std::size_t number() const { return number_; }
  // Valid until the product is set.
  std::string_view product_id() const { return texts().id; }
  std::string_view sku() const { return texts().sku; }

  // Neither has to exist yet.
  Product product() const;
  void set(const Product& product);
  StockItem stock() const;
  void set(StockItem item);

  bool has_product() const { return product_version_ > 0; }
  bool has_stock() const { return large_ || stock_.version > 0; }
  bool listed() const { return has_product() && status_ == ProductStatus::Listed; }
  Quantity reorder_point() const { return large_ ? large_->reorder_point : stock_.reorder_point; }
  // What an order is offered; its texts are the listing's own.
  Offer offer() const;

 private:
  struct Texts {
    std::string_view id, sku, name, currency;
  };
  // The stock of nearly every item: in the main warehouse alone, and below 2^31.
  struct SmallStock {
    std::uint32_t version = 0;
    std::int32_t on_hand = 0;
    std::int32_t reserved = 0;
    std::int32_t unsettled = 0;
    std::int32_t missing = 0;
    std::int32_t safety_stock = 0;
    std::int32_t reorder_point = 0;
  };

  Texts texts() const;
  void set_texts(const Texts& texts);
  static bool is_small(const StockItem& item);

  std::unique_ptr<char[]> texts_;     // four texts, each after its length (LEB128)
  std::unique_ptr<StockItem> large_;  // the stock, where `stock_` has no room for it
  std::uint64_t details_digest_ = 0;
  std::int64_t price_ = 0;
  std::uint32_t number_ = 0;
  SmallStock stock_;
  std::uint32_t product_version_ = 0;
  ProductStatus status_ = ProductStatus::Listed;
};

// A vendor's. Listings stay where they are once made, but for a copy's.
class Listings {
 public:
  // Null when there is none, and for a SKU when no listed product has it.
  const Listing* find(const ProductId& id) const { return by_id_.find(all_, id.value); }
  const Listing* find_sku(std::string_view sku) const { return by_sku_.find(all_, sku); }

  // Makes the listing when there is none.
  Listing& at(const ProductId& id);
  // Keeps the SKUs: a listed product's can be found.
  void set(Listing& listing, const Product& product);

  auto begin() const { return all_.begin(); }
  auto end() const { return all_.end(); }

 private:
  using Kept = std::deque<Listing>;

  // Listings by one of their texts, in some seven bytes each: open addressing with linear probing
  // (Knuth, TAOCP 6.4, algorithms L and R).
  class Index {
   public:
    using KeyOf = std::string_view (Listing::*)() const;

    explicit Index(KeyOf key_of) : key_of_(key_of) {}

    // Null when there is none.
    const Listing* find(const Kept& all, std::string_view key) const;
    // Takes the place of one with the same key.
    void insert(const Kept& all, std::size_t listing);
    // Nothing happens when there is none.
    void erase(const Kept& all, std::string_view key);

   private:
    using Slot = std::uint32_t;  // a listing's number in `all`, plus one; 0 while it is free

    std::string_view key_at(const Kept& all, std::size_t slot) const {
      return (all[slots_[slot] - 1].*key_of_)();
    }
    // Where the key is, or the free slot where it would be put.
    std::size_t slot_of(const Kept& all, std::string_view key) const;
    std::size_t next(std::size_t slot) const { return slot + 1 == slots_.size() ? 0 : slot + 1; }
    void grow(const Kept& all);
    void put(const Kept& all, Slot value);

    KeyOf key_of_;
    std::vector<Slot> slots_;
    std::size_t size_ = 0;
  };

  Kept all_;
  Index by_id_{&Listing::product_id};
  Index by_sku_{&Listing::sku};
};

}  // namespace cassette::domain
