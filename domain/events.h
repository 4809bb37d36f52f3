// Events: the complete list of facts, for whoever folds all of them.
#pragma once

#include <type_traits>

#include "domain/customer.h"
#include "domain/decision.h"
#include "domain/ledger_facts.h"
#include "domain/order_events.h"
#include "domain/product.h"
#include "domain/stock_item.h"
#include "domain/sub_order_events.h"
#include "domain/vendor.h"

namespace cassette::domain {

template <class T, class Variant>
inline constexpr bool kIsAlternative = false;
template <class T, class... Alternatives>
inline constexpr bool kIsAlternative<T, std::variant<Alternatives...>> =
    (std::is_same_v<T, Alternatives> || ...);

// The events that a vendor's partition decides about a sub-order.
template <class T>
concept IsSubOrderEvent = kIsAlternative<T, SubOrderEvent>;

inline std::string_view type_of(const Event& event) {
  return std::visit([](const auto& e) { return std::decay_t<decltype(e)>::type; }, event);
}

}  // namespace cassette::domain
