// NATS credentials over HTTP: what is asked of the feed, who hears of it, and every no.
#include <doctest/doctest.h>

#include "eventstore/vendor_feed.h"
#include "tests/unit/api/fakes.h"
#include "tests/unit/api/remembering_log.h"

namespace cassette::api {
namespace {

using eventstore::FeedCredentials;
using eventstore::Stored;
using eventstore::StoreError;

class FakeVendorFeed : public eventstore::VendorFeed {
 public:
  Stored<FeedCredentials> mint(const domain::VendorId& vendor, domain::Timestamp now,
                               std::chrono::seconds lifetime) override {
    if (down) return Failure{StoreError{StoreError::Kind::Unavailable, "the feed is down"}};
    minted.emplace_back(vendor.value, lifetime);
    return FeedCredentials{"nats://127.0.0.1:4222",
                           "jwt\nseed",
                           "FEED-0",
                           vendor.value,
                           "_INBOX_7",
                           domain::Timestamp{now.micros + 1'000'000 * lifetime.count()}};
  }
  Stored<bool> revoke(const domain::VendorId& vendor, domain::Timestamp) override {
    if (down) return Failure{StoreError{StoreError::Kind::Unavailable, "the feed is down"}};
    revoked.push_back(vendor.value);
    return known;
  }

  std::vector<std::pair<std::string, std::chrono::seconds>> minted;
  std::vector<std::string> revoked;
  bool known = true;
  bool down = false;
};

struct Counter {
  Desk desk;
  FakeVendorFeed feed;
  RememberingLog log;

  Counter() {
    desk.models.put(projections::Model::Vendors, "7", R"({"vendorId":"7"})", 1);
    desk.services.vendor_feed = &feed;
    desk.services.security = &log;
  }
  Response mint(const std::string& body, const std::string& vendor = "7") {
    RequestHeaders headers;
    if (!body.empty()) headers.content_type = "application/json";
    return desk.send("POST", "/vendors/" + vendor + "/nats-credentials", body, headers);
  }
  Response revoke(const std::string& vendor = "7") {
    return desk.send("DELETE", "/vendors/" + vendor + "/nats-credentials");
  }
};

TEST_CASE("credentials are shown once, kept by no cache, and recorded without their secret") {
  Counter counter;
  const Response response = counter.mint("{}");
  CHECK(response.status == 201);
  CHECK(header_of(response, "Cache-Control") == "no-store");
  CHECK(response.body.starts_with(
      R"({"url":"nats://127.0.0.1:4222","creds":"jwt\nseed","stream":"FEED-0","consumer":"7",)"
      R"("inboxPrefix":"_INBOX_7","expiresAt":")"));
  CHECK(counter.feed.minted.front().second == std::chrono::hours(24 * 90));
  REQUIRE(counter.log.types() == std::vector<std::string>{"FeedCredentialsMinted"});
  CHECK(counter.log.events[0].detail.starts_with("vendor:7 until "));
  CHECK(counter.log.events[0].detail.find("seed") == std::string::npos);
}

TEST_CASE("a lifetime is from an hour to a year") {
  Counter counter;
  CHECK(counter.mint("").status == 201);
  CHECK(counter.mint(R"({"expiresInSeconds":3600})").status == 201);
  CHECK(counter.mint(R"({"expiresInSeconds":31536000})").status == 201);
  CHECK(counter.feed.minted[1].second == std::chrono::hours(1));
  for (const char* body :
       {R"({"expiresInSeconds":3599})", R"({"expiresInSeconds":31536001})",
        R"({"expiresInSeconds":"1"})", R"({"expiresInSeconds":3600.5})", R"({"subjects":[">"]})"}) {
    CAPTURE(body);
    CHECK(counter.mint(body).status == 400);
  }
  CHECK(counter.feed.minted.size() == 3);
}

TEST_CASE("revoking is done again without harm, and recorded where there was something") {
  Counter counter;
  CHECK(counter.revoke().status == 204);
  counter.feed.known = false;
  CHECK(counter.revoke().status == 204);
  CHECK(counter.feed.revoked == std::vector<std::string>{"7", "7"});
  CHECK(counter.log.types() == std::vector<std::string>{"FeedCredentialsRevoked"});
}

TEST_CASE("no vendor, no feed of ours, and a feed that is away") {
  Counter counter;
  CHECK(counter.mint("{}", "8").status == 404);
  CHECK(counter.revoke("8").status == 404);
  counter.feed.down = true;
  CHECK(counter.mint("{}").status == 503);
  CHECK(counter.revoke().status == 503);
  counter.desk.services.vendor_feed = nullptr;
  CHECK(counter.mint("{}").status == 503);
  CHECK(counter.revoke().status == 503);
  CHECK(counter.log.events.empty());
}

}  // namespace
}  // namespace cassette::api
