// edge: cassette behind nginx: what ten thousand silent clients cost the orders, how far behind a
// cached read is, and how soon the cache lets go of what changed.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <fstream>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "api/bootstrap.h"
#include "api/cache_files.h"
#include "api/http/token_source.h"
#include "bench/benches.h"
#include "bench/edge_up.h"
#include "bench/filler.h"
#include "bench/market.h"
#include "bench/order_script.h"
#include "bench/percentile.h"
#include "bench/tls_client.h"
#include "bench/workload.h"
#include "bench/wrk.h"

namespace cassette::bench {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::duration;
using std::chrono::milliseconds;

constexpr std::uint32_t kItems = 1'000;
constexpr int kCustomers = 100;
constexpr int kConnections = 64;
constexpr int kIdleClients = 10'000;
// Read by everybody and written in turn, so that what is cached is also what changes.
constexpr std::uint32_t kHotItems = 10;
constexpr int kReaders = 4;
constexpr milliseconds kReadEvery{4};
constexpr milliseconds kWriteEvery{50};
constexpr int kPurges = 100;
constexpr int kQuickPurges = 10;

std::string target_of(std::uint32_t item) {
  return "/vendors/" + vendor_id(item) + "/inventory/" + product_id(item);
}

std::uint64_t version_in(const std::string& document) {
  const std::string member = "\"version\":";
  const std::size_t at = document.find(member);
  if (at == std::string::npos) give_up("a document without a version: " + document);
  return std::stoull(document.substr(at + member.size()));
}

std::filesystem::path filled(const Scratch& scratch) {
  Filler filler(scratch.path() / "data");
  for (domain::Command& command : fill_commands(kItems)) filler.submit(std::move(command));
  return scratch.path() / "data";
}

class Edge {
 public:
  EdgeUp& up() { return up_; }
  const TlsTrust& trust() const { return trust_; }
  TlsClient client() const { return TlsClient(trust_, up_.port()); }

  // Of the first administrator, whoever asks.
  std::string token() {
    const std::scoped_lock lock(mutex_);
    const auto token = tokens_->current();
    if (!token) give_up("the administrator gets no token: " + token.error());
    return token.value();
  }

  WrkResult post_orders(int seconds) {
    const std::filesystem::path script = scratch_.path() / "post.lua";
    std::ofstream(script) << order_script(++runs_, kItems, kCustomers);
    WrkOptions options;
    options.url = up_.url() + "/orders";
    options.script = script;
    options.token = token();
    options.connections = kConnections;
    options.seconds = seconds;
    return run_wrk(options, scratch_.path());
  }

 private:
  Scratch scratch_;
  EdgeUp up_{filled(scratch_)};
  TlsTrust trust_{up_.certificate()};
  std::mutex mutex_;
  std::unique_ptr<api::TokenSource> tokens_ = std::make_unique<api::TokenSource>(
      up_.http_url(), api::read_bootstrap(scratch_.path() / "data").value());
  int runs_ = 0;
};

// Counts an item's stock through the edge: the version that it then has, and the position.
class Writer {
 public:
  explicit Writer(Edge& edge) : client_(edge.trust(), edge.up().port()), token_(edge.token()) {}

  struct Wrote {
    std::uint64_t version = 0;
    std::string position;
  };
  Wrote count(std::uint32_t item) {
    const std::string body = fmt::format("{{\"quantity\":{}}}", kPlenty - ++writes_);
    const TlsAnswer answer = client_.ask(
        fmt::format("POST {} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n"
                    "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
                    target_of(item), token_, body.size(), body));
    if (answer.status != 200) give_up("a count failed:\n" + answer.head + answer.body);
    return {version_in(answer.body), answer.header("Cassette-Position")};
  }
  // The version that a read at the position shows.
  std::uint64_t read_at(std::uint32_t item, const std::string& position) {
    const TlsAnswer answer =
        client_.get(target_of(item), "Cassette-Position: " + position + "\r\n");
    if (answer.status != 200) give_up("a read at a position failed:\n" + answer.head);
    return version_in(answer.body);
  }

