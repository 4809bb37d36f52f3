// Every list with every filter over real RocksDB: what it holds, in which order, page by page.
#include "tests/store/projections_rig.h"

#include <set>

#include "eventstore/json_read.h"
#include "projections/rocks_list.h"
#include "projections/rocks_values.h"
#include "projections/rocks_writer.h"
#include "tests/unit/projections/rich_market.h"

using namespace cassette;
using namespace cassette::testing;
using domain::OrderStatus;
using projections::ListQuery;
using projections::Page;
using projections::ReadModels;
using List = ListQuery::List;

namespace {

using Ids = std::vector<std::string>;

// What tells the items of any list apart.
struct Named {
  std::string id, order_id, customer_id, inventory_id, product_id, vendor_id;

  static void fields(auto& self, auto&& visit) {
    visit("id", self.id);
    visit("inventoryId", self.inventory_id);
    visit("orderId", self.order_id);
    visit("productId", self.product_id);
    visit("customerId", self.customer_id);
    visit("vendorId", self.vendor_id);
  }
};

Ids ids_in(const Page& page) {
  Ids ids;
  for (const std::string& item : page.items) {
    Named named;
    REQUIRE(eventstore::read_json(item, named));
    for (const std::string& each : {named.id, named.inventory_id, named.order_id, named.product_id,
                                    named.customer_id, named.vendor_id}) {
      if (each.empty()) continue;
      ids.push_back(each);
      break;
    }
  }
  return ids;
}

// A market with its projection, and what lists say of it.
class Market {
 public:
  explicit Market(TapeMaker made) : tape(std::move(made)), ledgers_(tape) {
    projection_ = open_projection(folder_ / "models", ledgers_);
    settle();
  }

  // The models have what the tape has.
  void settle() {
    ledgers_.copy();
    REQUIRE(projection_->drain_to(ends_of(tape), kPatience));
  }
  void run(const domain::Command& command) {
    tape.run(command);
    settle();
  }

  ReadModels& models() { return projection_->models(); }
  Page page(const ListQuery& query) { return value_of(models().list(query)); }
  Ids ids(const ListQuery& query) { return ids_in(page(query)); }

  // All pages of `limit` items, one after another.
  Ids paged(ListQuery query, std::size_t limit) {
    query.limit = limit;
    Ids all;
    do {
      const Page page = this->page(query);
      CHECK_LE(page.items.size(), limit);
      for (std::string& id : ids_in(page)) all.push_back(std::move(id));
      query.after = page.next;
    } while (!query.after.empty());
    return all;
  }

  TapeMaker tape;

 private:
  TempFolder folder_;
  TapeLedgers ledgers_;
  std::unique_ptr<projections::Projection> projection_;
};

ListQuery listing(List list) {
  ListQuery query;
  query.list = list;
  return query;
}

ListQuery of_vendor(List list, const std::string& vendor) {
  ListQuery query = listing(list);
  query.vendor_id = {{vendor}};
  return query;
}

// v1 and v2 sell bicycle parts; p1 was listed first.
TapeMaker catalogue() {
  TapeMaker tape;
  tape.run(register_vendor("v1"));
  tape.run(register_vendor("v2"));
  const auto list = [&tape](const std::string& vendor, const std::string& id,
                            const std::string& name, const std::string& category,
                            std::map<std::string, std::string> specifications) {
    domain::ListProduct command = list_product(vendor, id);
    command.details.name = name;
    command.details.category = category;
    command.details.specifications = std::move(specifications);
    tape.run(command);
  };
  list("v1", "p1", "Road Pedal", "Pedals", {{"colour", "black"}, {"speeds", "1"}});
  list("v1", "p2", "Mountain Pedal", "Pedals", {{"colour", "red"}});
  list("v2", "p3", "Mountain Chain", "Chains", {{"colour", "black"}});
  list("v2", "p4", "Touring Chain", "Chains", {});
  tape.run(count_stock("v1", "p2", 5));
  tape.run(count_stock("v2", "p3", 1));
  tape.run(count_stock("v2", "p4", 0));
  return tape;
}

ListQuery search(const std::string& text) {
  ListQuery query = listing(List::Products);
  query.text = text;
  return query;
}

}  // namespace

