// Edge: exact lists, and the names of loopback.
#include "api/http/edge.h"

#include <algorithm>

#include "api/http/addresses.h"

namespace cassette::api {
namespace {

constexpr std::string_view kExposedHeaders =
    "ETag, Location, Cassette-Position, Cassette-As-Of, Retry-After, RateLimit, RateLimit-Policy, "
    "WWW-Authenticate, X-Request-Id";
constexpr std::string_view kAllowedHeaders =
    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Cassette-Position, "
    "X-Request-Id";
constexpr std::string_view kPreflightSeconds = "600";

// Of a URL's beginning; empty when it is neither http nor https.
std::string_view after_scheme(std::string_view origin) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme)) return origin.substr(scheme.size());
  }
  return {};
}

bool is_loopback_name(std::string_view host_header) {
  const std::string host = host_name(host_header);
  return host == "localhost" || host == "127.0.0.1" || host == "::1";
}

}  // namespace

bool EdgeRules::serves(std::string_view host_header) const {
  // Whoever sends none is no browser.
  if (any_host || host_header.empty() || is_loopback_name(host_header)) return true;
  const std::string host = host_name(host_header);
  return !host.empty() && std::ranges::find(hosts, host) != hosts.end();
}

bool EdgeRules::allows(std::string_view origin) const {
  if (std::ranges::find(origins, origin) != origins.end()) return true;
  return loopback_origins && is_loopback_name(after_scheme(origin));
}

void add_cors(const EdgeRules& rules, const Request& request, Response& response) {
  if (rules.origins.empty() && !rules.loopback_origins) return;
  add_vary(response, "Origin");
  if (request.headers.origin.empty() || !rules.allows(request.headers.origin)) return;
  response.set_header("Access-Control-Allow-Origin", request.headers.origin);
  response.set_header("Access-Control-Expose-Headers", std::string(kExposedHeaders));
}

void add_preflight(const EdgeRules& rules, const Request& request, const std::string& methods,
                   Response& response) {
  if (request.headers.origin.empty() || !rules.allows(request.headers.origin)) return;
  response.set_header("Access-Control-Allow-Methods", methods);
  response.set_header("Access-Control-Allow-Headers", std::string(kAllowedHeaders));
  response.set_header("Access-Control-Max-Age", std::string(kPreflightSeconds));
}

void add_vary(Response& response, std::string_view field) {
  for (auto& [name, value] : response.headers) {
    if (name != "Vary") continue;
    value.append(", ").append(field);
    return;
  }
  response.set_header("Vary", std::string(field));
}

bool is_origin(std::string_view text) {
  const std::string_view rest = after_scheme(text);
  const std::string host = host_name(rest);
  if (rest.empty() || host.empty() || rest.find_first_of("/?#@ ") != std::string_view::npos) {
    return false;
  }
  const std::string_view own_port = text.starts_with("https:") ? ":443" : ":80";
  const bool small = std::ranges::none_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
  return small && !rest.ends_with(':') && !rest.ends_with(own_port);
}

}  // namespace cassette::api
