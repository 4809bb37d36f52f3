// The command lines of explain, export and restore.
#include <doctest/doctest.h>

#include "tests/support/environment_variable.h"
#include "tests/unit/api/replay_words.h"

namespace cassette::api {
namespace {

StorySettings story(const std::vector<std::string>& words) {
  return replay_settings<StorySettings>(words);
}

TEST_CASE("explain takes an order, and nothing else yet") {
  const StorySettings settings = story({"explain", "order", "o-1", "--json", "--data", "d"});
  CHECK(settings.task == StorySettings::Task::Explain);
  CHECK(settings.id == "o-1");
  CHECK(settings.json);
  CHECK(settings.ledger.data == "d");
  CHECK(replay_refuses({"explain", "vendor", "v1"}));
  CHECK(replay_refuses({"explain", "order", "no such id"}));
  CHECK(replay_refuses({"explain", "order"}));
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
  CHECK(replay_refuses({"export"}));
  CHECK(replay_refuses({"export", "--out", "tape", "--format", "xml"}));
  CHECK(replay_refuses({"export", "--out", "tape", "--rows-per-file", "0"}));
  CHECK(replay_refuses({"export", "--out", "tape", "--shape", "round"}));
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
  CHECK(replay_refuses({"restore", "/nowhere"}));
}

}  // namespace
}  // namespace cassette::api
