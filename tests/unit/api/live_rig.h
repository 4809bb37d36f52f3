// LiveRig: a live gateway over ledgers in memory and read models that are a map, and clients that
// talk to it over loopback as anything on a network would. Whatever a client waits for comes within
// ten seconds, or the test fails.
#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "api/live/gateway.h"
#include "tests/support/live_frames.h"
#include "tests/support/small_market.h"
#include "tests/support/tape_ledgers.h"
#include "tests/unit/api/identity_rig.h"

namespace cassette::api {

// Thread-safe.
class LiveModels : public projections::ReadModels {
 public:
  using Model = projections::Model;
  using Document = projections::Document;

  eventstore::Stored<std::optional<Document>> get(Model model, std::string_view key) override {
    const std::lock_guard lock(mutex_);
    const auto at = documents_.find({model, std::string(key)});
    if (at == documents_.end()) return std::optional<Document>();
    return std::optional(at->second);
  }
  eventstore::Stored<std::vector<std::optional<Document>>> get_many(
      Model model, std::span<const std::string> keys) override {
    std::vector<std::optional<Document>> all;
    for (const std::string& key : keys) all.push_back(get(model, key).value());
    return all;
  }
  eventstore::Stored<projections::Page> list(const projections::ListQuery&) override {
    return projections::Page{};
  }
  std::vector<eventstore::Position> positions() const override {
    const std::lock_guard lock(mutex_);
    return positions_;
  }
  bool wait_for(std::span<const eventstore::Position> wanted,
                std::chrono::milliseconds timeout) override {
    std::unique_lock lock(mutex_);
    return moved_.wait_for(lock, timeout, [&] {
      return std::ranges::all_of(wanted, [&](const eventstore::Position& position) {
        return positions_[position.partition].commit >= position.commit;
      });
    });
  }
  std::uint64_t tick() const override {
    const std::lock_guard lock(mutex_);
    return tick_;
  }
  std::uint64_t wait_beyond(std::uint64_t tick, std::chrono::milliseconds timeout) override {
    std::unique_lock lock(mutex_);
    moved_.wait_for(lock, timeout, [&] { return tick_ > tick; });
    return tick_;
  }
  std::optional<std::string> failure() const override { return std::nullopt; }

  void put(Model model, const std::string& key, std::string body) {
    const std::lock_guard lock(mutex_);
    documents_[{model, key}] = {std::move(body), 1};
  }
  void advance(std::vector<eventstore::Position> positions) {
    const std::lock_guard lock(mutex_);
    positions_ = std::move(positions);
    ++tick_;
    moved_.notify_all();
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable moved_;
  std::map<std::pair<Model, std::string>, Document> documents_;
  std::vector<eventstore::Position> positions_;
  std::uint64_t tick_ = 0;
};

struct LiveRig {
  explicit LiveRig(std::uint32_t partitions = 1, const LiveOptions& given = quick())
      : options(given), tape(partitions), ledgers(testing::tape_of(tape)) {
    desk.gateway.heads_.clear();  // the hub's are all that is known
    for (const char* vendor : {"1580", "v2"}) {
      tape.run(testing::register_vendor(vendor));
      tape.run(testing::list_product(vendor, "771"));
      models.put(LiveModels::Model::Products, std::string(vendor) + "/771",
                 R"({"status":"Listed"})");
      run(testing::count_stock(vendor, "771", 100));
      set_stock(vendor, "771", 100, 1);
    }
    open(options);
  }

  static LiveOptions quick() {
    LiveOptions options;
    options.heartbeat = std::chrono::milliseconds(60'000);
    return options;
  }
  void open(const LiveOptions& with) {
    services.edge.loopback_origins = false;
    gateway.reset();
    gateway = LiveGateway::bind(with).value();
    REQUIRE(gateway->serve({ledgers.all(), services, tickets}).ok());
  }
  // Everybody must show who they are.
  void ask_who() {
    gateway.reset();
    services.identity = identity.identity.get();
    open(options);
  }

  void run(const domain::Command& command) {
    tape.run(command);
    publish();
  }
  // Appends what the tape has more than the ledgers, and lets the models follow.
  void publish() {
    std::vector<eventstore::Position> positions;
    for (std::uint32_t p = 0; p < tape.partitions(); ++p) {
      std::uint64_t last = ledgers[p].last_sequence().value();
      while (last < tape.bodies(p).size()) {
        ledgers[p].append(last, tape.bodies(p)[last], {}, std::chrono::seconds(1));
        ++last;
      }
      positions.push_back({p, last});
    }
    models.advance(std::move(positions));
  }
  // A count of the vendor's stock, which is one event.
  void count(const std::string& vendor, domain::Quantity quantity) {
    run(testing::count_stock(vendor, "771", quantity));
  }
  void set_stock(const std::string& vendor, const std::string& product, int available,
                 int version) {
    models.put(LiveModels::Model::Stock, vendor + '/' + product,
               R"({"vendorId":")" + vendor + R"(","productId":")" + product +
                   R"(","quantityAvailable":)" + std::to_string(available) + R"(,"version":)" +
                   std::to_string(version) + "}");
  }
  // Of commits so far, as a cursor of one partition.
  std::string head() { return "0:" + std::to_string(ledgers[0].last_sequence().value()); }
  domain::Timestamp now_minus_a_minute() { return {wall_clock().micros - 60'000'000}; }
  std::string vendor_token() { return identity.by_client().value().access_token; }

