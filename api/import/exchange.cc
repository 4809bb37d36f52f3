// Exchange: which answers are final, which are tried again, and which say that it is so already.
#include "api/import/exchange.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <thread>

#include "eventstore/json_read.h"

namespace cassette::api::importing {
namespace {

// With the pauses between them, about two minutes: a server may restart meanwhile.
constexpr int kMaxAttempts = 60;
constexpr std::chrono::milliseconds kPauseUnit{100};
constexpr std::chrono::milliseconds kLongestPause{2000};

void pause(int attempt, int retry_after_s) {
  const auto grown = std::min<std::chrono::milliseconds>(kPauseUnit * attempt, kLongestPause);
  std::this_thread::sleep_for(
      std::max<std::chrono::milliseconds>(grown, std::chrono::seconds(retry_after_s)));
}

bool says(const ClientResponse& response, std::string_view what) {
  return response.body.find(what) != std::string::npos;
}

// An order that no vendor has refused, but not every one has answered; the same request again says
// how it ended.
bool unsettled(const Write& write, const ClientResponse& response) {
  return response.status == 202 && write.path == "/orders";
}

bool retryable(const ClientResponse& response) {
  if (response.status == 503 || response.status == 429) return true;
  return response.status == 409 && says(response, "/problems/order-unsettled");
}

bool already_there(const Write& write, const ClientResponse& response) {
  if (response.status == 412) return write.first_only;
  return response.status == 409 && says(response, "/problems/already-exists");
}

// All that is read of /health/ready.
struct Readiness {
  std::string heads;

  static void fields(auto& self, auto&& visit) { visit("heads", self.heads); }
};

std::string failure(const std::string& what, const Result<ClientResponse, std::string>& answer) {
  if (!answer) return fmt::format("{}: {}", what, answer.error());
  return fmt::format("{}: {} {}", what, answer.value().status, answer.value().body);
}

}  // namespace

void Positions::add(std::string_view list) {
  const std::lock_guard lock(mutex_);
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    std::string_view one = list.substr(0, comma);
    one.remove_prefix(std::min(one.find_first_not_of(' '), one.size()));
    if (const auto position = eventstore::parse_position(one)) {
      std::uint64_t& commit = commits_[position->partition];
      commit = std::max(commit, position->commit);
    }
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
}

std::string Positions::text() const {
  const std::lock_guard lock(mutex_);
  std::string list;
  for (const auto& [partition, commit] : commits_) {
    if (!list.empty()) list += ',';
    list += eventstore::format(eventstore::Position{partition, commit});
  }
  return list;
}

Result<bool, std::string> send(HttpClient& client, const Write& write, Positions& positions) {
  ClientRequest request;
  request.method = write.method;
  request.target = write.path;
  request.body = write.body;
  request.idempotency_key = write.key;
  request.first_only = write.first_only;
  const std::string what = write.method + " " + write.path;
  for (int attempt = 1;; ++attempt) {
    const Result<ClientResponse, std::string> answer = client.send(request);
    if (answer && answer.value().ok() && !unsettled(write, answer.value())) {
      positions.add(answer.value().position);
      return true;
    }
    if (answer && already_there(write, answer.value())) return false;
    const bool again = !answer || unsettled(write, answer.value()) || retryable(answer.value());
    if (!again || attempt == kMaxAttempts) return Failure{failure(what, answer)};
    pause(attempt, answer ? answer.value().retry_after_s : 0);
  }
}

Result<std::optional<std::string>, std::string> fetch(HttpClient& client, const std::string& path,
                                                      const std::string& position) {
  ClientRequest request;
  request.target = path;
  request.position = position;
  for (int attempt = 1;; ++attempt) {
    Result<ClientResponse, std::string> answer = client.send(request);
    if (answer && answer.value().ok()) return std::optional(std::move(answer.value().body));
    if (answer && answer.value().status == 404) return std::optional<std::string>();
    const bool again = !answer || retryable(answer.value());
    if (!again || attempt == kMaxAttempts) return Failure{failure("GET " + path, answer)};
    pause(attempt, answer ? answer.value().retry_after_s : 0);
  }
}

Result<std::string, std::string> await_ready(HttpClient& client) {
  const auto body = fetch(client, "/health/ready", "");
  if (!body) return Failure{body.error()};
  Readiness ready;
  if (body.value() && eventstore::read_json(*body.value(), ready)) return ready.heads;
  return Failure{std::string("GET /health/ready: the answer is not a cassette's")};
}

std::string escape_query(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_') {
      escaped += c;
    } else {
      escaped += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return escaped;
}

}  // namespace cassette::api::importing
