// The two forms of a report.
#include "replay/report.h"

#include <fmt/format.h>

#include "eventstore/json_write.h"

namespace cassette::replay {
namespace {

struct FindingLine {
  std::string kind;
  std::string position;
  std::uint64_t count = 0;
  std::string what;

  static void fields(auto& self, auto&& visit) {
    visit("kind", self.kind);
    visit("position", self.position);
    visit("count", self.count);
    visit("what", self.what);
  }
};

struct VoidLine {
  std::string position;
  std::string why;

  static void fields(auto& self, auto&& visit) {
    visit("position", self.position);
    visit("why", self.why);
  }
};

struct ReportDocument {
  std::string verdict;
  std::string error;
  std::string ledger_id;
  std::uint64_t commits = 0;
  std::uint64_t events = 0;
  std::uint64_t void_messages = 0;
  std::uint64_t bytes = 0;
  std::uint64_t pending_reactions = 0;
  std::vector<std::string> heads;
  std::vector<std::string> trusted;
  std::uint64_t signed_heads = 0;
  std::vector<FindingLine> findings;
  std::vector<VoidLine> voids;

  static void fields(auto& self, auto&& visit) {
    visit("verdict", self.verdict);
    visit("error", self.error);
    visit("ledgerId", self.ledger_id);
    visit("commits", self.commits);
    visit("events", self.events);
    visit("voidMessages", self.void_messages);
    visit("bytes", self.bytes);
    visit("pendingReactions", self.pending_reactions);
    visit("heads", self.heads);
    visit("trusted", self.trusted);
    visit("signedHeads", self.signed_heads);
    visit("findings", self.findings);
    visit("voids", self.voids);
  }
};

std::string listed(const std::vector<eventstore::Position>& positions) {
  std::string text;
  for (const eventstore::Position& position : positions) text += " " + format(position);
  return text;
}

std::string first_line(const VerifyReport& report) {
  if (report.verdict == Verdict::CouldNotRun) return "could not run: " + report.error;
  if (report.verdict == Verdict::Sound) return "sound";
  const Finding& first = report.findings.front();
  return fmt::format("unsound, first at {}: {}", format(first.position), name_of(first.kind));
}

}  // namespace

std::string to_text(const VerifyReport& report) {
  std::string text = first_line(report) + "\n";
  if (report.verdict == Verdict::CouldNotRun) return text;
  text += fmt::format("{} commits, {} events, {} void messages, {} bytes\n", report.commits,
                      report.events, report.void_messages, report.bytes);
  text += "up to" + listed(report.heads) + "\n";
  if (!report.trusted.empty()) {
    text += "not judged but for the chain up to" + listed(report.trusted) +
            ", which a signed head vouches for\n";
  }
  if (report.signed_heads > 0) {
    text += fmt::format("{} signed heads were held against it\n", report.signed_heads);
  }
  if (report.pending_reactions > 0) {
    text += fmt::format("{} reactions had not run yet\n", report.pending_reactions);
  }
  for (const VoidFound& each : report.voids) {
    text += fmt::format("void {}: {}\n", format(each.position), each.why);
  }
  for (const Finding& each : report.findings) {
    text += fmt::format("{} {}: {}", format(each.position), name_of(each.kind), each.what);
    text += each.count > 1 ? fmt::format(" (and {} more)\n", each.count - 1) : "\n";
  }
  if (!report.error.empty()) text += "the rest could not be read: " + report.error + "\n";
  return text;
}

std::string to_json(const VerifyReport& report) {
  ReportDocument document;
  document.verdict = name_of(report.verdict);
  document.error = report.error;
  document.ledger_id = report.ledger_id;
  document.commits = report.commits;
  document.events = report.events;
  document.void_messages = report.void_messages;
  document.bytes = report.bytes;
  document.pending_reactions = report.pending_reactions;
  document.signed_heads = report.signed_heads;
  for (const eventstore::Position& each : report.trusted) {
    document.trusted.push_back(format(each));
  }
  for (const eventstore::Position& head : report.heads) document.heads.push_back(format(head));
  for (const Finding& each : report.findings) {
    document.findings.push_back(
        {std::string(name_of(each.kind)), format(each.position), each.count, each.what});
  }
  for (const VoidFound& each : report.voids) {
    document.voids.push_back({format(each.position), each.why});
  }
  return eventstore::to_json(document);
}

std::string to_json(const VerifyReport& report, const ModelReport& models) {
  std::string json = to_json(report);
  json.back() = ',';  // was the closing brace
  return json + "\"readModels\":" + to_json(models) + "}";
}

}  // namespace cassette::replay
