// ClosedStore: keeps closed orders and sub-orders as bytes while a ledger is folded, since
// something may still come back of them. They take a quarter of what they would in the marketplace.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "domain/marketplace.h"
#include "replay/byte_store.h"

namespace cassette::replay {

// Of one partition. Not thread-safe.
class ClosedStore {
 public:
  // Puts back what `event` is about, if it is kept here.
  void unpack(const domain::Event& event, domain::Marketplace& marketplace);
  // The same of what is named; `name.order` may be null, and then nothing happens.
  void unpack(const domain::OrderName& name, domain::Marketplace& marketplace);
  // Whether what `event` was about is closed now.
  static bool closed(const domain::Event& event, const domain::Marketplace& marketplace);
  // Takes what `event` was about out of the marketplace, if that closed it.
  void pack(const domain::Event& event, domain::Marketplace& marketplace);

  std::optional<domain::SubOrder> sub_order(const domain::VendorId& vendor,
                                            const domain::OrderId& id) const;
  void for_each_order(
      const std::function<void(const domain::OrderId&, const domain::Order&)>& visit) const;

 private:
  ByteStore orders_;      // by order
  ByteStore sub_orders_;  // by vendor/order
  std::string scratch_;
};

}  // namespace cassette::replay
