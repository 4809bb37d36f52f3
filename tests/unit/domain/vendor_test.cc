// Vendors: registration, changes, suspension.
#include "tests/support/bicycle_parts.h"
#include "tests/support/given.h"

using namespace cassette;
using namespace cassette::domain;
using namespace cassette::tests;

namespace {

ChangeVendor rename(const char* name) {
  return {kAcme, std::nullopt, name, std::nullopt, std::nullopt};
}

}  // namespace

TEST_CASE("registering a vendor twice is refused, whatever the second says") {
  given(Events{}).when(RegisterVendor{kAcme, "acme Ltd", {}, {}}).then_taken({registered(kAcme)});
}

TEST_CASE("a vendor that never registered can't be changed, suspended or reinstated") {
  const NotFound none{"vendor", "acme"};
  given(Events{}).when(rename("x")).refused(none);
  given(Events{}).when(SuspendVendor{kAcme, std::nullopt, ""}).refused(none);
  given(Events{}).when(ReinstateVendor{kAcme, std::nullopt}).refused(none);
}

TEST_CASE("a change records only what changed") {
  ChangeVendor change = rename("Acme Inc");
  change.contact_info = ContactInfo{};
  given({registered(kAcme)})
      .when(change)
      .then({VendorChanged{kAcme, "Acme Inc", std::nullopt, std::nullopt}});
}

TEST_CASE("a change from an old version is refused and names the version that stands") {
  ChangeVendor change = rename("x");
  change.expected_version = 7;
  given({registered(kAcme)}).when(change).refused(VersionMismatch{7, 1});
}

TEST_CASE("suspending and reinstating repeat in silence") {
  const auto suspended = given({registered(kAcme)})
                             .when(SuspendVendor{kAcme, std::nullopt, "fraud"})
                             .then({VendorSuspended{kAcme, "fraud"}});
  CHECK(suspended.vendor(kAcme)->status == VendorStatus::Suspended);
  const auto back =
      given(suspended).when(ReinstateVendor{kAcme, std::nullopt}).then({VendorReinstated{kAcme}});
  CHECK(back.vendor(kAcme)->version == 3);
}
