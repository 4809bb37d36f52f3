// replay: how fast `replay verify` audits a long ledger, beside reading it alone.
#include <fmt/format.h>

#include "bench/benches.h"
#include "bench/tape.h"
#include "replay/verify.h"

namespace cassette::bench {
namespace {

using Clock = std::chrono::steady_clock;

// Seconds.
double verify(OpenTape& tape, std::uint64_t events) {
  const Clock::time_point start = Clock::now();
  eventstore::Ledger* const ledger = &tape.ledger();
  const replay::VerifyReport report = replay::verify({&ledger, 1}, {});
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  if (report.verdict != replay::Verdict::Sound) give_up("the tape is unsound: " + report.error);
  if (report.events != events) {
    give_up(fmt::format("verify saw {} events of {}", report.events, events));
  }
  return seconds;
}

}  // namespace

void run_replay(const Settings& settings, Report& report) {
  const Tape& tape = settings.tapes->of(tape_events(settings));
  report.begin("replay",
               {fmt::format("{} events of {} orders: {}", tape.events(), tape.orders(),
                            Traffic::description()),
                "written without fsync; its pages are in memory; one partition",
                "ours: verify, which decodes every commit, folds it, and holds it against the "
                "rules",
                "theirs: a reader that takes every message and does nothing with it; decoded: one "
                "that hashes and decodes it as well"});
  OpenTape open(tape);
  const auto events = static_cast<double>(tape.events());
  drain(open.ledger(), open.head);
  Samples plain, decoded;
  for (int round = 0; round < settings.rounds; ++round) {
    const double rate = events / verify(open, tape.events());
    plain.ours.push_back(rate);
    decoded.ours.push_back(rate);
    plain.theirs.push_back(events / drain(open.ledger(), open.head));
    decoded.theirs.push_back(events / drain_decoded(open.ledger(), open.head));
  }
  report.add("verify/against-drain", "events/s", plain, at_least(0.5));
  report.add("verify/against-decoded-drain", "events/s", decoded);
}

}  // namespace cassette::bench
