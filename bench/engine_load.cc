// EngineLoad: a closed loop on a thread of its own, as clients would be: each reply lets the next
// order out.
#include "bench/engine_load.h"

#include <semaphore>

#include <fmt/format.h>

#include "bench/workload.h"

namespace cassette::bench {
namespace {

using Clock = std::chrono::steady_clock;

class Loop {
 public:
  Loop(Market& market, const std::vector<Items>& orders, const EngineLoadOptions& load)
      : market_(market), orders_(orders), load_(load) {}

  LoadResult run() {
    const Clock::time_point start = Clock::now();
    const Clock::time_point end = start + load_.duration;
    credits_.release(static_cast<std::ptrdiff_t>(load_.outstanding));
    while (Clock::now() < end) {
      credits_.acquire();
      send();
    }
    for (std::size_t i = 0; i < load_.outstanding; ++i) credits_.acquire();
    market_.catch_up();
    const std::chrono::duration<double> took = Clock::now() - start;
    result_.orders_a_second = static_cast<double>(result_.latencies_us.size()) / took.count();
    return std::move(result_);
  }

 private:
  void send() {
    const std::uint64_t number = next_++;
    eventstore::Request request;
    const std::string id = fmt::format("{}-{}", run_, number);
    request.command = place_order(id, orders_[number % orders_.size()]);
    request.id = id;
    request.digest = "AAAAAAAAAAAAAAAAAAAAAA";
    request.status = 201;
    request.by = "customer:customer-1";
    market_.gateway().submit(std::move(request),
                             [this, sent = Clock::now()](const auto& reply) { take(reply, sent); });
  }

  // On the engine's thread: the only one that answers.
  void take(const eventstore::Reply& reply, Clock::time_point sent) {
    if (!std::holds_alternative<eventstore::Accepted>(reply)) give_up("an order was refused");
    const std::chrono::duration<double, std::micro> took = Clock::now() - sent;
    result_.latencies_us.push_back(took.count());
    credits_.release();
  }

  Market& market_;
  const std::vector<Items>& orders_;
  const EngineLoadOptions load_;
  std::uint64_t next_ = 0;
  static inline std::uint64_t runs_ = 0;
  const std::uint64_t run_ = ++runs_;
  std::counting_semaphore<> credits_{0};  // orders that may be under way and are not
  LoadResult result_;
};

}  // namespace

LoadResult place_orders(Market& market, const std::vector<Items>& orders,
                        const EngineLoadOptions& load) {
  return Loop(market, orders, load).run();
}

}  // namespace cassette::bench
