// LiveRole: the checks of its settings, and the wiring.
#include "api/live_role.h"

#include "api/http/addresses.h"
#include "eventstore/memory_key_value.h"

namespace cassette::api {
namespace {

using eventstore::Done;
using eventstore::Stored;

constexpr std::string_view kOff = "off";

Failure<eventstore::StoreError> refused(std::string why) {
  return Failure{eventstore::StoreError{eventstore::StoreError::Kind::Unsupported, std::move(why)}};
}

std::string listen_text(const UpSettings& settings) {
  if (!settings.live.listen.empty()) return settings.live.listen;
  const auto http = parse_listen_address(settings.http);
  return http && http->port == 0 ? "127.0.0.1:0" : "127.0.0.1:8081";
}

Stored<LiveOptions> options_of(const UpSettings& settings) {
  const LiveSettings& live = settings.live;
  const std::string listen = listen_text(settings);
  const auto address = parse_listen_address(listen);
  if (!address) {
    return refused("--live takes ADDR:PORT, with an IP address, or off, not '" + listen + "'");
  }
  const bool reached = !is_loopback_address(address->host);
  if (settings.insecure_no_auth && reached) {
    return refused(
        "--insecure-no-auth goes with a --live address of this machine alone, not with " +
        address->host);
  }
  if (reached && !settings.edge.insecure_http) {
    return refused("--live at " + address->host +
                   " is reached without TLS: put a proxy before it, or say --insecure-http");
  }
  if (!live.url.empty() && !is_origin(live.url)) {
    return refused("--live-url takes an origin such as https://shop.example, not '" + live.url +
                   "'");
  }
  LiveOptions options;
  options.address = address->host == "localhost" ? "127.0.0.1" : address->host;
  options.port = address->port;
  options.max_connections = live.max_connections;
  options.heartbeat = std::chrono::seconds(live.heartbeat_seconds);
  for (const std::string& proxy : settings.edge.trusted_proxies) {
    options.trusted_proxies.push_back(ip_address(proxy));
  }
  return options;
}

std::unique_ptr<eventstore::KeyValue> bucket_unless(const eventstore::KeyValue* given) {
  if (given != nullptr) return nullptr;
  return std::make_unique<eventstore::MemoryKeyValue>();
}

}  // namespace

LiveRole::LiveRole(const LiveSettings& settings, eventstore::KeyValue* identity)
    : public_url_(settings.url),
      own_bucket_(bucket_unless(identity)),
      tickets_(own_bucket_ ? *own_bucket_ : *identity) {}

LiveRole::~LiveRole() = default;

Stored<std::unique_ptr<LiveRole>> LiveRole::bind(const UpSettings& settings,
                                                 eventstore::KeyValue* identity) {
  if (settings.live.listen == kOff) return std::unique_ptr<LiveRole>();
  const auto options = options_of(settings);
  if (!options) return Failure{options.error()};
  auto gateway = LiveGateway::bind(options.value());
  if (!gateway) return Failure{gateway.error()};
  std::unique_ptr<LiveRole> role(new LiveRole(settings.live, identity));
  role->gateway_ = std::move(gateway).value();
  return role;
}

void LiveRole::tell(Services& services) {
  services.live_tickets = &tickets_;
  services.live_url = public_url_;
  services.live_port = gateway_->port();
}

Stored<Done> LiveRole::serve(std::vector<eventstore::Ledger*> ledgers, const Services& services) {
  return gateway_->serve({std::move(ledgers), services, tickets_});
}

}  // namespace cassette::api
