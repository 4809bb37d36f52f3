// Report and progress: their words and their arithmetic.
#include "replay/report.h"

#include <doctest/doctest.h>

#include "replay/progress.h"

using namespace cassette;
using namespace std::chrono_literals;

namespace {

replay::VerifyReport unsound() {
  replay::VerifyReport report;
  report.verdict = replay::Verdict::Unsound;
  report.ledger_id = "l1";
  report.commits = 9;
  report.events = 40;
  report.void_messages = 1;
  report.bytes = 1234;
  report.heads = {{0, 10}};
  report.voids = {{{0, 4}, "not a commit"}};
  report.findings = {{replay::FindingKind::IllegalEvent, {0, 7}, 2, "event 1 \"x\""}};
  return report;
}

}  // namespace

TEST_CASE("report: the verdict first, then counts, voids and findings") {
  CHECK(replay::to_text(unsound()) ==
        "unsound, first at 0:7: illegal-event\n"
        "9 commits, 40 events, 1 void messages, 1234 bytes\n"
        "up to 0:10\n"
        "void 0:4: not a commit\n"
        "0:7 illegal-event: event 1 \"x\" (and 1 more)\n");
  replay::VerifyReport failed;
  failed.error = "no server";
  CHECK(replay::to_text(failed) == "could not run: no server\n");
}

TEST_CASE("report: what was taken on trust, and by which heads") {
  replay::VerifyReport report = unsound();
  report.trusted = {{0, 5}, {1, 0}};
  report.signed_heads = 3;
  CHECK(replay::to_text(report).find(
            "not judged but for the chain up to 0:5 1:0, which a signed head vouches for\n"
            "3 signed heads were held against it\n") != std::string::npos);
  CHECK(replay::to_json(report).find(R"("trusted":["0:5","1:0"],"signedHeads":3,)") !=
        std::string::npos);
}

TEST_CASE("report: JSON says the same") {
  CHECK(replay::to_json(unsound()) ==
        R"({"verdict":"unsound","ledgerId":"l1","commits":9,"events":40,"voidMessages":1,)"
        R"("bytes":1234,"pendingReactions":0,"heads":["0:10"],"signedHeads":0,)"
        R"("findings":[{"kind":"illegal-event","position":"0:7","count":2,)"
        R"("what":"event 1 \"x\""}],"voids":[{"position":"0:4","why":"not a commit"}]})");
}

TEST_CASE("report: read models are a member of the one object") {
  replay::ModelReport models;
  models.verdict = replay::Verdict::Sound;
  models.positions = {{0, 10}};
  const std::string json = replay::to_json(unsound(), models);
  CHECK(json.starts_with(R"({"verdict":"unsound",)"));
  CHECK(json.ends_with("}],\"readModels\":" + replay::to_json(models) + "}"));
}

TEST_CASE("progress: rate since the start, time left at that rate, five times a second") {
  std::chrono::steady_clock::time_point now;
  std::vector<replay::Progress> shown;
  replay::ProgressMeter meter([&now] { return now; },
                              [&shown](const replay::Progress& p) { shown.push_back(p); });
  meter.start(100'000);
  meter.reach(10'000);
  CHECK(shown.empty());
  now += 2s;
  meter.reach(20'000);
  meter.reach(20'001);
  REQUIRE(shown.size() == 1);
  CHECK(shown[0].per_second == doctest::Approx(10'000));
  CHECK(shown[0].left == 8s);
  CHECK(replay::render(shown[0], "messages") ==
        "20,000 of 100,000 messages (20 %), 10,000/s, 8 s left");
  meter.finish();
  CHECK(shown.size() == 2);
}

TEST_CASE("progress: nothing is written to what is no terminal") {
  std::FILE* file = std::tmpfile();
  replay::on_terminal(file, "messages")({5, 10, 1.0, 5s});
  CHECK(std::ftell(file) == 0);
  std::fclose(file);
}
