// Starting: what can be refused is refused before anything is taken from another engine, and
// whoever is told to end while it starts ends, without saying that it is ready.
#include <doctest/doctest.h>

#include "tests/system/marketplace.h"

namespace cassette::test {
namespace {

constexpr int kCouldNotStart = 2;
// Their streams and archives take seconds to make.
constexpr std::uint32_t kManyPartitions = 32;

}  // namespace

// The second had fenced the first by the time that it saw that the port was taken.
TEST_CASE("A port that is taken, or none, ends a take-over before it begins") {
  const ScratchFolder scratch;
  CassetteProcess first(scratch / "first");
  INFO(first.log_tail());
  REQUIRE(first.start());
  const std::string taken = first.http_url().substr(std::string_view("http://").size());
  for (const std::string& address : {taken, std::string("127.0.0.1"), std::string("0.0.0.0:0")}) {
    const Finished second =
        run_cassette({"up", "--data", (scratch / "second").string(), "--nats", first.nats_url(),
                      "--nats-monitor", first.monitor_url(), "--nats-nkey",
                      (first.data() / "nats" / "engine.nk").string(), "--master-key-file",
                      (first.data() / "master.key").string(), "--take-over", "--insecure-no-auth",
                      "--http", address});
    INFO(address << ": " << second.output << second.errors);
    CHECK(second.status == kCouldNotStart);
    Marketplace market(first.http_url());
    CHECK(market.send(write_to("POST", "/vendors", R"({"name":"still here"})")).status == 201);
  }
  CHECK(first.terminate() == 0);
}

// It went on to the end of its start, said `ready`, and only then looked.
TEST_CASE("Told to end while it starts, it ends and was never ready") {
  const ScratchFolder scratch;
  CassetteProcess cassette(scratch / "data",
                           {"--demo", "--partitions", std::to_string(kManyPartitions)});
  cassette.launch();
  REQUIRE(cassette.await_line("nats: "));
  cassette.ask_to_end();
  CHECK_FALSE(cassette.await_line("ready"));
  CHECK_MESSAGE(cassette.await_exit() == 0, cassette.log_tail());
  REQUIRE_MESSAGE(cassette.start(), cassette.log_tail());
  CHECK(cassette.terminate() == 0);
}

}  // namespace cassette::test
