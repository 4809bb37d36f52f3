// orders: how many orders a second are decided and committed, beside PostgreSQL doing the same.
#include <map>
#include <utility>

#include <fmt/format.h>

#include "bench/benches.h"
#include "bench/engine_load.h"
#include "bench/postgres.h"

namespace cassette::bench {
namespace {

constexpr std::uint32_t kItems = 10'000;
constexpr std::size_t kOrders = 100'000;  // drawn in advance, and taken in turn
constexpr std::size_t kFewClients = 16;

struct Case {
  Spread spread;
  Shape shape;
  bool fsync;
};

std::string name_of(const Case& subject) {
  return fmt::format("{}/{}/{}", name_of(subject.spread), name_of(subject.shape),
                     subject.fsync ? "fsync" : "no-fsync");
}

// DESIGN §9 asks of one line, with the engine alone.
std::optional<Target> target_of(const Case& subject) {
  if (subject.shape != Shape::OneLine) return std::nullopt;
  if (subject.spread == Spread::Even) return at_least(subject.fsync ? 10 : 6);
  if (subject.spread == Spread::OneItem && subject.fsync) return at_least(50);
  return std::nullopt;
}

using Measure = std::function<double(std::size_t outstanding)>;

// The number of clients that serves a side best, by one short try of each.
template <class Config>
Config best_of(const std::vector<Config>& tries, const std::function<double(Config)>& measure) {
  Config best = tries.front();
  double most = 0;
  for (const Config& config : tries) {
    const double rate = measure(config);
    if (rate > most) std::tie(best, most) = std::pair(config, rate);
  }
  return best;
}

// Both sides of one case, with what is measured of them.
class Contest {
 public:
  Contest(const Case& subject, const Settings& settings)
      : settings_(settings),
        subject_(subject),
        orders_(make_orders(subject.spread, subject.shape, kItems, kOrders)),
        alone_({subject.fsync, false}),
        following_({subject.fsync, true}),
        postgres_(subject.fsync) {
    alone_.run(fill_commands(kItems));
    following_.run(fill_commands(kItems));
    following_.catch_up();
    postgres_.fill(kItems);
  }

  void run(Report& report) {
    const auto duration = std::chrono::milliseconds(settings_.quick ? 300 : 1500);
    const std::vector<std::size_t> outstanding = {16, 64, 256, 1024};
    const std::vector<std::size_t> connections = {16, 64, 128, 256};
    const auto ours = [&](Market& market) {
      return [&, duration](std::size_t n) {
        return place_orders(market, orders_, {n, duration}).orders_a_second;
      };
    };
    const auto theirs = [&](std::size_t n) {
      return place_orders(postgres_, orders_, {n, 1, duration}).orders_a_second;
    };
    const auto piped = [&](std::size_t depth) {
      return place_orders(postgres_, orders_, {16, depth, duration}).orders_a_second;
    };
    const std::size_t our_best = best_of<std::size_t>(outstanding, ours(alone_));
    const std::size_t following_best = best_of<std::size_t>(outstanding, ours(following_));
    const std::size_t their_best = best_of<std::size_t>(connections, theirs);
    const std::size_t depth = best_of<std::size_t>({4, 16, 64}, piped);
    Samples best, few, following, following_few, pipelined;
    for (int round = 0; round < settings_.rounds; ++round) {
      const double others = theirs(their_best);
      const double others_few = theirs(kFewClients);
      const Appended before = alone_.appended();
      best.ours.push_back(ours(alone_)(our_best));
      note_sizes(before, best.ours.back(), duration);
      few.ours.push_back(ours(alone_)(kFewClients));
      following.ours.push_back(ours(following_)(following_best));
      following_few.ours.push_back(ours(following_)(kFewClients));
      pipelined.ours.push_back(best.ours.back());
      pipelined.theirs.push_back(piped(depth));
      for (Samples* samples : {&best, &following}) samples->theirs.push_back(others);
      for (Samples* samples : {&few, &following_few}) samples->theirs.push_back(others_few);
    }
    const bool asked_few =
        subject_.spread == Spread::Even && subject_.shape == Shape::OneLine && subject_.fsync;
    const std::string name = name_of(subject_);
    report.add(name + "/best", "orders/s", best, target_of(subject_));
    report.add(name + "/16-clients", "orders/s", few,
               asked_few ? std::optional(at_least(1.5)) : std::nullopt);
    report.add(name + "/best/following", "orders/s", following);
    report.add(name + "/16-clients/following", "orders/s", following_few);
    report.add(name + "/best/against-pipelined", "orders/s", pipelined);
    report.remark(
        fmt::format("best: {} outstanding, {} following; PostgreSQL {} connections, or 16 with {} "
                    "in a pipeline; "
                    "{:.0f} bytes a commit, {:.0f} an order",
                    our_best, following_best, their_best, depth, bytes_a_commit_, bytes_an_order_));
  }

 private:
  void note_sizes(const Appended& before, double rate, std::chrono::milliseconds duration) {
    const Appended now = alone_.appended();
    const double bytes = static_cast<double>(now.bytes - before.bytes);
    bytes_a_commit_ = bytes / static_cast<double>(now.commits - before.commits);
    bytes_an_order_ = bytes / (rate * std::chrono::duration<double>(duration).count());
  }

  const Settings settings_;
  const Case subject_;
  const std::vector<Items> orders_;
  Market alone_;
  Market following_;
  Postgres postgres_;
  double bytes_a_commit_ = 0;
  double bytes_an_order_ = 0;
};

}  // namespace

void run_orders(const Settings& settings, Report& report) {
  report.begin(
      "orders",
      {fmt::format("{} stock items of {} vendors; all orders are accepted", kItems, kVendors),
       "ours: commands handed to the engine until acknowledged, embedded "
       "nats-server, one partition",
       "following: until archive and read models hold them too",
       "theirs: PostgreSQL 15, Unix socket, one prepared call of a stored "
       "function an order",
       "fsync: " + Postgres::settings(true), "no-fsync: " + Postgres::settings(false)});
  for (const bool fsync : {true, false}) {
    for (const Spread spread : {Spread::Even, Spread::Zipf, Spread::OneItem}) {
      for (const Shape shape : {Shape::OneLine, Shape::FourLines}) {
        if (settings.quick && (spread != Spread::Even || shape != Shape::OneLine)) continue;
        const Case subject{spread, shape, fsync};
        if (name_of(subject).find(settings.only) == std::string::npos) continue;
        Contest(subject, settings).run(report);
      }
    }
  }
}

}  // namespace cassette::bench
