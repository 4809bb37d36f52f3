// Writes: ids, digests, preconditions, and what each answer of the gateway becomes.
#include <doctest/doctest.h>

#include "api/http/json_text.h"
#include "tests/unit/api/fakes.h"

namespace cassette::api {
namespace {

using eventstore::Accepted;
using projections::Model;

Response keyed(Desk& desk, std::string key, std::string body = R"({"name":"n"})") {
  return desk.send_keyed("POST", "/vendors", std::move(body), std::move(key));
}

Response if_match(Desk& desk, std::string method, std::string target, std::string tag,
                  std::string body = {}) {
  RequestHeaders headers;
  headers.if_match = std::move(tag);
  headers.idempotency_key = "k";
  return desk.send(std::move(method), std::move(target), std::move(body), std::move(headers));
}

// Every accepted vendor or product becomes a document.
void show_what_is_written(Desk& desk) {
  desk.gateway.answer = [&desk](const eventstore::Request& request) {
    if (const auto* vendor = std::get_if<domain::RegisterVendor>(&request.command)) {
      desk.models.put(Model::Vendors, vendor->vendor_id.value, "{}", 1);
    }
    return desk.gateway.accept(request);
  };
}

TEST_CASE("a creation answers with the document, Location, ETag and position") {
  Desk desk;
  show_what_is_written(desk);
  const Response response = desk.send("POST", "/vendors", R"({"vendorId":"v-1","name":"n"})");
  CHECK(response.status == 201);
  CHECK(response.body == "{}");
  CHECK(header_of(response, "Location") == "/vendors/v-1");
  CHECK(header_of(response, "ETag") == "\"1\"");
  CHECK(header_of(response, "Cassette-Position") == "0:11");
  CHECK(desk.gateway.last().id.empty());
}

TEST_CASE("an id left out follows from the key, and is new without one") {
  Desk desk;
  show_what_is_written(desk);
  const auto created = [&](const std::string& key) {
    CHECK(keyed(desk, key).status == 201);
    return desk.gateway.last_command<domain::RegisterVendor>().vendor_id.value;
  };
  CHECK(created("k-1") == created("k-1"));
  CHECK(created("k-1") != created("k-2"));
  CHECK(created("") != created(""));
}

TEST_CASE("a repeat is recognisable: same id, and a digest of the body") {
  Desk desk;
  show_what_is_written(desk);
  keyed(desk, "k-1");
  keyed(desk, "k-1");
  keyed(desk, "k-1", R"({"name":"m"})");
  keyed(desk, "k-2");
  const auto& requests = desk.gateway.requests;
  REQUIRE(requests.size() == 4);
  CHECK(requests[0].id.size() == 22);
  CHECK(requests[0].id == requests[1].id);
  CHECK(requests[0].digest == requests[1].digest);
  CHECK(requests[0].id == requests[2].id);
  CHECK(requests[0].digest != requests[2].digest);
  CHECK(requests[0].id != requests[3].id);
}

TEST_CASE("a repeat gets the first status and position with the document as it is now") {
  Desk desk;
  desk.models.put(Model::Vendors, "v-1", R"({"now":true})", 9);
  desk.gateway.answer = [](const auto&) { return Accepted{{0, 4}, 201, true, false}; };
  const Response response = desk.send_keyed("POST", "/vendors", R"({"vendorId":"v-1","name":"n"})");
  CHECK(response.status == 201);
  CHECK(response.body == R"({"now":true})");
  CHECK(header_of(response, "ETag") == "\"9\"");
  CHECK(header_of(response, "Location") == "/vendors/v-1");
  CHECK(header_of(response, "Cassette-Position") == "0:4");
}

TEST_CASE("the gateway's other answers") {
  Desk desk;
  SUBCASE("another body under the key") {
    desk.gateway.answer = [](const auto&) { return eventstore::DigestMismatch{}; };
    CHECK(problem_type(keyed(desk, "k")) == "idempotency-mismatch");
  }
  SUBCASE("nobody who can say") {
    desk.gateway.answer = [](const auto&) { return eventstore::Unavailable{"full"}; };
    const Response response = keyed(desk, "k");
    CHECK(response.status == 503);
    CHECK(header_of(response, "Retry-After") == "1");
  }
  SUBCASE("no answer in time") {
    desk.gateway.silent = true;
    CHECK(keyed(desk, "k").status == 503);
  }
  SUBCASE("committed, but not folded in time") {
    desk.models.lagging = true;
    const Response response = keyed(desk, "k");
    CHECK(response.status == 503);
    CHECK(problem_type(response) == "read-models-behind");
    CHECK(header_of(response, "Cassette-Position") == "0:11");
    CHECK(response.body.find("\"committed\":true") != std::string::npos);
  }
  SUBCASE("no") {
    desk.gateway.answer = [](const auto&) {
      return eventstore::Rejected{domain::AlreadyExists{"vendor", "v"}};
    };
    CHECK(keyed(desk, "k").status == 409);
  }
}

TEST_CASE("If-Match is the expected version") {
  Desk desk;
  desk.models.put(Model::Products, "v/p", "{}", 3);
  CHECK(if_match(desk, "DELETE", "/vendors/v/products/p", "\"3\"").status == 204);
  CHECK(desk.gateway.last_command<domain::DelistProduct>().expected_version == 3);
  CHECK(if_match(desk, "DELETE", "/vendors/v/products/p", "*").status == 204);
  CHECK_FALSE(desk.gateway.last_command<domain::DelistProduct>().expected_version);
  CHECK(if_match(desk, "DELETE", "/vendors/v/products/p", "\"x\"").status == 412);
  CHECK(if_match(desk, "DELETE", "/vendors/v/products/p", "W/\"3\"").status == 412);
  CHECK(if_match(desk, "DELETE", "/vendors/v/products/p", "\"1\", \"2\"").status == 400);
  desk.gateway.answer = [](const auto&) {
    return eventstore::Rejected{domain::VersionMismatch{3, 4}};
  };
  CHECK(if_match(desk, "DELETE", "/vendors/v/products/p", "\"3\"").status == 412);
}

// Both were taken and forgotten: what was to be replaced was made, and what was to be new was
// changed.
TEST_CASE("a condition that a write can't keep refuses it") {
  Desk desk;
  const std::string count = "/vendors/v/inventory/p";
  const std::string details = R"({"name":"n","SKU":"s","price":{"amount":1,"currency":"USD"}})";
  CHECK(if_match(desk, "POST", count, "*", R"({"quantity":1})").status == 412);
  CHECK(if_match(desk, "PUT", "/vendors/v/products/p", "*", details).status == 412);
  CHECK(desk.gateway.requests.empty());
  desk.models.put(Model::Stock, "v/p", "{}", 1);
  desk.models.put(Model::Products, "v/p", "{}", 1);
  CHECK(if_match(desk, "POST", count, "*", R"({"quantity":1})").status == 200);
  CHECK(if_match(desk, "PUT", "/vendors/v/products/p", "*", details).status == 200);

  RequestHeaders only;
  only.if_none_match = "*";
  for (const auto& [method, target, body] :
       std::vector<std::array<std::string, 3>>{{"POST", "/vendors", R"({"name":"n"})"},
                                               {"PATCH", "/vendors/v", R"({"name":"n"})"},
                                               {"POST", "/vendors/v/products", details},
                                               {"DELETE", "/vendors/v/products/p", ""},
                                               {"POST", "/orders/o-1/cancellations", "{}"}}) {
    const Response refused = desk.send(method, target, body, only);
    CHECK(refused.status == 400);
    CHECK(problem_field(refused) == "If-None-Match");
  }
  CHECK(desk.gateway.requests.size() == 2);
}

TEST_CASE("the first count is 201, later ones 200; If-None-Match * means the first only") {
  Desk desk;
  desk.gateway.answer = [&](const eventstore::Request& request) {
    desk.models.put(Model::Stock, "v/p", "{}", 1);
    return desk.gateway.accept(request);
  };
  const std::string target = "/vendors/v/inventory/p";
  const Response first = desk.send("POST", target, R"({"quantity":5,"reorderPoint":2})");
  CHECK(first.status == 201);
  CHECK(header_of(first, "Location") == target);
  const auto& count = desk.gateway.last_command<domain::CountStock>();
  CHECK(count.quantity == 5);
  CHECK(count.reorder_point == 2);
  CHECK_FALSE(count.first_only);
  const Response second = desk.send("POST", target, R"({"quantity":5})");
  CHECK(second.status == 200);
  CHECK(header_of(second, "Location").empty());

  RequestHeaders only;
  only.if_none_match = "*";
  desk.gateway.answer = [](const auto&) {
    return eventstore::Rejected{domain::AlreadyExists{"stock", "v/p"}};
  };
  CHECK(desk.send("POST", target, R"({"quantity":5})", only).status == 412);
  CHECK(desk.gateway.last_command<domain::CountStock>().first_only);
}

TEST_CASE("an adjustment says something") {
  Desk desk;
  desk.models.put(Model::Stock, "v/p", "{}", 1);
  const std::string target = "/vendors/v/inventory/p";
  CHECK(problem_type(desk.send_keyed("PATCH", target, "{}")) == "missing-field");
  CHECK(desk.send_keyed("PATCH", target, R"({"safetyStock":4})").status == 200);
  CHECK(desk.send_keyed("PATCH", target, R"({"delta":-3,"reason":"damaged"})").status == 200);
  CHECK(desk.gateway.last_command<domain::AdjustStock>().delta == -3);
}

TEST_CASE("a merge patch changes only what it names, also within the contact") {
  Desk desk;
  const std::string phone =
      desk.sealer.seal("vendor:7", "contactInfo.phone", "\"+1\"").value()->token;
  desk.models.put(
      Model::Vendors, "7",
      R"({"vendorId":"7","contactInfo":{"email":{"$sealed":"old"},"phone":{"$sealed":")" + phone +
          R"("}},"version":4})",
      4);
  RequestHeaders headers;
  headers.content_type = kMergePatch;
  CHECK(desk.send("PATCH", "/vendors/7", R"({"contactInfo":{"email":"a@b"}})", headers).status ==
        200);
  const auto& change = desk.gateway.last_command<domain::ChangeVendor>();
  CHECK_FALSE(change.name);
  CHECK(change.expected_version == 4);
  CHECK(desk.sealer.open(change.contact_info->email.token).value() == "\"a@b\"");
  CHECK(change.contact_info->phone.token == phone);

  desk.send("PATCH", "/vendors/7", R"({"contactInfo":{"email":null}})", headers);
  CHECK(desk.gateway.last_command<domain::ChangeVendor>().contact_info->email.empty());
  desk.send("PATCH", "/vendors/7", R"({"contactInfo":null})", headers);
  CHECK(desk.gateway.last_command<domain::ChangeVendor>().contact_info->phone.empty());
  CHECK(desk.send("PATCH", "/vendors/7", R"({"name":null})", headers).status == 400);
}

