// Orders: what a request about one becomes, the waits until it has settled or followed, and the
// answers then.
#include <doctest/doctest.h>

#include "eventstore/codec.h"
#include "projections/fold.h"
#include "tests/support/small_market.h"
#include "tests/unit/api/fakes.h"

namespace cassette::api {
namespace {

using domain::OrderStatus;
using eventstore::StoredCommit;
using projections::Model;

const std::string kPlace = R"({"orderId":"o-1","customerId":"c",)"
                           R"("items":[{"vendorId":"v1","productId":"p","quantity":1}]})";

struct Part {
  std::string vendor;
  int version = 1;
  std::string more = {};
};

std::string order_document(const std::string& members, const std::vector<Part>& parts) {
  std::string text = R"({"orderId":"o-1","customerId":"c",)" + members + R"(,"subOrders":[)";
  for (const Part& part : parts) {
    if (text.back() == '}') text += ',';
    text += R"({"vendorId":")" + part.vendor +
            R"(","status":"Confirmed","preparation":"Confirmed",)" + R"("version":)" +
            std::to_string(part.version) + part.more + "}";
  }
  return text + "]}";
}

const std::string kSettled = R"("status":"Confirmed","phase":"Open","settled":true)";
const std::string kPlacing = R"("status":"Pending","phase":"Placing","settled":false)";

// An order of two vendors, with lines 1 and 2 and a shipment and a return at the second.
void put_order(Desk& desk) {
  desk.models.put(
      Model::Orders, "o-1",
      order_document(kSettled, {{"v1", 1, R"(,"items":[{"lineId":"1"}])"},
                                {"v2", 3,
                                 R"(,"items":[{"lineId":"2"}],"shipments":[{"shipmentId":"s-1"}],)"
                                 R"("returns":[{"returnId":"r-1"}])"}}),
      6);
  desk.models.put(Model::VendorOrders, "v1/o-1", "{}", 1);
  desk.models.put(Model::VendorOrders, "v2/o-1", "{}", 3);
}

TEST_CASE("an order that has settled is 201") {
  Desk desk;
  desk.models.put(Model::Orders, "o-1", order_document(kSettled, {{"v1"}}), 2);
  const Response response = desk.send_keyed("POST", "/orders", kPlace);
  CHECK(response.status == 201);
  CHECK(header_of(response, "Location") == "/orders/o-1");
  CHECK(header_of(response, "ETag") == "\"2\"");
  CHECK(header_of(response, "Cassette-Position") == "0:11");
}

// The gateway answers with the commit that places the order.
void answer_with_commit(Desk& desk, const StoredCommit& commit) {
  desk.gateway.answer = [&desk, commit](const eventstore::Request& request) {
    auto reply = std::get<eventstore::Accepted>(desk.gateway.accept(request));
    std::string body;
    eventstore::encode(commit.commit, body);
    reply.commit = std::make_shared<const eventstore::AppendedCommit>(
        commit.position, commit.hash, std::make_shared<const std::string>(std::move(body)));
    return reply;
  };
}

// It waited for the projector, which then did nothing but one commit after the other.
TEST_CASE("an order that its own commit settles is answered without the models") {
  Desk desk;
  testing::TapeMaker tape = testing::small_market();
  tape.run(testing::place_order("o-1", {testing::item("v1", "p1", 1)}));
  answer_with_commit(desk, tape.commits().back());
  desk.models.behind = 1;
  desk.services.many_orders = 1;
  const Response response = desk.send_keyed("POST", "/orders", kPlace);
  CHECK(response.status == 201);
  CHECK(header_of(response, "Location") == "/orders/o-1");
  CHECK(header_of(response, "Cassette-Position") == "0:11");
  const auto order = projections::fold_placed(tape.commits().back(), 0, {"o-1"}).value();
  CHECK(header_of(response, "ETag") == '"' + std::to_string(order.version) + '"');
  CHECK(response.body.starts_with(R"({"orderId":"o-1","customerId":"customer-1",)"
                                  R"("status":"Confirmed",)"));
}

