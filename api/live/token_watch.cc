// Token watch: rounds over all tokens.
#include "api/live/token_watch.h"

#include <vector>

namespace cassette::api {
namespace {

constexpr std::chrono::seconds kRound{2};
// Rounds for which a token that stood may go on when it can't be found out: half a minute.
constexpr int kUntoldRounds = 15;

}  // namespace

TokenWatch::TokenWatch(Identity& identity, std::function<domain::Timestamp()> now,
                       std::function<void(const Token&, Verdict)> tell)
    : identity_(identity),
      now_(std::move(now)),
      tell_(std::move(tell)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

TokenWatch::~TokenWatch() {
  stop();
}

void TokenWatch::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

TokenWatch::Token TokenWatch::watch(const std::string& authorization) {
  const std::lock_guard lock(mutex_);
  Watched& watched = watched_[authorization];
  Token token = watched.token.lock();
  if (!token) {
    token = std::make_shared<const std::string>(authorization);
    watched = {token, 0};
  }
  return token;
}

void TokenWatch::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::vector<Token> round;
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, stop, kRound, [] { return false; });
      std::erase_if(watched_, [](const auto& entry) { return entry.second.token.expired(); });
      for (const auto& [text, watched] : watched_) {
        if (Token token = watched.token.lock()) round.push_back(std::move(token));
      }
    }
    for (const Token& token : round) {
      if (stop.stop_requested()) return;
      look(token);
    }
  }
}

void TokenWatch::look(const Token& token) {
  const auto caller = identity_.caller_of(*token, now_());
  const bool untold = !caller && caller.error() == TokenFault::Unavailable;
  {
    const std::lock_guard lock(mutex_);
    const auto at = watched_.find(*token);
    if (at == watched_.end()) return;
    at->second.rounds_untold = untold ? at->second.rounds_untold + 1 : 0;
    if (caller || (untold && at->second.rounds_untold < kUntoldRounds)) return;
    watched_.erase(at);
  }
  tell_(token, untold ? Verdict::CannotTell : Verdict::Ended);
}

}  // namespace cassette::api
