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
  report.begin("replay", tape_configuration(tape,
                                            "verify, which decodes every commit, folds it, "
                                            "and holds it against the rules"));
  OpenTape open(tape);
  const BesideDrains beside =
      beside_drains(open, tape, settings.rounds, [&] { return verify(open, tape.events()); });
  report.add("verify/against-drain", "events/s", beside.plain, at_least(0.5));
  report.add("verify/against-decoded-drain", "events/s", beside.decoded);
}

}  // namespace cassette::bench