// Whoever read after the answer of its only order did not see it.
TEST_CASE("an order by itself is answered when the models have it") {
  Desk desk;
  testing::TapeMaker tape = testing::small_market();
  tape.run(testing::place_order("o-1", {testing::item("v1", "p1", 1)}));
  answer_with_commit(desk, tape.commits().back());
  desk.models.behind = 1;
  CHECK(desk.send_keyed("POST", "/orders", kPlace).status == 503);
}

// A full disk kept the models where they were, while orders went on without an end.
TEST_CASE("an order is not answered far ahead of the models") {
  Desk desk;
  testing::TapeMaker tape = testing::small_market();
  tape.run(testing::place_order("o-1", {testing::item("v1", "p1", 1)}));
  answer_with_commit(desk, tape.commits().back());
  desk.gateway.heads_[0].commit = 1'000;
  desk.models.behind = 100;
  desk.services.many_orders = 1;
  const Response response = desk.send_keyed("POST", "/orders", kPlace);
  CHECK(response.status == 503);
  CHECK(response.body.find("\"committed\":true") != std::string::npos);
  CHECK(header_of(response, "Cassette-Position") == "0:1001");
}

TEST_CASE("no order is answered ahead of models that have stopped") {
  Desk desk;
  testing::TapeMaker tape = testing::small_market();
  tape.run(testing::place_order("o-1", {testing::item("v1", "p1", 1)}));
  answer_with_commit(desk, tape.commits().back());
  desk.models.behind = 1;
  desk.models.failed = "a hole";
  desk.services.many_orders = 1;
  CHECK(desk.send_keyed("POST", "/orders", kPlace).status == 503);
}

TEST_CASE("an order that its commit does not settle is waited for") {
  Desk desk;
  testing::TapeMaker tape(2);
  const auto there = [&](std::uint32_t partition, std::string id) {
    while (tape.home(id) != partition) id += 'x';
    return id;
  };
  const std::string vendor = there(1, "v");
  tape.run(testing::register_vendor(vendor));
  tape.run(testing::list_product(vendor, "p"));
  tape.run(testing::count_stock(vendor, "p", 5));
  const std::string order = there(0, "o");
  const auto position = tape.run(testing::place_order(order, {testing::item(vendor, "p", 1)}));
  for (const StoredCommit& commit : tape.commits(0)) {
    if (commit.position == position) answer_with_commit(desk, commit);
  }
  desk.models.behind = 1;
  desk.services.many_orders = 1;
  const std::string body = R"({"orderId":")" + order + R"(","customerId":"c","items":[)" +
                           R"({"vendorId":"v1","productId":"p","quantity":1}]})";
  const Response response = desk.send_keyed("POST", "/orders", body);
  CHECK(response.status == 503);
  CHECK(response.body.find("\"committed\":true") != std::string::npos);
}

