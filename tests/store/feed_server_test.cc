// The feed's server as `up` runs it: its keys, its door, and who may share it.
#include "api/feed_server.h"

#include <sys/stat.h>

#include <fstream>

#include "eventstore/publisher.h"
#include "tests/support/certificates.h"
#include "tests/support/nats_fixture.h"
#include "tests/support/raw_nats.h"

namespace cassette::test {
namespace {

using api::FeedServer;
using api::FeedSettings;
using eventstore::NatsServer;
using eventstore::StoreError;

constexpr domain::Timestamp kNow{1'795'680'000'000'000};
constexpr std::chrono::seconds kYears{10LL * 365 * 86'400};  // good whenever the test runs

std::unique_ptr<FeedServer> open(const TemporaryFolder& data, const FeedSettings& settings = {}) {
  return must(FeedServer::open(settings, data.path(), 1, kNow));
}

void open_stream(FeedServer& feed) {
  must(must(feed.connection().publisher())->open_stream(0, {}));
}

std::string write_creds(const TemporaryFolder& data, const std::string& creds) {
  const auto file = data / "vendor.creds";
  std::ofstream(file) << creds;
  return file.string();
}

bool lets_in(const std::string& url, const std::string& creds_file) {
  return eventstore::JetStreamConnection::connect({.url = url, .creds_file = creds_file}).ok();
}

TEST_CASE("keys are made once, for their owner's eyes, and credentials outlive the server") {
  const TemporaryFolder data;
  std::string creds_file;
  {
    const auto feed = open(data);
    open_stream(*feed);
    creds_file = write_creds(data, must(feed->vendors()->mint({"1580"}, kNow, kYears)).creds);
    CHECK(lets_in(feed->url(), creds_file));
  }
  for (const char* name : {"operator.nk", "system.nk", "feed.nk", "vendors.nk", "user.nk"}) {
    CAPTURE(std::string(name));
    struct stat status {};
    REQUIRE(stat((data / "feed" / name).c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
  }
  CHECK(lets_in(open(data)->url(), creds_file));
  std::filesystem::remove(data / "feed" / "vendors.nk");
  const auto feed = open(data);
  const auto others = must(feed->vendors()->mint({"1580"}, kNow, kYears));
  CHECK(lets_in(feed->url(), write_creds(data, others.creds)));
}

TEST_CASE("a key that others may read is refused, and names its file") {
  const TemporaryFolder data;
  open(data);
  REQUIRE(chmod((data / "feed" / "operator.nk").c_str(), 0644) == 0);
  const auto refused = FeedServer::open({}, data.path(), 1, kNow);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().what.find("operator.nk") != std::string::npos);
}

TEST_CASE("an address that others reach is refused without TLS") {
  const TemporaryFolder data;
  for (const char* listen : {"0.0.0.0:0", "[::]:0", "192.0.2.1:4222", "feed.example:1", "4222"}) {
    CAPTURE(std::string(listen));
    FeedSettings settings;
    settings.listen = listen;
    const auto refused = FeedServer::open(settings, data.path(), 1, kNow);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind == StoreError::Kind::Unsupported);
    CHECK(refused.error().what.starts_with("--feed "));
  }
  CHECK_FALSE(std::filesystem::exists(data / "feed"));
}

TEST_CASE("with TLS the URL says so, and nobody gets in without") {
  const TemporaryFolder data;
  const Certificate certificate = self_signed("feed.example");
  FeedSettings settings;
  settings.listen = "0.0.0.0:0";
  settings.tls_cert = (data / "cert.pem").string();
  settings.tls_key = (data / "key.pem").string();
  write_file(settings.tls_cert, certificate.certificate);
  write_file(settings.tls_key, certificate.key);
  {
    const auto feed = open(data, settings);
    open_stream(*feed);
    CHECK(feed->url().starts_with("tls://127.0.0.1:"));
    const auto minted = must(feed->vendors()->mint({"1580"}, kNow, kYears));
    eventstore::JetStreamOptions options{.url = feed->url(),
                                         .creds_file = write_creds(data, minted.creds)};
    CHECK_FALSE(eventstore::JetStreamConnection::connect(options).ok());  // of no known authority
    options.tls.ca_file = settings.tls_cert;
    CHECK(eventstore::JetStreamConnection::connect(options).ok());
    RawNats plain("nats" + feed->url().substr(3));
    CHECK(plain.connect("") != "PONG");
  }
  settings.url = "tls://feed.example:4222";
  const auto feed = open(data, settings);
  CHECK(must(feed->vendors()->mint({"1580"}, kNow, kYears)).url == settings.url);
}

TEST_CASE("a task joins the server that runs and leaves it there, or has one for the while") {
  const TemporaryFolder data;
  const auto folder = api::feed_folder(data.path());
  {
    const auto alone = must(FeedServer::join({}, data.path(), 1, kNow));
    open_stream(*alone);
    CHECK(NatsServer::running(folder));
  }
  CHECK_FALSE(NatsServer::running(folder));
  const auto feed = open(data);
  must(FeedServer::join({}, data.path(), 1, kNow));
  REQUIRE(NatsServer::running(folder));
  CHECK(NatsServer::running(folder)->url == feed->url());
  must(feed->vendors()->mint({"1580"}, kNow, kYears));
}

TEST_CASE("on a server that someone else runs there are no credentials to make") {
  const TemporaryFolder data;
  const NatsFixture nats;
  FeedSettings settings;
  settings.nats_url = nats.url();
  const auto feed = open(data, settings);
  CHECK(feed->vendors() == nullptr);
  CHECK(feed->url() == nats.url());
  CHECK_FALSE(std::filesystem::exists(data / "feed"));
}

}  // namespace
}  // namespace cassette::test
