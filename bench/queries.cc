// queries: how long the read models take for the pages that vendors and buyers ask for, with a
// million products and with ten thousand.
#include <algorithm>
#include <random>

#include <fmt/format.h>

#include "bench/benches.h"
#include "bench/hand_engine.h"
#include "bench/market.h"
#include "bench/no_archive.h"
#include "bench/percentile.h"
#include "bench/workload.h"
#include "projections/rocks_read_models.h"
#include "projections/rocks_writer.h"

namespace cassette::bench {
namespace {

using Clock = std::chrono::steady_clock;
using projections::ListQuery;
using projections::RocksDatabase;
using projections::RocksWriter;

constexpr std::uint32_t kCategories = 20;
constexpr std::uint32_t kSpeeds = 10;
// More orders make the fill longer and no page another.
constexpr std::uint32_t kMaxOrders = 200'000;
// Of each kind before those that count.
constexpr int kWarmUp = 100;

std::string category(std::uint32_t item) {
  return fmt::format("Category {}", item % kCategories);
}

std::string speeds(std::uint32_t item) {
  return std::to_string(item / kCategories % kSpeeds);
}

struct Sizes {
  std::uint32_t products = 0;
  std::uint32_t orders = 0;
};

// Read models of so many products, each with stock, and of orders of which every other is packed.
class Catalogue {
 public:
  explicit Catalogue(const Sizes& sizes) : sizes_(sizes) {
    for (std::uint32_t v = 0; v < kVendors; ++v) {
      decide(domain::RegisterVendor{{vendor_id(v)}, "Vendor", {}, {}});
    }
    for (std::uint32_t k = 0; k < sizes.products; ++k) put_product(k);
    const auto orders = make_orders(Spread::Even, Shape::OneLine, sizes.products, sizes.orders);
    for (std::uint32_t i = 0; i < sizes.orders; ++i) put_order(i, orders[i]);
    commit();
    models_ = std::make_unique<projections::RocksReadModels>(projections::ServedModels{
        database_,
        std::make_shared<projections::Progress>(
            std::vector<eventstore::Position>{{0, engine_.point().head.commit}}),
        nullptr});
  }

  const Sizes& sizes() const { return sizes_; }

  // Microseconds of each of `count` queries, one after another.
  template <class MakeQuery>
  std::vector<double> time(int count, std::uint64_t seed, MakeQuery make) {
    std::mt19937_64 random(seed);
    std::vector<double> times;
    for (int i = -kWarmUp; i < count; ++i) {
      const ListQuery query = make(static_cast<std::uint32_t>(random() % sizes_.products));
      const Clock::time_point start = Clock::now();
      const projections::Page page = must(models_->list(query));
      const std::chrono::duration<double, std::micro> took = Clock::now() - start;
      if (page.items.empty()) give_up("a page is empty");
      if (i >= 0) times.push_back(took.count());
    }
    return times;
  }

 private:
  void put_product(std::uint32_t k) {
    domain::ListProduct list{{vendor_id(k)}, {product_id(k)}, {}};
    list.details.name = fmt::format("Mountain Bike Part {}", k);
    list.details.description = "Fits most frames; made of forged aluminium.";
    list.details.sku = fmt::format("MB-{:07}", k);
    list.details.price = {1999, {"USD"}};
    list.details.category = category(k);
    list.details.specifications = {{"speeds", speeds(k)}, {"colour", "black"}};
    decide(std::move(list));
    domain::CountStock count;
    count.vendor_id = {vendor_id(k)};
    count.product_id = {product_id(k)};
    count.quantity = kPlenty;
    decide(std::move(count));
  }

  void put_order(std::uint32_t number, const Items& items) {
    if (engine_.full()) commit();
    const std::string id = fmt::format("order-{}", number);
    engine_.decide(place_order(id, items), id);
    if (number % 2 == 0) return;
    domain::AdvanceSubOrder pack;
    pack.order_id = {id};
    pack.vendor_id = {vendor_id(items.front())};
    pack.status = domain::OrderStatus::Packed;
    engine_.decide(std::move(pack));
  }

  void decide(domain::Command command) {
    if (engine_.full()) commit();
    engine_.decide(std::move(command));
  }

  void commit() {
    must(writer_->fold(engine_.commit()));
    must(writer_->write());
  }

  const Sizes sizes_;
  Scratch scratch_;
  NoArchive none_;
  HandEngine engine_{none_};
  std::shared_ptr<RocksDatabase> database_ = must(RocksDatabase::open_primary(
      (scratch_.path() / "models").string(), projections::kBlockCacheBytes));
  std::unique_ptr<RocksWriter> writer_ = must(RocksWriter::open(database_, 1));
  std::unique_ptr<projections::RocksReadModels> models_;
};

// As the handlers put them together, around a product drawn at random.
ListQuery inventory_page(std::uint32_t item) {
  ListQuery query;
  query.list = ListQuery::List::Stock;
  query.vendor_id = domain::VendorId{vendor_id(item)};
  return query;
}

ListQuery orders_by_status(std::uint32_t item) {
  ListQuery query;
  query.list = ListQuery::List::VendorOrders;
  query.vendor_id = domain::VendorId{vendor_id(item)};
  query.statuses = {domain::OrderStatus::Packed};
  return query;
}

ListQuery search(std::uint32_t item) {
  ListQuery query;
  query.list = ListQuery::List::Products;
  query.category = category(item);
  query.specifications = {{"speeds", speeds(item)}};
  return query;
}

struct Kind {
  const char* name;
  ListQuery (*make)(std::uint32_t item);
};

constexpr std::array<Kind, 3> kKinds = {{{"inventory-page", inventory_page},
                                         {"vendor-orders-by-status", orders_by_status},
                                         {"search-two-facets", search}}};

}  // namespace

void run_queries(const Settings& settings, Report& report) {
  const std::uint32_t many = settings.quick ? 10'000 : 1'000'000;
  const std::uint32_t few = settings.quick ? 1'000 : 10'000;
  const Sizes large{many, std::min(many, kMaxOrders)};
  const Sizes small{few, std::min(few, kMaxOrders)};
  const int count = settings.quick ? 200 : 2'000;
  report.begin("queries",
               {fmt::format("ours: {} products with stock, {} orders; theirs: the same models of "
                            "{} products, {} orders; {} vendors",
                            large.products, large.orders, small.products, small.orders, kVendors),
                fmt::format("{} queries a round, one after another, each for a page of 50 of a "
                            "vendor or of a category and specification drawn at random",
                            count),
                "in process, as the handlers ask the read models; without HTTP"});
  Catalogue ours(large);
  Catalogue theirs(small);
  for (const Kind& kind : kKinds) {
    Samples median_of, tail;
    for (int round = 0; round < settings.rounds; ++round) {
      const auto seed = static_cast<std::uint64_t>(round + 1);
      std::vector<double> mine = ours.time(count, seed, kind.make);
      std::vector<double> other = theirs.time(count, seed, kind.make);
      median_of.ours.push_back(percentile(mine, 0.5));
      median_of.theirs.push_back(percentile(other, 0.5));
      tail.ours.push_back(percentile(mine, 0.99));
      tail.theirs.push_back(percentile(other, 0.99));
    }
    report.add(std::string(kind.name) + "/p50", "us", median_of);
    report.add(std::string(kind.name) + "/p99", "us", tail);
  }
}

}  // namespace cassette::bench
