// The security log: what reaches the journal and how, floods, a journal that is down; and its
// pages, in the reader and over HTTP.
#include "api/identity/journaled_security_log.h"

#include <doctest/doctest.h>

#include <thread>

#include "api/identity/security_reader.h"
#include "eventstore/memory_journal.h"
#include "tests/unit/api/fakes.h"

namespace cassette::api {
namespace {

using eventstore::MemoryJournal;

constexpr std::chrono::seconds kPatience{10};

domain::Timestamp second(std::int64_t n) {
  return {1'795'468'020'000'000 + n * 1'000'000};
}

SecurityEvent event_of(std::string type, std::int64_t n, std::string detail = {}) {
  return {second(n),   std::move(type), "vendor:1580",    "cred-1",
          "192.0.2.7", "req-1",         std::move(detail)};
}

// Never gathers for long, and ends a fold only at its stop.
JournaledSecurityLog::Options quick() {
  return {.gather = std::chrono::milliseconds(1),
          .fold = std::chrono::hours(1),
          .retry = std::chrono::milliseconds(1)};
}

// Oldest first.
std::vector<SecurityRecord> records_in(MemoryJournal& journal) {
  std::vector<SecurityRecord> records;
  const auto entries = journal.read_forward(1, eventstore::kMaxEntriesRead);
  REQUIRE(entries.ok());
  for (const auto& entry : entries.value()) {
    std::string_view body = entry.body;
    while (!body.empty()) {
      const std::size_t end = body.find('\n');
      REQUIRE(end != std::string_view::npos);
      const auto record = from_line(body.substr(0, end));
      REQUIRE(record);
      records.push_back(*record);
      body.remove_prefix(end + 1);
    }
  }
  return records;
}

template <class Condition>
bool eventually(Condition&& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

TEST_CASE("what is recorded reaches the journal while the log runs, whole and in order") {
  MemoryJournal journal;
  JournaledSecurityLog log(journal, quick());
  log.record(event_of("SignedIn", 1, "by password"));
  REQUIRE(eventually([&] { return records_in(journal).size() == 1; }));
  log.record(event_of("CredentialCreated", 2));
  log.record(event_of("CredentialRevoked", 3));
  log.stop();
  const auto records = records_in(journal);
  REQUIRE(records.size() == 3);
  CHECK(records[0] == SecurityRecord{event_of("SignedIn", 1, "by password"), {}});
  CHECK(records[1].event.type == "CredentialCreated");
  CHECK(records[2].event.type == "CredentialRevoked");
}

TEST_CASE("a stop stores what waits") {
  MemoryJournal journal;
  JournaledSecurityLog log(journal, {.gather = std::chrono::hours(1)});
  log.record(event_of("SignedIn", 1));
  log.record(event_of("SignInRefused", 2));
  log.stop();
  CHECK(records_in(journal).size() == 2);
}

TEST_CASE("text from outside is cut, escaped and made UTF-8") {
  MemoryJournal journal;
  JournaledSecurityLog log(journal, quick());
  SecurityEvent event = event_of("SignedIn", 1, "a\nb\"\x01\xff");
  event.principal = std::string(255, 'x') + "\u00e9";  // two bytes, over the bound
  event.credential_id = std::string(100'000, 'y');
  log.record(event);
  log.stop();
  const auto records = records_in(journal);
  REQUIRE(records.size() == 1);
  CHECK(records[0].event.detail == "a\nb\"\x01?");
  CHECK(records[0].event.principal == std::string(255, 'x'));
  CHECK(records[0].event.credential_id == std::string(256, 'y'));
}

TEST_CASE("equal refusals of one address are one record with their count") {
  MemoryJournal journal;
  JournaledSecurityLog log(journal, quick());
  for (int n = 0; n < 1000; ++n) log.record(event_of("SignInRefused", n, "wrong password"));
  log.record(event_of("SignedIn", 1000));
  log.stop();
  const auto records = records_in(journal);
  REQUIRE(records.size() == 2);
  const auto& refused = records[0].event.type == "SignInRefused" ? records[0] : records[1];
  CHECK(refused.count == 1000);
  CHECK(refused.event == event_of("SignInRefused", 0, "wrong password"));
}

TEST_CASE("a fold ends by itself") {
  MemoryJournal journal;
  auto options = quick();
  options.fold = std::chrono::milliseconds(1);
  JournaledSecurityLog log(journal, options);
  log.record(event_of("SignInRefused", 1));
  REQUIRE(eventually([&] { return records_in(journal).size() == 1; }));
  CHECK_FALSE(records_in(journal)[0].count);
}

TEST_CASE("a flood of different refusals is bounded, and all of it counted") {
  constexpr std::uint64_t kNames = 5000;
  constexpr std::uint64_t kAddresses = 5000;
  MemoryJournal journal;
  JournaledSecurityLog log(journal, quick());
  for (std::uint64_t n = 0; n < kNames; ++n) {
    SecurityEvent event = event_of("SignInRefused", 1);
    event.credential_id = "guess-" + std::to_string(n);
    log.record(event);
  }
  for (std::uint64_t n = 0; n < kAddresses; ++n) {
    SecurityEvent event = event_of("SignInRefused", 2);
    event.address = "2001:db8::" + std::to_string(n);
    log.record(event);
  }
  log.stop();
  const auto records = records_in(journal);
  CHECK(records.size() < 300);
  std::uint64_t counted = 0;
  std::uint64_t of_address = 0;
  for (const SecurityRecord& record : records) {
    counted += record.count.value_or(1);
    if (record.event.address == "192.0.2.7") of_address += record.count.value_or(1);
  }
  CHECK(counted == kNames + kAddresses);
  CHECK(of_address == kNames);
}

TEST_CASE("what comes while the journal is down is stored later, and what is too much is counted") {
  MemoryJournal journal;
  journal.set_down(true);
  auto options = quick();
  options.max_waiting = 10;
  JournaledSecurityLog log(journal, options);
  log.record(event_of("SignedIn", 0));
  for (int n = 1; n <= 100; ++n) log.record(event_of("TokenIssued", n));
  journal.set_down(false);
  log.stop();
  std::uint64_t stored = 0;
  std::uint64_t dropped = 0;
  for (const SecurityRecord& record : records_in(journal)) {
    const bool tells = record.event.type == "EventsDropped";
    (tells ? dropped : stored) += record.count.value_or(1);
  }
  CHECK(stored + dropped == 101);
  CHECK(stored >= 10);
  CHECK(dropped >= 80);
}

TEST_CASE("a stop gives up on a journal that stays down") {
  MemoryJournal journal;
  journal.set_down(true);
  auto options = quick();
  options.last_try = std::chrono::milliseconds(10);
  JournaledSecurityLog log(journal, options);
  log.record(event_of("SignedIn", 1));
  log.stop();
  journal.set_down(false);
  CHECK(records_in(journal).empty());
}

// Entries of two records each: seconds 1 and 2, 3 and 4, …
void fill(MemoryJournal& journal, int entries) {
  for (int n = 0; n < entries; ++n) {
    const std::string type = n % 2 == 0 ? "SignedIn" : "TokenIssued";
    const std::string body = to_line({event_of(type, 2 * n + 1), {}}) + "\n" +
                             to_line({event_of("RateLimited", 2 * n + 2), 7}) + "\n";
    REQUIRE(journal.append("e" + std::to_string(n), body).ok());
  }
}

std::vector<std::int64_t> seconds_of(const SecurityPage& page) {
  std::vector<std::int64_t> seconds;
  for (const std::string& item : page.items) {
    const auto record = from_line(item);
    REQUIRE(record);
    seconds.push_back((record->event.at.micros - second(0).micros) / 1'000'000);
  }
  return seconds;
}

std::vector<std::int64_t> all_seconds(MemoryJournal& journal, SecurityQuery query) {
  std::vector<std::int64_t> all;
  for (int pages = 0; pages < 1000; ++pages) {
    const auto page = read_security_events(journal, query);
    REQUIRE(page.ok());
    CHECK(page.value().items.size() <= query.limit);
    for (const std::int64_t n : seconds_of(page.value())) all.push_back(n);
    if (page.value().next.empty()) return all;
    query.after = page.value().next;
  }
  FAIL("there is no end");
  return all;
}

TEST_CASE("pages are newest first, and go on where the last ended whatever comes meanwhile") {
  MemoryJournal journal;
  fill(journal, 3);
  SecurityQuery query;
  query.limit = 4;
  const auto first = read_security_events(journal, query);
  REQUIRE(first.ok());
  CHECK(seconds_of(first.value()) == std::vector<std::int64_t>{6, 5, 4, 3});
  CHECK(first.value().items[0].starts_with(R"({"id":"3.1","at":)"));
  REQUIRE(journal.append("late", to_line({event_of("SignedIn", 99), {}}) + "\n").ok());
  query.after = first.value().next;
  const auto second_page = read_security_events(journal, query);
  REQUIRE(second_page.ok());
  CHECK(seconds_of(second_page.value()) == std::vector<std::int64_t>{2, 1});
  CHECK(second_page.value().next.empty());
  for (const std::size_t limit : {1U, 2U, 3U, 200U}) {
    query = {};
    query.limit = limit;
    CHECK(all_seconds(journal, query) == std::vector<std::int64_t>{99, 6, 5, 4, 3, 2, 1});
  }
}

TEST_CASE("an empty journal has an empty page, and a place must be one") {
  MemoryJournal journal;
  CHECK(all_seconds(journal, {}).empty());
  SecurityQuery query;
  query.to = second(1);
  CHECK(all_seconds(journal, query).empty());
  for (const std::string place : {"x", "1", "1.", ".1", "1.2x", "-1.2"}) {
    query.after = place;
    const auto page = read_security_events(journal, query);
    REQUIRE_FALSE(page.ok());
    CHECK(page.error().kind == eventstore::StoreError::Kind::Mismatch);
  }
}

TEST_CASE("filters choose by type, principal, credential and time") {
  MemoryJournal journal;
  fill(journal, 1000);
  const auto count = [&](const SecurityQuery& query) { return all_seconds(journal, query).size(); };
  CHECK(count({.type = "SignedIn"}) == 500);
  CHECK(count({.type = "SignedOut"}) == 0);
  CHECK(count({.principal = "vendor:1580", .limit = 200}) == 2000);
  CHECK(count({.principal = "vendor:1650"}) == 0);
  CHECK(count({.credential_id = "cred-2"}) == 0);
  CHECK(count({.type = "RateLimited", .credential_id = "cred-1"}) == 1000);
  CHECK(all_seconds(journal, {.from = second(10), .to = second(13)}) ==
        std::vector<std::int64_t>{12, 11, 10});
  CHECK(all_seconds(journal, {.from = second(1998), .limit = 2}) ==
        std::vector<std::int64_t>{2000, 1999, 1998});
  CHECK(all_seconds(journal, {.to = second(2)}) == std::vector<std::int64_t>{1});
}

TEST_CASE("a page that would have to look at too much is short, and goes on") {
  MemoryJournal journal;
  for (int n = 1; n <= 10'000; ++n) {
    const std::string type = n == 1 ? "SignedIn" : "TokenIssued";
    REQUIRE(journal.append("e" + std::to_string(n), to_line({event_of(type, n), {}}) + "\n").ok());
  }
  const auto page = read_security_events(journal, {.type = "SignedIn"});
  REQUIRE(page.ok());
  CHECK(page.value().items.empty());
  CHECK_FALSE(page.value().next.empty());
  CHECK(all_seconds(journal, {.type = "SignedIn"}) == std::vector<std::int64_t>{1});
}

TEST_CASE("GET /security-events serves pages with sealed cursors") {
  Desk desk;
  MemoryJournal journal;
  CHECK(desk.get("/security-events").status == 503);
  desk.services.security_journal = &journal;
  CHECK(desk.get("/security-events").body == R"({"items":[]})");
  fill(journal, 2);
  const Response first = desk.get("/security-events?limit=3");
  CHECK(first.status == 200);
  CHECK(header_of(first, "Cache-Control") == "private");
  CHECK(first.body.starts_with(R"({"items":[{"id":"2.1","at":)"));
  CHECK(first.body.find(R"("type":"RateLimited","principal":"vendor:1580","credentialId":"cred-1",)"
                        R"("address":"192.0.2.7","requestId":"req-1","count":7},)") !=
        std::string::npos);
  const std::size_t at = first.body.find("\"next\":\"") + 8;
  const std::string next = first.body.substr(at, first.body.find('"', at) - at);
  const Response last = desk.get("/security-events?cursor=" + next);
  CHECK(last.body.starts_with(R"({"items":[{"id":"1.0",)"));
  CHECK(last.body.find("next") == std::string::npos);
  CHECK(desk.get("/security-events?type=SignedIn&cursor=" + next).status == 400);
  CHECK(desk.get("/security-events?cursor=1.1").status == 400);
  CHECK(problem_field(desk.get("/security-events?limit=201")) == "limit");
  CHECK(problem_field(desk.get("/security-events?who=me")) == "who");
  CHECK(problem_field(desk.get("/security-events?from=yesterday")) == "from");
  journal.set_down(true);
  CHECK(desk.get("/security-events").status == 503);
}

}  // namespace
}  // namespace cassette::api
