// Customers: registration, changes, erasure.
#include "tests/support/bicycle_parts.h"
#include "tests/support/given.h"

using namespace cassette;
using namespace cassette::domain;
using namespace cassette::tests;

namespace {

CustomerRegistered someone() {
  return {kCustomer, {"name"}, {}, {{"home"}}};
}

}  // namespace

TEST_CASE("a customer registers once") {
  given(Events{})
      .when(RegisterCustomer{kCustomer, {"name"}, {}, {{"home"}}})
      .then_taken({someone()});
}

TEST_CASE("an erased customer's id is never used again") {
  given({someone(), CustomerErased{kCustomer}})
      .when(RegisterCustomer{kCustomer, {"other"}, {}, {}})
      .refused(AlreadyExists{"customer", "c1"});
}

TEST_CASE("erasing forgets everything that was said, and repeats in silence") {
  const auto after = given({someone()})
                         .when(EraseCustomer{kCustomer, std::nullopt})
                         .then({CustomerErased{kCustomer}});
  CHECK(after.customer(kCustomer)->name.empty());
  CHECK(after.customer(kCustomer)->addresses.empty());
}

TEST_CASE("a customer who never registered can be erased, for their orders name them") {
  given(Events{}).when(EraseCustomer{kCustomer, std::nullopt}).then({CustomerErased{kCustomer}});
}

TEST_CASE("an erased customer can't be changed") {
  given({someone(), CustomerErased{kCustomer}})
      .when(ChangeCustomer{kCustomer, std::nullopt, Sealed{"x"}, std::nullopt, std::nullopt})
      .refused(CustomerIsErased{kCustomer});
}

TEST_CASE("a customer's change records only what changed") {
  ChangeCustomer change{kCustomer, std::nullopt, Sealed{"name"}, std::nullopt,
                        std::vector<Sealed>{{"work"}}};
  given({someone()})
      .when(change)
      .then(
          {CustomerChanged{kCustomer, std::nullopt, std::nullopt, std::vector<Sealed>{{"work"}}}});
}
