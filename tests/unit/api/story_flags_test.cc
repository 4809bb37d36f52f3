// The command lines of explain, export and restore.
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

StorySettings story(const std::vector<std::string>& words) {
  const auto line = parsed(words);
  REQUIRE(std::holds_alternative<CommandLine>(line));
  return std::get<StorySettings>(std::get<CommandLine>(line).role);
}

bool refused(const std::vector<std::string>& words) {
  const auto line = parsed(words);
  return std::holds_alternative<int>(line) && std::get<int>(line) == 2;
}

TEST_CASE("explain takes an order, and nothing else yet") {
  const StorySettings settings = story({"explain", "order", "o-1", "--json", "--data", "d"});
  CHECK(settings.task == StorySettings::Task::Explain);
  CHECK(settings.id == "o-1");
  CHECK(settings.json);
  CHECK(settings.ledger.data == "d");
  CHECK(refused({"explain", "vendor", "v1"}));
  CHECK(refused({"explain", "order", "no such id"}));
  CHECK(refused({"explain", "order"}));
}

TEST_CASE("export has its flags and variables, and defaults that work") {
  const test::EnvironmentVariable vendor("CASSETTE_VENDOR", "1580");
  StorySettings settings = story({"export", "--out", "tape"});
  CHECK(settings.task == StorySettings::Task::Export);
  replay::ExportPlan plan;
  plan.vendor = "1580";
  CHECK(settings.plan == plan);
  CHECK(settings.parquet_writer == "cassette-parquet");
  settings =
      story({"export", "--out", "tape", "--format", "CSV", "--types", "StockReserved,OrderPlaced",
             "--from", "0:1", "--to", "0:9", "--rows-per-file", "7"});
  CHECK(settings.plan.format == replay::ExportFormat::Csv);
  CHECK(settings.plan.types == std::vector<std::string>{"StockReserved", "OrderPlaced"});
  CHECK(settings.plan.from == "0:1");
  CHECK(settings.plan.to == "0:9");
  CHECK(settings.plan.rows_per_file == 7);
  CHECK(story({"export", "--out", "tape", "--rows", "commits"}).plan.rows ==
        replay::ExportRows::Commits);
  CHECK(refused({"export"}));
  CHECK(refused({"export", "--out", "tape", "--format", "xml"}));
  CHECK(refused({"export", "--out", "tape", "--rows-per-file", "0"}));
  CHECK(refused({"export", "--out", "tape", "--shape", "round"}));
}

TEST_CASE("the key that signs and the key that is believed have variables of their own") {
  const test::EnvironmentVariable signs("CASSETTE_NOTARY_KEY_FILE", "/dev/null");
  const test::EnvironmentVariable believed("CASSETTE_NOTARY_KEY", "ed25519:00");
  CHECK(story({"export", "--out", "tape"}).notary_key == "/dev/null");
  CHECK(story({"restore", "/tmp"}).key == "ed25519:00");
}

TEST_CASE("restore takes a folder that is there") {
  const StorySettings settings = story({"restore", "/tmp", "--check", "--key", "ed25519:00"});
  CHECK(settings.task == StorySettings::Task::Restore);
  CHECK(settings.out == "/tmp");
  CHECK(settings.check_only);
  CHECK(settings.key == "ed25519:00");
  CHECK(refused({"restore", "/nowhere"}));
}

}  // namespace
}  // namespace cassette::api