TEST_CASE("a merge that another change overtook is made anew; an If-Match is not") {
  Desk desk;
  desk.models.put(Model::Vendors, "7", R"({"contactInfo":{}})", 4);
  int refusals = 2;
  desk.gateway.answer = [&](const eventstore::Request& request) -> eventstore::Reply {
    if (refusals-- > 0) return eventstore::Rejected{domain::VersionMismatch{4, 5}};
    return desk.gateway.accept(request);
  };
  const std::string patch = R"({"contactInfo":{"email":"a@b"}})";
  CHECK(desk.send("PATCH", "/vendors/7", patch).status == 200);
  refusals = 1;
  CHECK(if_match(desk, "PATCH", "/vendors/7", "\"4\"", patch).status == 412);
}

TEST_CASE("a vendor's patch may change and suspend, in this order") {
  Desk desk;
  desk.models.put(Model::Vendors, "7", R"({"contactInfo":{}})", 4);
  CHECK(if_match(desk, "PATCH", "/vendors/7", "\"4\"",
                 R"({"name":"n","status":"Suspended","reason":"late"})")
            .status == 200);
  REQUIRE(desk.gateway.requests.size() == 2);
  CHECK(std::get<domain::ChangeVendor>(desk.gateway.requests[0].command).expected_version == 4);
  const auto& suspend = std::get<domain::SuspendVendor>(desk.gateway.requests[1].command);
  CHECK(suspend.reason == "late");
  CHECK_FALSE(suspend.expected_version);
  CHECK(desk.gateway.requests[0].id != desk.gateway.requests[1].id);
  CHECK(desk.send("PATCH", "/vendors/7", R"({"status":"Active"})").status == 200);
  CHECK(std::holds_alternative<domain::ReinstateVendor>(desk.gateway.last().command));
}

