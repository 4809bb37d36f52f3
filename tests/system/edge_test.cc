// The edge of the whole process: HTTPS with a certificate that changes while it runs, what it
// refuses to start with, and a flood of sign-ins beside orders.
#include <doctest/doctest.h>
#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "api/bootstrap.h"
#include "api/http/token_source.h"
#include "eventstore/codec.h"
#include "tests/support/certificates.h"
#include "tests/system/shop.h"

namespace cassette::test {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr int kCouldNotStart = 2;

// Clients of this process trust `certificate`, and nothing else, from here on.
void trust(const std::filesystem::path& certificate) {
  ::setenv("SSL_CERT_FILE", certificate.c_str(), 1);
  ::setenv("SSL_CERT_DIR", "/nowhere", 1);
}

int status_at(api::HttpClient& client, const std::string& target) {
  api::ClientRequest request;
  request.target = target;
  const auto answer = client.send(request);
  return answer ? answer.value().status : 0;
}

int status_at(const std::string& url, const std::string& target) {
  api::HttpClient client(url, "");
  return status_at(client, target);
}

api::ClientRequest sign_in(const api::ClientSecret& credential) {
  auto request = write_to("POST", "/auth/token",
                          "grant_type=client_credentials&client_id=" + credential.client_id +
                              "&client_secret=" + credential.client_secret);
  request.content_type = "application/x-www-form-urlencoded";
  return request;
}

// What became of a while of orders.
struct Placed {
  std::size_t orders = 0;
  std::size_t sign_ins = 0;     // answered
  std::size_t let_through = 0;  // to a password check
};

// Orders of a few clients for a while, and beside them `flood` wrong sign-ins a second.
class Counter {
 public:
  Counter(std::string url, std::string token, api::ClientSecret credential)
      : url_(std::move(url)), token_(std::move(token)), credential_(std::move(credential)) {
    credential_.client_secret = "wrong";
  }

  Placed run(milliseconds duration, int flood_per_second) {
    Placed placed;
    const Clock::time_point end = Clock::now() + duration;
    std::vector<std::size_t> orders(kClients);
    {
      std::vector<std::jthread> threads;
      for (unsigned client = 0; client < kClients; ++client) {
        threads.emplace_back([&, client] { orders[client] = place_until(client, end); });
      }
      if (flood_per_second > 0) {
        for (unsigned i = 0; i < kFlooders; ++i) {
          threads.emplace_back([&] { flood_until(end, flood_per_second / kFlooders); });
        }
      }
    }
    for (const std::size_t count : orders) placed.orders += count;
    placed.sign_ins = sign_ins_.exchange(0);
    placed.let_through = let_through_.exchange(0);
    ++runs_;
    return placed;
  }

 private:
  static constexpr unsigned kClients = 4;
  static constexpr unsigned kFlooders = 4;

  std::size_t place_until(unsigned client, Clock::time_point end) {
    api::HttpClient connection(url_, token_);
    std::size_t count = 0;
    while (Clock::now() < end) {
      const std::string key = "flood-" + std::to_string(runs_) + "-" + std::to_string(client) +
                              "-" + std::to_string(count);
      const auto answer = connection.send(place_order({{"1580", "part", 1}}, key));
      if (answer && answer.value().status == 201) ++count;
    }
    return count;
  }

  // Evenly spaced, late ones at once.
  void flood_until(Clock::time_point end, int per_second) {
    api::HttpClient connection(url_, "");
    const api::ClientRequest request = sign_in(credential_);
    const std::chrono::microseconds apart(1'000'000 / per_second);
    for (Clock::time_point due = Clock::now(); due < end; due += apart) {
      const auto early = std::chrono::ceil<milliseconds>(due - Clock::now()).count();
      if (early > 0) ::poll(nullptr, 0, static_cast<int>(early));
      const auto answer = connection.send(request);
      if (!answer) continue;
      ++sign_ins_;
      if (answer.value().status != 429) ++let_through_;
    }
  }

