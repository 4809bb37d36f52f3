// Vendors at a real feed server: what minted credentials open, and everything that they don't.
#include "eventstore/jetstream_vendor_feed.h"

#include <atomic>
#include <fstream>
#include <map>

#include "eventstore/nats_jwt.h"
#include "eventstore/publisher.h"
#include "tests/support/nats_fixture.h"
#include "tests/support/raw_nats.h"

namespace cassette::test {
namespace {

using eventstore::FeedCredentials;
using eventstore::FeedKeys;
using eventstore::JetStreamConnection;
using eventstore::Nkey;
using eventstore::NkeyKind;
using eventstore::VendorFeed;

constexpr std::chrono::seconds kHour{3600};

domain::Timestamp wall() {
  return {std::chrono::duration_cast<std::chrono::microseconds>(
              std::chrono::system_clock::now().time_since_epoch())
              .count()};
}

FeedKeys some_keys(std::uint8_t first = 1) {
  return {Nkey::from_bytes({first, 1}, NkeyKind::Operator),
          Nkey::from_bytes({first, 2}, NkeyKind::Account),
          Nkey::from_bytes({first, 3}, NkeyKind::Account),
          Nkey::from_bytes({first, 4}, NkeyKind::Account), Nkey::from_bytes({first, 5})};
}

// What a .creds file holds between its frames.
std::string framed(const std::string& creds, std::string_view name) {
  const std::string begin = "-----BEGIN " + std::string(name) + "-----\n";
  const std::size_t from = creds.find(begin) + begin.size();
  return creds.substr(from, creds.find('\n', from) - from);
}

// A feed server with one stream, and Cassette's way to mint.
struct Rig {
  FeedKeys keys = some_keys();
  NatsFixture nats;
  std::unique_ptr<JetStreamConnection> connection;
  std::unique_ptr<eventstore::Publisher> publisher;
  std::unique_ptr<VendorFeed> vendors;

  explicit Rig(bool with_stream = true)
      : nats({.sync_always = false, .operator_mode = feed_operator_mode(keys, wall())}) {
    connect();
    if (!with_stream) return;
    must(publisher->open_stream(0, {}));
    must(publisher->open_stream(1, {}));
  }
  void connect() {
    connection = must(JetStreamConnection::connect(feed_user(keys, {.url = nats.url()}, wall())));
    publisher = must(connection->publisher());
    vendors = must(eventstore::JetStreamVendorFeed::open(
        keys,
        {.server = {.url = nats.url()},
         .url = nats.url(),
         .partitions = 1,
         .accounts = eventstore::accounts_folder(nats.folder() / "nats"),
         .new_seed =
             [] {
               static std::atomic<std::uint8_t> next{1};
               return eventstore::NkeySeed{9, next++};
             }},
        wall()));
  }
  FeedCredentials mint(const std::string& vendor, std::chrono::seconds lifetime = kHour) {
    return must(vendors->mint({vendor}, wall(), lifetime));
  }
  void publish(const std::string& vendor, std::uint64_t expected_last, const std::string& body) {
    const eventstore::FeedMessage message{
        "feed.0.vendor." + vendor + ".stock.1.StockCounted", "0-" + body, body, {}};
    must(publisher->publish(0, expected_last, std::span(&message, 1)));
  }
  std::uint64_t last_sequence(std::uint32_t partition = 0) {
    return must(publisher->state(partition)).last_sequence;
  }
};

// A vendor's connection that says whatever a test wants.
struct Client : RawNats {
  Client(const std::string& url, const FeedCredentials& credentials) : RawNats(url) {
    const auto key = Nkey::from_seed(framed(credentials.creds, "USER NKEY SEED"));
    REQUIRE(key);
    const auto signature = key->sign(nonce());
    send(R"(CONNECT {"verbose":false,"headers":true,"jwt":")" +
         framed(credentials.creds, "NATS USER JWT") + R"(","sig":")" + base64(signature) +
         "\"}\r\nPING\r\n");
    greeting = until_pong();
  }
  static std::string base64(const eventstore::NkeySignature& bytes) {
    static constexpr std::string_view kAlphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string text;
    unsigned held = 0;
    unsigned bits = 0;
    for (const std::uint8_t byte : bytes) {
      held = (held << 8U | byte) & 0xffffU;
      for (bits += 8; bits >= 6; bits -= 6) text += kAlphabet[held >> (bits - 6) & 63U];
    }
    if (bits > 0) text += kAlphabet[held << (6 - bits) & 63U];
    return text;
  }
  // What the server says to what was sent: "PONG" when it has nothing against it.
  std::string verdict() {
    send("PING\r\n");
    return until_pong();
  }
  // An error, the last if there are several, and the answer to PING after it.
  std::string until_pong() {
    std::string said = "PONG";
    for (std::string next = line(); next != "PONG"; next = line()) {
      if (next.empty()) return said == "PONG" ? "closed" : said;
      if (next.starts_with("-ERR")) said = next;
    }
    return said;
  }
  std::string publish(const std::string& subject, const std::string& body,
                      const std::string& reply = {}) {
    send("PUB " + subject + (reply.empty() ? "" : " " + reply) + " " + std::to_string(body.size()) +
         "\r\n" + body + "\r\n");
    return verdict();
  }
  std::string subscribe(const std::string& subject) {
    send("SUB " + subject + " 1\r\n");
    return verdict();
  }
  // The body of the next message; also its reply, which acknowledges it.
  std::string next(std::string* reply = nullptr) {
    std::string head = line();
    while (head.starts_with("INFO ")) head = line();
    if (!head.starts_with("MSG ") && !head.starts_with("HMSG ")) return head;
    const std::size_t at = head.find("$JS.ACK");
    if (reply && at != std::string::npos) *reply = head.substr(at, head.find(' ', at) - at);
    if (head.starts_with('H')) {
      while (!line().empty()) {
      }
    }
    return line();
  }

