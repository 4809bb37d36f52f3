// The binary form: what is written is read, and nothing else is.
#include "domain/order.h"
#include "eventstore/binary_fields.h"
#include "tests/unit/eventstore/golden_commits.h"

// After ours: both define CHECK, and here doctest's is meant.
#include <doctest/doctest.h>

namespace cassette::test {
namespace {

using eventstore::fields_digest;
using eventstore::read_binary;
using eventstore::write_binary;

domain::Order open_order() {
  domain::Order order;
  order.version = 300;
  order.phase = domain::OrderPhase::Open;
  order.confirmed = true;
  order.reserved_until = domain::Timestamp{-1};
  order.customer_id = {"c-17"};
  order.shipping_address = {std::string("\0sealed", 7)};
  domain::OrderPart part;
  part.vendor_id = {"1580"};
  part.outstanding = 4'000'000'000U;
  part.sub_order.lines = {{{1}, {"p-707"}, -3499, 2, 1, 0, 0, 0, 0}};
  domain::Shipment& shipment = part.sub_order.shipments.emplace_back();
  shipment.shipment_id = {"s-1"};
  shipment.lines = {{{1}, domain::kMaxQuantity}};
  order.parts = {part, part};
  return order;
}

template <class T>
std::string bytes_of(const T& value) {
  std::string bytes;
  write_binary(bytes, value);
  return bytes;
}

TEST_CASE("State comes back from its bytes") {
  const domain::Order order = open_order();
  domain::Order read;
  REQUIRE(read_binary(bytes_of(order), read));
  CHECK(read == order);
  CHECK(bytes_of(domain::Order{}).size() <= 20);
}

TEST_CASE("Every event comes back from its bytes") {
  for (const GoldenCommit& each : golden_events()) {
    CAPTURE(each.name);
    const domain::Event& event = each.commit.events.front().event;
    domain::Event read;
    REQUIRE(read_binary(bytes_of(event), read));
    CHECK(read == event);
  }
}

TEST_CASE("Truncated and extended bytes are refused at every length") {
  const std::string bytes = bytes_of(open_order());
  domain::Order read;
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    CAPTURE(length);
    CHECK_FALSE(read_binary(std::string_view(bytes).substr(0, length), read));
  }
  CHECK_FALSE(read_binary(bytes + '\0', read));
}

TEST_CASE("Bytes that writing never gives are refused") {
  std::vector<std::int32_t> list;
  CHECK(read_binary(std::string_view("\x01\x00", 2), list));
  CHECK_FALSE(read_binary(std::string_view("\x01\x80\x00", 3), list));             // overlong
  CHECK_FALSE(read_binary("\x01\xff\xff\xff\xff\x1f", list));                      // 33 bits
  CHECK_FALSE(read_binary("\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", list));  // 65 bits
  CHECK_FALSE(read_binary("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", list));      // 2^64-1 items
  bool flag = false;
  CHECK_FALSE(read_binary("\x02", flag));
  domain::Role role{};
  CHECK_FALSE(read_binary("\x06", role));
  std::optional<bool> maybe;
  CHECK_FALSE(read_binary("\x02", maybe));
  std::map<std::string, bool> map;
  CHECK_FALSE(read_binary(std::string_view("\x02\x01"
                                           "a\x00\x01"
                                           "a\x00",
                                           7),
                          map));  // twice
  domain::Rejection rejection;
  CHECK_FALSE(read_binary("\x7f", rejection));
}

struct Before {
  std::string name;
  std::int32_t count = 0;
  static void fields(auto& self, auto&& visit) {
    visit("name", self.name);
    visit("count", self.count);
  }
};
struct Renamed : Before {
  static void fields(auto& self, auto&& visit) {
    visit("title", self.name);
    visit("count", self.count);
  }
};
struct Swapped : Before {
  static void fields(auto& self, auto&& visit) {
    visit("count", self.count);
    visit("name", self.name);
  }
};
struct Widened {
  std::string name;
  std::int64_t count = 0;
  static void fields(auto& self, auto&& visit) {
    visit("name", self.name);
    visit("count", self.count);
  }
};

TEST_CASE("The digest of a type's fields changes with any of them, at any depth") {
  CHECK(fields_digest<Before>() == fields_digest<Before>());
  CHECK(fields_digest<Before>() != fields_digest<Renamed>());
  CHECK(fields_digest<Before>() != fields_digest<Swapped>());
  CHECK(fields_digest<Before>() != fields_digest<Widened>());
  CHECK(fields_digest<std::vector<Before>>() != fields_digest<std::vector<Renamed>>());
}

}  // namespace
}  // namespace cassette::test
