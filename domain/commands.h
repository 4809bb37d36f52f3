// Commands: the complete list of requests that a partition decides.
#pragma once

#include <string_view>

#include "domain/customer.h"
#include "domain/one_of.h"
#include "domain/order.h"
#include "domain/product.h"
#include "domain/stock_item.h"
#include "domain/sub_order.h"
#include "domain/vendor.h"

namespace cassette::domain {

// Every request a partition decides.
struct Command : std::variant<RegisterVendor, ChangeVendor, SuspendVendor, ReinstateVendor,
                              ListProduct, ReviseProduct, DelistProduct, CountStock, AdjustStock,
                              RegisterCustomer, ChangeCustomer, EraseCustomer, PlaceOrder,
                              ConfirmOrder, CancelOrder, ChangeOrderAddress, ExpireReservation,
                              RecordSubOrder, ReserveStock, SettleReservation, ConfirmSubOrder,
                              CancelLines, ChangeSubOrderAddress, AdvanceSubOrder, NoteSubOrder,
                              ShipLines, UpdateShipment, RequestReturn, ResolveReturn> {
  using OneOf = variant;

  Command();
  template <AlternativeOf<OneOf> T>
  Command(T&& value) : OneOf(std::in_place_type<std::remove_cvref_t<T>>, std::forward<T>(value)) {}
  Command(const Command&);
  Command(Command&&) noexcept;
  Command& operator=(const Command&);
  Command& operator=(Command&&) noexcept;
  ~Command();
};

// The id whose hash names the partition that decides the command: a vendor's, an order's or a
// customer's. Valid as long as the command is.
std::string_view home_of(const Command& command);

}  // namespace cassette::domain
