// Runner: rounds of reads and writes over the crew, with their progress.
#include "api/import/runner.h"

#include <mutex>

#include "api/import/documents.h"
#include "eventstore/json_read.h"

namespace cassette::api::importing {
namespace {

// Pages of one list: no list that an import reads is longer than a million items.
constexpr std::size_t kMaxPages = 5'000;

// All that a page must have to find the next one.
struct PageEnd {
  std::string next;

  static void fields(auto& self, auto&& visit) { visit("next", self.next); }
  bool operator==(const PageEnd&) const = default;
};

// Takes the pages of one list. The cursor is of letters, digits, '-', '_' and '=' or escaped here.
std::optional<std::string> follow(HttpClient& client, const std::string& list,
                                  const std::string& position,
                                  const std::function<void(std::string)>& take) {
  std::string path = list;
  for (std::size_t page = 0; page < kMaxPages; ++page) {
    auto body = fetch(client, path, position);
    if (!body) return body.error();
    if (!body.value()) return "GET " + path + ": not found";
    PageEnd end;
    if (!eventstore::read_json(*body.value(), end)) return "GET " + path + ": not a page";
    take(std::move(*body.value()));
    if (end.next.empty()) return std::nullopt;
    path = list + "&cursor=" + escape_query(end.next);
  }
  return "GET " + list + ": it does not end";
}

}  // namespace

Runner::Runner(const Server& server, std::size_t clients, OnProgress progress)
    : progress_(std::move(progress)), crew_(server, clients) {}

Result<Documents, std::string> Runner::read(const std::vector<Subject>& subjects) {
  Documents documents(subjects.size());
  const std::string position = positions_.text();
  const auto task = [&](HttpClient& client, std::size_t i) -> std::optional<std::string> {
    auto body = fetch(client, subjects[i].path, position);
    if (!body) return body.error();
    documents[i] = std::move(body).value();
    return std::nullopt;
  };
  const auto tick = [&](std::size_t done) { progress_({"reading", done, subjects.size()}); };
  if (auto error = crew_.run(subjects.size(), task, tick)) return Failure{*error};
  return documents;
}

Result<Written, std::string> Runner::write(const Plan& plan, const Facts& facts) {
  const std::size_t total = plan.writes();
  std::size_t before = 0;
  std::atomic<std::size_t> sent = 0;
  for (const Step& step : plan.steps) {
    const auto task = [&](HttpClient& client, std::size_t i) -> std::optional<std::string> {
      if (facts.contains(step.writes[i].fact)) return std::nullopt;
      const auto written = send(client, step.writes[i], positions_);
      if (!written) return written.error();
      if (written.value()) ++sent;
      return std::nullopt;
    };
    const auto tick = [&](std::size_t done) { progress_({step.phase, before + done, total}); };
    if (auto error = crew_.run(step.writes.size(), task, tick)) return Failure{*error};
    before += step.writes.size();
  }
  return Written{sent, total - sent};
}

Result<std::vector<std::string>, std::string> Runner::read_lists(
    const std::vector<std::string>& lists, std::string_view phase) {
  std::mutex mutex;
  std::vector<std::string> pages;
  const std::string position = positions_.text();
  const auto take = [&](std::string page) {
    const std::lock_guard lock(mutex);
    pages.push_back(std::move(page));
  };
  const auto task = [&](HttpClient& client, std::size_t i) {
    return follow(client, lists[i], position, take);
  };
  const auto tick = [&](std::size_t done) { progress_({phase, done, lists.size()}); };
  if (auto error = crew_.run(lists.size(), task, tick)) return Failure{*error};
  return pages;
}

Result<Facts, std::string> facts_of(const std::vector<Subject>& subjects,
                                    const Documents& documents) {
  Facts facts;
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    if (!documents[i] || add_facts(subjects[i].kind, *documents[i], facts)) continue;
    return Failure{"GET " + subjects[i].path + ": not the document that was expected"};
  }
  return facts;
}

}  // namespace cassette::api::importing