// ---- products

TEST_CASE("products: all, newest first, and a vendor's") {
  Market market(catalogue());
  CHECK((market.ids(listing(List::Products)) == Ids{"p4", "p3", "p2", "p1"}));
  CHECK((market.ids(of_vendor(List::Products, "v1")) == Ids{"p2", "p1"}));
  CHECK(market.ids(of_vendor(List::Products, "nobody")).empty());
}

TEST_CASE("products: by words, all of which occur, the last one as it begins") {
  Market market(catalogue());
  CHECK((market.ids(search("mountain")) == Ids{"p3", "p2"}));
  CHECK((market.ids(search("MOUNTAIN pedal")) == Ids{"p2"}));
  CHECK((market.ids(search("pedals mount")) == Ids{"p2"}));
  CHECK((market.ids(search("chain to")) == Ids{"p4"}));
  CHECK((market.ids(search("sku-p3")) == Ids{"p3"}));
  CHECK(market.ids(search("mount pedals")).empty());
  CHECK(market.ids(search("saddle")).empty());
  CHECK_EQ(market.ids(search(" - ")).size(), 4);
}

TEST_CASE("products: by category, specification, SKU, and together") {
  Market market(catalogue());
  ListQuery query = listing(List::Products);
  query.category = "Chains";
  CHECK((market.ids(query) == Ids{"p4", "p3"}));
  query.specifications = {{"colour", "black"}};
  CHECK((market.ids(query) == Ids{"p3"}));
  query = of_vendor(List::Products, "v1");
  query.specifications = {{"colour", "black"}, {"speeds", "1"}};
  CHECK((market.ids(query) == Ids{"p1"}));
  query.specifications.push_back({"speeds", "2"});
  CHECK(market.ids(query).empty());
  query = listing(List::Products);
  query.sku = "SKU-p2";
  CHECK((market.ids(query) == Ids{"p2"}));
  query.sku = "sku-p2";
  CHECK(market.ids(query).empty());
}

TEST_CASE("products: in stock and not, as it changes") {
  Market market(catalogue());
  ListQuery query = listing(List::Products);
  query.in_stock = true;
  CHECK((market.ids(query) == Ids{"p3", "p2"}));
  query.in_stock = false;
  CHECK((market.ids(query) == Ids{"p4", "p1"}));
  market.run(place_order("o1", {item("v2", "p3", 1)}));
  CHECK((market.ids(query) == Ids{"p4", "p3", "p1"}));
  market.run(count_stock("v2", "p4", 3));
  CHECK((market.ids(query) == Ids{"p3", "p1"}));
}

TEST_CASE("products: delisted ones leave, and show only when asked for") {
  Market market(catalogue());
  market.run(domain::DelistProduct{{"v1"}, {"p2"}, {}});
  CHECK((market.ids(listing(List::Products)) == Ids{"p4", "p3", "p1"}));
  CHECK((market.ids(search("mountain")) == Ids{"p3"}));
  ListQuery query = search("mountain");
  query.include_delisted = true;
  CHECK((market.ids(query) == Ids{"p3", "p2"}));
  query.category = "Pedals";
  query.vendor_id = {{"v1"}};
  CHECK((market.ids(query) == Ids{"p2"}));
  market.run(domain::ReviseProduct{{"v1"}, {"p2"}, {}, list_product("v1", "p2").details});
  CHECK((market.ids(search("p2")) == Ids{"p2"}));
  CHECK((market.ids(search("mountain")) == Ids{"p3"}));
}

// Stock counted by SKU said that the product isn't there once its vendor had listed 5,000 since.
TEST_CASE("products: by SKU among more than a page may look at") {
  TapeMaker tape = small_market();
  domain::Events listed;
  for (std::size_t i = 0; i <= projections::kMaxEntriesLookedAt; ++i) {
    domain::ProductListed event{{"v1"}, {"x" + std::to_string(i)}, {}};
    event.details.sku = "X-" + std::to_string(i);
    listed.emplace_back(event);
  }
  tape.forge(0, listed);
  Market market(std::move(tape));
  ListQuery query = of_vendor(List::Products, "v1");
  query.sku = "SKU-p1";
  query.include_delisted = true;
  CHECK((market.ids(query) == Ids{"p1"}));
  query.sku = "X-0";
  query.include_delisted = false;
  CHECK((market.ids(query) == Ids{"x0"}));
}

