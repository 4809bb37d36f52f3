// NotaryRole: looks once a second whether a head is due.
#include "api/notary_role.h"

#include <chrono>

#include <spdlog/spdlog.h>

#include "api/identity/ids.h"

namespace cassette::api {

using eventstore::Stored;
using eventstore::StoreError;

namespace {

// Between two looks at how far the ledgers are: a round trip a partition.
constexpr std::chrono::milliseconds kLook{1'000};
// More messages than this are not read any more when `up` ends: the next start signs them.
constexpr std::uint64_t kMaxAtTheEnd = 20'000;
constexpr std::int64_t kMicrosOfMinute = 60'000'000;

}  // namespace

Stored<std::unique_ptr<NotaryRole>> NotaryRole::open(eventstore::JetStreamConnection& connection,
                                                     std::vector<eventstore::Ledger*> ledgers,
                                                     const std::filesystem::path& data,
                                                     const std::string& ledger_id,
                                                     const NotarySettings& settings) {
  auto key = eventstore::load_or_make_notary_key(eventstore::notary_key_file(data), random_seed());
  if (!key) return Failure{key.error()};
  if (auto made = connection.create_notary_stream({}); !made) return Failure{made.error()};
  std::unique_ptr<NotaryRole> role(new NotaryRole(settings, connection.notary_stream()));
  auto notary = replay::Notary::open(
      {std::move(ledgers), role->stream_.get(), data, ledger_id, std::move(key).value()});
  if (!notary) return Failure{notary.error()};
  role->notary_ = std::move(notary).value();
  return role;
}

NotaryRole::~NotaryRole() {
  thread_.request_stop();
}

void NotaryRole::begin() {
  spdlog::info("heads are signed with {}", notary_->keys().back().text());
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void NotaryRole::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
  if (!notary_->recovered()) return;
  const auto behind = notary_->behind();
  if (!behind || behind.value() == 0) return;
  if (behind.value() > kMaxAtTheEnd) {
    spdlog::info("{} messages are signed at the next start", behind.value());
    return;
  }
  const auto head = notary_->sign(wall_clock());
  log(head ? nullptr : &head.error());
}

void NotaryRole::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    step(stop);
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, kLook, [] { return false; });
  }
}

void NotaryRole::step(const std::stop_token& stop) {
  if (!notary_->recovered()) {
    const auto done = notary_->recover();
    if (!log(done ? nullptr : &done.error())) return;
    if (const auto last = notary_->heads().last(); last && last.value()) {
      signed_at_ = last.value()->at;
    }
    if (notary_->foreign() > 0) {
      spdlog::warn("{} messages of NOTARY are no heads of this notary, or copies",
                   notary_->foreign());
    }
  }
  const auto behind = notary_->behind();
  if (!log(behind ? nullptr : &behind.error()) || !due(behind.value())) return;
  const domain::Timestamp now = wall_clock();
  const auto head = notary_->sign(now, stop);
  if (!head && stop.stop_requested()) return;
  if (log(head ? nullptr : &head.error())) signed_at_ = now;
}

bool NotaryRole::due(std::uint64_t behind) const {
  if (behind == 0) return false;
  const std::int64_t since = wall_clock().micros - signed_at_.micros;
  // A clock that was set back does not put a head off.
  return behind >= settings_.commits || since < 0 || since >= settings_.minutes * kMicrosOfMinute;
}

bool NotaryRole::log(const StoreError* error) {
  const std::string now = error == nullptr ? std::string() : error->what;
  if (now == trouble_) return error == nullptr;
  trouble_ = now;
  if (error == nullptr) spdlog::info("heads are signed again");
  if (error != nullptr && error->kind == StoreError::Kind::Mismatch) {
    spdlog::error("no head is signed, and a person must look: {}", now);
  } else if (error != nullptr) {
    spdlog::warn("no head is signed for now: {}", now);
  }
  return error == nullptr;
}

}  // namespace cassette::api
