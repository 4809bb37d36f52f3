// TokenSource: the access token that a tool of ours sends, and a new one when it is about to
// expire. It gets them as any client does, from POST /auth/token, and keeps none on disk.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>

#include "domain/result.h"

namespace cassette::api {

// A client's name and secret, for the client_credentials grant (RFC 6749 §4.4).
struct ClientSecret {
  std::string client_id;
  std::string client_secret;

  static void fields(auto& self, auto&& visit) {
    visit("client_id", self.client_id);
    visit("client_secret", self.client_secret);
  }
};

// Thread-safe.
class TokenSource {
 public:
  // One token for as long as it lasts; empty: none is sent.
  explicit TokenSource(std::string token) : token_(std::move(token)) {}
  // Tokens of the server at `url`, which is http://HOST:PORT.
  TokenSource(std::string url, ClientSecret client)
      : url_(std::move(url)), client_(std::move(client)) {}

  // The token to send now; empty: none. Blocks for a request when there is none yet or the last has
  // less than a minute left. The failure, in words, is that the server gives none.
  Result<std::string, std::string> current();

 private:
  Result<std::string, std::string> renew();

  const std::string url_;
  const std::optional<ClientSecret> client_;
  std::mutex mutex_;
  std::string token_;
  std::chrono::steady_clock::time_point renew_at_{};
};

// What the environment names: CASSETTE_CLIENT_ID and CASSETTE_CLIENT_SECRET, whose tokens are
// renewed, or the one of CASSETTE_TOKEN. Nothing when it names neither.
std::optional<ClientSecret> client_of_environment();
std::string token_of_environment();

}  // namespace cassette::api