  std::string greeting;
};

constexpr const char* kPull = "$JS.API.CONSUMER.MSG.NEXT.FEED-0.1580";
constexpr const char* kInfo = "$JS.API.CONSUMER.INFO.FEED-0.1580";
constexpr const char* kOneNow = R"({"batch":1,"no_wait":true})";

bool refused(const std::string& verdict) {
  return verdict.starts_with("-ERR 'Permissions Violation");
}

TEST_CASE("a vendor pulls its own events and acknowledges them, and no other vendor's") {
  Rig rig;
  const FeedCredentials credentials = rig.mint("1580");
  rig.mint("1581");
  CHECK(credentials.stream == "FEED-0");
  CHECK(credentials.consumer == "1580");
  rig.publish("1581", 0, R"({"n":1})");
  rig.publish("1580", 1, R"({"n":2})");
  Client client(rig.nats.url(), credentials);
  REQUIRE(client.greeting == "PONG");
  REQUIRE(client.subscribe(credentials.inbox_prefix + ".>") == "PONG");
  client.send("PUB " + std::string(kPull) + " _INBOX_1580.a " +
              std::to_string(std::string(kOneNow).size()) + "\r\n" + kOneNow + "\r\n");
  std::string ack;
  CHECK(client.next(&ack).find(R"({"n":2})") != std::string::npos);
  CHECK(client.publish(ack, "+ACK") == "PONG");
  client.send("PUB " + std::string(kInfo) + " _INBOX_1580.b 0\r\n\r\n");
  const std::string info = client.next();
  CHECK(info.find(R"("num_pending":0)") != std::string::npos);
  CHECK(info.find(R"("num_ack_pending":0)") != std::string::npos);
}

TEST_CASE("every other subject is refused") {
  Rig rig;
  Client client(rig.nats.url(), rig.mint("1580"));
  rig.mint("1581");
  REQUIRE(client.greeting == "PONG");
  for (const char* subject : {"feed.0.vendor.1580.stock.1.StockCounted",
                              "feed.0.order.o-1.OrderPlaced",
                              "ledger.0",
                              "$JS.API.CONSUMER.INFO.FEED-0.1581",
                              "$JS.API.CONSUMER.MSG.NEXT.FEED-0.1581",
                              "$JS.ACK.FEED-0.1581.1.1.1.1.0",
                              "$JS.API.INFO",
                              "$JS.API.STREAM.INFO.FEED-0",
                              "$JS.API.STREAM.CREATE.MINE",
                              "$JS.API.STREAM.UPDATE.FEED-0",
                              "$JS.API.STREAM.DELETE.FEED-0",
                              "$JS.API.STREAM.PURGE.FEED-0",
                              "$JS.API.STREAM.MSG.GET.FEED-0",
                              "$JS.API.STREAM.MSG.DELETE.FEED-0",
                              "$JS.API.DIRECT.GET.FEED-0",
                              "$JS.API.STREAM.NAMES",
                              "$JS.API.STREAM.SNAPSHOT.FEED-0",
                              "$JS.API.CONSUMER.CREATE.FEED-0",
                              "$JS.API.CONSUMER.CREATE.FEED-0.1580",
                              "$JS.API.CONSUMER.DURABLE.CREATE.FEED-0.1580",
                              "$JS.API.CONSUMER.DELETE.FEED-0.1580",
                              "$JS.API.CONSUMER.PAUSE.FEED-0.1580",
                              "$JS.API.CONSUMER.NAMES.FEED-0",
                              "$JS.API.CONSUMER.LIST.FEED-0",
                              "$SYS.REQ.USER.INFO",
                              "$SYS.REQ.CLAIMS.UPDATE",
                              "_INBOX_1580.a",
                              "_INBOX_1581.a",
                              "$JS.API.>",
                              ">"}) {
    CAPTURE(std::string(subject));
    const std::string verdict = client.publish(subject, "{}");
    // A wildcard is no subject to publish to at all.
    CHECK_MESSAGE((refused(verdict) || verdict.starts_with("-ERR 'Invalid")), subject << verdict);
  }
  for (const char* subject : {">", "*", "feed.>", "_INBOX.>", "_INBOX_1581.>", "_INBOX_1580",
                              "$JS.>", "$JS.ACK.FEED-0.1580.>", "$SYS.>", "_R_.>"}) {
    CAPTURE(std::string(subject));
    CHECK(refused(client.subscribe(subject)));
  }
  CHECK(rig.last_sequence() == 0);
}

TEST_CASE(
    "a pull whose answer is to go to a subject of the feed, the ledger or the API does nothing") {
  Rig rig;
  const FeedCredentials credentials = rig.mint("1580");
  std::uint64_t published = 0;
  for (const char* reply :
       {"feed.1.order.o-1.OrderPlaced", "feed.0.vendor.1580.stock.1.StockCounted", "ledger.0",
        "$JS.API.STREAM.DELETE.FEED-0", "$JS.API.STREAM.PURGE.FEED-0",
        "$JS.API.CONSUMER.DELETE.FEED-0.1580", "$SYS.REQ.CLAIMS.UPDATE", "_INBOX_1581.a", kPull,
        kInfo, "$JS.ACK.FEED-0.1580.1.1.1.1.0"}) {
    CAPTURE(std::string(reply));
    rig.publish("1580", published, std::to_string(published));
    ++published;
    Client client(rig.nats.url(), credentials);
    REQUIRE(client.greeting == "PONG");
    for (const char* request : {kPull, kInfo}) {
      const std::string verdict = client.publish(request, kOneNow, reply);
      CHECK((verdict == "PONG" || refused(verdict)));
    }
    CHECK(rig.last_sequence() == published);
    CHECK(rig.last_sequence(1) == 0);
  }
  // The consumer is still there and gives what was not acknowledged to whoever asks as it should.
  rig.publish("1580", published, R"({"last":true})");
  Client client(rig.nats.url(), credentials);
  REQUIRE(client.subscribe("_INBOX_1580.>") == "PONG");
  client.send("PUB " + std::string(kPull) + " _INBOX_1580.a " +
              std::to_string(std::string(kOneNow).size()) + "\r\n" + kOneNow + "\r\n");
  std::string ack;
  client.next(&ack);
  CHECK(ack.starts_with("$JS.ACK.FEED-0.1580."));
  CHECK(rig.last_sequence() == published + 1);
  CHECK(rig.last_sequence(1) == 0);
}

// What the accounts are for: the same pull from a user of the feed's own account is stored.
TEST_CASE("within the feed's account a pull's reply address does reach the stream") {
  Rig rig;
  rig.mint("1580");
  rig.publish("1580", 0, R"({"n":1})");
  const Nkey user = Nkey::from_bytes({8});
  eventstore::NatsUser claims;
  claims.pub.allow = {kPull};
  FeedCredentials credentials;
  credentials.creds = eventstore::nats_creds(
      eventstore::nats_jwt(rig.keys.feed_account, {user.public_key(), "inside", 1}, claims), user);
  Client client(rig.nats.url(), credentials);
  REQUIRE(client.greeting == "PONG");
  REQUIRE(client.subscribe("feed.1.order.>") == "PONG");
  client.send("PUB " + std::string(kPull) + " feed.1.order.o-1.OrderPlaced " +
              std::to_string(std::string(kOneNow).size()) + "\r\n" + kOneNow + "\r\n");
  CHECK(client.next() == R"({"n":1})");
  CHECK(rig.last_sequence(1) == 1);
}

TEST_CASE("a forged origin of a request changes nothing of whose it is") {
  Rig rig;
  Client client(rig.nats.url(), rig.mint("1580"));
  rig.mint("1581");
  REQUIRE(client.subscribe("_INBOX_1580.>") == "PONG");
  const std::string header = "NATS/1.0\r\nNats-Request-Info: {\"acc\":\"" +
                             rig.keys.system_account.public_key() + "\",\"svc\":\"" +
                             rig.keys.vendors.derive("vendor:1581").public_key() + "\"}\r\n\r\n";
  client.send("HPUB " + std::string(kInfo) + " _INBOX_1580.a " + std::to_string(header.size()) +
              " " + std::to_string(header.size()) + "\r\n" + header + "\r\n");
  CHECK(client.next().find(R"("name":"1580")") != std::string::npos);
}

TEST_CASE("revoked credentials are closed and refused, and new ones go on where they were") {
  Rig rig;
  const FeedCredentials first = rig.mint("1580");
  const FeedCredentials other = rig.mint("1581");
  rig.publish("1580", 0, R"({"n":1})");
  Client live(rig.nats.url(), first);
  Client bystander(rig.nats.url(), other);
  REQUIRE(live.greeting == "PONG");
  REQUIRE(bystander.greeting == "PONG");
  REQUIRE(live.subscribe("_INBOX_1580.>") == "PONG");
  CHECK(must(rig.vendors->revoke({"1580"}, wall())));
  CHECK(live.line() == "-ERR 'User Authentication Revoked'");
  CHECK(live.line().empty());
  CHECK(Client(rig.nats.url(), first).greeting.starts_with("-ERR"));
  CHECK(bystander.verdict() == "PONG");
  const FeedCredentials second = rig.mint("1580");  // within the same second
  Client again(rig.nats.url(), second);
  REQUIRE(again.greeting == "PONG");
  REQUIRE(again.subscribe("_INBOX_1580.>") == "PONG");
  again.send("PUB " + std::string(kPull) + " _INBOX_1580.a " +
             std::to_string(std::string(kOneNow).size()) + "\r\n" + kOneNow + "\r\n");
  CHECK(again.next().find(R"({"n":1})") != std::string::npos);
  CHECK(must(rig.vendors->revoke({"1580"}, wall())));
  CHECK(must(rig.vendors->revoke({"1580"}, wall())));
  CHECK(Client(rig.nats.url(), second).greeting.starts_with("-ERR"));
}

TEST_CASE("minting again leaves earlier credentials and the consumer as they are") {
  Rig rig;
  const FeedCredentials first = rig.mint("1580");
  const FeedCredentials second = rig.mint("1580");
  CHECK(first.creds != second.creds);
  CHECK(Client(rig.nats.url(), first).greeting == "PONG");
  CHECK(Client(rig.nats.url(), second).greeting == "PONG");
}

TEST_CASE("credentials end by themselves, and the connection with them") {
  Rig rig;
  Client client(rig.nats.url(), rig.mint("1580", std::chrono::seconds(2)));
  REQUIRE(client.greeting == "PONG");
  CHECK(client.line() == "-ERR 'User Authentication Expired'");
  CHECK(client.line().empty());
}

TEST_CASE("accounts and revocations outlive the server, and another operator's vouch for nobody") {
  Rig rig;
  const FeedCredentials gone = rig.mint("1580");
  must(rig.vendors->revoke({"1580"}, wall()));
  const FeedCredentials good = rig.mint("1580");
  rig.nats.kill9();
  must(rig.nats.server().restart());
  rig.connect();
  CHECK(Client(rig.nats.url(), gone).greeting.starts_with("-ERR"));
  CHECK(Client(rig.nats.url(), good).greeting == "PONG");
  const FeedKeys strangers = some_keys(2);
  CHECK_FALSE(JetStreamConnection::connect(feed_user(strangers, {.url = rig.nats.url()}, wall())));
  CHECK_FALSE(JetStreamConnection::connect({.url = rig.nats.url()}));
  CHECK_FALSE(JetStreamConnection::connect({.url = rig.nats.url(), .nkey = rig.keys.user}));
}

TEST_CASE("nobody was revoked who never was, and there is no consumer without its stream") {
  Rig rig(false);
  CHECK_FALSE(must(rig.vendors->revoke({"1580"}, wall())));
  const auto minted = rig.vendors->mint({"1580"}, wall(), kHour);
  REQUIRE_FALSE(minted.ok());
  CHECK(minted.error().what.find("FEED-0") != std::string::npos);
}

TEST_CASE("the ledger's server knows no vendor") {
  Rig rig;
  NatsFixture ledger({.user = Nkey::from_bytes({7}).public_key()});
  CHECK(Client(ledger.url(), rig.mint("1580")).greeting == "-ERR 'Authorization Violation'");
}

}  // namespace
}  // namespace cassette::test
