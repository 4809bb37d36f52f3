// Engine: one tenure after another, for as long as the lease is granted.
#include "eventstore/engine.h"

#include <utility>

#include <spdlog/spdlog.h>

#include "eventstore/catch_up.h"

namespace cassette::eventstore {
namespace {

// Between two tenures, and two looks at a lease that is another's.
constexpr std::chrono::milliseconds kPause{100};

}  // namespace

Engine::Engine(EngineOptions options, EngineParts parts)
    : options_(std::move(options)),
      parts_(std::move(parts)),
      inbox_(options_.inbox_capacity),
      archiver_(parts_.archive, wakeup_),
      trouble_("the partition is not claimed yet"),
      thread_([this] { run(); }) {}

Engine::~Engine() {
  signals_.stopping = true;
  signals_.granted = false;
  wakeup_.notify();
  if (thread_.joinable()) thread_.join();
  refuse_inbox("the engine is stopping");
}

void Engine::submit(Submission submission) {
  if (signals_.stopping) {
    submission.done(Unavailable{"the engine is stopping"});
    return;
  }
  if (!inbox_.put(submission)) {
    submission.done(Unavailable{"the engine has more to do than it can take in"});
    return;
  }
  wakeup_.notify();
}

void Engine::grant(std::uint64_t ends) {
  {
    const std::lock_guard lock(mutex_);
    if (ends != ends_) return;
    signals_.granted = true;
  }
  wakeup_.notify();
}

void Engine::revoke() {
  signals_.granted = false;
  wakeup_.notify();
}

std::string Engine::trouble() const {
  if (signals_.serving) {
    const auto failure = archiver_.failure();
    return failure ? "the archive can't follow: " + *failure : "";
  }
  const std::lock_guard lock(mutex_);
  return trouble_;
}

std::optional<TenureEnd> Engine::last_end() const {
  const std::lock_guard lock(mutex_);
  return last_end_;
}

bool Engine::stop(std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  signals_.stopping = true;
  wakeup_.notify();
  if (thread_.joinable()) thread_.join();
  refuse_inbox("the engine is stopping");
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline - std::chrono::steady_clock::now());
  return archiver_.drain(std::max(left, std::chrono::milliseconds(0)));
}

void Engine::run() {
  while (!signals_.stopping || signals_.granted) {
    if (!signals_.granted) {
      refuse_inbox(trouble());
      keep_warm();
      wakeup_.wait(kPause);
      continue;
    }
    Tenure tenure(options_, parts_, signals_, inbox_, wakeup_, archiver_);
    const TenureEnd how = tenure.run();
    if (how == TenureEnd::Stopped) break;
    spdlog::warn("partition {}: {}", options_.settings.partition, tenure.why());
    note(how, tenure.why());
    refuse_inbox(tenure.why());
    if (signals_.stopping) break;
    wakeup_.wait(kPause);
  }
  signals_.serving = false;
  refuse_inbox("the engine is stopping");
}

// The archive follows the owner's commits, so that a claim starts from close behind them.
void Engine::keep_warm() {
  if (last_end() == TenureEnd::Unsound || signals_.stopping || !archiver_.drain(kPause)) return;
  auto followed = catch_up(options_.settings.partition, parts_.ledger, parts_.archive,
                           [this] { return signals_.stopping || signals_.granted; });
  if (!followed.ok()) spdlog::debug("not warm: {}", followed.error().what);
}

void Engine::refuse_inbox(const std::string& why) {
  for (Submission& submission : inbox_.take_all()) submission.done(Unavailable{why});
}

void Engine::note(TenureEnd how, const std::string& trouble) {
  const std::lock_guard lock(mutex_);
  last_end_ = how;
  trouble_ = trouble;
  ++ends_;
  if (how != TenureEnd::Failed) signals_.granted = false;
}

}  // namespace cassette::eventstore
