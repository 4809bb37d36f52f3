// WebSockets of a real gateway on loopback: subscriptions, acknowledgements, and what each kind of
// misbehaviour is closed with.
#include <thread>

#include "tests/unit/api/live_rig.h"

namespace cassette::api {
namespace {

const std::string kSubscribe =
    R"({"type":"subscribe","id":"s1","filter":{"vendorId":"1580","types":["StockCounted"]}})";

std::string data_of(const std::optional<test::LiveFrame>& frame) {
  return frame ? frame->data : "closed";
}

// A frame as no client library would make it. `head`: its first byte.
std::string raw_frame(unsigned char head, const std::string& payload) {
  std::string frame(1, static_cast<char>(head));
  if (payload.size() < 126) {
    frame += static_cast<char>(0x80 | payload.size());
  } else {
    frame += static_cast<char>(0x80 | 126);
    frame += static_cast<char>(payload.size() >> 8);
    frame += static_cast<char>(payload.size() & 0xff);
  }
  return frame + std::string(4, '\0') + payload;
}

TEST_CASE("a subscription is confirmed, and its events come by its name") {
  LiveRig rig;
  SocketClient client(rig);
  client.say(kSubscribe);
  CHECK(data_of(client.next()) ==
        R"({"type":"subscribed","id":"s1","cursor":")" + rig.head() + "\"}");
  rig.count("v2", 1);
  rig.count("1580", 1);
  const auto event = client.next();
  REQUIRE(event);
  CHECK(event->kind == test::LiveFrame::Kind::Event);
  CHECK(event->cursor == rig.head() + ".0");
  CHECK(id_of(event) == "0-" + rig.head().substr(2) + "-0");
  client.say(R"({"type":"unsubscribe","id":"s1"})");
  CHECK(data_of(client.next()) == R"({"type":"unsubscribed","id":"s1"})");
  client.say(R"({"type":"unsubscribe","id":"s1"})");
  CHECK(data_of(client.next()).find("/problems/invalid-field") != std::string::npos);
}

TEST_CASE("subscriptions are apart: each goes on after its own cursor") {
  LiveRig rig;
  const std::string from = rig.head();
  rig.count("1580", 1);
  SocketClient client(rig);
  client.say(R"({"type":"subscribe","id":"a","filter":{"types":["StockCounted"]},"after":")" +
             from + "\"}");
  CHECK(data_of(client.next()).find("\"subscribed\"") != std::string::npos);
  CHECK(client.next()->cursor == rig.head() + ".0");
  client.say(kSubscribe);
  CHECK(data_of(client.next()).find("\"subscribed\"") != std::string::npos);
  rig.count("1580", 2);
  CHECK(id_of(client.next()) == id_of(client.next()));
  client.say(kSubscribe);
  CHECK(data_of(client.next())
            .find("\"id\":\"s1\",\"problem\":{\"type\":\"/problems/invalid-field\"") !=
        std::string::npos);
}

TEST_CASE("stock levels come to a subscription of a product") {
  LiveRig rig;
  SocketClient client(rig);
  client.say(R"({"type":"subscribe","id":"s","filter":{"vendorId":"1580","productId":"771"}})");
  CHECK(client.next());
  const auto level = client.next();
  REQUIRE(level);
  CHECK(level->kind == test::LiveFrame::Kind::Stock);
  CHECK(level->data.find("\"quantityAvailable\":100") != std::string::npos);
}

TEST_CASE("acknowledging is answered only when it can't be") {
  LiveRig rig;
  SocketClient client(rig);
  client.say(R"({"type":"ack","cursor":"0:99999"})");
  CHECK(data_of(client.next()).find("/problems/invalid-cursor") != std::string::npos);
  client.say(R"({"type":"ack","cursor":")" + rig.head() + "\"}");
  client.say(kSubscribe);
  CHECK(data_of(client.next()).find("\"subscribed\"") != std::string::npos);
}

