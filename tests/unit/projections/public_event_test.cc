// What the world may see of a commit: which events, under which names, and no sealed text of any.
// Golden files pin the bytes, since consumers keep what they once got.
// CASSETTE_WRITE_GOLDEN=1 writes the files that are missing; one that is there is never touched.
#include "projections/public_event.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "eventstore/codec.h"
#include "projections/public_json.h"
#include "tests/unit/eventstore/golden_commits.h"

// After ours: both define CHECK, and here doctest's is meant.
#include <doctest/doctest.h>

namespace cassette::test {
namespace {

namespace fs = std::filesystem;

using eventstore::EventRef;
using eventstore::Position;
using eventstore::StoredCommit;
using projections::public_events;
using projections::PublicEvent;

fs::path source(std::string_view path) {
  return fs::path(std::getenv("CASSETTE_SOURCE_DIR")) / path;
}

std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

StoredCommit stored(const eventstore::Commit& commit) {
  std::string body;
  encode(commit, body);
  return {{2, 1841}, eventstore::hash_of(body), body.size(), commit};
}

StoredCommit commit_of(domain::Events events) {
  StoredCommit commit{{0, 17}, {}, 0, {}};
  commit.commit.at = {1'790'000'000'123'456};
  for (domain::Event& event : events) {
    commit.commit.events.push_back({std::move(event), {}, "admin", {}});
  }
  return commit;
}

PublicEvent only(const domain::Event& event) {
  auto events = public_events(commit_of({event}));
  REQUIRE(events.size() == 1);
  return events.front();
}

// The types that a page lists, each as `### <Type>` or `  <Type>:` on a line of its own.
std::set<std::string> listed(const fs::path& path, std::string_view before,
                             std::string_view after) {
  std::set<std::string> types;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(before) || !line.ends_with(after)) continue;
    const std::string name = line.substr(before.size(), line.size() - before.size() - after.size());
    if (!name.empty() && name.front() >= 'A' && name.front() <= 'Z') types.insert(name);
  }
  return types;
}

std::set<std::string> all_types() {
  const auto types = projections::public_types();
  return {types.begin(), types.end()};
}

TEST_CASE("A public event of each type is the same bytes as it ever was") {
  std::set<std::string> seen;
  for (const GoldenCommit& each : golden_events()) {
    CAPTURE(each.name);
    for (const PublicEvent& event : public_events(stored(each.commit))) {
      if (event.type != each.name || !seen.insert(each.name).second) continue;
      const std::string whole = event.subject + "\n" + event.body + "\n";
      const fs::path path = source("tests/golden/feed") / (each.name + ".txt");
      if (!fs::exists(path) && std::getenv("CASSETTE_WRITE_GOLDEN") != nullptr) {
        std::ofstream(path, std::ios::binary) << whole;
      }
      CHECK(whole == text_of(path));
    }
  }
  CHECK(seen == all_types());
}

TEST_CASE("No event tells of what is sealed, of whatever it is full") {
  const domain::ContactInfo contact{{"SECRET-email"}, {"SECRET-phone"}};
  const domain::Sealed address{"SECRET-address"};
  const domain::VendorId vendor{"1580"};
  const domain::OrderId order{"o-1"};
  const domain::CustomerId customer{"c-1"};
  StoredCommit commit = commit_of({
      domain::VendorRegistered{vendor, "Wheels", contact, {}},
      domain::VendorChanged{vendor, {}, contact, {}},
      domain::CustomerRegistered{customer, {"SECRET-name"}, contact, {address}},
      domain::CustomerChanged{customer, {{"SECRET-name"}}, contact, {{address}}},
      domain::OrderPlaced{order, customer, {}, {}, address, {}, {}, {}},
      domain::StockRequested{order, vendor, customer, {}, {}, address, {}, true},
      domain::StockReserved{order, vendor, customer, {}, {}, address, false},
      domain::AddressChangeRequested{order, {vendor}, address},
      domain::AddressChanged{order, vendor, address},
      domain::SubOrderRecorded{order, vendor, domain::AddressChanged{order, vendor, address}},
  });
  const auto events = public_events(commit);
  CHECK(events.size() == 6);
  for (const PublicEvent& event : events) {
    CAPTURE(event.body);
    CHECK(event.body.find("SECRET") == std::string::npos);
    CHECK(event.body.find("$sealed") == std::string::npos);
    CHECK(event.body.find("contactInfo") == std::string::npos);
    CHECK(event.body.find("shippingAddress") == std::string::npos);
  }
  CHECK(events[0].body.ends_with(R"("data":{"vendorId":"1580","name":"Wheels"}})"));
  CHECK(events[1].body.ends_with(R"("data":{"vendorId":"1580"}})"));
}

// As none of today's events has it: sealed texts among others in lists, maps and optionals.
struct Person {
  std::string id;
  domain::Sealed name;

  static void fields(auto& self, auto&& visit) {
    visit("id", self.id);
    visit("name", self.name);
  }
};
struct Party {
  std::vector<Person> guests;
  std::map<std::string, Person> seats;
  std::optional<Person> host;
  std::optional<std::vector<domain::Sealed>> uninvited;

