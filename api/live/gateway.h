// Live gateway: pushes events and stock levels to browsers and programs as they happen, over
// Server-Sent Events and WebSocket (docs/live.md is its protocol), on a port of its own. It reads
// the ledgers and the read models, and writes nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "api/http/services.h"
#include "api/live/hub.h"
#include "api/live/tickets.h"
#include "eventstore/ledger.h"

namespace cassette::api {

struct LiveOptions {
  std::string address = "127.0.0.1";  // an IP address
  std::uint16_t port = 0;             // 0: a free one
  std::size_t max_connections = 20'000;
  std::chrono::milliseconds heartbeat{15'000};  // of silence
  std::chrono::milliseconds pong_timeout{10'000};
  std::chrono::milliseconds head_timeout{10'000};   // for the request to be there
  std::chrono::milliseconds stall_timeout{30'000};  // for a client to take anything
  std::size_t ring_bytes = kRingBytes;
  std::vector<std::string> trusted_proxies = {};  // whose X-Real-IP is believed
};

class LiveCore;

// All outlive the gateway. Of the services it uses those for reading and for knowing who asks.
struct LiveParts {
  std::vector<eventstore::Ledger*> ledgers;  // in the order of partitions
  const Services& services;
  LiveTickets& tickets;
};

// Thread-safe. One thread does all network I/O: everything of a connection happens there, in turn.
class LiveGateway {
 public:
  // Listens: who connects waits to be served. Unavailable when the address can't be had.
  static eventstore::Stored<std::unique_ptr<LiveGateway>> bind(const LiveOptions& options);
  ~LiveGateway();
  LiveGateway(const LiveGateway&) = delete;
  LiveGateway& operator=(const LiveGateway&) = delete;

  // Begins where the read models are. Once. Unavailable or Mismatch when a ledger can't be read
  // there.
  eventstore::Stored<eventstore::Done> serve(LiveParts parts);

  std::uint16_t port() const;
  // "http://127.0.0.1:8081".
  const std::string& url() const { return url_; }
  std::size_t connections() const;

  // Accepts no more and tells every connection to come back later; those that don't end by
  // themselves are cut. Blocks for some seconds at most.
  void stop();

 private:
  explicit LiveGateway(std::unique_ptr<LiveCore> core);

  std::unique_ptr<LiveCore> core_;
  const std::string url_;
};

}  // namespace cassette::api