TEST_CASE("products: a suspended vendor's leave search, and come back") {
  Market market(catalogue());
  market.run(domain::SuspendVendor{{"v2"}, {}, "unpaid"});
  CHECK((market.ids(listing(List::Products)) == Ids{"p2", "p1"}));
  CHECK(market.ids(search("chain")).empty());
  market.run(domain::ReinstateVendor{{"v2"}, {}});
  CHECK((market.ids(search("chain")) == Ids{"p4", "p3"}));
}

// ---- stock

TEST_CASE("stock: a vendor's, those below the reorder point, and those changed lately") {
  Market market(catalogue());
  CHECK((market.ids(of_vendor(List::Stock, "v2")) == Ids{"v2/p4", "v2/p3"}));
  const domain::Timestamp before = market.tape.now();
  domain::CountStock count = count_stock("v2", "p3", 4);
  count.reorder_point = 4;
  market.run(count);
  ListQuery query = of_vendor(List::Stock, "v2");
  query.below_reorder_point = true;
  CHECK((market.ids(query) == Ids{"v2/p3"}));
  query.below_reorder_point = false;
  CHECK((market.ids(query) == Ids{"v2/p4"}));
  query = of_vendor(List::Stock, "v2");
  query.updated_after = before;
  CHECK((market.ids(query) == Ids{"v2/p3"}));
  market.run(count_stock("v2", "p3", 5));
  query = of_vendor(List::Stock, "v2");
  query.below_reorder_point = true;
  CHECK(market.ids(query).empty());
}

// ---- orders

TEST_CASE("orders: all, by status, by vendor and its part's status, and by customer") {
  Market market(busy_market(2));
  const Ids all = market.ids(listing(List::Orders));
  CHECK_EQ(all.front(), "confirmed");
  CHECK_EQ(all.back(), "both-0");
  ListQuery query = listing(List::Orders);
  std::size_t found = 0;
  for (std::size_t i = 0; i < EnumNames<OrderStatus>::values.size(); ++i) {
    query.statuses = {static_cast<OrderStatus>(i)};
    found += market.ids(query).size();
  }
  CHECK_EQ(found, all.size());
  query.statuses = {OrderStatus::Cancelled};
  CHECK((market.ids(query) == Ids{"expires", "short"}));

  query = of_vendor(List::VendorOrders, "v1");
  query.statuses = {OrderStatus::Delivered, OrderStatus::Confirmed};
  CHECK((market.ids(query) == Ids{"confirmed", "both-3", "both-2", "both-1", "both-0"}));
  query.statuses = {OrderStatus::Delivered};
  query.vendor_id = {{"v2"}};
  CHECK(market.ids(query).empty());

  query = listing(List::CustomerOrders);
  query.customer_id = {{"customer-1"}};
  CHECK((market.ids(query) == all));
  query.statuses = {OrderStatus::Cancelled};
  CHECK((market.ids(query) == Ids{"expires", "short"}));
  query.customer_id = {{"customer-2"}};
  CHECK(market.ids(query).empty());
}

TEST_CASE("orders: created in a time, from it and before its end, and changed after one") {
  Market market(small_market());
  const auto place = [&market](const std::string& id) {
    market.run(place_order(id, {item("v1", "p1", 1)}));
    return market.tape.now();
  };
  place("o1");
  const domain::Timestamp second = place("o2");
  const domain::Timestamp third = place("o3");
  ListQuery query = listing(List::Orders);
  query.created_from = second;
  CHECK((market.ids(query) == Ids{"o3", "o2"}));
  query.created_to = third;
  CHECK((market.ids(query) == Ids{"o2"}));
  query.created_from.reset();
  CHECK((market.ids(query) == Ids{"o2", "o1"}));
  market.run(advance("o1", "v1", OrderStatus::Packed));
  query = listing(List::Orders);
  query.updated_after = third;
  CHECK((market.ids(query) == Ids{"o1"}));
}

