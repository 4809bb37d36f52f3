// LiveClients: one epoll, level-triggered; a few connections are being opened at a time.
#include "bench/live_clients.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "bench/market.h"
#include "bench/workload.h"
#include "tests/support/live_frames.h"

namespace cassette::bench {
namespace {

using Clock = std::chrono::steady_clock;
using test::LiveFrame;

// Handshakes under way: a listener's backlog holds them all.
constexpr std::uint32_t kOpening = 128;
// Of the reading thread's looks at what it is told meanwhile.
constexpr int kLook_ms = 5;
// Between two looks at what the reading thread counts.
constexpr std::chrono::milliseconds kCount{2};
// For one wave of connections.
constexpr std::chrono::minutes kConnectLimit{3};
// A WebSocket client acknowledges every so many events.
constexpr std::uint32_t kAcknowledgeEvery = 4;

sockaddr_in address_of(const std::string& url) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(
      std::strtoul(url.substr(url.rfind(':') + 1).c_str(), nullptr, 10)));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool is_wanted(std::string_view event) {
  const std::string_view type = test::attribute(event, "type");
  return type.ends_with("StockReserved") || type.ends_with("StockAdjusted");
}

}  // namespace

// One connection; the reading thread's once it is being opened.
class LiveClients::Connection {
 public:
  Connection(Protocol protocol, std::uint32_t item) : protocol_(protocol), item_(item) {}
  ~Connection() {
    if (socket_ >= 0) close(socket_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int socket() const { return socket_; }
  std::uint32_t item() const { return item_; }
  bool following() const { return following_; }

  void open(const std::string& url) {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket_ < 0) give_up("no socket can be made");
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const sockaddr_in address = address_of(url);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      give_up(fmt::format("a live connection is refused: {}", std::strerror(errno)));
    }
    const std::string host = url.substr(url.find("//") + 2);
    const std::string query =
        fmt::format("vendorId={}&productId={}", vendor_id(item_), product_id(item_));
    send(protocol_ == Protocol::Sse ? test::sse_request(host, query, "")
                                    : test::socket_request(host));
  }

  // False when the connection is of no use any more.
  bool take(std::string_view bytes, const test::TakeFrame& each) {
    const auto looked = [&](const LiveFrame& frame) { look(frame, each); };
    std::string reply;
    const bool was_open = web_.open();
    const bool good =
        protocol_ == Protocol::Sse ? sse_.take(bytes, looked) : web_.take(bytes, looked, reply);
    if (protocol_ == Protocol::Sse && sse_.open()) following_ = true;
    if (!was_open && web_.open()) {
      reply += test::text_frame(
          fmt::format(R"({{"type":"subscribe","id":"s","filter":{{"vendorId":"{}",)"
                      R"("productId":"{}"}}}})",
                      vendor_id(item_), product_id(item_)));
    }
    if (protocol_ == Protocol::WebSocket && unacknowledged_ >= kAcknowledgeEvery) {
      reply += test::text_frame(fmt::format(R"({{"type":"ack","cursor":"{}"}})", cursor_));
      unacknowledged_ = 0;
    }
    send(reply);
    return good;
  }

 private:
  void look(const LiveFrame& frame, const test::TakeFrame& each) {
    if (!frame.cursor.empty()) cursor_ = frame.cursor;
    if (frame.kind == LiveFrame::Kind::Other) {
      if (test::attribute(frame.data, "type") == "error") give_up(frame.data);
      following_ = following_ || test::attribute(frame.data, "type") == "subscribed";
      return;
    }
    if (frame.kind == LiveFrame::Kind::Event) ++unacknowledged_;
    each(frame);
  }

  // What a client says is small: the socket always takes it.
  void send(std::string_view bytes) {
    if (bytes.empty()) return;
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(bytes.size())) give_up("a live connection takes nothing");
  }

  const Protocol protocol_;
  const std::uint32_t item_;
  int socket_ = -1;
  bool following_ = false;
  std::uint32_t unacknowledged_ = 0;
  std::string cursor_;
  test::SseReader sse_;
  test::SocketReader web_;
};

LiveClients::LiveClients(const std::string& url)
    : url_(url),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

LiveClients::~LiveClients() {
  thread_.request_stop();
  thread_.join();
  connections_.clear();
  close(epoll_);
}

void LiveClients::connect(Protocol protocol, std::uint32_t count, std::uint32_t items) {
  {
    const std::scoped_lock lock(mutex_);
    for (std::uint32_t n = 0; n < count; ++n) {
      to_open_.push_back(std::make_unique<Connection>(protocol, n % items));
    }
  }
  wanted_ += count;
  const Clock::time_point deadline = Clock::now() + kConnectLimit;
  while (following_ < wanted_) {
    if (Clock::now() > deadline) {
      give_up(fmt::format("only {} of {} connections follow", following_.load(), wanted_));
    }
    std::this_thread::sleep_for(kCount);
  }
}

void LiveClients::await(std::uint64_t count, std::chrono::milliseconds limit) const {
  const Clock::time_point deadline = Clock::now() + limit;
  while (arrived_ < count && Clock::now() < deadline) std::this_thread::sleep_for(kCount);
}

std::vector<Arrival> LiveClients::take() {
  const std::scoped_lock lock(mutex_);
  arrived_ = 0;
  return std::exchange(arrivals_, {});
}

void LiveClients::run(const std::stop_token& stop) {
  std::array<epoll_event, 256> ready;
  while (!stop.stop_requested()) {
    open_some();
    const int count = epoll_wait(epoll_, ready.data(), static_cast<int>(ready.size()), kLook_ms);
    for (int i = 0; i < count; ++i) {
      read(*static_cast<Connection*>(ready[static_cast<std::size_t>(i)].data.ptr));
    }
  }
}

void LiveClients::open_some() {
  const std::scoped_lock lock(mutex_);
  while (opening_ < kOpening && !to_open_.empty()) {
    auto connection = std::move(to_open_.back());
    to_open_.pop_back();
    connection->open(url_);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = connection.get();
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, connection->socket(), &event) != 0) {
      give_up("a connection can't be waited for");
    }
    ++opening_;
    connections_.push_back(std::move(connection));
  }
}

void LiveClients::read(Connection& connection) {
  static thread_local std::array<char, 64 * 1024> buffer;
  const ssize_t got = recv(connection.socket(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) give_up("the gateway ended a connection");
  const Clock::time_point now = Clock::now();
  const bool followed = connection.following();
  const std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
  const bool good = connection.take(bytes, [&](const LiveFrame& frame) {
    if (frame.kind == LiveFrame::Kind::Stock) ++levels_;
    if (frame.kind != LiveFrame::Kind::Event || !is_wanted(frame.data)) return;
    const std::scoped_lock lock(mutex_);
    arrivals_.push_back({connection.item(), std::string(test::attribute(frame.data, "id")), now});
    ++arrived_;
  });
  if (!good) give_up("the gateway says what it should not: " + std::string(bytes.substr(0, 500)));
  if (!followed && connection.following()) {
    --opening_;
    ++following_;
  }
}

}  // namespace cassette::bench
