// Server-Sent Events of a real gateway on loopback: what comes, in which order, and that nothing is
// missed or repeated by whoever comes back.
#include <set>

#include "tests/unit/api/live_rig.h"

namespace cassette::api {
namespace {

TEST_CASE("an event comes as it happens, with a cursor and the feed's CloudEvent") {
  LiveRig rig;
  StreamClient client(rig, "vendorId=1580&types=StockCounted");
  REQUIRE(client.open());
  CHECK(client.raw().find("retry: 1000\n") != std::string::npos);
  CHECK(client.last_id() == rig.head());
  rig.count("1580", 90);
  const auto event = client.next();
  REQUIRE(event);
  CHECK(event->cursor == rig.head() + ".0");
  CHECK(id_of(event) == "0-" + rig.head().substr(2) + "-0");
  CHECK(test::attribute(event->data, "type") == "cassette.StockCounted");
}

TEST_CASE("only what the filter asks for comes") {
  LiveRig rig;
  StreamClient client(rig, "vendorId=1580&productId=771&types=StockCounted");
  REQUIRE(client.open());
  rig.count("v2", 5);
  rig.run(testing::list_product("1580", "772"));
  rig.run(testing::count_stock("1580", "772", 3));
  rig.count("1580", 80);
  CHECK(id_of(client.next()) == "0-" + rig.head().substr(2) + "-0");
}

TEST_CASE("who comes back with its last id has every event after it, from the ring") {
  LiveRig rig;
  rig.count("1580", 1);
  const std::string from = rig.head();
  for (int i = 2; i < 12; ++i) rig.count("1580", i);
  StreamClient client(rig, "vendorId=1580&types=StockCounted", "Last-Event-ID: " + from + "\r\n");
  std::uint64_t commit = std::stoull(from.substr(2));
  for (int i = 2; i < 12; ++i)
    CHECK(id_of(client.next()) == "0-" + std::to_string(++commit) + "-0");
  rig.count("1580", 50);
  CHECK(id_of(client.next()) == "0-" + std::to_string(++commit) + "-0");
}

TEST_CASE("what is older than the ring is read from the ledger, and meets it without a gap") {
  LiveOptions options = LiveRig::quick();
  options.ring_bytes = 4'096;  // three commits or so
  LiveRig rig(1, options);
  for (int i = 1; i < 400; ++i) rig.count("1580", i);
  StreamClient client(rig, "after=0:0&types=StockCounted");
  std::vector<std::string> ids;
  for (int i = 0; i < 401; ++i) ids.push_back(id_of(client.next()));
  for (int i = 400; i < 420; ++i) rig.count("1580", i);
  for (int i = 0; i < 20; ++i) ids.push_back(id_of(client.next()));
  CHECK(std::set<std::string>(ids.begin(), ids.end()).size() == 421);
  CHECK(ids.back() == "0-" + rig.head().substr(2) + "-0");
}

TEST_CASE("a cursor within a commit goes on with the commit's next event") {
  LiveRig rig;
  rig.run(testing::place_order("o-1", {testing::item("1580", "771", 1)}));
  StreamClient all(rig, "after=0:0&orderId=o-1");
  const auto first = all.next();
  const auto second = all.next();
  REQUIRE(second);
  StreamClient again(rig, "after=" + first->cursor + "&orderId=o-1");
  CHECK(id_of(again.next()) == id_of(second));
}

TEST_CASE("events of two partitions keep their order within each, over a reconnect") {
  LiveRig rig(2);
  std::map<std::string, std::uint64_t> last;
  std::string cursor = "0:0,1:0";
  std::size_t seen = 0;
  for (int round = 0; round < 3; ++round) {
    StreamClient client(rig, "after=" + cursor + "&types=StockCounted");
    REQUIRE(client.open());
    for (int i = 0; i < 10; ++i) {
      rig.count("1580", 10 * round + i + 1);
      rig.count("v2", 10 * round + i + 1);
    }
    while (seen < 2U + 20U * static_cast<std::size_t>(round + 1) - 3U) {
      const auto event = client.next();
      REQUIRE(event);
      const auto ref = projections::parse_public_id(id_of(event));
      REQUIRE(ref);
      std::uint64_t& before = last[std::to_string(ref->position.partition)];
      CHECK(ref->position.commit > before);
      before = ref->position.commit;
      cursor = event->cursor;
      ++seen;
    }
  }
}

TEST_CASE("a void message in the ledger is no event, and no cursor") {
  LiveRig rig;
  rig.tape.put_raw(0, "whatever");
  rig.publish();
  const std::string hole = rig.head();
  rig.count("1580", 7);
  StreamClient client(rig, "types=StockCounted&after=" + hole);
  CHECK(id_of(client.next()) == "0-" + rig.head().substr(2) + "-0");  // the ring has what follows
  LiveOptions options = LiveRig::quick();
  options.ring_bytes = 1;
  rig.open(options);
  rig.count("1580", 8);
  StreamClient refused(rig, "types=StockCounted&after=" + hole);
  CHECK_FALSE(refused.next());
}

TEST_CASE("stock levels: the newest at once, then after each change") {
  LiveRig rig;
  StreamClient client(rig, "vendorId=1580&productId=771&types=StockLevel");
  auto level = client.next();
  REQUIRE(level);
  CHECK(level->kind == test::LiveFrame::Kind::Stock);
  CHECK(level->data == R"({"vendorId":"1580","productId":"771","quantityAvailable":100,)"
                       R"("version":1,"position":")" +
                           rig.head() + "\"}");
  rig.set_stock("1580", "771", 60, 2);
  rig.count("1580", 60);
  level = client.next();
  REQUIRE(level);
  CHECK(level->data.find("\"quantityAvailable\":60") != std::string::npos);
  CHECK(level->cursor == rig.head());
}

TEST_CASE("a level moves also when an order names lines and not products") {
  LiveRig rig;
  rig.models.put(LiveModels::Model::VendorOrders, "1580/o-1", R"({"items":[{"productId":"771"}]})");
  rig.run(testing::place_order("o-1", {testing::item("1580", "771", 4)}));
  StreamClient client(rig, "vendorId=1580&types=StockLevel");
  REQUIRE(client.open());
  rig.set_stock("1580", "771", 99, 9);
  rig.run(testing::cancel_order("o-1"));
  auto level = client.next();  // the order's own may still be on its way
  while (level && level->data.find("\"quantityAvailable\":99") == std::string::npos) {
    level = client.next();
  }
  CHECK(level);
}

TEST_CASE("without a token levels of listed products come, and nothing else") {
  LiveRig rig;
  rig.ask_who();
  rig.models.put(LiveModels::Model::Products, "1580/999", R"({"status":"Delisted"})");
  StreamClient client(rig, "vendorId=1580");
  REQUIRE(client.open());
  rig.set_stock("1580", "771", 42, 3);
  rig.count("1580", 42);
  const auto level = client.next();
  REQUIRE(level);
  CHECK(level->kind == test::LiveFrame::Kind::Stock);
  CHECK(StreamClient(rig, "vendorId=1580&productId=999").rest().starts_with("HTTP/1.1 404"));
  CHECK(StreamClient(rig, "vendorId=1580&types=StockCounted").rest().starts_with("HTTP/1.1 401"));
  CHECK(StreamClient(rig, "").rest().starts_with("HTTP/1.1 400"));
}

TEST_CASE("a customer has the events of its own orders, whichever vendor they are of") {
  LiveRig rig;
  rig.ask_who();
  const std::string token = rig.identity.sign_in("openid orders:read").access_token;
  rig.models.put(LiveModels::Model::Orders, "old", R"({"customerId":"c-17"})");
  rig.models.put(LiveModels::Model::Orders, "other", R"({"customerId":"c-18"})");
  StreamClient client(rig, "types=StockReserved,OrderPlaced", bearer(token));
  REQUIRE(client.open());
  rig.run(testing::place_order("theirs", {testing::item("1580", "771", 1)}));
  auto order = testing::place_order("mine", {testing::item("v2", "771", 1)});
  order.customer_id = {"c-17"};
  rig.run(order);
  const auto placed = client.next();
  REQUIRE(placed);
  CHECK(placed->data.find("\"mine\"") != std::string::npos);
  CHECK(StreamClient(rig, "orderId=other", bearer(token)).rest().starts_with("HTTP/1.1 404"));
  CHECK(StreamClient(rig, "orderId=old", bearer(token)).open());
}

TEST_CASE("bad requests are told what is wrong, and the others go on") {
  LiveRig rig;
  StreamClient witness(rig, "vendorId=1580&types=StockCounted");
  REQUIRE(witness.open());
  const auto answer = [&](const std::string& request) {
    LiveClient client(rig.gateway->port());
    client.send(request);
    const std::string all = client.receive_all();
    return all.substr(0, 12) + ' ' + all.substr(std::min(all.find("/problems/"), all.size() - 1));
  };
  CHECK(answer(live_request("colour=red")).starts_with("HTTP/1.1 400 /problems/unknown-parameter"));
  CHECK(answer(live_request("after=0:1,1:2")).starts_with("HTTP/1.1 400 /problems/invalid-cursor"));
  CHECK(answer(live_request("after=0:99999")).starts_with("HTTP/1.1 400 /problems/stale-position"));
  CHECK(answer(live_request("types=Nonsense"))
            .starts_with("HTTP/1.1 400 /problems/invalid-parameter"));
  CHECK(answer(live_request("vendorId=%ff")).starts_with("HTTP/1.1 400"));
  CHECK(answer(live_request("ticket=forged")).starts_with("HTTP/1.1 401 /problems/invalid-token"));
  CHECK(answer("GET /other HTTP/1.1\r\nHost: localhost\r\n\r\n").starts_with("HTTP/1.1 404"));
  CHECK(answer("POST /live HTTP/1.1\r\nHost: localhost\r\n\r\n").starts_with("HTTP/1.1 405"));
  CHECK(answer("GET /live HTTP/1.1\r\nHost: evil.example\r\n\r\n").starts_with("HTTP/1.1 403"));
  CHECK(answer(live_request("", "Content-Length: 5\r\n")).starts_with("HTTP/1.1 400"));
  CHECK(answer(live_request("", "X: " + std::string(9'000, 'x') + "\r\n"))
            .starts_with("HTTP/1.1 431"));
  CHECK(answer("nonsense\r\n\r\n").starts_with("HTTP/1.1 400"));
  rig.count("1580", 33);
  CHECK(witness.next());
}

TEST_CASE("health says how many there are") {
  LiveRig rig;
  StreamClient one(rig, "vendorId=1580");
  REQUIRE(one.open());
  LiveClient client(rig.gateway->port());
  client.send("GET /live/health HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const std::string answer = client.receive_all();
  CHECK(answer.find("\"connections\":1,\"subscriptions\":1,\"heads\":\"" + rig.head()) !=
        std::string::npos);
}

TEST_CASE("a ticket opens one stream, and one only") {
  LiveRig rig;
  rig.ask_who();
  const auto ticket = rig.tickets.make("Bearer " + rig.vendor_token(), wall_clock());
  REQUIRE(ticket.ok());
  const std::string query = "types=StockCounted&ticket=" + ticket.value().text;
  StreamClient client(rig, query);
  REQUIRE(client.open());
  rig.count("v2", 1);
  rig.count("1580", 1);
  CHECK(client.next()->data.find("\"1580\"") != std::string::npos);
  CHECK(StreamClient(rig, query).rest().starts_with("HTTP/1.1 401"));
  const auto late = rig.tickets.make("Bearer " + rig.vendor_token(), rig.now_minus_a_minute());
  CHECK(StreamClient(rig, "ticket=" + late.value().text).rest().starts_with("HTTP/1.1 401"));
}

TEST_CASE("a stream ends when its token is revoked, and others' go on") {
  LiveRig rig;
  rig.ask_who();
  const std::string token = rig.vendor_token();
  StreamClient revoked(rig, "", bearer(token));
  StreamClient other(rig, "types=StockCounted", bearer(rig.vendor_token()));
  REQUIRE(revoked.open());
  REQUIRE(other.open());
  REQUIRE(rig.identity.identity->tokens()
              .revoke(IdentityRig::proof("vendor-app"), token, rig.identity.origin())
              .ok());
  CHECK_FALSE(revoked.next());
  rig.count("1580", 5);
  CHECK(other.next());
}

TEST_CASE("silence is broken by a comment, with a cursor that moves on") {
  LiveOptions options;
  options.heartbeat = std::chrono::milliseconds(40);
  LiveRig rig(1, options);
  StreamClient client(rig, "vendorId=v2&types=StockCounted");
  REQUIRE(client.open());
  rig.count("1580", 11);
  std::string raw;
  while (raw.find(": alive\nid: " + rig.head() + "\n\n") == std::string::npos) {
    raw += client.client().receive();
  }
}

TEST_CASE("a client that takes nothing is let go, and the others go on") {
  LiveRig rig;
  StreamClient slow(rig, "types=StockCounted");
  REQUIRE(slow.open());
  const int small = 4'096;
  ::setsockopt(slow.client().socket(), SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
  StreamClient fast(rig, "types=StockCounted");
  REQUIRE(fast.open());
  const int many = 12'000;
  for (int i = 0; i < many; ++i) {
    rig.count("1580", i % 1'000 + 1);
    REQUIRE(fast.next());
  }
  int had = 0;
  while (slow.next()) ++had;
  CHECK(had < many);
  StreamClient again(rig, "types=StockCounted&after=" + slow.last_id());
  while (had < many && again.next()) ++had;
  rig.count("1580", 5'000);
  CHECK(again.next()->cursor == rig.head() + ".0");
}

TEST_CASE("more connections than there may be are 503") {
  LiveOptions options = LiveRig::quick();
  options.max_connections = 1;
  LiveRig rig(1, options);
  StreamClient first(rig, "vendorId=1580");
  REQUIRE(first.open());
  CHECK(StreamClient(rig, "vendorId=1580").rest().starts_with("HTTP/1.1 503"));
}

TEST_CASE("a request that does not come in time is given up") {
  LiveOptions options = LiveRig::quick();
  options.head_timeout = std::chrono::milliseconds(50);
  LiveRig rig(1, options);
  LiveClient client(rig.gateway->port());
  client.send("GET /live HTTP/1.1\r\n");
  CHECK(client.receive().empty());
}

TEST_CASE("a page may read the answer where its origin is allowed") {
  LiveRig rig;
  rig.gateway.reset();
  rig.services.edge.origins = {"https://shop.example"};
  rig.open(rig.options);
  StreamClient allowed(rig, "vendorId=1580", "Origin: https://shop.example\r\n");
  REQUIRE(allowed.open());
  CHECK(allowed.raw().find("Access-Control-Allow-Origin: https://shop.example\r\n") !=
        std::string::npos);
  StreamClient other(rig, "vendorId=1580", "Origin: https://evil.example\r\n");
  REQUIRE(other.open());
  CHECK(other.raw().find("Access-Control-Allow-Origin") == std::string::npos);
}

TEST_CASE("streams end when the gateway stops") {
  LiveRig rig;
  StreamClient client(rig, "vendorId=1580");
  REQUIRE(client.open());
  rig.gateway->stop();
  CHECK_FALSE(client.next());
}

}  // namespace
}  // namespace cassette::api