TEST_CASE("orders of one time stand in the order of their ids") {
  TapeMaker tape = small_market();
  domain::Events placed;
  for (const char* id : {"o-b", "o-a", "o-c"}) {
    domain::OrderPlaced event;
    event.order_id = {id};
    event.customer_id = {"c1"};
    event.lines = {{{1}, {"v1"}, {"p1"}, 1, {}, {}}};
    placed.emplace_back(event);
  }
  tape.forge(0, placed);
  Market market(std::move(tape));
  CHECK((market.ids(listing(List::Orders)) == Ids{"o-a", "o-b", "o-c"}));
  CHECK((market.paged(listing(List::Orders), 1) == Ids{"o-a", "o-b", "o-c"}));
}

// ---- pages

TEST_CASE("pages of any size hold every item once") {
  Market market(busy_market(3));
  for (const List list : {List::Vendors, List::Products, List::Orders, List::Timeline}) {
    ListQuery query = listing(list);
    query.limit = 200;
    const Page whole = market.page(query);
    CHECK(whole.next.empty());
    for (const std::size_t limit : {1U, 2U, 3U, 7U}) {
      CHECK((market.paged(listing(list), limit) == ids_in(whole)));
    }
  }
}

TEST_CASE("what comes while one pages moves nothing on the pages to come") {
  Market market(small_market());
  for (int i = 0; i < 6; ++i) {
    market.run(place_order("o" + std::to_string(i), {item("v1", "p1", 1)}));
  }
  ListQuery query = listing(List::Orders);
  query.limit = 2;
  CHECK((market.ids(query) == Ids{"o5", "o4"}));
  query.after = market.page(query).next;
  market.run(place_order("late", {item("v1", "p1", 1)}));
  market.run(advance("o3", "v1", OrderStatus::Packed));
  CHECK((market.ids(query) == Ids{"o3", "o2"}));
  query.after = market.page(query).next;
  CHECK((market.ids(query) == Ids{"o1", "o0"}));
  CHECK(market.page(query).next.empty());
}

TEST_CASE("a page that finds too little looks no further than it may, and says where it stopped") {
  TapeMaker tape = small_market();
  domain::Events placed;
  for (std::size_t i = 0; i <= projections::kMaxEntriesLookedAt; ++i) {
    domain::OrderPlaced event;
    event.order_id = {"o" + std::to_string(i)};
    event.customer_id = {"c1"};
    event.lines = {{{1}, {"v1"}, {"p1"}, 1, {}, {}}};
    placed.emplace_back(event);
  }
  tape.forge(0, placed);
  Market market(std::move(tape));
  ListQuery query = listing(List::Orders);
  query.updated_after = {{market.tape.now().micros + 1}};
  const Page first = market.page(query);
  CHECK(first.items.empty());
  CHECK_FALSE(first.next.empty());
  query.after = first.next;
  CHECK(market.page(query).next.empty());
}

TEST_CASE("a token that no page gave is a mismatch, not a page") {
  Market market(busy_market(1));
  ListQuery query = listing(List::Orders);
  query.limit = 2;
  const std::string next = market.page(query).next;
  for (const std::string& forged :
       {std::string("x"), next.substr(1), next + "/x/y", std::string(300, '\xff')}) {
    query.after = forged;
    const auto page = market.models().list(query);
    REQUIRE_FALSE(page.ok());
    CHECK(page.error().kind == eventstore::StoreError::Kind::Mismatch);
  }
}

// ---- the timeline

TEST_CASE("timeline: of all partitions newest first, with every event but the ledgers' own") {
  Market market(busy_market(3));
  std::size_t events = 0;
  for (std::uint32_t p = 0; p < 3; ++p) {
    for (const auto& commit : market.tape.commits(p)) events += commit.commit.events.size();
  }
  const Ids ids = market.paged(listing(List::Timeline), 50);
  CHECK_EQ(ids.size(), events - 6);
  CHECK_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), ids.size());
}

