// Service routes: the timeline for auditors, the contract, and health.
#include "api/http/handlers.h"
#include "api/http/json_text.h"
#include "api/http/permissions.h"
#include "api/http/reads.h"

namespace cassette::api {
namespace {

// An event's name, and a principal: a role and an id.
constexpr std::size_t kMaxTypeBytes = 64;
constexpr std::size_t kMaxPrincipalBytes = 128;

}  // namespace

Answered<Response> list_events(const Call& call) {
  QueryReader reader(call.parameters);
  ListQuery query;
  query.list = ListQuery::List::Timeline;
  query.vendor_id = reader.id<domain::VendorId>("vendorId");
  if (asker_of(call.caller) == Asker::Vendor) {
    if (query.vendor_id && query.vendor_id != call.caller.vendor_id) {
      return Failure{not_permitted("A vendor sees its own events.").at("vendorId")};
    }
    query.vendor_id = call.caller.vendor_id;
  }
  query.product_id = reader.id<domain::ProductId>("productId");
  query.order_id = reader.id<domain::OrderId>("orderId");
  query.event_type = reader.text("type", kMaxTypeBytes);
  query.by = reader.text("by", kMaxPrincipalBytes);
  query.created_from = reader.time("from");
  query.created_to = reader.time("to");
  return get_list(call, std::move(query), reader);
}

Answered<Response> read_contract(const Call& call) {
  const auto plain = refuse_parameters(call);
  if (!plain) return Failure{plain.error()};
  Response response;
  response.body = call.services.openapi;
  response.content_type = "application/yaml";
  return response;
}

Answered<Response> is_alive(const Call& call) {
  const auto plain = refuse_parameters(call);
  if (!plain) return Failure{plain.error()};
  Response response;
  response.body = "{\"status\":\"alive\"}";
  response.set_header("Cache-Control", "no-store");
  return response;
}

Answered<Response> is_ready(const Call& call) {
  const auto plain = refuse_parameters(call);
  if (!plain) return Failure{plain.error()};
  const HealthReport report = call.services.health.report();
  Response response;
  response.status = report.ready ? 200 : 503;
  response.body = "{";
  append_member(response.body, "status", report.ready ? "ready" : "not-ready");
  append_member(response.body, "durability", report.durability);
  append_member(response.body, "reasons", report.reasons);
  append_member(response.body, "heads", format_positions(call.services.gateway.heads()));
  append_member(response.body, "folded", format_positions(call.services.models.positions()));
  response.body += '}';
  response.set_header("Cache-Control", "no-store");
  if (!report.ready) response.set_header("Retry-After", "1");
  return response;
}

}  // namespace cassette::api
