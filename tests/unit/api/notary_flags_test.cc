// The command lines of heads, prove and check.
#include <doctest/doctest.h>

#include "tests/support/environment_variable.h"
#include "tests/unit/api/replay_words.h"

namespace cassette::api {
namespace {

HeadsSettings heads(const std::vector<std::string>& words) {
  return replay_settings<HeadsSettings>(words);
}

TEST_CASE("heads, prove and check take the key that is believed") {
  using Task = HeadsSettings::Task;
  HeadsSettings settings = heads({"prove", "0:1", "--key", "ed25519:00", "--key", "keys"});
  CHECK(settings.task == Task::Prove);
  CHECK(settings.position == "0:1");
  CHECK(settings.keys == std::vector<std::string>{"ed25519:00", "keys"});
  CHECK(heads({"heads", "--key", "keys"}).keys.size() == 1);
  CHECK(heads({"prove", "--since", "1"}).keys.empty());
  CHECK(replay_refuses({"check", "/dev/null"}));
  const test::EnvironmentVariable believed("CASSETTE_NOTARY_KEY", "keys");
  CHECK(heads({"prove", "0:1"}).keys == std::vector<std::string>{"keys"});
  CHECK(heads({"heads"}).keys == std::vector<std::string>{"keys"});
  CHECK(heads({"check", "/dev/null"}).task == Task::Check);
}

TEST_CASE("prove takes a position, or a head to begin with") {
  CHECK(heads({"prove", "--since", "1", "--head", "3"}).head_number == 3);
  CHECK(replay_refuses({"prove"}));
  CHECK(replay_refuses({"prove", "0:1", "--since", "1"}));
  CHECK(replay_refuses({"prove", "zero"}));
}

}  // namespace
}  // namespace cassette::api
