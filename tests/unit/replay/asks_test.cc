// Asks: the auditor's account of what events call for is the domain's.
#include "replay/asks.h"

#include <doctest/doctest.h>

#include <set>
#include <tuple>

#include "domain/reactions.h"
#include "tests/support/small_market.h"

using namespace cassette;
using replay::Ask;
using replay::AskKind;

namespace {

using Call = std::tuple<AskKind, std::string, std::string>;

template <class C>
constexpr AskKind kKind = AskKind::Record;
template <>
constexpr AskKind kKind<domain::ReserveStock> = AskKind::Reserve;
template <>
constexpr AskKind kKind<domain::SettleReservation> = AskKind::Settle;
template <>
constexpr AskKind kKind<domain::ConfirmSubOrder> = AskKind::Confirm;
template <>
constexpr AskKind kKind<domain::CancelLines> = AskKind::Cancel;
template <>
constexpr AskKind kKind<domain::ChangeSubOrderAddress> = AskKind::ChangeAddress;

// As the domain says it.
std::vector<Call> reactions_to(const domain::Event& event) {
  std::vector<Call> calls;
  for (const domain::Command& command : domain::react(event)) {
    std::visit(
        [&calls]<class C>(const C& c) {
          if constexpr (requires { c.order_id, c.vendor_id; }) {
            calls.emplace_back(kKind<C>, c.order_id.value, c.vendor_id.value);
          }
        },
        command);
  }
  return calls;
}

std::vector<Call> asks_of(const domain::Event& event) {
  std::vector<Call> calls;
  replay::for_each_ask(event, [&calls](const Ask& ask) {
    calls.emplace_back(ask.kind, ask.order->value, ask.vendor->value);
  });
  return calls;
}

}  // namespace

TEST_CASE("asks: the same calls as the domain's reactions, for every event of a busy market") {
  const testing::TapeMaker tape = testing::busy_market(2);
  std::set<std::string_view> types;
  for (std::uint32_t p = 0; p < 2; ++p) {
    for (const eventstore::StoredCommit& stored : tape.commits(p)) {
      for (const eventstore::RecordedEvent& recorded : stored.commit.events) {
        CAPTURE(type_of(recorded.event));
        const auto calls = asks_of(recorded.event);
        CHECK(calls == reactions_to(recorded.event));
        if (!calls.empty()) types.insert(type_of(recorded.event));
      }
    }
  }
  for (const char* type : {"OrderPlaced", "StockRequested", "OrderConfirmed", "OrderSettled",
                           "ReservationExpired", "CancellationRequested", "StockReserved"}) {
    CHECK_MESSAGE(types.contains(type), type);
  }
}

TEST_CASE("asks: an event belongs to the partition of the id that its decider had") {
  CHECK(replay::home_of(domain::VendorSuspended{{"v1"}, ""}) == "v1");
  CHECK(replay::home_of(domain::StockRequested{{"o1"}, {"v1"}, {}, {}, {}, {}, {}, false}) == "o1");
  CHECK(replay::home_of(domain::SubOrderPacked{{"o1"}, {"v1"}}) == "v1");
  CHECK(replay::home_of(domain::SubOrderRecorded{{"o1"}, {"v1"}, {}}) == "o1");
  CHECK(replay::home_of(domain::CustomerErased{{"c1"}}) == "c1");
  CHECK(replay::home_of(domain::PartitionClaimed{"somebody"}).empty());
}