TEST_CASE("an order that has not settled in time is 202, and settles while it is waited for") {
  Desk desk;
  desk.models.put(Model::Orders, "o-1", order_document(kPlacing, {{"v1", 0}}), 1);
  const Response pending = desk.send_keyed("POST", "/orders", kPlace);
  CHECK(pending.status == 202);
  CHECK(header_of(pending, "Location") == "/orders/o-1");

  desk.services.waits.settled = std::chrono::milliseconds(2'000);
  desk.models.on_wait = [&] {
    desk.models.put(Model::Orders, "o-1", order_document(kSettled, {{"v1"}}), 2);
  };
  CHECK(desk.send_keyed("POST", "/orders", kPlace).status == 201);
  CHECK(desk.models.waited.size() == 1);
}

// It asked again and again for two seconds, as fast as it could.
TEST_CASE("an order is not waited for once folding has stopped") {
  Desk desk;
  desk.services.waits.settled = std::chrono::hours(1);
  desk.models.put(Model::Orders, "o-1", order_document(kPlacing, {{"v1", 0}}), 1);
  desk.models.failed = "a hole in the ledger";
  CHECK(desk.send_keyed("POST", "/orders", kPlace).status == 202);
  CHECK(desk.models.waited.empty());
}

// 201 said Pending, and a shipment sent at once was refused.
TEST_CASE("an order is 201 only when every vendor has recorded that it stands") {
  Desk desk;
  const auto answer_to = [&](const std::string& order, const std::string& part) {
    desk.models.put(Model::Orders, "o-1",
                    R"({"orderId":"o-1","customerId":"c","phase":"Open","settled":true,)" + order +
                        R"(,"subOrders":[{"vendorId":"v1","status":"Confirmed","version":2,)"
                        R"("preparation":"Confirmed"},{"vendorId":"v2","status":"Pending",)" +
                        part + R"(,"preparation":"Pending","version":1}]})",
                    2);
    return desk.send_keyed("POST", "/orders", kPlace).status;
  };
  CHECK(answer_to(R"("status":"Pending","confirmed":true)", R"("settled":true)") == 202);
  CHECK(answer_to(R"("status":"Pending","confirmed":false)", R"("settled":false)") == 202);
  CHECK(answer_to(R"("status":"Pending","confirmed":false)", R"("settled":true)") == 201);
}

TEST_CASE("an order that could not stand is the problem of its refusal, and names itself") {
  Desk desk;
  const std::string refused =
      R"("status":"Cancelled","phase":"Failed","settled":false,"refusal":)"
      R"({"type":"InsufficientStock","lines":[{"lineId":"1","vendorId":"v1","productId":"p",)"
      R"("wanted":1,"available":0}],"retryable":true})";
  desk.models.put(Model::Orders, "o-1", order_document(refused, {{"v1"}}), 2);
  const Response response = desk.send_keyed("POST", "/orders", kPlace);
  CHECK(response.status == 409);
  CHECK(problem_type(response) == "insufficient-stock");
  CHECK(response.body.find("\"retryable\":true") != std::string::npos);
  CHECK(response.body.find("\"orderId\":\"o-1\"") != std::string::npos);
  CHECK(header_of(response, "Cassette-Position") == "0:11");
}

// It was 201, as if it stood.
TEST_CASE("an order that failed before every vendor had answered never stood") {
  Desk desk;
  const auto answer_to = [&](const std::string& how) {
    desk.models.put(
        Model::Orders, "o-1",
        order_document(R"("status":"Cancelled","phase":"Failed","settled":false)" + how, {{"v1"}}),
        3);
    const Response response = desk.send_keyed("POST", "/orders", kPlace);
    CHECK(response.status == 409);
    const std::string named = "\"orderId\":\"o-1\"";
    CHECK(response.body.find(named) != std::string::npos);
    CHECK(response.body.find(named) == response.body.rfind(named));
    return problem_type(response);
  };
  CHECK(answer_to(R"(,"expired":true)") == "reservation-expired");
  CHECK(answer_to("") == "illegal-transition");
}

TEST_CASE("an order that stood and was cancelled since is 201 to a repeat") {
  Desk desk;
  const std::string cancelled = R"("status":"Cancelled","phase":"Failed","settled":true)";
  desk.models.put(Model::Orders, "o-1", order_document(cancelled, {{"v1"}}), 4);
  desk.gateway.answer = [](const auto&) { return eventstore::Accepted{{0, 4}, 201, true, false}; };
  CHECK(desk.send_keyed("POST", "/orders", kPlace).status == 201);
}

TEST_CASE("an erased customer can't order, with or without an address") {
  Desk desk;
  desk.models.put(Model::Customers, "c", R"({"customerId":"c","status":"Erased"})", 2);
  desk.gateway.answer = [](const eventstore::Request& request) -> eventstore::Reply {
    CHECK(std::get<domain::PlaceOrder>(request.command).items.empty());  // only a repeat passes
    return eventstore::Rejected{domain::InvalidCommand{"items", "must not be empty"}};
  };
  CHECK(problem_type(desk.send_keyed("POST", "/orders", kPlace)) == "customer-erased");
  desk.gateway.answer = {};
  desk.models.put(Model::Customers, "c", R"({"customerId":"c","status":"Active"})", 2);
  desk.models.put(Model::Orders, "o-1", order_document(kSettled, {{"v1"}}), 2);
  CHECK(desk.send_keyed("POST", "/orders", kPlace).status == 201);
}

// It was 409, as if the order had not been placed.
TEST_CASE("an order's repeat is answered as before, also when its customer was erased since") {
  Desk desk;
  desk.models.put(Model::Customers, "c", R"({"customerId":"c","status":"Erased"})", 2);
  desk.models.put(Model::Orders, "o-1", order_document(kSettled, {{"v1"}}), 2);
  desk.gateway.answer = [](const auto&) { return eventstore::Accepted{{0, 4}, 201, true, false}; };
  CHECK(desk.send_keyed("POST", "/orders", kPlace).status == 201);
  desk.gateway.answer = [](const auto&) { return eventstore::DigestMismatch{}; };
  CHECK(problem_type(desk.send_keyed("POST", "/orders", kPlace)) == "idempotency-mismatch");
}

TEST_CASE("positions are of every partition that the order concerns") {
  Desk desk;
  desk.gateway.heads_ = {{0, 10}, {1, 20}, {2, 30}, {3, 40}};
  desk.models.put(Model::Orders, "o-1", order_document(kSettled, {{"v1"}}), 2);
  const Response response = desk.send_keyed("POST", "/orders", kPlace);
  const std::string positions = header_of(response, "Cassette-Position");
  for (const std::string id : {"o-1", "v1"}) {
    const auto partition = eventstore::partition_of(id, 4);
    CHECK(positions.find(eventstore::format(desk.gateway.heads_[partition])) != std::string::npos);
  }
}

TEST_CASE("a status without a vendor") {
  Desk desk;
  put_order(desk);
  const auto patch = [&](const std::string& body) {
    return desk.send("PATCH", "/orders/o-1/status", body);
  };
  SUBCASE("Cancelled asks every vendor") {
    CHECK(patch(R"({"status":"Cancelled","reason":"late"})").status == 200);
    const auto& cancel = desk.gateway.last_command<domain::CancelOrder>();
    CHECK(cancel.reason == "late");
    CHECK(cancel.asked_by == domain::Role::Administrator);
  }
  SUBCASE("Confirmed is the order's confirmation") {
    CHECK(patch(R"({"status":"Confirmed"})").status == 200);
    CHECK(std::holds_alternative<domain::ConfirmOrder>(desk.gateway.last().command));
  }
  SUBCASE("anything else must say whose") {
    CHECK(problem_field(patch(R"({"status":"Shipped"})")) == "vendorId");
    CHECK(problem_field(patch(R"({"note":"call first"})")) == "vendorId");
  }
  SUBCASE("unless there is one only") {
    desk.models.put(Model::Orders, "o-1", order_document(kSettled, {{"v1"}}), 2);
    CHECK(patch(R"({"status":"Shipped","carrier":"UPS","trackingCode":"1Z"})").status == 200);
    const auto& advance = desk.gateway.last_command<domain::AdvanceSubOrder>();
    CHECK(advance.vendor_id.value == "v1");
    CHECK(advance.status == OrderStatus::Shipped);
    CHECK(advance.carrier == "UPS");
    CHECK_FALSE(advance.shipment_id.empty());
  }
  SUBCASE("what means nothing is refused") {
    CHECK(problem_field(patch("{}")) == "status");
    CHECK(problem_field(patch(R"({"status":"Pending"})")) == "status");
    CHECK(problem_field(patch(R"({"status":"Packed","vendorId":"v1","carrier":"x"})")) ==
          "carrier");
    CHECK(problem_field(patch(R"({"status":"Packed","vendorId":"v1","reason":"x"})")) == "reason");
    CHECK(desk.gateway.requests.empty());
  }
}

TEST_CASE("a vendor's status, note and cancellation") {
  Desk desk;
  put_order(desk);
  RequestHeaders headers;
  headers.if_match = "\"3\"";
  const auto patch = [&](const std::string& body) {
    return desk.send("PATCH", "/orders/o-1/status", body, headers);
  };
  CHECK(patch(R"({"status":"Packed","vendorId":"v2"})").status == 200);
  CHECK(desk.gateway.last_command<domain::AdvanceSubOrder>().expected_version == 3);
  CHECK(patch(R"({"note":"call first","vendorId":"v2"})").status == 200);
  CHECK(desk.gateway.last_command<domain::NoteSubOrder>().note == "call first");
  CHECK(patch(R"({"status":"Cancelled","vendorId":"v2"})").status == 200);
  CHECK(desk.gateway.last_command<domain::CancelLines>().vendor_id.value == "v2");
  CHECK_FALSE(desk.gateway.last_command<domain::CancelLines>().requested);
}

// It was compared with the order's version, and every client had the part's.
TEST_CASE("If-Match of a status is the part's version, also where the whole is meant") {
  Desk desk;
  desk.models.put(Model::Orders, "o-1", order_document(kSettled, {{"v1", 4}}), 9);
  RequestHeaders headers;
  headers.if_match = "\"4\"";
  const auto patch = [&](const std::string& status) {
    return desk.send("PATCH", "/orders/o-1/status", R"({"status":")" + status + "\"}", headers);
  };
  CHECK(patch("Cancelled").status == 200);
  CHECK(desk.gateway.last_command<domain::CancelOrder>().expected_version == 9);
  CHECK(patch("Confirmed").status == 200);
  CHECK(desk.gateway.last_command<domain::ConfirmOrder>().expected_version == 9);
  SUBCASE("another version is refused by all that is no repeat") {
    headers.if_match = "\"9\"";
    desk.gateway.answer = [](const eventstore::Request& request) -> eventstore::Reply {
      const auto expected = std::get<domain::CancelOrder>(request.command).expected_version;
      return eventstore::Rejected{domain::VersionMismatch{*expected, 9}};
    };
    const Response refused = patch("Cancelled");
    CHECK(refused.status == 412);
    CHECK(refused.body.find("The version is 4, not 9.") != std::string::npos);
    desk.gateway.answer = [](const auto&) {
      return eventstore::Accepted{{0, 4}, 200, true, false};
    };
    CHECK(patch("Cancelled").status == 200);
  }
  SUBCASE("of several vendors one is named") {
    put_order(desk);
    CHECK(problem_field(patch("Cancelled")) == "If-Match");
    CHECK(problem_field(patch("Confirmed")) == "If-Match");
  }
}

