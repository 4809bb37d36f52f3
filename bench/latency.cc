// latency: how long one order takes until it is acknowledged, beside one publish of its bytes.
#include <fmt/format.h>

#include "bench/benches.h"
#include "bench/engine_load.h"
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

}  // namespace

void run_latency(const Settings& settings, Report& report) {
  report.begin("latency",
               {"ours: one client, one order of one line at a time, until acknowledged",
                "theirs: one synchronous JetStream publish of as many bytes, on a server "
                "of its own; both with fsync"});
  const std::chrono::milliseconds duration(settings.quick ? 500 : 3000);
  const auto orders = make_orders(Spread::Even, Shape::OneLine, kItems, kItems);
  Market market({});
  market.run(fill_commands(kItems));
  BareLedger bare;
  const Appended before = market.appended();
  place_orders(market, orders, {1, std::chrono::milliseconds(300)});
  const Appended after = market.appended();
  const std::size_t bytes = (after.bytes - before.bytes) / (after.commits - before.commits);
  const std::vector<std::pair<std::string, double>> shares = {
      {"p50", 0.5}, {"p99", 0.99}, {"p99.9", 0.999}};
  std::vector<Samples> figures(shares.size());
  for (int round = 0; round < settings.rounds; ++round) {
    auto ours = place_orders(market, orders, {1, duration}).latencies_us;
    auto theirs = bare.publish(bytes, duration);
    for (std::size_t i = 0; i < shares.size(); ++i) {
      figures[i].ours.push_back(percentile(ours, shares[i].second));
      figures[i].theirs.push_back(percentile(theirs, shares[i].second));
    }
  }
  for (std::size_t i = 0; i < shares.size(); ++i) {
    report.add("lone/" + shares[i].first, "us", figures[i],
               i == 0 ? std::optional(at_most(1.5)) : std::nullopt);
  }
  report.remark(fmt::format("{} bytes an order's commit", bytes));
}

}  // namespace cassette::bench
