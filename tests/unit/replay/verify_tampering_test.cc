// Verify, tampering: each commit of a ledger with two tenures is changed or taken away in turn, and
// each time the place is named, with no signed head to help.
#include "replay/verify.h"

#include <algorithm>

#include "eventstore/codec.h"
#include "tests/support/small_market.h"
#include "tests/support/tape_ledgers.h"

#include <doctest/doctest.h>

using namespace cassette;
using namespace cassette::testing;
using eventstore::Commit;
using replay::FindingKind;
using replay::Verdict;
using replay::VerifyReport;

namespace {

VerifyReport verify_bodies(const Bodies& bodies) {
  return replay::verify(MemoryLedgers(Tape{bodies}).all(), {});
}

std::string told(const VerifyReport& report) {
  std::string text = report.error + "\n";
  for (const auto& finding : report.findings) {
    text += format(finding.position) + " " + std::string(name_of(finding.kind)) + ": " +
            finding.what + "\n";
  }
  return text;
}

bool names(const VerifyReport& report, std::uint64_t commit) {
  return std::ranges::any_of(
      report.findings, [&](const replay::Finding& each) { return each.position.commit == commit; });
}

std::string body_of(const Commit& commit) {
  std::string body;
  eventstore::encode(commit, body);
  return body;
}

constexpr std::size_t kClaim = 8;  // of the second owner: the ninth message

// From `kClaim` on by another owner, whose first commit is its claim.
Bodies two_tenures() {
  const TapeMaker tape = busy_market(1);
  Bodies bodies = tape.bodies();
  Commit claim;
  claim.at = eventstore::decode(bodies[kClaim - 1]).value().at;
  claim.events.push_back({domain::PartitionClaimed{"second"}, {}, "system", {}});
  bodies.insert(bodies.begin() + kClaim, body_of(claim));
  for (std::size_t i = kClaim; i < bodies.size(); ++i) {
    Commit commit = eventstore::decode(bodies[i]).value();
    commit.owner = "second";
    bodies[i] = body_of(commit);
  }
  return rechained(bodies);
}

// Other bytes each time, so that what comes of it is nothing, another commit, or one that follows
// nothing.
void flip(std::string& body, std::size_t at) {
  body[at] = static_cast<char>(body[at] ^ 1);
}

// The last digit of the commit's `prev`.
std::size_t prev_at(const std::string& body) {
  const std::size_t at = body.find("\"prev\":\"");
  REQUIRE(at != std::string::npos);
  return body.find('"', at + 8) - 1;
}

}  // namespace

TEST_CASE("verify tampering: two tenures are sound") {
  const VerifyReport report = verify_bodies(two_tenures());
  CHECK_MESSAGE(report.verdict == Verdict::Sound, told(report));
}

// A changed claim left all that came after it to an owner nobody knew: void, and no finding.
TEST_CASE("verify tampering: a byte of each commit but the last is changed, wherever it is") {
  const Bodies written = two_tenures();
  for (std::size_t i = 0; i + 1 < written.size(); ++i) {
    const std::size_t step = std::max<std::size_t>(1, written[i].size() / 24);
    for (std::size_t at = 0; at < written[i].size(); at += step) {
      Bodies damaged = written;
      flip(damaged[i], at);
      const VerifyReport report = verify_bodies(damaged);
      INFO("message ", i + 1, ", byte ", at, " of ", damaged[i], "\n", told(report));
      CHECK(report.verdict == Verdict::Unsound);
      CHECK(names(report, i + 1));
    }
  }
}

TEST_CASE("verify tampering: what a commit names as the one before it is changed, also the last") {
  const Bodies written = two_tenures();
  for (std::size_t i = 1; i < written.size(); ++i) {
    Bodies damaged = written;
    char& digit = damaged[i][prev_at(damaged[i])];
    digit = digit == '0' ? '1' : '0';
    const VerifyReport report = verify_bodies(damaged);
    INFO("message ", i + 1, "\n", told(report));
    CHECK(report.verdict == Verdict::Unsound);
    CHECK(names(report, i + 1));
  }
}

TEST_CASE("verify tampering: each commit but the last is taken away, two and the other way round") {
  const Bodies written = two_tenures();
  for (std::size_t i = 0; i + 1 < written.size(); ++i) {
    Bodies damaged = written;
    damaged.erase(damaged.begin() + static_cast<std::ptrdiff_t>(i));
    const VerifyReport report = verify_bodies(damaged);
    INFO("message ", i + 1, "\n", told(report));
    CHECK(report.verdict == Verdict::Unsound);
    CHECK((names(report, i) || names(report, i + 1)));
    Bodies swapped = written;
    std::swap(swapped[i], swapped[i + 1]);
    const VerifyReport other = verify_bodies(swapped);
    INFO(told(other));
    CHECK(other.verdict == Verdict::Unsound);
    CHECK((names(other, i + 1) || names(other, i + 2)));
  }
}

// The next engine goes on from what it takes for the last commit.
TEST_CASE("verify tampering: a claim was changed, and another owner claimed afterwards") {
  Bodies bodies = two_tenures();
  bodies[kClaim][0] = '(';
  Commit claim = eventstore::decode(bodies.back()).value();
  claim.prev = eventstore::hash_of(bodies[kClaim - 1]);
  claim.owner = "third";
  claim.commands.clear();
  claim.events = {{domain::PartitionClaimed{"third"}, {}, "system", {}}};
  bodies.push_back(body_of(claim));
  const VerifyReport report = verify_bodies(bodies);
  INFO(told(report));
  CHECK(report.verdict == Verdict::Unsound);
  CHECK(names(report, kClaim + 1));
}

TEST_CASE("verify tampering: what a stranger put after a commit of the chain took nothing out") {
  const Bodies written = two_tenures();
  Commit stranger = eventstore::decode(written[4]).value();
  stranger.owner = "stranger";
  stranger.prev = eventstore::hash_of(written[3]);
  const std::string first = body_of(stranger);
  stranger.prev = eventstore::hash_of(first);
  Bodies bodies = written;
  const std::vector<std::string> put{first, body_of(stranger), "by hand", written[2]};
  bodies.insert(bodies.begin() + 12, put.begin(), put.end());
  const VerifyReport report = verify_bodies(bodies);
  INFO(told(report));
  CHECK(report.verdict == Verdict::Sound);
  CHECK(report.void_messages == put.size());
}

// An event's type with a letter changed looked like one of a newer version: could not run.
TEST_CASE("verify tampering: a letter of an event's type is changed") {
  const Bodies written = two_tenures();
  Bodies bodies = written;
  const std::size_t at = bodies[kClaim].find("PartitionClaimed");
  REQUIRE(at != std::string::npos);
  bodies[kClaim][at] = 'Q';
  SUBCASE("with commits after it") {
    const VerifyReport report = verify_bodies(bodies);
    INFO(told(report));
    CHECK(report.verdict == Verdict::Unsound);
    CHECK(names(report, kClaim + 1));
  }
  SUBCASE("one of a newer version is named by what follows it") {
    std::string& next = bodies[kClaim + 1];
    Commit commit = eventstore::decode(next).value();
    commit.prev = eventstore::hash_of(bodies[kClaim]);
    next = body_of(commit);
    CHECK(verify_bodies(bodies).verdict == Verdict::CouldNotRun);
  }
  SUBCASE("nothing follows it, or only what is void") {
    bodies.resize(kClaim + 1);
    bodies.insert(bodies.end(), {"by hand", written[3]});
    CHECK(verify_bodies(bodies).verdict == Verdict::CouldNotRun);
  }
}
