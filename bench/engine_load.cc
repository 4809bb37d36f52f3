// EngineLoad: a closed loop without threads of its own; the next order goes out of the reply.
#include "bench/engine_load.h"

#include <atomic>
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
    end_ = start + load_.duration;
    under_way_ = load_.outstanding;
    for (std::size_t i = 0; i < load_.outstanding; ++i) send();
    finished_.acquire();
    market_.catch_up();
    const std::chrono::duration<double> took = Clock::now() - start;
    result_.orders_a_second = static_cast<double>(result_.latencies_us.size()) / took.count();
    return std::move(result_);
  }

 private:
  void send() {
    const std::uint64_t number = next_.fetch_add(1, std::memory_order_relaxed);
    eventstore::Request request =
        order_request(fmt::format("{}-{}", run_, number), orders_[number % orders_.size()]);
    market_.gateway().submit(std::move(request),
                             [this, sent = Clock::now()](const auto& reply) { take(reply, sent); });
  }

  // On the engine's thread: the only one that answers.
  void take(const eventstore::Reply& reply, Clock::time_point sent) {
    if (!std::holds_alternative<eventstore::Accepted>(reply)) give_up("an order was refused");
    const Clock::time_point now = Clock::now();
    result_.latencies_us.push_back(std::chrono::duration<double, std::micro>(now - sent).count());
    if (now < end_) return send();
    if (--under_way_ == 0) finished_.release();
  }

  Market& market_;
  const std::vector<Items>& orders_;
  const EngineLoadOptions load_;
  Clock::time_point end_;
  std::atomic<std::uint64_t> next_{0};
  std::atomic<std::size_t> under_way_{0};
  static inline std::uint64_t runs_ = 0;
  const std::uint64_t run_ = ++runs_;
  std::binary_semaphore finished_{0};
  LoadResult result_;
};

}  // namespace

LoadResult place_orders(Market& market, const std::vector<Items>& orders,
                        const EngineLoadOptions& load) {
  return Loop(market, orders, load).run();
}

}  // namespace cassette::bench