  static void fields(auto& self, auto&& visit) {
    visit("guests", self.guests);
    visit("seats", self.seats);
    visit("host", self.host);
    visit("uninvited", self.uninvited);
  }
};

TEST_CASE("What is sealed is left out wherever it stands, and what is beside it stays") {
  const Person ann{"a", {"SECRET"}};
  const Party party{{ann, {"b", {}}}, {{"window", ann}}, ann, {{{"SECRET"}}}};
  eventstore::JsonBuffer out;
  projections::write_public(out, eventstore::kWireType<Party>, &party);
  CHECK(std::string_view(out.data(), out.size()) ==
        R"({"guests":[{"id":"a"},{"id":"b"}],"seats":{"window":{"id":"a"}},"host":{"id":"a"}})");
}

TEST_CASE("Subjects and owners follow from what an event is about") {
  const domain::VendorId vendor{"1580"};
  const domain::ProductId product{"771"};
  const domain::OrderId order{"o-1"};

  const PublicEvent counted = only(domain::StockCounted{vendor, product, {"main"}, 4});
  CHECK(counted.subject == "feed.0.vendor.1580.stock.771.StockCounted");
  CHECK(counted.vendor_id == "1580");
  CHECK(counted.order_id.empty());
  CHECK(counted.products == std::vector<std::string>{"771"});

  const PublicEvent delisted = only(domain::ProductDelisted{vendor, product});
  CHECK(delisted.subject == "feed.0.vendor.1580.product.771.ProductDelisted");
  CHECK(delisted.products == std::vector<std::string>{"771"});

  CHECK(only(domain::VendorReinstated{vendor}).subject ==
        "feed.0.vendor.1580.profile.VendorReinstated");

  const PublicEvent packed = only(domain::SubOrderPacked{order, vendor});
  CHECK(packed.subject == "feed.0.vendor.1580.order.o-1.SubOrderPacked");
  CHECK(packed.vendor_id == "1580");
  CHECK(packed.order_id == "o-1");
  CHECK(packed.customer_id.empty());
  CHECK(packed.products.empty());

  const domain::ReservedLine line{{1}, product, 2, "Helmet", "H-1", {100, {"USD"}}};
  const PublicEvent reserved =
      only(domain::StockReserved{order, vendor, {"c-1"}, {line, line}, {}, {}, false});
  CHECK(reserved.customer_id == "c-1");
  CHECK(reserved.products == std::vector<std::string>{"771"});

  const PublicEvent confirmed = only(domain::OrderConfirmed{order, {vendor}});
  CHECK(confirmed.subject == "feed.0.order.o-1.OrderConfirmed");
  CHECK(confirmed.vendor_id.empty());
  CHECK(confirmed.order_id == "o-1");
}

TEST_CASE("An event keeps its place in the commit as its id, whatever is left out around it") {
  const domain::VendorId vendor{"1580"};
  const domain::OrderId order{"o-1"};
  const StoredCommit commit =
      commit_of({domain::PartitionClaimed{"x"}, domain::VendorReinstated{vendor},
                 domain::CustomerErased{{"c-1"}}, domain::SubOrderPacked{order, vendor}});
  const auto events = public_events(commit);
  REQUIRE(events.size() == 2);
  CHECK(events[0].id == "0-17-1");
  CHECK(events[1].id == "0-17-3");
  CHECK(events[1].at == commit.commit.at);
  CHECK(public_events(commit, 0).size() == 2);
  REQUIRE(public_events(commit, 1).size() == 1);
  CHECK(public_events(commit, 1)[0].body == events[1].body);
  CHECK(public_events(commit, 3).empty());
  CHECK(public_events(commit, UINT32_MAX).empty());
}

TEST_CASE("An event says when it occurred where somebody said so") {
  StoredCommit commit = commit_of({domain::VendorReinstated{{"1580"}}});
  CHECK(public_events(commit)[0].body.find("occurredat") == std::string::npos);
  commit.commit.events[0].occurred_at = domain::Timestamp{1'780'000'000'000'000};
  CHECK(public_events(commit)[0].body.find(R"(,"occurredat":"2026-05-28T)") != std::string::npos);
}

TEST_CASE("Ids are read back in their only form") {
  const EventRef ref{{3, 1841}, 7};
  CHECK(projections::public_id(ref) == "3-1841-7");
  CHECK(projections::parse_public_id("3-1841-7") == ref);
  CHECK(projections::parse_public_id("0-0-0") == EventRef{});
  for (const char* wrong : {"", "3", "3-1841", "3-1841-", "3-1841-7-", "03-1841-7", "3-1841-07",
                            "3--7", "-3-1-1", "3-1841-4294967296", "a-1-1", "3-1841-7 "}) {
    CAPTURE(wrong);
    CHECK_FALSE(projections::parse_public_id(wrong));
  }
}

TEST_CASE("Every type is public or left out on purpose") {
  std::set<std::string> open = all_types();
  for (const GoldenCommit& each : golden_events()) {
    CAPTURE(each.name);
    for (const auto& recorded : each.commit.events) {
      CHECK(projections::is_public(recorded.event) ==
            open.contains(std::string(domain::type_of(recorded.event))));
    }
  }
  for (const char* type :
       {"LedgerCreated", "PartitionClaimed", "CustomerRegistered", "CustomerChanged",
        "CustomerErased", "StockRequested", "SubOrderRecorded"}) {
    CHECK_FALSE(open.contains(type));
  }
  CHECK(open.size() == std::variant_size_v<domain::Event::OneOf> - 7);
}

TEST_CASE("The documents list the types that there are") {
  CHECK(listed(source("docs/feed.md"), "### ", "") == all_types());
  CHECK(listed(source("docs/asyncapi.yaml"), "    ", ":") == all_types());
}

}  // namespace
}  // namespace cassette::test
