// The command line: flags, and the environment variables of the same names.
#include <doctest/doctest.h>

#include "api/settings.h"
#include "tests/support/environment_variable.h"

namespace cassette::api {
namespace {

template <class Settings>
Settings parsed(std::vector<std::string> words) {
  words.insert(words.begin(), "cassette");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  const auto line = parse_command_line(static_cast<int>(argv.size()), argv.data());
  REQUIRE(std::holds_alternative<CommandLine>(line));
  return std::get<Settings>(std::get<CommandLine>(line).role);
}

// The manual promised a variable for each, and replay and import had none for these.
TEST_CASE("flags of replay and import have their environment variables") {
  const test::EnvironmentVariable from("CASSETTE_FROM", "0:7");
  const test::EnvironmentVariable follow("CASSETTE_FOLLOW", "true");
  const test::EnvironmentVariable json("CASSETTE_JSON", "true");
  const test::EnvironmentVariable models("CASSETTE_READ_MODELS", "/tmp");
  const test::EnvironmentVariable clients("CASSETTE_CLIENTS", "7");
  const auto tail = parsed<TailSettings>({"replay", "tail"});
  CHECK(tail.from == "0:7");
  CHECK(tail.follow);
  CHECK(tail.json);
  const auto verify = parsed<VerifySettings>({"replay", "verify"});
  CHECK(verify.json);
  CHECK(verify.read_models == "/tmp");
  CHECK(parsed<ImportSettings>({"import", "adventureworks", "/tmp"}).clients == 7);
}

TEST_CASE("the way to somebody else's nats-server has its flags and variables") {
  const test::EnvironmentVariable nkey("CASSETTE_NATS_NKEY", "/dev/null");
  const test::EnvironmentVariable ca("CASSETTE_NATS_TLS_CA", "/dev/null");
  const auto up =
      parsed<UpSettings>({"up", "--nats-tls-cert", "/dev/zero", "--nats-tls-key", "/dev/full"});
  CHECK(up.ledger.nats_nkey == "/dev/null");
  CHECK(up.ledger.nats_tls.ca_file == "/dev/null");
  CHECK(up.ledger.nats_tls.cert_file == "/dev/zero");
  CHECK(up.ledger.nats_tls.key_file == "/dev/full");
}

}  // namespace
}  // namespace cassette::api
