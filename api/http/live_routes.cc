// Live routes: the way to the live gateway, which has a port of its own, and the tickets that open
// it to browsers.
#include "api/http/addresses.h"
#include "api/http/handlers.h"
#include "api/http/json_text.h"
#include "api/http/reads.h"
#include "api/live/tickets.h"

namespace cassette::api {

// The gateway reads the values.
Answered<Response> follow_live(const Call& call) {
  const Services& services = call.services;
  if (services.live_port == 0) return Failure{no_such_route()};
  QueryReader reader(call.parameters);
  for (const std::string_view known :
       {"vendorId", "productId", "orderId", "customerId", "types", "after", "ticket"}) {
    reader.text(known);
  }
  if (auto problem = reader.finish()) return Failure{std::move(*problem)};
  std::string origin = services.live_url;
  if (origin.empty()) {
    const std::string host = host_name(call.request.headers.host);
    origin = "http://" + host_and_port(host.empty() ? "127.0.0.1" : host, services.live_port);
  }
  const std::string& target = call.request.target;
  const std::size_t query = std::min(target.find('?'), target.size());
  Response response;
  response.status = 307;
  response.set_header("Location", origin + "/live" + target.substr(query));
  response.set_header("Cache-Control", "no-store");
  return response;
}

Answered<Response> make_live_ticket(const Call& call) {
  if (call.services.live_tickets == nullptr) return Failure{no_such_route()};
  const auto ticket =
      call.services.live_tickets->make(call.request.headers.authorization, call.now);
  if (!ticket) return Failure{problem_of(ticket.error())};
  Response response;
  response.status = 201;
  response.body += '{';
  append_member(response.body, "ticket", ticket.value().text);
  append_member(response.body, "expiresAt", domain::format(ticket.value().expires_at));
  response.body += '}';
  response.set_header("Cache-Control", "no-store");
  return response;
}

}  // namespace cassette::api
