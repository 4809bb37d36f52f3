// The feed of the whole process: on a server of its own or another's, made anew by `replay rebuild
// --feed`, kept as long as it is told to, and never mixed with another ledger's.
#include "tests/support/jetstream_api.h"
#include "tests/support/nats_fixture.h"
#include "tests/system/feed_truth.h"
#include "tests/system/shop.h"

namespace cassette::test {
namespace {

constexpr int kCouldNotRun = 2;
constexpr std::size_t kMany = 10'000;

void sell(Marketplace& market, const std::string& key) {
  for (int i = 0; i < 5; ++i) {
    const auto placed =
        market.must(place_order({{"v1", "p1"}, {"v2", "p2"}}, key + std::to_string(i)));
    market.settled_order(order_of(placed.body).order_id);
  }
}

void trade(Marketplace& market) {
  market.open_shop("v1", "p1", 50);
  market.open_shop("v2", "p2", 50);
  sell(market, "first-");
}

Finished rebuild_feed(const std::filesystem::path& data, std::vector<std::string> more = {}) {
  std::vector<std::string> words{"replay", "rebuild", "--feed", "--data", data.string()};
  words.insert(words.end(), more.begin(), more.end());
  return run_cassette(words);
}

std::vector<std::string> ids_of(const std::vector<projections::PublicEvent>& events,
                                const std::string& vendor = "") {
  std::vector<std::string> ids;
  for (const auto& event : events) {
    if (vendor.empty() || event.vendor_id == vendor) ids.push_back(event.id);
  }
  return ids;
}

std::vector<std::string> ids_of(const std::vector<Delivered>& messages) {
  std::vector<std::string> ids;
  for (const Delivered& message : messages) ids.push_back(message.id);
  return ids;
}

bool has_all(const std::vector<FeedEntry>& feed,
             const std::vector<projections::PublicEvent>& ledger) {
  const auto same = [](const FeedEntry& entry, const projections::PublicEvent& event) {
    return entry.id == event.id && entry.subject == event.subject && entry.body == event.body;
  };
  return std::ranges::equal(feed, ledger, same);
}

std::vector<std::string> on(const NatsFixture& nats) {
  return {"--feed-nats", nats.url()};
}

}  // namespace

TEST_CASE("A feed is made anew while nothing runs on the folder, with the same events") {
  constexpr std::uint32_t kPartitions = 2;
  Shop shop(kPartitions);
  trade(shop.market());
  const std::filesystem::path data = shop.cassette().data();
  const auto ledger = ledger_events(data);
  CHECK(has_all(await_feed(data, kPartitions, ledger.size(), kDeadline), ledger));
  const Finished refused = rebuild_feed(data);
  CHECK(refused.status == kCouldNotRun);
  CHECK(refused.errors.find("is in use by process") != std::string::npos);
  REQUIRE(shop.cassette().terminate() == 0);
  for (int times = 0; times < 2; ++times) {
    const Finished rebuilt = rebuild_feed(data);
    INFO(rebuilt.errors);
    REQUIRE(rebuilt.status == 0);
    CHECK(rebuilt.output.starts_with("the feed is published anew, up to 0:"));
  }
  shop.start();
  CHECK(has_all(await_feed(data, kPartitions, ledger.size(), kDeadline), ledger));
  shop.market().must(write_to("POST", "/vendors/v1/inventory/p1", R"({"quantity":77})", "recount"));
  const auto more = ledger_events(data);
  CHECK(more.size() > ledger.size());
  CHECK(has_all(await_feed(data, kPartitions, more.size(), kDeadline), more));
}

TEST_CASE("On another's server a consumer keeps its place, and retention is as it is asked for") {
  const NatsFixture nats;
  Shop shop(1, on(nats));
  trade(shop.market());
  const std::filesystem::path data = shop.cassette().data();
  const auto of_v1 = ids_of(ledger_events(data), "v1");
  REQUIRE(of_v1.size() > 4);
  REQUIRE(shop.cassette().terminate() == 0);
  JetStreamApi api(nats.url());
  api.make_consumer("FEED-0", "v1", "feed.0.vendor.v1.>");
  for (const Delivered& message : api.pull("FEED-0", "v1", 3)) api.acknowledge(message);
  const Finished rebuilt = rebuild_feed(data, on(nats));
  INFO(rebuilt.errors);
  REQUIRE(rebuilt.status == 0);
  CHECK(rebuilt.output.ends_with("consumers moved: 1\n"));
  CHECK(ids_of(api.pull("FEED-0", "v1", kMany)) ==
        std::vector<std::string>(of_v1.begin() + 3, of_v1.end()));

  const auto info = [&] { return api.request("$JS.API.STREAM.INFO.FEED-0", ""); };
  CHECK(info().find(R"("max_age":2592000000000000)") != std::string::npos);
  shop.start({"--feed-max-age-days", "1", "--feed-max-bytes", "67108864"});
  CHECK(await([&] { return info().find(R"("max_age":86400000000000)") != std::string::npos; }));
  CHECK(info().find(R"("max_bytes":67108864)") != std::string::npos);
}

TEST_CASE("The feed of one ledger is not gone on with from another, and health says so") {
  const NatsFixture nats;
  JetStreamApi api(nats.url());
  const auto count = [&] {
    static int asked = 0;
    const std::string name = "counts-" + std::to_string(++asked);
    api.make_consumer("FEED-0", name, "feed.>");
    return api.pull("FEED-0", name, kMany).size();
  };
  std::size_t before = 0;
  {
    Shop first(1, on(nats));
    trade(first.market());
    REQUIRE(first.cassette().terminate() == 0);
    before = count();
    REQUIRE(before > 0);
  }
  const ScratchFolder scratch;
  CassetteProcess second(scratch / "data", on(nats));
  REQUIRE_MESSAGE(second.start(), second.log_tail());
  Marketplace market(second.http_url());
  api::ClientResponse health;
  CHECK(await([&] {
    health = market.send(write_to("GET", "/health/ready", ""));
    return health.status == 503;
  }));
  INFO(health.body);
  CHECK(health.body.find("the feed of partition 0 stands still") != std::string::npos);
  market.open_shop("v9", "p9", 1);
  CHECK(count() == before);
}

TEST_CASE("A feed whose server is away holds nobody up, and has everything once it is back") {
  Shop shop(1);
  const std::filesystem::path data = shop.cassette().data();
  trade(shop.market());
  REQUIRE(shop.cassette().kill_feed_nats());
  sell(shop.market(), "while-away-");
  CHECK(await([&] { return eventstore::NatsServer::running(data / "feed").has_value(); }));
  const auto ledger = ledger_events(data);
  CHECK(has_all(await_feed(data, 1, ledger.size(), kDeadline), ledger));
  CHECK(shop.cassette().log().find("the feed of partition 0 has stopped") == std::string::npos);
}

}  // namespace cassette::test
