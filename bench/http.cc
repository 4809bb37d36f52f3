// http: what the whole server answers a second under wrk, beside the same cpp-httplib that does
// nothing.
#include <array>
#include <fstream>
#include <functional>
#include <optional>
#include <tuple>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "api/bootstrap.h"
#include "api/http/client.h"
#include "api/http/token_source.h"
#include "bench/benches.h"
#include "bench/child.h"
#include "bench/filler.h"
#include "bench/market.h"
#include "bench/order_script.h"
#include "bench/plain_server.h"
#include "bench/workload.h"
#include "bench/wrk.h"

namespace cassette::bench {
namespace {

constexpr std::uint32_t kItems = 10'000;
const std::string kTarget = "/vendors/v07/inventory/p00007";
// What either side is tried with for orders, to find its best: fewer than the pool has threads.
constexpr std::array kConnections = {32, 64, 128, 224};
// Each has a data key, made when its first address is sealed.
constexpr int kCustomers = 100;

std::string get(const std::string& url, const std::string& target) {
  api::HttpClient client(url, "");
  api::ClientRequest request;
  request.target = target;
  const auto answer = client.send(request);
  if (!answer || !answer.value().ok()) give_up("there is no " + target);
  return answer.value().body;
}

std::filesystem::path filled(const Scratch& scratch) {
  Filler filler(scratch.path() / "data");
  for (domain::Command& command : fill_commands(kItems)) filler.submit(std::move(command));
  return scratch.path() / "data";
}

// Both servers, each answering while the other is idle.
class Servers {
 public:
  explicit Servers(int seconds) : seconds_(seconds) {}

  std::size_t document_bytes() const { return document_.size(); }
  WrkResult get_ours() { return load(ours_.url() + kTarget, {}, {}); }
  // With a token, at which it does not look.
  WrkResult get_ours_shown(const std::string& token) {
    WrkOptions options;
    options.url = ours_.url() + kTarget;
    options.token = token;
    options.seconds = seconds_;
    return run_wrk(options, scratch_.path());
  }
  WrkResult get_theirs() { return load(theirs_.url() + kTarget, {}, {}); }
  WrkResult post_ours(int connections) {
    return load(ours_.url() + "/orders", next_script(), connections);
  }
  WrkResult post_theirs(int connections) {
    return load(theirs_.url() + "/orders", next_script(), connections);
  }

 private:
  std::filesystem::path next_script() {
    const std::filesystem::path script = scratch_.path() / "post.lua";
    std::ofstream(script) << order_script(++runs_, kItems, kCustomers);
    return script;
  }

  WrkResult load(const std::string& url, const std::filesystem::path& script,
                 std::optional<int> connections) {
    WrkOptions options;
    options.url = url;
    options.script = script;
    if (connections) options.connections = *connections;
    options.seconds = seconds_;
    return run_wrk(options, scratch_.path());
  }

  const int seconds_;
  int runs_ = 0;
  Scratch scratch_;
  CassetteUp ours_{filled(scratch_)};
  const std::string document_ = get(ours_.url(), kTarget);
  PlainServer theirs_{document_};
};

// An access token of the administrator that the first start on `data` made.
std::string admin_token(const std::string& url, const std::filesystem::path& data) {
  const auto client = api::read_bootstrap(data);
  if (!client) give_up("the first start wrote no administrator");
  const auto token = api::TokenSource(url, *client).current();
  if (!token) give_up("the administrator gets no token: " + token.error());
  return token.value();
}

// The same marketplace behind a cassette that asks for tokens, and the same GET with one.
class Checked {
 public:
  explicit Checked(int seconds) : seconds_(seconds) {}

  // That of the last `get`.
  const std::string& token() const { return token_; }
  // With a new token: one lives for ten minutes.
  WrkResult get(const std::string& target) {
    token_ = admin_token(up_.url(), data_);
    WrkOptions options;
    options.url = up_.url() + target;
    options.token = token_;
    options.seconds = seconds_;
    return run_wrk(options, scratch_.path());
  }

 private:
  const int seconds_;
  Scratch scratch_;
  const std::filesystem::path data_ = filled(scratch_);
  CassetteUp up_{data_, Asks::Everyone};
  std::string token_;
};

// The number of connections that serves a side best, by one try of each; the first tries also make
// the customers' keys.
int best_of(const std::function<WrkResult(int)>& post) {
  int best = 0;
  double most = 0;
  for (const int connections : kConnections) {
    const double rate = post(connections).requests_a_second;
    if (rate > most) std::tie(best, most) = std::pair(connections, rate);
  }
  return best;
}

}  // namespace

void run_http(const Settings& settings, Report& report) {
  const WrkOptions load;
  report.begin("http",
               {fmt::format("wrk on the same machine: {} threads, {} connections kept alive; "
                            "orders: each side at its best of {}",
                            load.threads, load.connections, fmt::join(kConnections, ", ")),
                fmt::format("ours: cassette up with fsync; {} stock items of {} vendors, {} "
                            "customers; orders of one line with an address",
                            kItems, kVendors, kCustomers),
                "theirs: the same cpp-httplib, pool and socket options, answering a constant of "
                "the document's size, or echoing the order; for `checked`: ours, sent the same "
                "requests and asking nobody"});
  Servers servers(settings.quick ? 1 : 5);
  servers.get_ours();  // first connections and pages
  servers.get_theirs();
  const int our_best = best_of([&](int n) { return servers.post_ours(n); });
  const int their_best = best_of([&](int n) { return servers.post_theirs(n); });
  Checked with_tokens(settings.quick ? 1 : 5);
  with_tokens.get(kTarget);
  Samples get, get_p99, post, post_p99, checked, checked_p99;
  const auto add = [](Samples& rates, Samples& tails, const WrkResult& ours,
                      const WrkResult& theirs) {
    rates.ours.push_back(ours.requests_a_second);
    rates.theirs.push_back(theirs.requests_a_second);
    tails.ours.push_back(ours.p99_us);
    tails.theirs.push_back(theirs.p99_us);
  };
  for (int round = 0; round < settings.rounds; ++round) {
    const WrkResult our_get = servers.get_ours();
    add(get, get_p99, our_get, servers.get_theirs());
    const WrkResult our_checked = with_tokens.get(kTarget);
    add(checked, checked_p99, our_checked, servers.get_ours_shown(with_tokens.token()));
    const WrkResult our_post = servers.post_ours(our_best);
    add(post, post_p99, our_post, servers.post_theirs(their_best));
  }
  report.add("get/stock", "requests/s", get, at_least(0.85));
  report.add("get/stock/p99", "us", get_p99);
  report.add("get/stock/checked", "requests/s", checked, at_least(0.95));
  report.add("get/stock/checked/p99", "us", checked_p99);
  report.add("post/order", "requests/s", post, at_least(0.5));
  report.add("post/order/p99", "us", post_p99);
  report.remark(fmt::format("{} bytes the stock document; orders: {} connections, theirs {}",
                            servers.document_bytes(), our_best, their_best));
}

}  // namespace cassette::bench
