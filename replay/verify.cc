// One run: the heads, the audit, the progress.
#include "replay/verify.h"

#include "replay/ledger_audit.h"

namespace cassette::replay {
namespace {

VerifyReport could_not_run(std::string error) {
  VerifyReport report;
  report.error = std::move(error);
  return report;
}

}  // namespace

VerifyReport verify(std::span<eventstore::Ledger* const> ledgers, const VerifyOptions& options) {
  std::vector<std::uint64_t> ends;
  std::uint64_t total = 0;
  for (eventstore::Ledger* ledger : ledgers) {
    const auto last = ledger->last_sequence();
    if (!last.ok()) return could_not_run(last.error().what);
    ends.push_back(last.value());
    total += last.value();
  }
  if (ends.empty()) return could_not_run("there is no ledger to verify");
  if (options.progress != nullptr) options.progress->start(total);
  LedgerAudit audit(ledgers, ends);
  while (audit.step()) {
    if (options.stop.stop_requested()) return could_not_run("it was stopped");
    if (options.progress != nullptr) options.progress->reach(audit.messages());
  }
  if (options.progress != nullptr) options.progress->finish();
  return audit.report();
}

}  // namespace cassette::replay
