// Services: what handlers work with, made by the composition root, and one request on its way
// through a handler. Handlers hold no state of their own.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "api/http/edge.h"
#include "api/http/message.h"
#include "api/http/query.h"
#include "api/identity/caller.h"
#include "api/identity/ids.h"
#include "api/identity/sealing.h"
#include "api/identity/signer.h"
#include "eventstore/command_gateway.h"
#include "eventstore/journal.h"
#include "eventstore/vendor_feed.h"
#include "projections/history.h"
#include "projections/read_models.h"

namespace cassette::replay {
class Notary;
}

namespace cassette::api {

class Identity;
class LiveTickets;
class RateLimits;
class SecurityLog;

struct HealthReport {
  bool ready = false;
  std::string durability;            // in force: "fsync", "replicated" or "relaxed"
  std::vector<std::string> reasons;  // why it is not ready
};

// Implemented by the composition root. Thread-safe; doesn't block.
class HealthSource {
 public:
  virtual ~HealthSource() = default;
  virtual HealthReport report() const = 0;
};

// How long a request may wait, in milliseconds.
struct Waits {
  // A command for its answer: past it the outcome is unknown and the answer 503.
  std::chrono::milliseconds command{10'000};
  // The read models for a position.
  std::chrono::milliseconds position{2'000};
  // An order for the partitions that it concerns.
  std::chrono::milliseconds settled{2'000};
};

// Counts what is under way, from its making to its end. Thread-safe; a copy begins anew.
class UnderWay {
 public:
  UnderWay() = default;
  UnderWay(const UnderWay&) {}
  UnderWay& operator=(const UnderWay&) = delete;

  class One {
   public:
    explicit One(UnderWay& all) : all_(all) { ++all_.count_; }
    ~One() { --all_.count_; }
    One(const One&) = delete;
    One& operator=(const One&) = delete;

   private:
    UnderWay& all_;
  };
  std::size_t count() const { return count_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::size_t> count_{0};
};

// The references outlive the server. Thread-safe as they are.
struct Services {
  eventstore::CommandGateway& gateway;
  projections::ReadModels& models;
  Sealer& sealer;
  const Signer& signer;
  const HealthSource& health;
  std::string openapi;  // the text of docs/openapi.yaml
  std::function<domain::Timestamp()> now = wall_clock;
  Waits waits = {};
  // With fewer orders under way than this, each is answered when the read models have all that this
  // process knows of: whoever was answered last finds every order there, position or not.
  std::size_t many_orders = 8;
  UnderWay orders = {};
  // An export is put together in memory: tens of thousands of orders.
  std::size_t max_export_bytes = 64 * 1024 * 1024;
  UnderWay exports = {};
  Identity* identity = nullptr;                     // null: every caller is the administrator
  SecurityLog* security = nullptr;                  // null: refused attempts are not recorded
  RateLimits* rate_limits = nullptr;                // null: none
  bool private_catalogue = false;                   // the catalogue asks for a token as well
  eventstore::Journal* security_journal = nullptr;  // what `security` writes; null: can't be read
  EdgeRules edge = {};
  LiveTickets* live_tickets = nullptr;  // null: there is no live gateway
  std::string live_url = {};            // its origin; empty: by the host that is asked
  std::uint16_t live_port = 0;          // 0: there is no live gateway
  eventstore::VendorFeed* vendor_feed = nullptr;  // null: credentials are not ours to mint
  projections::History* history = nullptr;        // null: none is kept
  const replay::Notary* notary = nullptr;         // null: no heads are signed
};

// A request, routed. Lives as long as its handler runs.
struct Call {
  const Request& request;
  Services& services;
  Caller caller;
  domain::Timestamp now;
  std::string path;              // decoded, as it names the request
  std::vector<std::string> ids;  // of the path, in its order; each a valid id
  Parameters parameters;

  domain::VendorId vendor_id() const { return {ids[0]}; }
  domain::OrderId order_id() const { return {ids[0]}; }
  domain::CustomerId customer_id() const { return {ids[0]}; }
};

}  // namespace cassette::api
