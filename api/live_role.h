// LiveRole: the live gateway of `up`, and the tickets that open it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "api/http/services.h"
#include "api/live/gateway.h"
#include "api/live/tickets.h"
#include "api/settings.h"
#include "eventstore/key_value.h"
#include "eventstore/ledger.h"

namespace cassette::api {

// Thread-safe.
class LiveRole {
 public:
  // Listens, where the settings don't leave it out: then it is null. `identity`, the bucket of
  // identity, outlives it; null where nobody is asked who they are. Unsupported for settings that
  // can't be: an address that others reach without --insecure-http, or a URL that is no origin.
  static eventstore::Stored<std::unique_ptr<LiveRole>> bind(const UpSettings& settings,
                                                            eventstore::KeyValue* identity);
  ~LiveRole();
  LiveRole(const LiveRole&) = delete;
  LiveRole& operator=(const LiveRole&) = delete;

  // So that the REST API leads here and makes tickets. Before it serves.
  void tell(Services& services);
  // From where the read models are. Both outlive it.
  eventstore::Stored<eventstore::Done> serve(std::vector<eventstore::Ledger*> ledgers,
                                             const Services& services);

  const std::string& url() const { return gateway_->url(); }
  // Every connection is told to come back later.
  void stop() { gateway_->stop(); }

 private:
  LiveRole(const LiveSettings& settings, eventstore::KeyValue* identity);

  const std::string public_url_;                            // empty: by the host that was asked
  const std::unique_ptr<eventstore::KeyValue> own_bucket_;  // null: identity's is used
  LiveTickets tickets_;
  std::unique_ptr<LiveGateway> gateway_;
};

}  // namespace cassette::api
