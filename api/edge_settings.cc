// Edge settings: the checks, flag by flag.
#include "api/edge_settings.h"

#include "api/http/addresses.h"
#include "api/http/fetcher.h"

namespace cassette::api {
namespace {

using eventstore::Done;
using eventstore::Stored;

Failure<eventstore::StoreError> refused(std::string why) {
  return Failure{eventstore::StoreError{eventstore::StoreError::Kind::Unsupported, std::move(why)}};
}

Stored<HttpServer::Options> listener_of(const UpSettings& settings) {
  const auto address = parse_listen_address(settings.http);
  if (!address) {
    return refused("--http takes ADDR:PORT, with an IP address, not '" + settings.http + "'");
  }
  if (settings.insecure_no_auth && !is_loopback_address(address->host)) {
    return refused(
        "--insecure-no-auth goes with an --http address of this machine alone, not with " +
        address->host);
  }
  HttpServer::Options options;
  options.address = address->host;
  options.port = address->port;
  options.insecure_http = settings.edge.insecure_http;
  if (settings.edge.tls_cert.empty()) return options;
  // It is loaded through the API, whose certificate names some other host than this address.
  if (settings.demo) return refused("--demo goes with plain HTTP, not with --tls-cert");
  options.tls = TlsFiles{settings.edge.tls_cert, settings.edge.tls_key};
  return options;
}

}  // namespace

Stored<Edge> edge_of(const UpSettings& settings) {
  Edge edge;
  auto listener = listener_of(settings);
  if (!listener) return Failure{listener.error()};
  edge.listener = std::move(listener).value();
  for (const std::string& given : settings.edge.allow_hosts) {
    std::string host = host_name(given);
    if (host.empty()) return refused("--allow-host takes a host's name, not '" + given + "'");
    edge.rules.hosts.push_back(std::move(host));
  }
  for (const std::string& origin : settings.edge.cors_origins) {
    if (!is_origin(origin)) {
      return refused(
          "--cors-origin takes an origin such as https://shop.example, in small letters "
          "and without a path, not '" +
          origin + "'");
    }
    edge.rules.origins.push_back(origin);
  }
  for (const std::string& proxy : settings.edge.trusted_proxies) {
    std::string address = ip_address(proxy);
    if (address.empty()) return refused("--trusted-proxy takes an IP address, not '" + proxy + "'");
    edge.listener.trusted_proxies.push_back(std::move(address));
  }
  if (!settings.edge.purge_hook.empty() && !may_be_fetched(settings.edge.purge_hook)) {
    return refused("--edge-purge-hook takes an https URL, or an http one of this machine, not '" +
                   settings.edge.purge_hook + "'");
  }
  for (const std::string& rule : settings.edge.rate_limits) {
    if (auto wrong = edge.rates.set(rule)) return refused("--rate-limit " + *wrong);
  }
  // Where others reach it, its names are not known here; and only who shows a token is served.
  edge.rules.any_host = !is_loopback_address(edge.listener.address) && edge.rules.hosts.empty();
  edge.rules.loopback_origins = settings.insecure_no_auth;
  edge.rules.origin_is_authority = settings.insecure_no_auth;
  return edge;
}

}  // namespace cassette::api
