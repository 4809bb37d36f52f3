// Opening the history, and asking it.
#include "api/history_role.h"

#include <spdlog/spdlog.h>

#include <utility>

namespace cassette::api {

using eventstore::Position;
using eventstore::Stored;
using eventstore::StoreError;
using projections::Document;
using projections::Model;

namespace {

// Between two tries while another process, an auditor's, folds it.
constexpr std::chrono::seconds kTryAgain{1};

}  // namespace

HistoryRole::HistoryRole(std::filesystem::path folder, std::vector<eventstore::Ledger*> ledgers)
    : folder_(std::move(folder)),
      ledgers_(std::move(ledgers)),
      why_("the history is not opened yet") {}

HistoryRole::~HistoryRole() {
  stop();
}

void HistoryRole::begin() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void HistoryRole::stop() {
  thread_ = {};
  const std::lock_guard lock(mutex_);
  opened_.reset();
  why_ = "the history is closed";
}

void HistoryRole::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    auto opened = projections::open_history(folder_, ledgers_);
    std::unique_lock lock(mutex_);
    if (opened) {
      opened_ = std::move(opened).value();
      changed_.notify_all();
      return;
    }
    if (why_ != opened.error().what) spdlog::warn("no history: {}", opened.error().what);
    why_ = opened.error().what;
    if (opened.error().kind != StoreError::Kind::Unavailable) return;
    changed_.wait_for(lock, stop, kTryAgain, [&] { return stop.stop_requested(); });
  }
}

HistoryRole::Opened HistoryRole::opened() const {
  const std::lock_guard lock(mutex_);
  return opened_;
}

Failure<StoreError> HistoryRole::absent() const {
  const std::lock_guard lock(mutex_);
  return Failure{StoreError{StoreError::Kind::Unavailable, why_}};
}

Stored<std::optional<Document>> HistoryRole::get(Model model, std::string_view key,
                                                 std::uint64_t commit) {
  const Opened history = opened();
  if (!history) return absent();
  return history->get(model, key, commit);
}

Stored<std::vector<std::uint64_t>> HistoryRole::changes(Model model, std::string_view key,
                                                        std::uint64_t after, std::uint64_t until) {
  const Opened history = opened();
  if (!history) return absent();
  return history->changes(model, key, after, until);
}

Stored<std::uint64_t> HistoryRole::last_commit_at(std::uint32_t partition, domain::Timestamp at) {
  const Opened history = opened();
  if (!history) return absent();
  return history->last_commit_at(partition, at);
}

Stored<std::vector<projections::ModelPoint>> HistoryRole::points() {
  const Opened history = opened();
  if (!history) return absent();
  return history->points();
}

bool HistoryRole::wait_for(std::span<const Position> positions, std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  Opened history;
  {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, deadline, [&] { return opened_ != nullptr; });
    history = opened_;
  }
  if (!history) return false;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline - std::chrono::steady_clock::now());
  return history->wait_for(positions, std::max(left, std::chrono::milliseconds(0)));
}

std::optional<std::string> HistoryRole::failure() const {
  const Opened history = opened();
  if (history) return history->failure();
  return absent().error.what;
}

}  // namespace cassette::api
