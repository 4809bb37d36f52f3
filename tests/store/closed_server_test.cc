// The ledger's server is closed: nobody but the engine gets in, and the engine itself can take
// nothing from a ledger stream.
#include <sodium.h>

#include <array>
#include <fstream>
#include <vector>

#include "eventstore/nkey.h"
#include "tests/support/nats_fixture.h"
#include "tests/support/raw_nats.h"

namespace cassette::test {
namespace {

using eventstore::AppendOutcome;
using eventstore::JetStreamConnection;
using eventstore::JetStreamOptions;
using eventstore::NatsServer;
using eventstore::Nkey;

const Nkey& engine() {
  static const Nkey key = Nkey::from_bytes({1, 2, 3});
  return key;
}

JetStreamOptions as_engine(const std::string& url) {
  return {.url = url, .nkey = engine()};
}

struct Rig {
  NatsFixture nats{{.user = engine().public_key()}};
  std::unique_ptr<JetStreamConnection> connection =
      must(JetStreamConnection::connect(as_engine(nats.url())));

  Rig() {
    must(connection->create_ledger_stream(0, {}));
    append(0);
  }
  void append(std::uint64_t expected_last) const {
    const auto result =
        connection->ledger(0)->append(expected_last, "body", {}, std::chrono::seconds(10));
    CHECK(result.outcome == AppendOutcome::Stored);
  }
  std::uint64_t last() const { return must(connection->ledger_stream(0))->last_sequence; }
  bool lets_in(JetStreamOptions options) const {
    options.url = options.url.empty() ? nats.url() : options.url;
    return JetStreamConnection::connect(options).ok();
  }
};

std::string base64url(const eventstore::NkeySignature& bytes) {
  constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
  std::string text(sodium_base64_ENCODED_LEN(bytes.size(), kVariant), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), kVariant);
  text.pop_back();
  return text;
}

std::string signed_by(const Nkey& key, const std::string& nonce, const std::string& name) {
  return ",\"nkey\":\"" + name + "\",\"sig\":\"" + base64url(key.sign(nonce)) + "\"";
}

TEST_CASE("nobody gets into the ledger's server but the engine") {
  const Rig rig;
  CHECK(rig.lets_in(as_engine("")));
  CHECK_FALSE(rig.lets_in({.url = ""}));
  CHECK_FALSE(rig.lets_in({.url = "", .nkey = Nkey::from_bytes({9})}));
  const std::string host = rig.nats.url().substr(std::string("nats://").size());
  for (const std::string& who : {std::string("made-up-token"), std::string("admin:admin"),
                                 engine().public_key(), "engine:" + engine().public_key()}) {
    INFO(who);
    CHECK_FALSE(rig.lets_in({.url = "nats://" + who + "@" + host}));
  }
  rig.append(1);
}

TEST_CASE("the server says no to whoever is not the engine, and hears nothing else of them") {
  const Rig rig;
  const std::string no = "-ERR 'Authorization Violation'";
  const auto answer = [&](auto&& members) {
    RawNats raw(rig.nats.url());
    return raw.connect(members(raw.nonce()));
  };
  const std::string us = engine().public_key();
  const Nkey other = Nkey::from_bytes({9});
  CHECK(answer([&](const std::string& nonce) { return signed_by(engine(), nonce, us); }) == "PONG");
  CHECK(answer([](const std::string&) { return std::string(); }) == no);
  CHECK(answer([](const std::string&) { return std::string(R"(,"auth_token":"x")"); }) == no);
  CHECK(answer([](const std::string&) {
          return std::string(R"(,"user":"admin","pass":"admin")");
        }) == no);
  CHECK(answer([&](const std::string& nonce) {
          return signed_by(other, nonce, other.public_key());
        }) == no);
  CHECK(answer([&](const std::string& nonce) { return signed_by(other, nonce, us); }) == no);
  CHECK(answer([&](const std::string&) { return signed_by(engine(), "old nonce", us); }) == no);
  RawNats early(rig.nats.url());
  early.send("SUB > 1\r\nPING\r\n");
  CHECK(early.line() == no);
}

// What the engine's own key asks the server, and the server's answer.
std::string ask(const Rig& rig, const std::string& subject, const std::string& body) {
  RawNats raw(rig.nats.url());
  CHECK(raw.connect(signed_by(engine(), raw.nonce(), engine().public_key())) == "PONG");
  raw.send("SUB answers 1\r\nPUB " + subject + " answers " + std::to_string(body.size()) + "\r\n" +
           body + "\r\n");
  const std::string first = raw.line();
  return first.starts_with("MSG ") ? raw.line() : first;
}

TEST_CASE("the engine itself can't delete, purge or change a ledger stream, nor take a message") {
  const Rig rig;
  for (const std::string stream : {"LEDGER-0", "NOTARY"}) {
    for (const std::string verb :
         {"DELETE", "PURGE", "UPDATE", "RESTORE", "SNAPSHOT", "LEADER.STEPDOWN"}) {
      const std::string subject = "$JS.API.STREAM." + verb + "." + stream;
      CHECK(ask(rig, subject, "") ==
            "-ERR 'Permissions Violation for Publish to \"" + subject + "\"'");
    }
  }
  const std::string taken = ask(rig, "$JS.API.STREAM.MSG.DELETE.LEDGER-0", R"({"seq":1})");
  INFO(taken);
  CHECK(taken.find("\"error\"") != std::string::npos);
  CHECK(taken.find("\"success\":true") == std::string::npos);
  CHECK(rig.last() == 1);
  CHECK(must(rig.connection->ledger(0)->read(1))->body == "body");
  rig.append(1);
}

TEST_CASE("the engine appends signed heads, and can take none away") {
  const Rig rig;
  CHECK_FALSE(must(rig.connection->has_notary_stream()));
  must(rig.connection->create_notary_stream({}));
  must(rig.connection->create_notary_stream({}));
  CHECK(must(rig.connection->has_notary_stream()));
  const auto stream = rig.connection->notary_stream();
  CHECK(stream->append(0, "head", {}, std::chrono::seconds(10)).outcome == AppendOutcome::Stored);
  CHECK(stream->append(0, "other", {}, std::chrono::seconds(10)).outcome ==
        AppendOutcome::WrongSequence);
  const std::string taken = ask(rig, "$JS.API.STREAM.MSG.DELETE.NOTARY", R"({"seq":1})");
  INFO(taken);
  CHECK(taken.find("\"error\"") != std::string::npos);
  CHECK(must(stream->read(1))->body == "head");
  CHECK_FALSE(must(rig.connection->ledger_stream(1)));
}

TEST_CASE("the engine's buckets still forget what they are told to") {
  const Rig rig;
  const auto bucket = must(rig.connection->create_bucket("keys"));
  must(bucket->put("a", "old"));
  must(bucket->put("a", "new"));
  must(bucket->purge("a"));
  CHECK_FALSE(must(bucket->get("a")));
  must(bucket->put("a", "again"));
  must(bucket->scrub("a"));
  CHECK(must(bucket->get("a"))->value == "again");
  CHECK(must(rig.connection->create_bucket("keys")) != nullptr);
}

// One signature in 256 is one that NATS.c can't send.
TEST_CASE("the engine gets in whatever it is asked to sign") {
  Rig rig;
  for (int i = 0; i < 1'500; ++i) {
    CAPTURE(i);
    REQUIRE(rig.lets_in(as_engine("")));
  }
}

TEST_CASE("readers and reconnects are the engine too") {
  Rig rig;
  const auto ledger = rig.connection->ledger(0);
  const auto reader = must(ledger->follow(1));
  CHECK(must(reader->next(std::chrono::seconds(20))).size() == 1);
  rig.nats.kill9();
  must(rig.nats.server().restart());
  CHECK(must(ledger->read(1))->body == "body");
  rig.append(1);
}

TEST_CASE("a folder whose server took anyone is closed at its next start, and keeps what it has") {
  const TemporaryFolder folder;
  {
    const auto open = must(NatsServer::start({.folder = folder / "nats"}));
    const auto anyone = must(JetStreamConnection::connect({.url = open->endpoint().url}));
    must(anyone->create_ledger_stream(0, {}));
    CHECK(anyone->ledger(0)->append(0, "old", {}, std::chrono::seconds(10)).outcome ==
          AppendOutcome::Stored);
  }
  const auto closed =
      must(NatsServer::start({.folder = folder / "nats", .user = engine().public_key()}));
  CHECK_FALSE(JetStreamConnection::connect({.url = closed->endpoint().url}).ok());
  const auto connection = must(JetStreamConnection::connect(as_engine(closed->endpoint().url)));
  CHECK(must(connection->ledger(0)->read(1))->body == "old");
}

// ---- what a bucket forgets ---------------------------------------------------------------------

std::string bytes_below(const std::filesystem::path& folder) {
  std::string all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) all += must(eventstore::read_file(entry.path())) + '\n';
  }
  return all;
}