TEST_CASE("a vendor's write waits until the order has recorded it") {
  Desk desk;
  put_order(desk);
  desk.models.put(Model::VendorOrders, "v2/o-1", "{}", 4);
  const std::string body = R"({"status":"Packed","vendorId":"v2"})";
  const Response behind = desk.send("PATCH", "/orders/o-1/status", body);
  CHECK(behind.status == 202);
  CHECK_FALSE(header_of(behind, "Cassette-Position").empty());
  desk.services.waits.settled = std::chrono::milliseconds(2'000);
  desk.models.on_wait = [&] {
    desk.models.put(Model::Orders, "o-1", order_document(kSettled, {{"v1"}, {"v2", 4}}), 7);
  };
  CHECK(desk.send("PATCH", "/orders/o-1/status", body).status == 200);
}

// The cancellation was accepted and answered with 404: what a vendor refuses is no document of it.
TEST_CASE("a write to a part that its vendor refused is answered with the order") {
  Desk desk;
  put_order(desk);
  desk.models.documents.erase({Model::VendorOrders, "v2/o-1"});
  const Response response = desk.send("POST", "/orders/o-1/cancellations", R"({"vendorId":"v2"})");
  CHECK(response.status == 200);
  CHECK(header_of(response, "Cassette-Position") == "0:11");
}

TEST_CASE("a cancellation of the whole waits for every vendor's answer") {
  Desk desk;
  desk.models.put(Model::Orders, "o-1",
                  order_document(kSettled, {{"v1"}, {"v2", 1, R"(,"outstanding":1)"}}), 6);
  CHECK(desk.send("POST", "/orders/o-1/cancellations").status == 202);
  desk.models.put(Model::Orders, "o-1", order_document(kSettled, {{"v1"}, {"v2"}}), 7);
  CHECK(desk.send("POST", "/orders/o-1/cancellations", R"({"reason":"late"})").status == 200);
}

TEST_CASE("cancelled lines find their vendor") {
  Desk desk;
  put_order(desk);
  const auto cancel = [&](const std::string& body) {
    return desk.send("POST", "/orders/o-1/cancellations", body);
  };
  CHECK(cancel(R"({"items":[{"lineId":"2","quantity":1}]})").status == 200);
  const auto& command = desk.gateway.last_command<domain::CancelLines>();
  CHECK(command.vendor_id.value == "v2");
  CHECK(command.lines == std::vector<domain::LineQuantity>{{{2}, 1}});
  const std::string both = R"({"items":[{"lineId":"1","quantity":1},{"lineId":"2","quantity":1}]})";
  CHECK(problem_field(cancel(both)) == "vendorId");
  CHECK(problem_field(cancel(R"({"items":[]})")) == "items");
}

TEST_CASE("shipments and returns find their vendor, and say where they are") {
  Desk desk;
  put_order(desk);
  const Response shipped =
      desk.send("POST", "/orders/o-1/shipments",
                R"({"shipmentId":"s-9","items":[{"lineId":"2","quantity":1}],"carrier":"UPS"})");
  CHECK(shipped.status == 201);
  CHECK(header_of(shipped, "Location") == "/orders/o-1/shipments/s-9");
  CHECK(desk.gateway.last_command<domain::ShipLines>().vendor_id.value == "v2");
  CHECK(problem_field(desk.send("POST", "/orders/o-1/shipments")) == "vendorId");

  CHECK(desk.send("PATCH", "/orders/o-1/shipments/s-1", R"({"resolution":"writtenOff"})").status ==
        200);
  const auto& update = desk.gateway.last_command<domain::UpdateShipment>();
  CHECK(update.vendor_id.value == "v2");
  CHECK(update.resolution == domain::LossResolution::WrittenOff);
  CHECK(desk.send("PATCH", "/orders/o-1/shipments/s-7", R"({"status":"Lost"})").status == 404);
  CHECK(desk.send("PATCH", "/orders/o-1/shipments/s-1", "{}").status == 400);

  CHECK(desk.send("POST", "/orders/o-1/returns",
                  R"({"returnId":"r-9","items":[{"lineId":"1","quantity":1}]})")
            .status == 201);
  CHECK(desk.gateway.last_command<domain::RequestReturn>().vendor_id.value == "v1");
  CHECK(desk.send("PATCH", "/orders/o-1/returns/r-1", R"({"status":"Received","restock":true})")
            .status == 200);
  CHECK(desk.gateway.last_command<domain::ResolveReturn>().restock);
  CHECK(desk.send("PATCH", "/orders/o-1/returns/r-1", R"({"status":"Requested"})").status == 400);
}

TEST_CASE("an address is sealed for the order's customer") {
  Desk desk;
  put_order(desk);
  const Response response =
      desk.send("PATCH", "/orders/o-1/address",
                R"({"shippingAddress":{"line1":"1","city":"x","countryCode":"US"}})");
  CHECK(response.status == 200);
  CHECK(desk.gateway.last_command<domain::ChangeOrderAddress>().shipping_address.token.starts_with(
      "customer:c|shippingAddress|"));
}

TEST_CASE("an order that isn't there") {
  Desk desk;
  CHECK(desk.send("PATCH", "/orders/o-9/status", R"({"status":"Packed"})").status == 404);
  CHECK(desk.send("POST", "/orders/o-9/shipments").status == 404);
}

}  // namespace
}  // namespace cassette::api
