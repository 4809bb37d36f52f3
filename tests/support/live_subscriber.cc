// LiveSubscriber: one thread, one blocking connection at a time.
#include "tests/support/live_subscriber.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstdlib>
#include <utility>

#include "tests/support/cassette_process.h"

namespace cassette::test {
namespace {

// Between two looks at whether it is to end.
constexpr int kLook_ms = 50;
// Before it tries a gateway again that was not there.
constexpr std::chrono::milliseconds kBeforeNextTry{10};

std::string host_of(const std::string& url) {
  return url.substr(url.find("//") + 2);
}

// To a server on loopback: "http://127.0.0.1:PORT". None when nobody listens.
OwnedFd connect_to(const std::string& url) {
  OwnedFd made(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(
      std::strtoul(url.substr(url.rfind(':') + 1).c_str(), nullptr, 10)));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool connected =
      ::connect(made.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  return connected ? std::move(made) : OwnedFd();
}

bool send_all(const OwnedFd& to, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(to.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::string subscription(const std::string& vendor_id, const std::string& after) {
  std::string filter = "{}";
  if (!vendor_id.empty()) filter = fmt::format(R"({{"vendorId":"{}"}})", vendor_id);
  std::string message = fmt::format(R"({{"type":"subscribe","id":"s","filter":{})", filter);
  if (!after.empty()) message += fmt::format(R"(,"after":"{}")", after);
  return message + "}";
}

}  // namespace

// One connection, from when it is made until it is lost.
class LiveSubscriber::Connection {
 public:
  Connection(LiveSubscriber& owner, std::string url) : owner_(owner), url_(std::move(url)) {}

  void run() {
    if (!socket_ || !begin()) return;
    std::string bytes(64 * 1024, '\0');
    while (!owner_.ending_) {
      pollfd readable{socket_.get(), POLLIN, 0};
      if (::poll(&readable, 1, kLook_ms) == 0) continue;
      const ssize_t got = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
      if (got <= 0) return;
      if (!take(std::string_view(bytes).substr(0, static_cast<std::size_t>(got)))) return refused();
    }
  }

 private:
  bool is_sse() const { return owner_.options_.kind == SubscriberOptions::Kind::Sse; }

  bool begin() {
    if (!is_sse()) return send_all(socket_, socket_request(host_of(url_)));
    std::string query;
    if (!owner_.options_.vendor_id.empty()) query = "vendorId=" + owner_.options_.vendor_id;
    return send_all(socket_, sse_request(host_of(url_), query, owner_.cursor()));
  }

  bool take(std::string_view bytes) {
    const bool was_open = sse_.open() || web_.open();
    last_ = bytes;
    const TakeFrame each = [this](const LiveFrame& frame) { owner_.take(frame); };
    std::string reply;
    const bool good = is_sse() ? sse_.take(bytes, each) : web_.take(bytes, each, reply);
    if (!was_open && (sse_.open() || web_.open())) {
      ++owner_.connections_;
      if (!is_sse()) reply += text_frame(subscription(owner_.options_.vendor_id, owner_.cursor()));
    } else if (!is_sse() && !owner_.cursor().empty()) {
      reply += text_frame(fmt::format(R"({{"type":"ack","cursor":"{}"}})", owner_.cursor()));
    }
    return send_all(socket_, reply) && good;
  }

  void refused() {
    const std::lock_guard lock(owner_.mutex_);
    owner_.refusal_ = last_;
  }

  LiveSubscriber& owner_;
  const std::string url_;
  const OwnedFd socket_ = connect_to(url_);
  SseReader sse_;
  SocketReader web_;
  std::string last_;
};

LiveSubscriber::LiveSubscriber(SubscriberOptions options, const Endpoint& endpoint)
    : options_(std::move(options)),
      endpoint_(endpoint),
      cursor_(options_.after),
      thread_([this] { run(); }) {}

LiveSubscriber::~LiveSubscriber() {
  ending_ = true;
  thread_.join();
}

void LiveSubscriber::run() {
  while (!ending_) {
    const std::string url = endpoint_.url();
    Connection(*this, url).run();
    if (!ending_) endpoint_.await_move(url, kBeforeNextTry);
  }
}

void LiveSubscriber::take(const LiveFrame& frame) {
  const std::lock_guard lock(mutex_);
  if (!frame.cursor.empty()) cursor_ = frame.cursor;
  if (frame.kind != LiveFrame::Kind::Event) return;
  events_.push_back(frame.data);
  ids_.emplace(attribute(frame.data, "id"));
  changed_.notify_all();
}

bool LiveSubscriber::await_distinct(std::size_t count, std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, limit, [&] { return ids_.size() >= count; });
}

std::vector<std::string> LiveSubscriber::events() const {
  const std::lock_guard lock(mutex_);
  return events_;
}

std::string LiveSubscriber::refusal() const {
  const std::lock_guard lock(mutex_);
  return refusal_;
}

std::string LiveSubscriber::cursor() const {
  const std::lock_guard lock(mutex_);
  return cursor_;
}

}  // namespace cassette::test
