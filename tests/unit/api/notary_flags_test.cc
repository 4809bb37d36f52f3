// The command lines of heads, prove and check.
#include <doctest/doctest.h>

#include "api/settings.h"
#include "tests/support/environment_variable.h"

namespace cassette::api {
namespace {

std::variant<CommandLine, int> parsed(std::vector<std::string> words) {
  words.insert(words.begin(), {"cassette", "replay"});
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  return parse_command_line(static_cast<int>(argv.size()), argv.data());
}

HeadsSettings heads(const std::vector<std::string>& words) {
  const auto line = parsed(words);
  REQUIRE(std::holds_alternative<CommandLine>(line));
  return std::get<HeadsSettings>(std::get<CommandLine>(line).role);
}

bool refused(const std::vector<std::string>& words) {
  const auto line = parsed(words);
  return std::holds_alternative<int>(line) && std::get<int>(line) == 2;
}

TEST_CASE("heads, prove and check take the key that is believed") {
  using Task = HeadsSettings::Task;
  HeadsSettings settings = heads({"prove", "0:1", "--key", "ed25519:00", "--key", "keys"});
  CHECK(settings.task == Task::Prove);
  CHECK(settings.position == "0:1");
  CHECK(settings.keys == std::vector<std::string>{"ed25519:00", "keys"});
  CHECK(heads({"heads", "--key", "keys"}).keys.size() == 1);
  CHECK(heads({"prove", "--since", "1"}).keys.empty());
  CHECK(refused({"check", "/dev/null"}));
  const test::EnvironmentVariable believed("CASSETTE_NOTARY_KEY", "keys");
  CHECK(heads({"prove", "0:1"}).keys == std::vector<std::string>{"keys"});
  CHECK(heads({"heads"}).keys == std::vector<std::string>{"keys"});
  CHECK(heads({"check", "/dev/null"}).task == Task::Check);
}

TEST_CASE("prove takes a position, or a head to begin with") {
  CHECK(heads({"prove", "--since", "1", "--head", "3"}).head_number == 3);
  CHECK(refused({"prove"}));
  CHECK(refused({"prove", "0:1", "--since", "1"}));
  CHECK(refused({"prove", "zero"}));
}

}  // namespace
}  // namespace cassette::api
