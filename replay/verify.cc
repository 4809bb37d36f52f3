// One run: the ends, the heads, the audit, the progress.
#include "replay/verify.h"

#include <algorithm>

#include "replay/head_check.h"
#include "replay/ledger_audit.h"

namespace cassette::replay {

using eventstore::Stored;
using eventstore::StoreError;

namespace {

VerifyReport could_not_run(std::string error) {
  VerifyReport report;
  report.error = std::move(error);
  return report;
}

// Why `head` can't be what verifying starts from; empty when it can.
std::string objection(const SignedHead& head, const VerifyOptions& options,
                      std::size_t partitions) {
  if (head.partitions.size() != partitions) return "the head to start from is of another ledger";
  const auto key = eventstore::NotaryPublicKey::parse(head.key);
  if (!key || std::ranges::find(options.keys, *key) == options.keys.end()) {
    return "the head to start from is of a key that is not trusted";
  }
  const auto verified = verify_signature(head, *key);
  return verified.ok() ? std::string() : verified.error().what;
}

// The last messages to read.
Stored<std::vector<std::uint64_t>> ends_of(std::span<eventstore::Ledger* const> ledgers,
                                           const VerifyOptions& options) {
  std::vector<std::uint64_t> ends;
  for (eventstore::Ledger* ledger : ledgers) {
    const auto last = ledger->last_sequence();
    if (!last.ok()) return Failure{last.error()};
    ends.push_back(last.value());
    if (options.until) {
      ends.back() = std::min(ends.back(), options.until->commits[ends.size() - 1]);
    }
  }
  return ends;
}

// A cut shows nothing of what was signed behind it.
bool within(const SignedHead& head, const std::optional<Cut>& until) {
  if (!until) return true;
  for (std::size_t p = 0; p < head.partitions.size() && p < until->commits.size(); ++p) {
    if (head.partitions[p].commit > until->commits[p]) return false;
  }
  return true;
}

// The heads that are held against the ledgers: those of as many partitions.
std::vector<SignedHead> heads_for(const VerifyOptions& options, std::size_t partitions) {
  std::vector<SignedHead> heads = options.heads;
  if (options.since && std::ranges::find(heads, *options.since) == heads.end()) {
    heads.push_back(*options.since);
  }
  std::erase_if(heads, [&](const SignedHead& head) {
    return head.partitions.size() != partitions || !within(head, options.until);
  });
  return heads;
}

bool is_of_heads(const Finding& finding) {
  return finding.kind == FindingKind::RewrittenHistory || finding.kind == FindingKind::CutTail;
}

bool any_of_heads(std::span<const Finding> findings, std::uint32_t partition) {
  return std::ranges::any_of(findings, [=](const Finding& each) {
    return is_of_heads(each) && each.position.partition == partition;
  });
}

// A message that the rules of this version can't read is one of a newer version, unless heads say
// that something else was signed.
void tell_unread(VerifyReport& report) {
  if (!report.unread || !any_of_heads(report.findings, report.unread->partition)) return;
  const bool told = std::ranges::any_of(report.findings, [&](const Finding& each) {
    return each.kind == FindingKind::SeveredChain && each.position == *report.unread;
  });
  if (told) return;
  report.findings.push_back({FindingKind::SeveredChain, *report.unread, 1,
                             "can't be read, and heads signed another history: " + report.error});
}

// Once more by what only heads need: past a message that could not be read, and by the trees that
// were there when they were signed, which name the very commits.
void hold_heads(std::span<eventstore::Ledger* const> ledgers, const VerifyOptions& options,
                VerifyReport& report) {
  const bool doubted = std::ranges::any_of(report.findings, is_of_heads);
  if (options.heads.empty() || !(report.unread || (doubted && !options.data.empty()))) return;
  const auto exact =
      check_heads(ledgers, options.heads, {options.keys, options.data, nullptr, options.stop});
  if (!exact.ok()) return;
  for (std::uint32_t p = 0; p < ledgers.size(); ++p) {
    if (!any_of_heads(exact.value(), p)) continue;
    const auto here = [p](const Finding& each) {
      return is_of_heads(each) && each.position.partition == p;
    };
    std::erase_if(report.findings, here);
    std::ranges::copy_if(exact.value(), std::back_inserter(report.findings), here);
  }
  tell_unread(report);
  if (!report.findings.empty()) report.verdict = Verdict::Unsound;
}

void judge_heads(const VerifyOptions& options, VerifyReport& report) {
  Findings findings;
  check_signatures(options.heads, options.keys, findings);
  for (const SignedHead& head : options.heads) {
    const bool ours = head.partitions.size() == report.heads.size() &&
                      (report.ledger_id.empty() || head.ledger_id == report.ledger_id);
    if (ours) continue;
    findings.add(FindingKind::BrokenHeads, {0, 0},
                 "head " + std::to_string(head.number) + " is of another ledger");
  }
  const std::vector<Finding>& found = findings.all();
  report.findings.insert(report.findings.end(), found.begin(), found.end());
  if (!report.findings.empty()) report.verdict = Verdict::Unsound;
}

}  // namespace

VerifyReport verify(std::span<eventstore::Ledger* const> ledgers, const VerifyOptions& options) {
  if (ledgers.empty()) return could_not_run("there is no ledger to verify");
  if (options.since) {
    std::string why = objection(*options.since, options, ledgers.size());
    if (why.empty() && !within(*options.since, options.until)) {
      why = "the head to start from is not within the cut to end at: nothing would be checked";
    }
    if (!why.empty()) return could_not_run(std::move(why));
  }
  const auto ends = ends_of(ledgers, options);
  if (!ends.ok()) return could_not_run(ends.error().what);
  std::uint64_t total = 0;
  for (const std::uint64_t end : ends.value()) total += end;
  if (options.progress != nullptr) options.progress->start(total);
  VerifyOptions held = options;
  held.heads = heads_for(options, ledgers.size());
  LedgerAudit audit(ledgers, ends.value(), held);
  while (audit.step()) {
    if (options.stop.stop_requested()) return could_not_run("it was stopped");
    if (options.progress != nullptr) options.progress->reach(audit.messages());
  }
  if (options.progress != nullptr) options.progress->finish();
  VerifyReport report = audit.report();
  report.signed_heads = held.heads.size();
  if (options.since) {
    for (std::uint32_t p = 0; p < ledgers.size(); ++p) {
      report.trusted.push_back({p, options.since->partitions[p].commit});
    }
  }
  hold_heads(ledgers, held, report);
  if (report.verdict != Verdict::CouldNotRun) judge_heads(options, report);
  return report;
}

}  // namespace cassette::replay
