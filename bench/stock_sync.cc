// stock-sync: how fast a vendor's whole stock goes in through the API, and what another vendor's
// orders wait for meanwhile.
#include <atomic>
#include <fstream>
#include <thread>

#include <fmt/format.h>

#include "api/http/client.h"
#include "bench/benches.h"
#include "bench/child.h"
#include "bench/filler.h"
#include "bench/market.h"
#include "bench/percentile.h"
#include "bench/workload.h"

namespace cassette::bench {
namespace {

using Clock = std::chrono::steady_clock;

// Of the other vendors.
constexpr std::uint32_t kItems = 1'000;
constexpr std::uint32_t kRequests = 10;
constexpr std::string_view kVendor = "warehouse";
// An upload takes much less; past it the bench is stuck.
constexpr std::chrono::minutes kTimeout{10};

std::string product_of_line(std::uint32_t line) {
  return fmt::format("w{:06}", line);
}

// The other vendors with stock, and one vendor with `lines` products.
std::filesystem::path filled(const Scratch& scratch, std::uint32_t lines) {
  Filler filler(scratch.path() / "data");
  for (domain::Command& command : fill_commands(kItems)) filler.submit(std::move(command));
  const domain::VendorId vendor{std::string(kVendor)};
  filler.submit(domain::RegisterVendor{vendor, "Warehouse", {}, {}});
  for (std::uint32_t k = 0; k < lines; ++k) {
    domain::ListProduct list{vendor, {product_of_line(k)}, {}};
    list.details.name = fmt::format("Road Bike Part {}", k);
    list.details.sku = fmt::format("RB-{:06}", k);
    list.details.price = {1999, {"USD"}};
    filler.submit(std::move(list));
  }
  return scratch.path() / "data";
}

// Blocks for the answer.
api::ClientResponse must_send(api::HttpClient& client, const api::ClientRequest& request) {
  auto answer = client.send(request);
  if (!answer) give_up(request.target + ": " + answer.error());
  if (!answer.value().ok()) give_up(request.target + ": " + answer.value().body);
  return std::move(answer).value();
}

// One client that places an order of one line after another.
class Orders {
 public:
  explicit Orders(const std::string& url) : client_(url, "") {}

  // Microseconds of each, until `done` or the time is up.
  template <class Done>
  std::vector<double> place_until(Done done) {
    std::vector<double> times;
    const Clock::time_point end = Clock::now() + kTimeout;
    while (times.empty() || (!done() && Clock::now() < end)) {
      const api::ClientRequest request = next();
      const Clock::time_point start = Clock::now();
      must_send(client_, request);
      times.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
    }
    return times;
  }

 private:
  api::ClientRequest next() {
    const std::uint32_t item = ++number_ % kItems;
    api::ClientRequest request;
    request.method = "POST";
    request.target = "/orders";
    request.idempotency_key = fmt::format("order-{}", number_);
    request.body = fmt::format(
        R"({{"orderId":"order-{}","customerId":"customer-1","items":[{{"vendorId":"{}",)"
        R"("productId":"{}","quantity":1}}]}})",
        number_, vendor_id(item), product_id(item));
    return request;
  }

  api::HttpClient client_;
  std::uint32_t number_ = 0;
};

// The vendor's whole stock in ten requests, one after another, each round with other quantities.
class Upload {
 public:
  Upload(const std::string& url, std::uint32_t lines) : client_(url, ""), lines_(lines) {}

  // Lines a second.
  double run() {
    const std::vector<std::string> bodies = next_bodies();
    const Clock::time_point start = Clock::now();
    for (const std::string& body : bodies) send(body);
    return lines_ / std::chrono::duration<double>(Clock::now() - start).count();
  }

 private:
  std::vector<std::string> next_bodies() {
    ++runs_;
    std::vector<std::string> bodies(kRequests);
    for (std::uint32_t k = 0; k < lines_; ++k) {
      bodies[k * kRequests / lines_] += fmt::format("{{\"productId\":\"{}\",\"quantity\":{}}}\n",
                                                    product_of_line(k), 100 + runs_);
    }
    return bodies;
  }

  void send(const std::string& body) {
    api::ClientRequest request;
    request.method = "POST";
    request.target = fmt::format("/vendors/{}/inventory", kVendor);
    request.content_type = "application/x-ndjson";
    request.body = body;
    const std::string answer = must_send(client_, request).body;
    if (answer.find("\"problem\"") != std::string::npos) give_up("a line was refused");
  }

  api::HttpClient client_;
  const std::uint32_t lines_;
  std::uint32_t runs_ = 0;
};

}  // namespace

void run_stock_sync(const Settings& settings, Report& report) {
  const std::uint32_t lines = settings.quick ? 5'000 : 100'000;
  const std::chrono::milliseconds idle(settings.quick ? 500 : 3000);
  report.begin("stock-sync",
               {fmt::format("cassette up with fsync; {} lines of one vendor in {} requests, one "
                            "after another; every count changes its item",
                            lines, kRequests),
                fmt::format("orders: one client, one order of one line at a time, over {} items of "
                            "{} other vendors; ours while the upload runs, theirs while nothing "
                            "else does",
                            kItems, kVendors)});
  const Scratch scratch;
  CassetteUp up(filled(scratch, lines));
  Orders orders(up.url());
  Upload upload(up.url(), lines);
  orders.place_until([end = Clock::now() + idle / 5] { return Clock::now() > end; });
  Samples rate, median_of, tail;
  for (int round = 0; round < settings.rounds; ++round) {
    auto quiet = orders.place_until([end = Clock::now() + idle] { return Clock::now() > end; });
    std::atomic<bool> done = false;
    std::thread uploading([&] {
      rate.ours.push_back(upload.run());
      done = true;
    });
    auto busy = orders.place_until([&done] { return done.load(); });
    uploading.join();
    median_of.ours.push_back(percentile(busy, 0.5));
    median_of.theirs.push_back(percentile(quiet, 0.5));
    tail.ours.push_back(percentile(busy, 0.99));
    tail.theirs.push_back(percentile(quiet, 0.99));
  }
  report.add("upload", "lines/s", rate);
  report.add("order-meanwhile/p50", "us", median_of);
  report.add("order-meanwhile/p99", "us", tail);
}

}  // namespace cassette::bench
