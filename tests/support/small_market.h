// Two small tapes: a market before its first order, and one in which orders went every way.
#pragma once

#include "tests/support/plain_commands.h"
#include "tests/support/tape_maker.h"

namespace cassette::testing {

// Ten of p1 at v1, five of p2 at v2.
inline TapeMaker small_market(std::uint32_t partitions = 1) {
  TapeMaker tape(partitions);
  tape.run(register_vendor("v1"));
  tape.run(register_vendor("v2"));
  tape.run(list_product("v1", "p1"));
  tape.run(list_product("v2", "p2", 250));
  tape.run(count_stock("v1", "p1", 10));
  tape.run(count_stock("v2", "p2", 5));
  return tape;
}

// Every way that an order can go, over as many partitions as given.
inline TapeMaker busy_market(std::uint32_t partitions) {
  TapeMaker tape = small_market(partitions);
  for (int i = 0; i < 4; ++i) {
    const std::string n = std::to_string(i);
    tape.run(place_order("both-" + n, {item("v1", "p1", 1), item("v2", "p2", 1)}), "key-" + n);
    tape.run(advance("both-" + n, "v1", domain::OrderStatus::Delivered));
  }
  tape.run(cancel_order("both-3"));
  // Refused at once where all vendors are in the order's partition, later where they are not.
  tape.attempt(place_order("short", {item("v1", "p1", 1), item("v2", "p2", 9)}));
  tape.run(place_manual_order("expires", {item("v1", "p1", 2), item("v2", "p2", 1)}));
  tape.run(place_manual_order("confirmed", {item("v1", "p1", 1), item("v2", "p2", 1)}));
  tape.run(domain::ConfirmOrder{{"confirmed"}, {}});
  tape.run(domain::ChangeOrderAddress{{"confirmed"}, {"another address"}, {}});
  tape.wait(3600LL * 1'000'000);
  tape.expire();
  tape.run(domain::RequestReturn{{"both-0"}, {"v1"}, {"r1"}, {{{1}, 1}}, "too big", {}});
  return tape;
}

}  // namespace cassette::testing
