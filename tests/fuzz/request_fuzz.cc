// Fuzzes all that reads a request: target, headers and body, through the router to every handler
// over fakes. The first line is the method and target, the following ones headers up to an empty
// one, the rest the body. Whatever comes in, the answer is a status that the contract knows, and
// nothing but what the parser let through reaches the gateway.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "api/http/request_json.h"
#include "tests/unit/api/fakes.h"

namespace cassette::api {
namespace {

using projections::Model;

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

void set_header(RequestHeaders& headers, std::string_view line) {
  const std::size_t colon = std::min(line.find(':'), line.size());
  const std::string_view name = line.substr(0, colon);
  const std::string value(line.substr(std::min(colon + 1, line.size())));
  if (name == "t") headers.content_type = value;
  if (name == "k") headers.idempotency_key = value;
  if (name == "m") headers.if_match = value;
  if (name == "n") headers.if_none_match = value;
  if (name == "p") headers.position = value;
  if (name == "o") headers.origin = value;
}

Request parse(std::string_view text) {
  Request request;
  std::string_view line = take_line(text);
  const std::size_t space = std::min(line.find(' '), line.size());
  request.method = line.substr(0, space);
  request.target = line.substr(std::min(space + 1, line.size()));
  while (!text.empty()) {
    line = take_line(text);
    if (line.empty()) break;
    set_header(request.headers, line);
  }
  request.body = text;
  return request;
}

// Documents for the handlers that read before they write.
void fill(Desk& desk) {
  const std::string token = desk.sealer.seal("customer:c", "name", "\"Ada\"").value()->token;
  desk.models.put(Model::Vendors, "v", R"({"vendorId":"v","contactInfo":{}})", 1);
  desk.models.put(Model::Products, "v/p", R"({"productId":"p"})", 1);
  desk.models.put(Model::Stock, "v/p", R"({"inventoryId":"v/p"})", 1);
  desk.models.put(Model::Customers, "c", R"({"name":{"$sealed":")" + token + R"("}})", 1);
  desk.models.put(Model::VendorOrders, "v/o", R"({"orderId":"o"})", 1);
  desk.models.put(Model::Orders, "o",
                  R"({"orderId":"o","customerId":"c","status":"Confirmed","phase":"Open",)"
                  R"("settled":true,"subOrders":[{"vendorId":"v","version":1,)"
                  R"("items":[{"lineId":"1"}],"shipments":[{"shipmentId":"s"}],)"
                  R"("returns":[{"returnId":"r"}]}]})",
                  1);
  desk.models.page = {{R"({"productId":"p"})"}, "next"};
}

Desk& desk() {
  static Desk instance;
  static const bool filled = (fill(instance), true);
  CASSETTE_CHECK(filled);
  return instance;
}

void check_answer(const Response& response) {
  constexpr int kKnown[] = {200, 201, 202, 204, 304, 400, 403, 404,
                            405, 409, 412, 413, 415, 422, 503};
  CASSETTE_CHECK(std::ranges::find(kKnown, response.status) != std::end(kKnown));
  if (response.status >= 400) CASSETTE_CHECK(!problem_type(response).empty());
  CASSETTE_CHECK(simdjson::validate_utf8(response.body));
}

}  // namespace
}  // namespace cassette::api

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cassette::api;
  Desk& served = desk();
  served.gateway.requests.clear();
  served.models.queries.clear();
  served.models.waited.clear();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_answer(served.router.handle(parse(text)));
  for (const auto& request : served.gateway.requests) {
    CASSETTE_CHECK(cassette::domain::valid_id(cassette::domain::home_of(request.command)));
  }
  return 0;
}
