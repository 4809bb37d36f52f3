// LiveClients: thousands of connections to a live gateway from this process, SSE and WebSocket,
// each following one stock item; it notes when each event arrives. It sends no event and judges
// nothing.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace cassette::bench {

// An event on one connection: a StockReserved or a StockAdjusted. Others are only counted.
struct Arrival {
  std::uint32_t item = 0;  // that the connection follows
  std::string id;          // "0-1841-3"
  std::chrono::steady_clock::time_point at;
};

enum class Protocol { Sse, WebSocket };

// One thread of its own reads all connections. Another one uses this. A connection that ends, or
// answers with what it should not, ends the bench.
class LiveClients {
 public:
  // `url` is http://127.0.0.1:PORT.
  explicit LiveClients(const std::string& url);
  ~LiveClients();
  LiveClients(const LiveClients&) = delete;
  LiveClients& operator=(const LiveClients&) = delete;

  // Connects `count` more, the n-th of them following item n % `items`, and returns when the
  // gateway has said of each that it follows.
  void connect(Protocol protocol, std::uint32_t count, std::uint32_t items);

  // Until `count` arrivals have come since the last `take`, or `limit` passes.
  void await(std::uint64_t count, std::chrono::milliseconds limit) const;
  // All since the last one.
  std::vector<Arrival> take();
  // Stock levels, all in all.
  std::uint64_t levels() const { return levels_; }

 private:
  class Connection;

  void run(const std::stop_token& stop);
  void open_some();
  void read(Connection& connection);

  const std::string url_;
  const int epoll_;
  std::mutex mutex_;  // of the three below
  std::vector<std::unique_ptr<Connection>> to_open_;
  std::vector<Arrival> arrivals_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::uint32_t opening_ = 0;  // the reading thread's
  std::atomic<std::uint64_t> arrived_{0};
  std::atomic<std::uint64_t> following_{0};
  std::atomic<std::uint64_t> levels_{0};
  std::uint64_t wanted_ = 0;
  std::jthread thread_;  // last: it uses all above
};

}  // namespace cassette::bench