TEST_CASE("who acknowledges is held to it: a mebibyte more and it is closed with 4008") {
  LiveRig rig;
  SocketClient client(rig);
  client.say(R"({"type":"ack","cursor":"0:1"})");
  client.say(kSubscribe);
  REQUIRE(client.next());
  std::size_t bytes = 0;
  std::string last;
  for (int i = 0; i < 6'000; ++i) {
    rig.count("1580", i % 1'000 + 1);
    const auto event = client.next();
    if (!event) break;
    bytes += event->data.size();
    last = event->cursor;
  }
  CHECK(client.close_code() == 4008);
  CHECK(bytes > 900'000);
  SocketClient again(rig);
  again.say(R"({"type":"subscribe","id":"s1","filter":{"types":["StockCounted"]},"after":")" +
            last + "\"}");
  REQUIRE(again.next());
  rig.count("1580", 5'000);
  CHECK(again.next());
}

TEST_CASE("what is no text, no UTF-8, no JSON object or too long is closed with its code") {
  LiveRig rig;
  SocketClient witness(rig);
  witness.say(kSubscribe);
  REQUIRE(witness.next());
  const auto code = [&](const std::string& bytes) {
    SocketClient client(rig);
    client.client().send(bytes);
    return client.close_code();
  };
  CHECK(code(raw_frame(0x82, "binary")) == 1003);
  CHECK(code(raw_frame(0x81, "\xff\xfe")) == 1007);
  CHECK(code(raw_frame(0x81, "[]")) == 1007);
  CHECK(code(raw_frame(0x81, "{")) == 1007);
  CHECK(code(raw_frame(0x81, std::string(17'000, ' '))) == 1009);
  CHECK(code(raw_frame(0x01, std::string(9'000, ' ')) + raw_frame(0x80, std::string(9'000, ' '))) ==
        1009);
  CHECK(code(raw_frame(0xc1, "{}")) == 1002);
  CHECK(code(std::string("\x81\x02{}", 4)) == 1002);
  rig.count("1580", 3);
  CHECK(witness.next());
}

TEST_CASE("a flood of fragments is closed with 1008, and the others go on") {
  LiveOptions options = LiveRig::quick();
  options.heartbeat = std::chrono::milliseconds(200);
  LiveRig rig(1, options);
  SocketClient client(rig);
  std::string flood = raw_frame(0x01, "");
  for (int i = 0; i < 200'000; ++i) flood += raw_frame(0x00, "");
  client.client().send(flood);
  CHECK(client.close_code() == 1008);
}

TEST_CASE("the eighth refused message closes: 4403 where it asked for what is not its") {
  LiveRig rig;
  const auto code = [&](const std::string& message) {
    SocketClient client(rig);
    for (int i = 0; i < 8; ++i) client.say(message);
    return client.close_code();
  };
  CHECK(code(R"({"type":"sing"})") == 1008);
  rig.ask_who();
  CHECK(code(R"({"type":"subscribe","id":"s","filter":{"orderId":"o-1"}})") == 4403);
}

TEST_CASE("another vendor's events are refused by an error, and the rest goes on") {
  LiveRig rig;
  rig.ask_who();
  SocketClient client(rig, "", bearer(rig.vendor_token()));
  client.say(R"({"type":"subscribe","id":"s","filter":{"vendorId":"v2"}})");
  CHECK(data_of(client.next()).find("/problems/not-permitted") != std::string::npos);
  client.say(kSubscribe);
  CHECK(data_of(client.next()).find("\"subscribed\"") != std::string::npos);
}

TEST_CASE("a forged or used ticket and a bad token are closed with 4401") {
  LiveRig rig;
  rig.ask_who();
  const auto ticket = rig.tickets.make("Bearer " + rig.vendor_token(), wall_clock());
  SocketClient client(rig, "ticket=" + ticket.value().text);
  client.say(kSubscribe);
  CHECK(client.next());
  CHECK(SocketClient(rig, "ticket=" + ticket.value().text).close_code() == 4401);
  CHECK(SocketClient(rig, "ticket=forged").close_code() == 4401);
  CHECK(SocketClient(rig, "", bearer("nonsense")).close_code() == 4401);
}

TEST_CASE("a connection is closed with 4401 when its token is revoked") {
  LiveRig rig;
  rig.ask_who();
  const std::string token = rig.vendor_token();
  SocketClient client(rig, "", bearer(token));
  client.say(kSubscribe);
  REQUIRE(client.next());
  REQUIRE(rig.identity.identity->tokens()
              .revoke(IdentityRig::proof("vendor-app"), token, rig.identity.origin())
              .ok());
  CHECK(client.close_code() == 4401);
}

TEST_CASE("a page of another origin can't open one, and the gateway's own can") {
  LiveRig rig;
  SocketClient refused(rig, "", "Origin: https://evil.example\r\n");
  CHECK_FALSE(refused.next());
  CHECK(refused.raw().starts_with("HTTP/1.1 403"));
  SocketClient own(rig, "", "Origin: http://localhost\r\n");
  own.say(kSubscribe);
  CHECK(own.next());
}

TEST_CASE("whoever answers pings stays; a half-open socket is closed") {
  LiveOptions options;
  options.heartbeat = std::chrono::milliseconds(100);
  options.pong_timeout = std::chrono::milliseconds(100);
  LiveRig rig(1, options);
  SocketClient dead(rig);
  dead.say(kSubscribe);
  // It reads all, and answers nothing: what comes last is the close.
  const std::string all = dead.client().receive_all();
  CHECK(all.find("\x88") != std::string::npos);
  CHECK(all.find("no pong") != std::string::npos);
  SocketClient alive(rig);
  alive.say(kSubscribe);
  REQUIRE(alive.next());
  for (int i = 0; i < 5; ++i) {  // each after as much silence as a ping
    const auto frame = alive.next();
    REQUIRE(frame);
    CHECK(frame->data.find("\"position\"") != std::string::npos);
  }
  rig.count("1580", 12);
  CHECK(alive.next()->kind == test::LiveFrame::Kind::Event);
}

TEST_CASE("sixty-four subscriptions are enough") {
  LiveRig rig;
  SocketClient client(rig);
  for (int i = 0; i < 64; ++i) {
    client.say(R"({"type":"subscribe","id":"s)" + std::to_string(i) + "\"}");
    CHECK(data_of(client.next()).find("\"subscribed\"") != std::string::npos);
  }
  client.say(R"({"type":"subscribe","id":"one-more"})");
  CHECK(data_of(client.next()).find("\"error\"") != std::string::npos);
}

TEST_CASE("compression is agreed on where the client offers it") {
  LiveRig rig;
  SocketClient client(rig, "",
                      "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n");
  client.say(kSubscribe);
  CHECK(client.raw().find("permessage-deflate") != std::string::npos);
  CHECK(client.raw().find("server_no_context_takeover") != std::string::npos);
}

TEST_CASE("sockets are closed with 1001 when the gateway stops") {
  LiveRig rig;
  SocketClient client(rig);
  client.say(kSubscribe);
  REQUIRE(client.next());
  std::jthread stopping([&] { rig.gateway->stop(); });
  CHECK(client.close_code() == 1001);
}

TEST_CASE("a gateway that stops amid handshakes ends them in order") {
  for (int round = 0; round < 10; ++round) {
    LiveRig rig;
    std::vector<std::unique_ptr<LiveClient>> clients;
    for (int i = 0; i < 100; ++i) {
      clients.push_back(std::make_unique<LiveClient>(rig.gateway->port()));
      clients.back()->send(SocketClient::handshake());
    }
    // Some have had their answer, others wait for it.
    std::vector<std::string> got(clients.size());
    const std::size_t answered = static_cast<std::size_t>(round) * 10;
    got[answered] = clients[answered]->receive();
    CHECK(got[answered].starts_with("HTTP/1.1 101"));
    std::jthread stopping([&] { rig.gateway->stop(); });
    for (std::size_t i = 0; i < clients.size(); ++i) {
      const auto closed = [&] { return got[i].find("\x03\xe9") != std::string::npos; };  // 1001
      for (std::string more = "-"; !closed() && !more.empty();)
        got[i] += more = clients[i]->receive();
      if (got[i].starts_with("HTTP/1.1 101")) CHECK(closed());
    }
    clients.clear();
  }
}

}  // namespace
}  // namespace cassette::api