// A value that stands nowhere else.
std::string secret(int number) {
  return "secret-" + std::to_string(number) + "-of-somebody-who-is-to-be-forgotten";
}

TEST_CASE("nothing of what a bucket forgot is in any file of the server, before or after its end") {
  Rig rig;
  const auto bucket = must(rig.connection->create_bucket("keys"));
  for (int i = 0; i < 20; ++i) must(bucket->put("key." + std::to_string(i), secret(i)));
  const auto files = rig.nats.folder() / "nats";
  CHECK(bytes_below(files).find(secret(7)) != std::string::npos);
  must(bucket->put("key.7", "destroyed"));
  must(bucket->scrub("key.7"));
  must(bucket->put("key.8", "replaced"));
  must(bucket->purge("key.9"));
  const auto check = [&] {
    const std::string all = bytes_below(files);
    for (const int gone : {7, 8, 9}) {
      INFO(gone);
      CHECK(all.find(secret(gone)) == std::string::npos);
      CHECK(all.find(secret(gone).substr(10, 20)) != std::string::npos);  // of the others
    }
    CHECK(all.find(secret(10)) != std::string::npos);
  };
  check();
  rig.nats.kill9();
  check();
  must(rig.nats.server().restart());
  CHECK(must(bucket->get("key.7"))->value == "destroyed");
  CHECK(must(bucket->get("key.10"))->value == secret(10));
  rig.nats.server().stop();
  check();
}

}  // namespace
}  // namespace cassette::test
