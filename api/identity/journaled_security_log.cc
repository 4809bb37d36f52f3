// The queue, the folds, and the thread that empties them.
#include "api/identity/journaled_security_log.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

#include "api/identity/ids.h"

namespace cassette::api {
namespace {

// What an attacker can cause at will, and so what is folded.
constexpr std::array<std::string_view, 6> kRefusals = {
    "SignInRefused", "TokenRefused", "RefreshReused", "CodeReused", "AccessRefused", "RateLimited"};
// Different refusals of one kind and address that are told apart at a time: a person who mistypes
// makes fewer. All others are one.
constexpr std::size_t kMaxFoldsASource = 8;
// Of all addresses together: at most some 100 KiB a second reach the disk.
constexpr std::size_t kMaxFolds = 256;
// Of one append. A record is at most 10 KiB, when all of it must be escaped.
constexpr std::size_t kBatchBytes = eventstore::kMaxEntryBytes / 2;

bool is_refusal(std::string_view type) {
  return std::ranges::find(kRefusals, type) != kRefusals.end();
}

std::string key_of(std::initializer_list<std::string_view> parts) {
  std::string key;
  for (const std::string_view part : parts) key.append(part).append(1, '\0');
  return key;
}

}  // namespace

JournaledSecurityLog::JournaledSecurityLog(eventstore::Journal& journal, Options options)
    : journal_(journal), options_(options), thread_([this] { run(); }) {}

JournaledSecurityLog::~JournaledSecurityLog() {
  stop();
}

void JournaledSecurityLog::record(SecurityEvent event) {
  event = bounded(std::move(event));
  {
    const std::scoped_lock lock(mutex_);
    if (is_refusal(event.type)) {
      fold(std::move(event));
    } else {
      enqueue({std::move(event), {}});
    }
  }
  changed_.notify_one();
}

void JournaledSecurityLog::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    give_up_at_ = std::min(give_up_at_, Clock::now() + options_.last_try);
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void JournaledSecurityLog::enqueue(SecurityRecord record) {
  if (waiting_.size() < options_.max_waiting) {
    waiting_.push_back(std::move(record));
    return;
  }
  dropped_ += record.count.value_or(1);
  dropped_at_ = std::max(dropped_at_, record.event.at);
}

// As it is while there is room for that; then with the others of its address; then with all others
// of its kind. So however many come from however many, few are kept, and all are counted.
void JournaledSecurityLog::fold(SecurityEvent event) {
  std::string key =
      key_of({event.type, event.address, event.principal, event.credential_id, event.detail});
  if (count_into(key)) return;
  std::string source = key_of({event.type, event.address});
  if (const auto open = sources_.find(source);
      open != sources_.end() && open->second >= kMaxFoldsASource) {
    key = source;
    event = {event.at, event.type, {}, {}, event.address, {}, "others from this address"};
  }
  if (folds_.size() >= kMaxFolds) {
    source = key_of({event.type});
    key = source;
    event = {event.at, event.type, {}, {}, {}, {}, "others from many addresses"};
  }
  if (count_into(key)) return;
  ++sources_[source];
  folds_.emplace(std::move(key),
                 Fold{std::move(event), 1, std::move(source), Clock::now() + options_.fold});
}

bool JournaledSecurityLog::count_into(const std::string& key) {
  const auto open = folds_.find(key);
  if (open == folds_.end()) return false;
  ++open->second.count;
  return true;
}

// Those whose time has come; all of them at a stop.
void JournaledSecurityLog::end_folds() {
  const Clock::time_point now = Clock::now();
  for (auto at = folds_.begin(); at != folds_.end();) {
    Fold& fold = at->second;
    if (!stopping_ && fold.ends > now) {
      ++at;
      continue;
    }
    if (--sources_[fold.source] == 0) sources_.erase(fold.source);
    SecurityRecord record{std::move(fold.event), {}};
    if (fold.count > 1) record.count = fold.count;
    enqueue(std::move(record));
    at = folds_.erase(at);
  }
}

void JournaledSecurityLog::run() {
  while (true) {
    const std::vector<SecurityRecord> records = take();
    if (records.empty()) return;
    store(records);
  }
}

std::vector<SecurityRecord> JournaledSecurityLog::take() {
  std::unique_lock lock(mutex_);
  while (waiting_.empty()) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty() || !folds_.empty(); });
    changed_.wait_for(lock, options_.gather, [this] { return stopping_; });
    end_folds();
    if (stopping_ && waiting_.empty()) return {};
  }
  std::vector<SecurityRecord> records = std::exchange(waiting_, {});
  if (dropped_ > 0) {
    SecurityEvent event{
        dropped_at_, "EventsDropped", {}, {}, {}, {}, "came faster than they could be stored"};
    SecurityRecord record{std::move(event), {}};
    if (dropped_ > 1) record.count = dropped_;
    records.push_back(std::move(record));
    dropped_ = 0;
    dropped_at_ = {};
  }
  std::ranges::stable_sort(records, {}, [](const SecurityRecord& each) { return each.event.at; });
  return records;
}

void JournaledSecurityLog::store(const std::vector<SecurityRecord>& records) {
  std::string body;
  std::size_t in_body = 0;
  std::size_t lost = 0;
  const auto flush = [&] {
    if (in_body > 0 && !append(body)) lost += in_body;
    body.clear();
    in_body = 0;
  };
  for (const SecurityRecord& record : records) {
    if (body.size() >= kBatchBytes) flush();
    body.append(to_line(record)).append(1, '\n');
    ++in_body;
  }
  flush();
  if (lost > 0) spdlog::error("{} security events could not be stored", lost);
}

// The same id at each try: a lost answer makes no second entry.
bool JournaledSecurityLog::append(const std::string& body) {
  const std::string id = uuid_v7(wall_clock());
  bool failed = false;
  while (true) {
    const auto stored = journal_.append(id, body);
    if (stored) {
      if (failed) spdlog::info("security events are stored again");
      return true;
    }
    if (!failed) spdlog::warn("security events wait: {}", stored.error().what);
    failed = true;
    std::unique_lock lock(mutex_);
    if (stopping_ && Clock::now() >= give_up_at_) return false;
    const auto again = std::min(Clock::now() + options_.retry, give_up_at_);
    changed_.wait_until(lock, again, [&] { return stopping_ && Clock::now() >= give_up_at_; });
  }
}

}  // namespace cassette::api