 private:
  TlsClient client_;
  const std::string token_;
  std::int64_t writes_ = 0;
};

struct Write {
  std::uint64_t version = 0;
  Clock::time_point acknowledged;
};

struct Read {
  std::uint32_t item = 0;
  std::uint64_t version = 0;
  Clock::time_point sent;
};

// What one round of readers and a writer saw.
struct Freshness {
  std::array<std::vector<Write>, kHotItems> writes;
  std::vector<Read> reads;
  std::uint64_t hits = 0;
  std::uint64_t at_position = 0;
  std::uint64_t stale_at_position = 0;

  // How long the first change that a read did not show had been acknowledged when it was sent.
  double behind_ms(const Read& read) const {
    const auto& of_item = writes[read.item];
    const auto missed = std::ranges::upper_bound(of_item, read.version, {}, &Write::version);
    if (missed == of_item.end() || missed->acknowledged >= read.sent) return 0;
    return duration<double, std::milli>(read.sent - missed->acknowledged).count();
  }
  double most_behind_ms() const {
    double most = 0;
    for (const Read& read : reads) most = std::max(most, behind_ms(read));
    return most;
  }
  double hit_rate() const {
    return 100.0 * static_cast<double>(hits) / static_cast<double>(reads.size());
  }
};

void read_until(Edge& edge, int reader, Clock::time_point end, Freshness& into, std::mutex& mutex) {
  TlsClient client(edge.trust(), edge.up().port());
  std::vector<Read> reads;
  std::uint64_t hits = 0;
  auto next = Clock::now();
  for (auto i = static_cast<std::uint32_t>(reader); Clock::now() < end; ++i) {
    const std::uint32_t item = i % kHotItems;
    const Clock::time_point sent = Clock::now();
    const TlsAnswer answer = client.get(target_of(item));
    if (answer.status != 200) give_up("a read failed:\n" + answer.head);
    reads.push_back({item, version_in(answer.body), sent});
    if (answer.header("X-Cache-Status") == "HIT") ++hits;
    std::this_thread::sleep_until(next += kReadEvery);
  }
  const std::scoped_lock lock(mutex);
  into.reads.insert(into.reads.end(), reads.begin(), reads.end());
  into.hits += hits;
}

Freshness read_and_write(Edge& edge, int seconds) {
  Freshness seen;
  std::mutex mutex;
  Writer writer(edge);
  const auto end = Clock::now() + std::chrono::seconds(seconds);
  std::vector<std::jthread> readers;
  for (int reader = 0; reader < kReaders; ++reader) {
    readers.emplace_back([&, reader] { read_until(edge, reader, end, seen, mutex); });
  }
  auto next = Clock::now();
  for (std::uint32_t i = 0; Clock::now() < end; ++i) {
    const std::uint32_t item = i % kHotItems;
    const Writer::Wrote wrote = writer.count(item);
    seen.writes[item].push_back({wrote.version, Clock::now()});
    ++seen.at_position;
    if (writer.read_at(item, wrote.position) < wrote.version) ++seen.stale_at_position;
    std::this_thread::sleep_until(next += kWriteEvery);
  }
  readers.clear();
  return seen;
}

// From the answer to a write until the cache's file of its path is gone, in milliseconds. Nobody
// else reads.
std::vector<double> purge_lags(Edge& edge, int count) {
  Writer writer(edge);
  TlsClient reader(edge.trust(), edge.up().port());
  std::vector<double> lags;
  for (int i = 0; static_cast<int>(lags.size()) < count && i < 20 * count; ++i) {
    const std::uint32_t item = kHotItems + static_cast<std::uint32_t>(i) % kHotItems;
    const auto file = api::cache_file(edge.up().cache(), target_of(item));
    reader.get(target_of(item));
    if (!std::filesystem::exists(file)) continue;
    writer.count(item);
    const Clock::time_point acknowledged = Clock::now();
    while (std::filesystem::exists(file)) std::this_thread::yield();
    lags.push_back(duration<double, std::milli>(Clock::now() - acknowledged).count());
  }
  if (lags.empty()) give_up("nginx kept nothing");
  return lags;
}

// The purger's own account, which it logs at its end.
std::string own_account(const std::string& log) {
  const std::string start = "a cache was told of ";
  const std::size_t at = log.rfind(start);
  if (at == std::string::npos) give_up("the purger says nothing of what it did:\n" + log);
  return log.substr(at, log.find_first_of("\"\n", at) - at);
}

void measure_idle_clients(const Settings& settings, Edge& edge, Report& report) {
  const int seconds = settings.quick ? 2 : 10;
  const int clients = settings.quick ? kIdleClients / 20 : kIdleClients;
  edge.post_orders(seconds);  // the customers' keys, first connections and pages
  Samples rate, tail;
  for (int round = 0; round < settings.rounds; ++round) {
    const WrkResult alone = edge.post_orders(seconds);
    const IdleClients idle(edge.trust(), edge.up().port(), target_of(0), clients);
    const WrkResult among = edge.post_orders(seconds);
    if (idle.alive() != clients) give_up("nginx has hung up on clients that were idle");
    rate.ours.push_back(among.requests_a_second);
    rate.theirs.push_back(alone.requests_a_second);
    tail.ours.push_back(among.p99_us);
    tail.theirs.push_back(alone.p99_us);
  }
  report.add("orders/idle-clients", "orders/s", rate, at_least(0.9));
  report.add("orders/idle-clients/p99", "us", tail);
}

// A bound holds for every round.
Samples worst_of(const Samples& samples) {
  return {{std::ranges::max(samples.ours)}, {}};
}

void measure_freshness(const Settings& settings, Edge& edge, Report& report) {
  Samples behind, stale, hits, lag, tail;
  std::uint64_t reads = 0;
  std::uint64_t at_position = 0;
  for (int round = 0; round < settings.rounds; ++round) {
    const Freshness seen = read_and_write(edge, settings.quick ? 2 : 10);
    behind.ours.push_back(seen.most_behind_ms());
    stale.ours.push_back(static_cast<double>(seen.stale_at_position));
    hits.ours.push_back(seen.hit_rate());
    reads += seen.reads.size();
    at_position += seen.at_position;
    std::vector<double> lags = purge_lags(edge, settings.quick ? kQuickPurges : kPurges);
    lag.ours.push_back(percentile(lags, 0.5));
    tail.ours.push_back(percentile(lags, 0.99));
  }
  report.add("stock/at-position/stale", "reads", worst_of(stale), at_most(0));
  report.add("stock/behind/max", "ms", worst_of(behind), at_most(1000));
  report.add("stock/hits", "%", hits);
  report.add("purge/lag", "ms", lag);
  report.add("purge/lag/p99", "ms", tail);
  report.remark(fmt::format(
      "{} reads without a position, {} with one; of how stale they are the worst round counts",
      reads, at_position));
}

}  // namespace

void run_edge(const Settings& settings, Report& report) {
  raise_file_limit();
  report.begin(
      "edge", {fmt::format("wrk through nginx under TLS: orders of one line with an address, {} "
                           "connections; ours among {} clients that are connected and silent, "
                           "theirs without them, in turns",
                           kConnections, settings.quick ? kIdleClients / 20 : kIdleClients),
               fmt::format("stock: {} readers of {} items, each every {} ms, while a writer counts "
                           "one every {} ms",
                           kReaders, kHotItems, kReadEvery.count(), kWriteEvery.count()),
               "purge lag: from the answer to the write until the cache's file is gone"});
  Edge edge;
  measure_idle_clients(settings, edge, report);
  measure_freshness(settings, edge, report);
  edge.up().end();
  report.remark("by its own account, " + own_account(edge.up().log()));
}

}  // namespace cassette::bench