  const LiveOptions options;
  IdentityRig identity;
  Desk desk;
  testing::TapeMaker tape;
  testing::MemoryLedgers ledgers;
  LiveModels models;
  Services services{desk.gateway, models, desk.sealer, desk.signer, desk.health, "", wall_clock};
  LiveTickets tickets{identity.bucket};
  std::unique_ptr<LiveGateway> gateway;
};

// A connection that collects what the gateway sends.
class LiveClient {
 public:
  explicit LiveClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  }
  ~LiveClient() { ::close(socket_); }
  LiveClient(const LiveClient&) = delete;
  LiveClient& operator=(const LiveClient&) = delete;

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  // The next bytes; empty at the end.
  std::string receive() {
    pollfd descriptor{socket_, POLLIN, 0};
    REQUIRE_MESSAGE(::poll(&descriptor, 1, 10'000) > 0, "nothing comes");
    std::array<char, 65536> buffer;
    const ssize_t size = ::recv(socket_, buffer.data(), buffer.size(), 0);
    return size <= 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(size));
  }
  std::string receive_all() {
    std::string all;
    for (std::string more = receive(); !more.empty(); more = receive()) all += more;
    return all;
  }
  int socket() const { return socket_; }

 private:
  int socket_;
};

inline std::string live_request(const std::string& query, const std::string& headers = "") {
  return "GET /live" + (query.empty() ? "" : "?" + query) + " HTTP/1.1\r\nHost: localhost\r\n" +
         headers + "\r\n";
}

// An EventSource.
class StreamClient {
 public:
  StreamClient(LiveRig& rig, const std::string& query, const std::string& headers = "")
      : client_(rig.gateway->port()) {
    client_.send(live_request(query, headers));
  }
  // The next event or level; nothing when the stream has ended or was refused.
  std::optional<test::LiveFrame> next() {
    while (frames_.empty() && !ended_) {
      const std::string bytes = client_.receive();
      raw_ += bytes;
      const auto keep = [this](const test::LiveFrame& frame) {
        last_ = frame.cursor;
        if (frame.kind != test::LiveFrame::Kind::Other) frames_.push_back(frame);
      };
      ended_ = bytes.empty() || !reader_.take(bytes, keep);
    }
    if (frames_.empty()) return std::nullopt;
    test::LiveFrame frame = frames_.front();
    frames_.pop_front();
    return frame;
  }
  // The stream has begun.
  bool open() {
    while (!ended_ && raw_.find("event: Subscribed") == std::string::npos) {
      const std::string bytes = client_.receive();
      raw_ += bytes;
      ended_ = bytes.empty() ||
               !reader_.take(bytes, [this](const test::LiveFrame& frame) { last_ = frame.cursor; });
    }
    return !ended_;
  }
  const std::string& last_id() const { return last_; }
  std::string rest() { return raw_ + client_.receive_all(); }
  const std::string& raw() const { return raw_; }
  LiveClient& client() { return client_; }

 private:
  LiveClient client_;
  test::SseReader reader_;
  std::deque<test::LiveFrame> frames_;
  std::string raw_;
  std::string last_;
  bool ended_ = false;
};

// A WebSocket.
class SocketClient {
 public:
  explicit SocketClient(LiveRig& rig, const std::string& query = "",
                        const std::string& headers = "")
      : client_(rig.gateway->port()) {
    client_.send(handshake(query, headers));
    while (!ended_ && raw_.find("\r\n\r\n") == std::string::npos) take();
  }
  static std::string handshake(const std::string& query = "", const std::string& headers = "") {
    return live_request(
        query,
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
            headers);
  }
  void say(const std::string& message) { client_.send(test::text_frame(message)); }
  // The next message; nothing when it was closed.
  std::optional<test::LiveFrame> next() {
    while (frames_.empty() && !ended_) take();
    if (frames_.empty()) return std::nullopt;
    test::LiveFrame frame = frames_.front();
    frames_.pop_front();
    return frame;
  }
  // What it is closed with; 0 without a close.
  int close_code() {
    while (next()) {
    }
    return reader_.close_code().value_or(0);
  }
  const std::string& raw() const { return raw_; }
  LiveClient& client() { return client_; }

 private:
  void take() {
    const std::string bytes = client_.receive();
    if (raw_.size() < 4'096) raw_ += bytes;
    std::string reply;
    const auto keep = [this](const test::LiveFrame& frame) { frames_.push_back(frame); };
    ended_ = bytes.empty() || !reader_.take(bytes, keep, reply);
    client_.send(reply);
  }

  LiveClient client_;
  test::SocketReader reader_;
  std::deque<test::LiveFrame> frames_;
  std::string raw_;
  bool ended_ = false;
};

inline std::string bearer(const std::string& token) {
  return "Authorization: Bearer " + token + "\r\n";
}

// "0-14-0": the id of a CloudEvent.
inline std::string id_of(const std::optional<test::LiveFrame>& frame) {
  return frame ? std::string(test::attribute(frame->data, "id")) : "none";
}

}  // namespace cassette::api
