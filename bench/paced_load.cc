// PacedLoad: one thread that sleeps until the next order is due.
#include "bench/paced_load.h"

#include <sys/prctl.h>

#include <semaphore>
#include <thread>

#include <fmt/format.h>

namespace cassette::bench {
namespace {

using Clock = std::chrono::steady_clock;

// How late the kernel may wake us, in nanoseconds: its default of 50,000 would be part of every
// latency.
constexpr unsigned long kTimerSlack_ns = 1'000;

class Paced {
 public:
  Paced(Market& market, const std::vector<Items>& orders, const PacedLoadOptions& load)
      : market_(market),
        orders_(orders),
        interval_(1 / load.orders_a_second),
        count_(static_cast<std::uint64_t>(load.orders_a_second *
                                          std::chrono::duration<double>(load.duration).count())) {
    latencies_us_.reserve(count_);
  }

  std::vector<double> run() {
    prctl(PR_SET_TIMERSLACK, kTimerSlack_ns);
    const Clock::time_point start = Clock::now();
    for (std::uint64_t i = 0; i < count_; ++i) {
      const auto due =
          start + std::chrono::duration_cast<Clock::duration>(interval_ * static_cast<double>(i));
      if (due > Clock::now()) std::this_thread::sleep_until(due);
      send(i, due);
    }
    prctl(PR_SET_TIMERSLACK, 0UL);  // the default again
    finished_.acquire();
    return std::move(latencies_us_);
  }

 private:
  void send(std::uint64_t number, Clock::time_point due) {
    eventstore::Request request =
        order_request(fmt::format("paced-{}-{}", run_, number), orders_[number % orders_.size()]);
    market_.gateway().submit(std::move(request),
                             [this, due](const eventstore::Reply& reply) { take(reply, due); });
  }

  // On the engine's thread: the only one that answers.
  void take(const eventstore::Reply& reply, Clock::time_point due) {
    if (!std::holds_alternative<eventstore::Accepted>(reply)) give_up("an order was refused");
    const std::chrono::duration<double, std::micro> took = Clock::now() - due;
    latencies_us_.push_back(took.count());
    if (latencies_us_.size() == count_) finished_.release();
  }

  Market& market_;
  const std::vector<Items>& orders_;
  const std::chrono::duration<double> interval_;
  const std::uint64_t count_;
  static inline std::uint64_t runs_ = 0;
  const std::uint64_t run_ = ++runs_;
  std::vector<double> latencies_us_;
  std::binary_semaphore finished_{0};
};

}  // namespace

std::vector<double> place_paced_orders(Market& market, const std::vector<Items>& orders,
                                       const PacedLoadOptions& load) {
  return Paced(market, orders, load).run();
}

}  // namespace cassette::bench