TEST_CASE("erasing a customer destroys its key, also when it is repeated") {
  Desk desk;
  const std::string token = desk.sealer.seal("customer:c", "name", "\"Ada\"").value()->token;
  CHECK(desk.send("DELETE", "/customers/c").status == 204);
  CHECK_FALSE(desk.sealer.open(token).value());
  CHECK(desk.send("DELETE", "/customers/c").status == 204);
  const Response late = desk.send("POST", "/customers", R"({"customerId":"c","name":"Ada"})");
  CHECK(problem_type(late) == "customer-erased");
}

TEST_CASE("an erasure that is refused keeps the key") {
  Desk desk;
  const std::string token = desk.sealer.seal("customer:c", "name", "\"Ada\"").value()->token;
  desk.gateway.answer = [](const auto&) {
    return eventstore::Rejected{domain::VersionMismatch{1, 2}};
  };
  CHECK(desk.send("DELETE", "/customers/c").status == 412);
  CHECK(desk.sealer.open(token).value());
}

TEST_CASE("bulk lines stand alone and are answered in their order") {
  Desk desk;
  desk.models.put(Model::Vendors, "v", "{}", 1);
  desk.models.put(Model::Stock, "v/p1", "{}", 5);
  desk.models.page = {
      {R"({"productId":"p8","status":"Delisted"})", R"({"productId":"p9","status":"Listed"})"}, ""};
  desk.gateway.answer = [&](const eventstore::Request& request) -> eventstore::Reply {
    const auto* count = std::get_if<domain::CountStock>(&request.command);
    if (count != nullptr && count->product_id.value == "gone") {
      return eventstore::Rejected{domain::NotFound{"product", "gone"}};
    }
    return desk.gateway.accept(request);
  };
  RequestHeaders headers;
  headers.content_type = kNdjson;
  headers.idempotency_key = "k";
  const Response response = desk.send("POST", "/vendors/v/inventory",
                                      "{\"productId\":\"p1\",\"quantity\":3}\r\n"
                                      "{\"productId\":\"gone\",\"quantity\":3}\n"
                                      "nonsense\n"
                                      "{\"sku\":\"S\",\"delta\":-1}\n"
                                      "{\"productId\":\"p1\",\"sku\":\"S\",\"delta\":1}\n"
                                      "\n"
                                      "{\"productId\":\"p1\",\"quantity\":-1}",
                                      headers);
  CHECK(response.status == 200);
  CHECK(response.content_type == kNdjson);
  CHECK(header_of(response, "Cassette-Position") == "0:12");
  std::vector<std::string> lines;
  std::istringstream body(response.body);
  for (std::string line; std::getline(body, line);) lines.push_back(line);
  REQUIRE(lines.size() == 7);
  CHECK(lines[0] == R"({"line":1,"status":200,"version":5})");
  CHECK(lines[1].starts_with(R"({"line":2,"status":404,"problem":{"type":"/problems/not-found")"));
  CHECK(lines[2].starts_with(R"({"line":3,"status":400,)"));
  CHECK(lines[3] == R"({"line":4,"status":200})");
  CHECK(lines[4].starts_with(R"({"line":5,"status":400,)"));
  CHECK(lines[5].starts_with(R"({"line":6,"status":400,)"));
  CHECK(lines[6].starts_with(R"({"line":7,"status":400,)"));
  REQUIRE(desk.gateway.requests.size() == 3);
  CHECK(desk.gateway.last_command<domain::AdjustStock>().product_id.value == "p9");
  CHECK(desk.gateway.requests[0].id != desk.gateway.requests[1].id);
}

TEST_CASE("more bulk lines than are taken, and a vendor that is none") {
  Desk desk;
  desk.models.put(Model::Vendors, "v", "{}", 1);
  RequestHeaders headers;
  headers.content_type = kNdjson;
  CHECK(desk.send("POST", "/vendors/none/inventory", "{}", headers).status == 404);
  std::string body;
  for (int i = 0; i < 10'001; ++i) body += "{}\n";
  CHECK(desk.send("POST", "/vendors/v/inventory", body, headers).status == 400);
}

}  // namespace
}  // namespace cassette::api
