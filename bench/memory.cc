// memory: what a stock item and an open order take in an engine's memory, and that closed orders
// take none.
#include "bench/memory.h"

#include <mimalloc.h>

#include <charconv>
#include <cstdio>

#include <fmt/format.h>

#include "bench/benches.h"
#include "bench/child.h"
#include "bench/hand_engine.h"
#include "bench/market.h"
#include "bench/workload.h"
#include "eventstore/rocks_archive.h"

namespace cassette::bench {
namespace {

// Of the orders: few, so that their own memory does not count.
constexpr std::uint32_t kOrderItems = 1'000;
// Time enough for a million orders to be placed and delivered.
constexpr std::chrono::minutes kProbeTimeout{30};

constexpr std::string_view kStock = "stock";
constexpr std::string_view kAutomatic = "orders-automatic";
constexpr std::string_view kManual = "orders-manual";
constexpr std::string_view kThenClosed = "orders-then-closed";

// Bytes that this thread's heap holds, as the allocator rounds them. Not what is resident: that
// does not fall when the allocator keeps what is free for later.
std::uint64_t held_bytes() {
  std::uint64_t held = 0;
  const auto add = [](const mi_heap_t*, const mi_heap_area_t* area, void*, std::size_t, void* sum) {
    *static_cast<std::uint64_t*>(sum) += area->used * area->block_size;
    return true;
  };
  mi_collect(true);  // blocks that other threads freed count as used until then
  mi_heap_visit_blocks(mi_heap_get_default(), false, add, &held);
  return held;
}

// An engine's state whose archive keeps up, as it does behind an engine.
class Probe {
 public:
  void decide(domain::Command command, const std::string& id = "") {
    if (engine_->full()) commit();
    engine_->decide(std::move(command), id);
  }

  void fill(std::uint32_t items) {
    for (domain::Command& command : fill_commands(items)) decide(std::move(command));
  }

  void place(std::uint64_t order, std::optional<domain::Confirmation> confirmation) {
    domain::PlaceOrder place = place_order(id_of(order), items_of(order));
    place.confirmation = confirmation;
    place.asked_by = domain::Role::Administrator;
    decide(std::move(place), id_of(order));
  }

  // Its two lines are of one vendor.
  void deliver(std::uint64_t order) {
    domain::AdvanceSubOrder advance;
    advance.order_id = {id_of(order)};
    advance.vendor_id = {vendor_id(items_of(order).front())};
    advance.status = domain::OrderStatus::Delivered;
    advance.shipment_id = {"s-1"};
    decide(std::move(advance));
  }

  // What is freed when the state goes; the archive's own memory, caches included, is the same
  // before and after.
  std::uint64_t measure() {
    commit();
    const std::uint64_t with = held_bytes();
    engine_.reset();
    const std::uint64_t without = held_bytes();
    return with - std::min(with, without);
  }

 private:
  static std::string id_of(std::uint64_t order) { return fmt::format("order-{}", order); }

  static Items items_of(std::uint64_t order) {
    const auto first = static_cast<std::uint32_t>(order % (kOrderItems - kVendors));
    return {first, first + kVendors};
  }

  void commit() {
    const std::vector<eventstore::StoredCommit> commits{engine_->commit()};
    must(archive_->fold(commits, engine_->point()));
    engine_->forget_archived();
  }

  Scratch scratch_;
  std::unique_ptr<eventstore::RocksArchive> archive_ =
      must(eventstore::RocksArchive::open((scratch_.path() / "archive").string(), {}));
  std::unique_ptr<HandEngine> engine_ = std::make_unique<HandEngine>(*archive_);
};

// Resident bytes of the state in a process of its own.
double probe(std::string_view what, std::uint64_t count) {
  const Scratch scratch;
  Child child(
      {own_binary().string(), std::string(kMemoryProbe), std::string(what), std::to_string(count)},
      scratch.path() / "probe.log");
  return std::strtod(child.finish(kProbeTimeout).c_str(), nullptr);
}

}  // namespace

int run_memory_probe(std::string_view what, std::string_view text) {
  std::uint64_t count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count);
  Probe probe;
  if (what == kStock) {
    probe.fill(static_cast<std::uint32_t>(count));
  } else {
    const auto confirmation =
        what == kManual ? domain::Confirmation::Manual : domain::Confirmation::Automatic;
    probe.fill(kOrderItems);
    for (std::uint64_t i = 0; i < count; ++i) probe.place(i, confirmation);
    for (std::uint64_t i = count; what == kThenClosed && i < 2 * count; ++i) {
      probe.place(i, confirmation);
      probe.deliver(i);
    }
  }
  fmt::print("{}\n", probe.measure());
  std::fflush(stdout);
  return 0;
}

void run_memory(const Settings& settings, Report& report) {
  const std::uint64_t count = settings.quick ? 20'000 : 1'000'000;
  report.begin("memory",
               {fmt::format("{} stock items with their products; {} open orders of two lines of "
                            "one vendor over {} stock items",
                            count, count, kOrderItems),
                "bytes that the allocator has back once the engine's state is gone, in a process "
                "of its own, its archive folded up to the last commit",
                "manual: reserved with a deadline, waiting for a confirmation",
                "one round: it does not vary"});
  const auto per_one = static_cast<double>(count);
  const double open = probe(kAutomatic, count);
  report.add("stock-item", "B", {{probe(kStock, count) / per_one}, {}}, at_most(160));
  report.add("open-order/automatic", "B", {{open / per_one}, {}}, at_most(600));
  report.add("open-order/manual", "B", {{probe(kManual, count) / per_one}, {}}, at_most(600));
  const double closed = probe(kThenClosed, count) - open;
  report.add("opened-and-closed-order", "B", {{closed / per_one}, {}});
}

}  // namespace cassette::bench
