// LiveWrites: a few threads, each with a connection of its own and every n-th write.
#include "bench/live_writes.h"

#include <thread>

#include <fmt/format.h>

#include "api/http/client.h"
#include "bench/market.h"
#include "bench/workload.h"
#include "eventstore/commit.h"

namespace cassette::bench {
namespace {

using Clock = std::chrono::steady_clock;

// Enough that a write that takes 50 ms makes no other one late.
constexpr std::uint32_t kThreads = 10;

api::ClientRequest request_of(bool order, std::uint32_t item, const std::string& key) {
  api::ClientRequest request;
  request.idempotency_key = key;
  if (order) {
    request.method = "POST";
    request.target = "/orders";
    request.body = fmt::format(R"({{"customerId":"customer-1","items":[)"
                               R"({{"vendorId":"{}","productId":"{}","quantity":1}}]}})",
                               vendor_id(item), product_id(item));
  } else {
    request.method = "PATCH";
    request.target = fmt::format("/vendors/{}/inventory/{}", vendor_id(item), product_id(item));
    request.body = R"({"delta":-1,"reason":"damaged"})";
  }
  return request;
}

void write_some(const std::string& url, const LiveWritesOptions& options, std::uint32_t first,
                Clock::time_point start, std::vector<LiveWrite>& writes) {
  api::HttpClient client(url, "");
  const std::chrono::duration<double> interval(1 / options.a_second);
  for (std::uint32_t i = first; i < options.count; i += kThreads) {
    std::this_thread::sleep_until(start +
                                  std::chrono::duration_cast<Clock::duration>(interval * i));
    LiveWrite& write = writes[i];
    write.item = i % options.items;
    write.order = (i + static_cast<std::uint32_t>(options.run)) % 2 == 0;
    const auto answer =
        client.send(request_of(write.order, write.item, fmt::format("r{}-{}", options.run, i)));
    write.at = Clock::now();
    if (!answer) give_up(answer.error());
    const auto position = eventstore::parse_position(answer.value().position);
    if (!answer.value().ok() || !position) give_up("a write was refused: " + answer.value().body);
    write.commit = position->commit;
  }
}

}  // namespace

std::vector<LiveWrite> write_paced(const std::string& url, const LiveWritesOptions& options) {
  std::vector<LiveWrite> writes(options.count);
  const Clock::time_point start = Clock::now();
  std::vector<std::jthread> threads;
  for (std::uint32_t first = 0; first < kThreads; ++first) {
    threads.emplace_back([&, first] { write_some(url, options, first, start, writes); });
  }
  threads.clear();  // waits for each
  return writes;
}

}  // namespace cassette::bench