TEST_CASE("timeline: by vendor, product, order, type, principal and time") {
  Market market(busy_market(2));
  // However the pages end: an order's events of one commit are one value.
  const auto count = [&market](const ListQuery& query) {
    const Ids whole = market.paged(query, 200);
    for (const std::size_t limit : {1, 2, 3}) CHECK(market.paged(query, limit) == whole);
    return whole.size();
  };
  CHECK(count(listing(List::Timeline)) > 20);
  ListQuery query = of_vendor(List::Timeline, "v1");
  query.event_type = "VendorRegistered";
  CHECK_EQ(count(query), 1);
  query.by = "nobody";
  CHECK_EQ(count(query), 0);
  query = of_vendor(List::Timeline, "v2");
  query.product_id = {{"p2"}};
  query.event_type = "StockReserved";
  const std::size_t reservations = count(query);
  CHECK_EQ(reservations, 6);
  query.order_id = {{"both-1"}};
  CHECK_EQ(count(query), 1);
  query = listing(List::Timeline);
  query.order_id = {{"both-1"}};
  CHECK(count(query) > 3);
  query.event_type = "OrderPlaced";
  CHECK_EQ(count(query), 1);
  query = listing(List::Timeline);
  query.created_to = market.tape.commits(0)[0].commit.at;
  CHECK_EQ(count(query), 0);
  query = listing(List::Timeline);
  query.product_id = {{"p1"}};
  query.event_type = "StockCounted";
  CHECK_EQ(count(query), 1);
}

// ---- the writer

TEST_CASE("a commit that does not follow the last one folded is refused, and an old one skipped") {
  const TapeMaker tape = small_market();
  const TempFolder folder;
  auto opened = projections::RocksDatabase::open_primary(folder / "models", 1 << 20);
  auto writer = value_of(projections::RocksWriter::open(value_of(std::move(opened)), 1));
  const auto& commits = tape.commits(0);
  CHECK(writer->fold(commits[0]).ok());
  CHECK(writer->fold(commits[0]).ok());
  const auto gap = writer->fold(commits[2]);
  REQUIRE_FALSE(gap.ok());
  CHECK(gap.error().kind == eventstore::StoreError::Kind::Mismatch);
  CHECK(writer->fold(commits[1]).ok());
  CHECK(writer->write().ok());
  CHECK_EQ(writer->points().front().commit, 2);
}

TEST_CASE("models of another schema are folded anew beside the old ones") {
  const TapeMaker tape = small_market();
  const TapeLedgers ledgers(tape);
  const TempFolder folder;
  { open_projection(folder / "models", ledgers); }
  {
    const auto old =
        value_of(projections::RocksDatabase::open_primary(folder / "models" / "1", 1 << 20));
    rocksdb::WriteBatch batch;
    projections::put_meta(*old, batch, {projections::kSchemaVersion + 1, 1});
    value_of(old->write(batch));
  }
  const auto projection = open_projection(folder / "models", ledgers);
  CHECK_EQ(projection->generation(), 2);
  REQUIRE(projection->drain_to(ends_of(tape), kPatience));
  CHECK(value_of(projection->models().get(projections::Model::Vendors, "v1")).has_value());
}

TEST_CASE("a document that was damaged stops the fold with its name") {
  TapeMaker tape = small_market();
  TapeLedgers ledgers(tape);
  const TempFolder folder;
  { REQUIRE(open_projection(folder / "models", ledgers)->drain_to(ends_of(tape), kPatience)); }
  {
    const auto models =
        value_of(projections::RocksDatabase::open_primary(folder / "models" / "1", 1 << 20));
    rocksdb::WriteBatch batch;
    REQUIRE(batch.Put(models->handle(projections::Family::Stock), "v1/p1", "12345678{\"ver").ok());
    value_of(models->write(batch));
  }
  const auto position = tape.run(place_order("o1", {item("v1", "p1", 1)}));
  ledgers.copy();
  const auto projection = open_projection(folder / "models", ledgers);
  CHECK_FALSE(projection->drain_to(std::vector{position}, kPatience));
  CHECK(projection->models().failure().value_or("").find("v1/p1") != std::string::npos);
}
