// TokenSource: one request a token.
#include "api/http/token_source.h"

#include <fmt/format.h>

#include <cctype>
#include <cstdlib>

#include "api/http/client.h"
#include "eventstore/json_read.h"

namespace cassette::api {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

// What is left of a token when the next one is fetched: the longest request, and a clock that is
// behind.
constexpr seconds kReserve{60};

struct TokenResponse {
  std::string access_token;
  std::int64_t expires_in = 0;  // seconds

  static void fields(auto& self, auto&& visit) {
    visit("access_token", self.access_token);
    visit("expires_in", self.expires_in);
  }
};

std::string form_text(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
    escaped += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return escaped;
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

Result<std::string, std::string> TokenSource::current() {
  const std::lock_guard lock(mutex_);
  if (!client_ || steady_clock::now() < renew_at_) return token_;
  return renew();
}

Result<std::string, std::string> TokenSource::renew() {
  HttpClient client(url_, "");
  ClientRequest request;
  request.method = "POST";
  request.target = "/auth/token";
  request.content_type = "application/x-www-form-urlencoded";
  request.body = fmt::format("grant_type=client_credentials&client_id={}&client_secret={}",
                             form_text(client_->client_id), form_text(client_->client_secret));
  const auto asked_at = steady_clock::now();
  const auto answer = client.send(request);
  if (!answer) return Failure{"no access token: " + answer.error()};
  TokenResponse token;
  const bool given = answer.value().ok() && eventstore::read_json(answer.value().body, token);
  if (!given || token.access_token.empty()) {
    return Failure{fmt::format("no access token for client {}: {} {}", client_->client_id,
                               answer.value().status, answer.value().body)};
  }
  token_ = std::move(token.access_token);
  renew_at_ = asked_at + seconds(token.expires_in) - kReserve;
  return token_;
}

std::optional<ClientSecret> client_of_environment() {
  ClientSecret client{variable("CASSETTE_CLIENT_ID"), variable("CASSETTE_CLIENT_SECRET")};
  if (client.client_id.empty() || client.client_secret.empty()) return std::nullopt;
  return client;
}

std::string token_of_environment() {
  return variable("CASSETTE_TOKEN");
}

}  // namespace cassette::api
