// Folded documents agree with the rules' own state after everything that can happen, over any
// number of partitions, and are the same read back from their JSON.
#include <doctest/doctest.h>

#include <set>

#include "eventstore/json_read.h"
#include "eventstore/json_write.h"
#include "tests/unit/projections/memory_documents.h"
#include "tests/unit/projections/rich_market.h"

using namespace cassette;
using namespace cassette::testing;

namespace {

constexpr std::uint32_t kMostPartitions = 4;

// Calls `check(tape, documents)` for the rich market over one to four partitions.
void over_partitions(auto&& check) {
  for (std::uint32_t partitions = 1; partitions <= kMostPartitions; ++partitions) {
    CAPTURE(partitions);
    const TapeMaker tape = rich_market(partitions);
    MemoryDocuments documents;
    documents.fold_all(tape);
    check(tape, documents);
  }
}

template <class D>
void check_round_trip(const MemoryTable<D>& table) {
  for (const auto& [key, document] : table.documents) {
    if (projections::version_of(document) == 0) continue;
    CAPTURE(key);
    D read;
    REQUIRE(eventstore::read_json(eventstore::to_json(document), read));
    CHECK((read == document));
  }
}

std::set<std::string_view> types_on(const TapeMaker& tape) {
  std::set<std::string_view> types;
  for (std::uint32_t p = 0; p < tape.partitions(); ++p) {
    for (const auto& commit : tape.commits(p)) {
      for (const auto& event : commit.commit.events) types.insert(domain::type_of(event.event));
    }
  }
  return types;
}

}  // namespace

TEST_CASE("the tapes hold every event but the refusals of requests, which race") {
  std::set<std::string_view> types;
  over_partitions(
      [&](const TapeMaker& tape, const MemoryDocuments&) { types.merge(types_on(tape)); });
  CHECK_EQ(types.size(), std::variant_size_v<domain::Event::OneOf> - 2);
  CHECK_FALSE(types.contains(domain::CancellationRefused::type));
  CHECK_FALSE(types.contains(domain::AddressChangeRefused::type));
}

TEST_CASE("orders show the status and version that the rules hold") {
  over_partitions([](const TapeMaker& tape, const MemoryDocuments& documents) {
    for (const auto& [key, document] : documents.orders.documents) {
      CAPTURE(key);
      const domain::Order* order = tape.marketplace(tape.home(key)).order({key});
      REQUIRE(order != nullptr);
      CHECK_EQ(name_of(document.status), name_of(order->status()));
      CHECK_EQ(document.version, order->version);
      CHECK_EQ(document.shipping_address.token, order->shipping_address.token);
      for (const projections::SubOrderDocument& part : *document.sub_orders) {
        const domain::OrderPart* held = order->part(part.vendor_id);
        REQUIRE(held != nullptr);
        CHECK_EQ(part.version, held->sub_order.version);
        CHECK_EQ(part.outstanding, held->outstanding);
      }
    }
  });
}

TEST_CASE("a vendor's document and the order's show the same sub-order") {
  over_partitions([](const TapeMaker&, const MemoryDocuments& documents) {
    for (const auto& [key, order] : documents.orders.documents) {
      for (const projections::SubOrderDocument& part : *order.sub_orders) {
        const std::string own = part.vendor_id.value + "/" + key;
        CAPTURE(own);
        const auto found = documents.vendor_orders.documents.find(own);
        const bool none =
            found == documents.vendor_orders.documents.end() || found->second.part.version == 0;
        CHECK_EQ(none, part.refusal.has_value() || part.version == 0);
        if (none) continue;
        projections::SubOrderDocument mine = found->second.part;
        CHECK_EQ(eventstore::to_json(projections::state_of(mine)),
                 eventstore::to_json(projections::state_of(part)));
        CHECK_EQ(name_of(mine.status), name_of(part.status));
        CHECK_EQ(mine.shipping_address.token, part.shipping_address.token);
        CHECK((mine.payable_amount == part.payable_amount));
      }
    }
  });
}

TEST_CASE("stock shows the numbers that the rules hold") {
  over_partitions([](const TapeMaker& tape, const MemoryDocuments& documents) {
    for (const auto& [key, document] : documents.stock.documents) {
      CAPTURE(key);
      const domain::Marketplace& home = tape.marketplace(tape.home(document.vendor_id.value));
      const auto item = home.stock(document.vendor_id, document.product_id);
      REQUIRE(item);
      CHECK((projections::state_of(document) == *item));
      CHECK_EQ(document.available, item->available());
    }
  });
}

TEST_CASE("vendors, products and customers show what the rules hold") {
  over_partitions([](const TapeMaker& tape, const MemoryDocuments& documents) {
    for (const auto& [key, document] : documents.vendors.documents) {
      const domain::Vendor* vendor = tape.marketplace(tape.home(key)).vendor({key});
      REQUIRE(vendor != nullptr);
      CHECK_EQ(document.version, vendor->version);
      CHECK_EQ(document.name, vendor->name);
      CHECK((document.status == vendor->status));
    }
    for (const auto& [key, document] : documents.products.documents) {
      const domain::Marketplace& home = tape.marketplace(tape.home(document.vendor_id.value));
      const auto product = home.product(document.vendor_id, document.product_id);
      REQUIRE(product);
      CHECK_EQ(document.version, product->version);
      CHECK((document.price == product->price));
      CHECK((document.status == product->status));
    }
    for (const auto& [key, document] : documents.customers.documents) {
      const domain::Customer* customer = tape.marketplace(tape.home(key)).customer({key});
      REQUIRE(customer != nullptr);
      CHECK_EQ(document.version, customer->version);
      CHECK((document.status == customer->status));
    }
  });
}

TEST_CASE("every document is the same read back from its JSON") {
  over_partitions([](const TapeMaker&, const MemoryDocuments& documents) {
    check_round_trip(documents.vendors);
    check_round_trip(documents.products);
    check_round_trip(documents.stock);
    check_round_trip(documents.orders);
    check_round_trip(documents.vendor_orders);
    check_round_trip(documents.customers);
    check_round_trip(documents.tallies);
  });
}

TEST_CASE("tallies count what the documents show") {
  over_partitions([](const TapeMaker& tape, const MemoryDocuments& documents) {
    projections::TallyDocument now;
    for (std::uint32_t p = 0; p < tape.partitions(); ++p) {
      const auto found = documents.tallies.documents.find(
          projections::tally_key(projections::kWholeScope, projections::kTallyNow, p));
      if (found != documents.tallies.documents.end()) projections::add_to(now, found->second);
    }
    projections::TallyDocument counted;
    for (const auto& [key, order] : documents.orders.documents) {
      ++counted.orders[std::string(name_of(order.status))];
    }
    for (const auto& [key, order] : documents.vendor_orders.documents) {
      if (order.part.version > 0) ++counted.sub_orders[std::string(name_of(order.part.status))];
    }
    for (const auto& [key, stock] : documents.stock.documents) {
      counted.low_stock += projections::low(stock) ? 1 : 0;
      counted.out_of_stock += projections::out_of_stock(stock) ? 1 : 0;
    }
    std::erase_if(now.orders, [](const auto& each) { return each.second == 0; });
    std::erase_if(now.sub_orders, [](const auto& each) { return each.second == 0; });
    CHECK((now.orders == counted.orders));
    CHECK((now.sub_orders == counted.sub_orders));
    CHECK_EQ(now.low_stock, counted.low_stock);
    CHECK_EQ(now.out_of_stock, counted.out_of_stock);
  });
}
