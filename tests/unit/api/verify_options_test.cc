// Verify's flags, and what they name: heads, keys and moments, read strictly.
#include "api/verify_options.h"

#include "tests/support/certificates.h"
#include "tests/support/notary_rig.h"
#include "tests/support/small_market.h"

#include <doctest/doctest.h>

using namespace cassette;
using namespace cassette::testing;
using api::VerifySettings;
using test::must;

namespace {

VerifySettings parsed(std::vector<std::string> words) {
  words.insert(words.begin(), {"cassette", "replay", "verify"});
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  const auto line = api::parse_command_line(static_cast<int>(argv.size()), argv.data());
  REQUIRE(std::holds_alternative<api::CommandLine>(line));
  return std::get<VerifySettings>(std::get<api::CommandLine>(line).role);
}

// A market, and the heads of it in a file.
struct Files {
  test::TemporaryFolder folder;
  TapeMaker tape;
  MemoryLedgers ledgers;
  std::string heads = (folder / "heads.jsonl").string();
  std::string key = notary_key().public_key().text();
  replay::SignedHead last;

  explicit Files(std::uint32_t partitions = 1)
      : tape(busy_market(partitions)), ledgers(tape_of(tape)) {
    NotaryRig rig(tape);
    rig.recover();
    const std::string first = to_line(*rig.sign());
    tape.run(register_vendor("v9"));
    rig.copy(tape);
    last = *rig.sign();
    test::write_file(heads, first + "\n" + to_line(last) + "\n");
  }

  std::string refusal(const VerifySettings& settings) {
    const auto options = api::verify_options(settings, ledgers.all());
    return options.ok() ? "" : options.error().what;
  }
};

}  // namespace

TEST_CASE("verify's flags: heads, the last of a file to start from, keys, a moment") {
  Files files;
  const VerifySettings settings =
      parsed({"--data", files.folder.path().string(), "--heads", files.heads, "--since",
              files.heads, "--key", files.key, "--until", "0:7"});
  const auto options = must(api::verify_options(settings, files.ledgers.all()));
  CHECK(options.heads.size() == 2);
  CHECK(options.since == files.last);
  CHECK(options.keys == std::vector{notary_key().public_key()});
  CHECK(options.until == replay::Cut{{7}});
  CHECK(options.data == files.folder.path());
}

TEST_CASE("verify's flags: without a key, the data folder's own are taken") {
  Files files;
  VerifySettings settings =
      parsed({"--data", files.folder.path().string(), "--heads", files.heads});
  CHECK(must(api::verify_options(settings, files.ledgers.all())).keys.empty());
  std::filesystem::create_directories(files.folder / "notary");
  test::write_file(files.folder / "notary" / "keys", files.key + "\n");
  CHECK(must(api::verify_options(settings, files.ledgers.all())).keys.size() == 1);
}

TEST_CASE("verify's flags: a time is a cut of all partitions, a position of one alone") {
  Files files(2);
  VerifySettings settings;
  settings.until = format(files.tape.now());
  CHECK(must(api::verify_options(settings, files.ledgers.all())).until->commits.size() == 2);
  settings.until = "0:7";
  CHECK(files.refusal(settings).find("give --until a time") != std::string::npos);
  settings.until = "yesterday";
  CHECK(files.refusal(settings).find("is no moment") != std::string::npos);
}

TEST_CASE("verify's flags: what is in no file, or is no head, or has no key, is refused") {
  Files files;
  VerifySettings settings;
  settings.ledger.data = files.folder.path().string();
  settings.since = files.heads;
  CHECK(files.refusal(settings) == "--since takes the notary's --key");
  settings.keys = {"ed25519:short"};
  CHECK_FALSE(files.refusal(settings).empty());
  settings.keys = {files.key};
  const std::string empty = (files.folder / "empty").string();
  test::write_file(empty, "");
  settings.since = empty;
  CHECK(files.refusal(settings).find("holds no signed head") != std::string::npos);
  test::write_file(empty, "{}\n");
  CHECK_FALSE(files.refusal(settings).empty());
  settings.since.clear();
  settings.heads_file = (files.folder / "nowhere").string();
  CHECK_FALSE(files.refusal(settings).empty());
}

TEST_CASE("verify's flags: a position to start from is that of the newest head not after it") {
  Files files;
  const std::string end = std::to_string(files.last.partitions[0].commit);
  const std::string before = std::to_string(files.last.partitions[0].commit - 1);
  VerifySettings settings =
      parsed({"--heads", files.heads, "--key", files.key, "--since", "0:" + end});
  CHECK(must(api::verify_options(settings, files.ledgers.all())).since->number == 2);
  settings.since = "0:" + before;
  CHECK(must(api::verify_options(settings, files.ledgers.all())).since->number == 1);
  for (const std::string nowhere : {"0:1", "7:1"}) {
    settings.since = nowhere;
    CHECK(files.refusal(settings) == "no head of --heads is at or before --since " + nowhere);
  }
  settings.heads_file.clear();
  CHECK(files.refusal(settings).find("takes --heads") != std::string::npos);
}
