// Token watch: looks every few seconds whether the tokens that connections were opened with still
// stand: once a token, however many connections have it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>

#include "api/identity/identity.h"
#include "domain/values.h"

namespace cassette::api {

// Thread-safe.
class TokenWatch {
 public:
  using Token = std::shared_ptr<const std::string>;  // an Authorization header

  enum class Verdict { Ended, CannotTell };

  // `tell` is called from the watch's thread, once a token. `identity` outlives it.
  TokenWatch(Identity& identity, std::function<domain::Timestamp()> now,
             std::function<void(const Token&, Verdict)> tell);
  ~TokenWatch();
  TokenWatch(const TokenWatch&) = delete;
  TokenWatch& operator=(const TokenWatch&) = delete;

  // Watched as long as anybody holds it.
  Token watch(const std::string& authorization);
  void stop();

 private:
  struct Watched {
    std::weak_ptr<const std::string> token;
    int rounds_untold = 0;  // in which it could not be found out
  };

  void run(const std::stop_token& stop);
  void look(const Token& token);

  Identity& identity_;
  const std::function<domain::Timestamp()> now_;
  const std::function<void(const Token&, Verdict)> tell_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::unordered_map<std::string, Watched> watched_;
  std::jthread thread_;
};

}  // namespace cassette::api
