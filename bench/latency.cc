// latency: how long one order takes until it is acknowledged, beside one publish of its bytes, and
// among so many others as half of the peak rate brings.
#include <array>

#include <fmt/format.h>

#include "bench/benches.h"
#include "bench/engine_load.h"
#include "bench/paced_load.h"
#include "bench/percentile.h"

namespace cassette::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint32_t kItems = 10'000;

// A ledger that nobody decides on, for bare publishes.
class BareLedger {
 public:
  BareLedger() {
    eventstore::NatsServerOptions options;
    options.folder = scratch_.path() / "nats";
    server_ = must(eventstore::NatsServer::start(options));
    connection_ = must(eventstore::JetStreamConnection::connect({.url = server_->endpoint().url}));
    must(connection_->create_ledger_stream(0, {}));
    ledger_ = connection_->ledger(0);
  }

  std::vector<double> publish(std::size_t bytes, std::chrono::milliseconds duration) {
    const std::string body(bytes, 'x');
    std::vector<double> latencies;
    const Clock::time_point end = Clock::now() + duration;
    while (Clock::now() < end) {
      const Clock::time_point start = Clock::now();
      const auto result = ledger_->append(next_, body, {}, std::chrono::seconds(10));
      if (result.outcome != eventstore::AppendOutcome::Stored) give_up(result.why);
      ++next_;
      latencies.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
    }
    return latencies;
  }

 private:
  Scratch scratch_;
  std::unique_ptr<eventstore::NatsServer> server_;
  std::unique_ptr<eventstore::JetStreamConnection> connection_;
  std::unique_ptr<eventstore::Ledger> ledger_;
  std::uint64_t next_ = 0;
};

struct Share {
  const char* name;
  double share;
};

constexpr std::array<Share, 3> kShares = {{{"p50", 0.5}, {"p99", 0.99}, {"p99.9", 0.999}}};
// How many orders are under way while the peak is measured: about where the rate stops growing.
constexpr std::size_t kPeakOutstanding = 256;

using Figures = std::array<Samples, kShares.size()>;

// Half of what the engine can do, so that queues come and go.
double half_rate(Market& market, const std::vector<Items>& orders,
                 std::chrono::milliseconds duration) {
  return place_orders(market, orders, {kPeakOutstanding, duration}).orders_a_second / 2;
}

std::size_t bytes_a_commit(Market& market, const std::vector<Items>& orders) {
  const Appended before = market.appended();
  place_orders(market, orders, {1, std::chrono::milliseconds(300)});
  const Appended after = market.appended();
  return (after.bytes - before.bytes) / (after.commits - before.commits);
}

}  // namespace

void run_latency(const Settings& settings, Report& report) {
  report.begin(
      "latency",
      {"lone: one client, one order of one line at a time, until acknowledged",
       "half-load: orders come at half of the peak rate, whatever is answered; each counts "
       "from when it was due",
       "theirs, of lone: one synchronous JetStream publish of as many bytes, on a server "
       "of its own; both with fsync"});
  const std::chrono::milliseconds duration(settings.quick ? 500 : 3000);
  const auto orders = make_orders(Spread::Even, Shape::OneLine, kItems, kItems);
  Market market({});
  market.run(fill_commands(kItems));
  BareLedger bare;
  const std::size_t bytes = bytes_a_commit(market, orders);
  const double rate = half_rate(market, orders, duration);
  Figures lone, half;
  for (int round = 0; round < settings.rounds; ++round) {
    auto ours = place_orders(market, orders, {1, duration}).latencies_us;
    auto theirs = bare.publish(bytes, duration);
    auto paced = place_paced_orders(market, orders, {rate, duration});
    for (std::size_t i = 0; i < kShares.size(); ++i) {
      lone[i].ours.push_back(percentile(ours, kShares[i].share));
      lone[i].theirs.push_back(percentile(theirs, kShares[i].share));
      half[i].ours.push_back(percentile(paced, kShares[i].share));
    }
  }
  for (std::size_t i = 0; i < kShares.size(); ++i) {
    report.add(std::string("lone/") + kShares[i].name, "us", lone[i],
               i == 0 ? std::optional(at_most(1.5)) : std::nullopt);
  }
  for (std::size_t i = 0; i < kShares.size(); ++i) {
    report.add(std::string("half-load/") + kShares[i].name, "us", half[i]);
  }
  report.remark(
      fmt::format("{} bytes a lone order's commit; half-load: {} orders/s, half of what "
                  "{} outstanding give",
                  bytes, readable(rate), kPeakOutstanding));
}

}  // namespace cassette::bench