  const std::string url_;
  const std::string token_;
  api::ClientSecret credential_;
  std::atomic<std::size_t> sign_ins_{0};
  std::atomic<std::size_t> let_through_{0};
  std::size_t runs_ = 0;
};

// Orders alone, and beside a flood of wrong sign-ins, in turns on one server.
struct Flood {
  static constexpr int kPerSecond = 200;
  static constexpr milliseconds kWhile{1'500};
  static constexpr int kRounds = 4;

  explicit Flood(const std::vector<std::string>& flags) {
    std::vector<std::string> all = {std::string(kWithIdentities)};
    all.insert(all.end(), flags.begin(), flags.end());
    Shop shop(1, std::move(all));
    const std::string url = shop.cassette().http_url();
    const api::ClientSecret credential = api::read_bootstrap(shop.cassette().data()).value();
    const std::string token = api::TokenSource(url, credential).current().value();
    Marketplace market(url, token);
    market.open_shop("1580", "part", 10'000'000);
    Counter counter(url, token, credential);
    counter.run(kWhile, 0);  // first keys and pages
    for (int round = 0; round < kRounds; ++round) {
      const Placed alone = counter.run(kWhile, 0);
      const Placed beside = counter.run(kWhile, kPerSecond);
      share = std::max(share, static_cast<double>(beside.orders) /
                                  static_cast<double>(std::max<std::size_t>(alone.orders, 1)));
      calm.orders += alone.orders;
      flooded.orders += beside.orders;
      flooded.sign_ins += beside.sign_ins;
      flooded.let_through += beside.let_through;
    }
    MESSAGE("orders alone: " << calm.orders << ", beside " << flooded.sign_ins
                             << " sign-ins of which " << flooded.let_through
                             << " were checked: " << flooded.orders);
    // Still the same administrator, whoever was guessed at.
    CHECK(market.stock("1580", "part").on_hand == 10'000'000);
  }

  Placed calm, flooded;
  // Of the orders alone, in the round that whatever else the machine does disturbed least: what a
  // flood takes, it takes in every one.
  double share = 0;
};

}  // namespace

TEST_CASE("HangUpReadsTheCertificateAgainAndDropsNobody") {
  const ScratchFolder scratch;
  const auto cert = scratch / "cert.pem";
  const auto key = scratch / "key.pem";
  const auto put = [&](const Certificate& certificate, std::string_view copy) {
    write_file(cert, certificate.certificate);
    write_file(key, certificate.key);
    write_file(scratch / copy, certificate.certificate);
  };
  put(self_signed("first.example"), "first.pem");
  CassetteProcess cassette(scratch / "data",
                           {"--tls-cert", cert.string(), "--tls-key", key.string()});
  REQUIRE_MESSAGE(cassette.start(), cassette.log_tail());
  const std::string url = cassette.http_url();
  CHECK(url.starts_with("https://127.0.0.1:"));
  trust(scratch / "first.pem");
  api::HttpClient before(url, "");
  CHECK(status_at(before, "/health/ready") == 200);

  put(self_signed("second.example"), "second.pem");
  trust(scratch / "second.pem");
  CHECK(status_at(url, "/health/ready") == 0);  // it shows the first one still
  ::kill(cassette.pid(), SIGHUP);
  CHECK(await([&] { return status_at(url, "/health/ready") == 200; }));
  CHECK(status_at(before, "/health/ready") == 200);

  write_file(key, self_signed("third.example").key);
  ::kill(cassette.pid(), SIGHUP);
  CHECK(await(
      [&] { return cassette.log().find("the certificate stays as it was") != std::string::npos; }));
  CHECK(status_at(url, "/health/ready") == 200);
  CHECK(cassette.terminate() == 0);
}

TEST_CASE("WhatOthersReachIsServedOnlyWhenAskedForByName") {
  const ScratchFolder scratch;
  struct Refused {
    std::vector<std::string> flags;
    std::string says;
  };
  const std::vector<Refused> all = {
      {{"--http", "0.0.0.0:0"}, "--insecure-http"},
      {{"--http", "0.0.0.0:0", "--insecure-http", "--insecure-no-auth"}, "--insecure-no-auth"},
      {{"--http", "[::]:0", "--insecure-no-auth"}, "--insecure-no-auth"},
      {{"--cors-origin", "*"}, "--cors-origin"},
      {{"--rate-limit", "vendor.read"}, "--rate-limit"},
  };
  for (const auto& [flags, says] : all) {
    std::vector<std::string> words = {"up", "--data", (scratch / "data").string()};
    words.insert(words.end(), flags.begin(), flags.end());
    const Finished refused = run_cassette(words);
    CHECK(refused.status == kCouldNotStart);
    CHECK_MESSAGE(refused.errors.find(says) != std::string::npos, refused.errors);
  }
}

// Each sign-in costs a hash of tens of milliseconds, and there are two cores.
TEST_CASE("AFloodOfSignInsLeavesOrdersTheirRate") {
  const Flood flood({});
  const double seconds = std::chrono::duration<double>(Flood::kWhile).count() * Flood::kRounds;
  CHECK(static_cast<double>(flood.flooded.sign_ins) >= 0.9 * Flood::kPerSecond * seconds);
  CHECK(flood.flooded.let_through < flood.flooded.sign_ins / 4);
  CHECK(flood.share >= 0.8);
}

// As behind a proxy, where every request has one address. One hash at a time is under way, on one
// of the two cores: with it orders lose that core, and without that bound nearly all.
TEST_CASE("AFloodOfSignInsThatNoLimitHoldsBackLeavesOrdersAThirdOfTheirRate") {
  const Flood flood({"--rate-limit", "anonymous.sign-in=off"});
  CHECK(flood.flooded.let_through == flood.flooded.sign_ins);
  CHECK(flood.flooded.let_through > 0);
  CHECK(flood.share >= 1.0 / 3);
}

}  // namespace cassette::test
