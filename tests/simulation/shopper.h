// Shopper: draws what clients wish for, so that they get in each other's way: few vendors, few
// products, few units, and mostly orders that somebody has placed.
#pragma once

#include <string>
#include <vector>

#include "tests/simulation/draws.h"
#include "tests/simulation/world.h"

namespace cassette::sim {

class Shopper {
 public:
  explicit Shopper(World& world) : world_(world), draws_(world.plan.seed, "shopper") {}

  // What opens the shops; each has to be accepted before the next is of use.
  std::vector<domain::Command> opening();
  // Any command, as a client may think of it now.
  domain::Command next();
  // An order that a shop which is open will take, if it has the units.
  domain::Command order();

 private:
  struct Known {
    domain::OrderId order;
    std::vector<domain::VendorId> vendors;
    std::uint32_t lines = 1;
  };

  domain::VendorId vendor();
  domain::ProductId product();
  const Known& known();
  domain::LineId line(const Known& order);
  std::vector<domain::LineQuantity> lines(const Known& order);
  domain::Command of_shop();
  domain::Command of_order();
  domain::Command of_part();
  domain::Command of_parcel();

  World& world_;
  Draws draws_;
  std::vector<Known> orders_;
};

// A new wish for the command, in the world's history.
Wish& wish_for(World& world, domain::Command command, bool with_id);

}  // namespace cassette::sim
