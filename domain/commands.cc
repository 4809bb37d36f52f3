// Commands: finds the id that names a command's partition.
#include "domain/commands.h"

namespace cassette::domain {
namespace {

// Commands that an order's partition decides; the others with an order id are its vendors'.
template <class C>
concept OfOrder = kIsOneOf<C, PlaceOrder, ConfirmOrder, CancelOrder, ChangeOrderAddress,
                           ExpireReservation, RecordSubOrder>;
template <class C>
concept OfCustomer = kIsOneOf<C, RegisterCustomer, ChangeCustomer, EraseCustomer>;

struct Home {
  std::string_view operator()(const OfOrder auto& command) const { return command.order_id.value; }
  std::string_view operator()(const OfCustomer auto& command) const {
    return command.customer_id.value;
  }
  template <class C>
  requires(!OfOrder<C> && !OfCustomer<C>) std::string_view operator()(const C& command) const {
    return command.vendor_id.value;
  }
};

}  // namespace

std::string_view home_of(const Command& command) {
  return std::visit(Home{}, command);
}

}  // namespace cassette::domain
