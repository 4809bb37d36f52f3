// live: thousands of followers of a live gateway: what each costs while it is idle, and how long
// after an order's answer they have its event, at a fixed rate of writes.
#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "bench/benches.h"
#include "bench/child.h"
#include "bench/filler.h"
#include "bench/live_clients.h"
#include "bench/live_writes.h"
#include "bench/market.h"
#include "bench/percentile.h"
#include "bench/workload.h"
#include "projections/public_event.h"

namespace cassette::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint32_t kFanOut = 10;
constexpr double kWritesASecond = 200;
// Besides the connections: what either process has open.
constexpr rlim_t kOtherFiles = 1'000;
// From the last answer until an event counts as lost.
constexpr std::chrono::seconds kArrivalLimit{10};
// Until what a wave of connections left behind is freed.
constexpr std::chrono::seconds kRest{2};

struct Size {
  std::uint32_t connections;  // of each protocol
  std::uint32_t items;
  std::uint32_t writes;  // a round
};

Size size_of(const Settings& settings) {
  const std::uint32_t connections = settings.quick ? 100 : 5'000;
  return {connections, 2 * connections / kFanOut, settings.quick ? 200U : 2'000U};
}

// The gateway inherits the limit; both ends of a connection are of this machine.
void allow_files(rlim_t count) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max < count) give_up(fmt::format("the bench needs ulimit -Hn {}", count));
  limit.rlim_cur = std::max(limit.rlim_cur, count);
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Of a process; its kernel buffers are not in it.
double resident_bytes(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/smaps_rollup", pid));
  std::string word;
  while (file >> word) {
    double kibibytes = 0;
    if (word == "Rss:" && file >> kibibytes) return kibibytes * 1024;
  }
  give_up("a process has no smaps_rollup");
}

std::filesystem::path filled(const Scratch& scratch, std::uint32_t items) {
  Filler filler(scratch.path() / "data");
  for (domain::Command& command : fill_commands(items)) filler.submit(std::move(command));
  return scratch.path() / "data";
}

// What became of a round.
struct Round {
  std::vector<double> orders_ms, changes_ms;  // of each follower, from the answer to the event
  std::uint64_t lost = 0;
  std::uint64_t foreign = 0;  // arrived, and were not awaited, or once too often
};

// An event belongs to the write of its commit and item.
Round judge(const std::vector<LiveWrite>& writes, const std::vector<Arrival>& arrivals) {
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::pair<const LiveWrite*, std::uint32_t>>
      open;
  for (const LiveWrite& write : writes) open[{write.item, write.commit}] = {&write, kFanOut};
  Round round;
  for (const Arrival& arrival : arrivals) {
    const auto ref = projections::parse_public_id(arrival.id);
    const auto at = ref ? open.find({arrival.item, ref->position.commit}) : open.end();
    if (at == open.end() || at->second.second == 0) {
      ++round.foreign;
      continue;
    }
    --at->second.second;
    const LiveWrite& write = *at->second.first;
    const std::chrono::duration<double, std::milli> took = arrival.at - write.at;
    (write.order ? round.orders_ms : round.changes_ms).push_back(std::max(0.0, took.count()));
  }
  for (const auto& [key, left] : open) round.lost += left.second;
  return round;
}

class Gateway {
 public:
  explicit Gateway(const Size& size) : size_(size) {}

  // Bytes a connection of the protocol, of as many as the size says.
  double connect(Protocol protocol) {
    const double before = resident_bytes(up_.pid());
    clients_.connect(protocol, size_.connections, size_.items);
    std::this_thread::sleep_for(kRest);
    return (resident_bytes(up_.pid()) - before) / size_.connections;
  }

  Round run() {
    LiveWritesOptions options;
    options.items = size_.items;
    options.a_second = kWritesASecond;
    options.count = size_.writes;
    options.run = ++runs_;
    const std::vector<LiveWrite> writes = write_paced(up_.url(), options);
    clients_.await(std::uint64_t{size_.writes} * kFanOut, kArrivalLimit);
    return judge(writes, clients_.take());
  }

  std::uint64_t levels() const { return clients_.levels(); }

 private:
  const Size size_;
  int runs_ = 0;
  Scratch scratch_;
  CassetteUp up_{filled(scratch_, size_.items)};
  LiveClients clients_{up_.live_url()};
};

}  // namespace

void run_live(const Settings& settings, Report& report) {
  const Size size = size_of(settings);
  report.begin(
      "live",
      {fmt::format("{0} SSE and {0} WebSocket connections to one cassette up with fsync, each "
                   "following one of {1} stock items: {2} an item",
                   size.connections, size.items, kFanOut),
       fmt::format(
           "{} writes a second over HTTP, orders of one unit and stock changes in turn, {} a "
           "round; nobody is asked who they are",
           kWritesASecond, size.writes),
       "from the answer's arrival to the event's at each follower, 0 where it came first; clients, "
       "gateway and both nats-servers share the machine"});
  allow_files(2 * rlim_t{size.connections} + kOtherFiles);
  Gateway gateway(size);
  const double sse_bytes = gateway.connect(Protocol::Sse);
  const double socket_bytes = gateway.connect(Protocol::WebSocket);
  Samples median_ms, tail_ms, change_tail_ms;
  Round all = gateway.run();  // first pages; its losses count as well
  for (int round = 0; round < settings.rounds; ++round) {
    Round now = gateway.run();
    all.lost += now.lost;
    all.foreign += now.foreign;
    if (now.orders_ms.empty() || now.changes_ms.empty()) give_up("no event arrived");
    median_ms.ours.push_back(percentile(now.orders_ms, 0.5));
    tail_ms.ours.push_back(percentile(now.orders_ms, 0.99));
    change_tail_ms.ours.push_back(percentile(now.changes_ms, 0.99));
  }
  report.add("lost", "events", {{static_cast<double>(all.lost)}, {}}, at_most(0));
  report.add("repeated or foreign", "events", {{static_cast<double>(all.foreign)}, {}}, at_most(0));
  report.add("order to follower/p50", "ms", median_ms);
  report.add("order to follower/p99", "ms", tail_ms, at_most(25));
  report.add("stock change to follower/p99", "ms", change_tail_ms);
  report.add("idle connection/SSE", "bytes", {{sse_bytes}, {}}, at_most(24 * 1024));
  report.add("idle connection/WebSocket", "bytes", {{socket_bytes}, {}}, at_most(24 * 1024));
  report.remark(fmt::format("{} stock levels arrived beside the events", gateway.levels()));
}

}  // namespace cassette::bench
