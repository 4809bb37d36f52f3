// Security events: the security log for auditors, a page at a time.
#include "api/http/handlers.h"
#include "api/http/json_text.h"
#include "api/http/reads.h"
#include "api/identity/security_reader.h"
#include "api/identity/security_record.h"

namespace cassette::api {
namespace {

std::string page_body(const Call& call, const SecurityPage& page) {
  std::string body = "{\"items\":[";
  for (const std::string& item : page.items) {
    if (&item != &page.items.front()) body += ',';
    body += item;
  }
  body += ']';
  if (!page.next.empty()) append_member(body, "next", seal_cursor(call, page.next));
  return body += '}';
}

}  // namespace

Answered<Response> list_security_events(const Call& call) {
  QueryReader reader(call.parameters);
  SecurityQuery query;
  query.type = reader.text("type", kMaxSecurityTextBytes);
  query.principal = reader.text("principal", kMaxSecurityTextBytes);
  query.credential_id = reader.text("credentialId", kMaxSecurityTextBytes);
  query.from = reader.time("from");
  query.to = reader.time("to");
  query.limit = reader.number("limit", 1, kMaxPage, kDefaultPage);
  const std::string cursor = reader.text("cursor");
  if (auto problem = reader.finish()) return Failure{std::move(*problem)};
  auto after = open_cursor(call, cursor);
  if (!after) return Failure{std::move(after).error()};
  query.after = std::move(after).value();
  if (call.services.security_journal == nullptr) {
    return Failure{unavailable("There is no security log here.")};
  }
  const auto page = read_security_events(*call.services.security_journal, query);
  if (!page) return Failure{problem_of(page.error())};
  Response response;
  response.body = page_body(call, page.value());
  response.set_header("Cache-Control", "private");
  return response;
}

}  // namespace cassette::api
