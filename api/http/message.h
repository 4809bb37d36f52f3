// Message: a request and a response as handlers see them, free of any HTTP library, so that a test
// or a fuzzer needs no socket.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cassette::api {

// The header fields that handlers know; empty when absent.
struct RequestHeaders {
  std::string content_type;
  std::string idempotency_key;
  std::string if_match;
  std::string if_none_match;
  std::string position;  // Cassette-Position
  std::string origin;
  std::string host;
  std::string authorization;
  std::string accept;
  std::string cookie;
  // X-Request-Id where it is one, else made by the listener: a UUIDv7. It names the request in
  // answers, the log and the audit.
  std::string request_id;
};

struct Request {
  std::string method;
  std::string target;  // path and query, as sent
  RequestHeaders headers;
  std::string body;
  bool body_too_large = false;  // the body was cut off at its route's limit
  std::string address = {};     // the peer's IP as text; empty when there is no connection
  bool tls = false;
};

struct Response {
  int status = 200;
  std::string body;
  std::string_view content_type = "application/json";
  std::vector<std::pair<std::string_view, std::string>> headers;

  void set_header(std::string_view name, std::string value) {
    headers.emplace_back(name, std::move(value));
  }
};

inline constexpr std::string_view kJson = "application/json";
inline constexpr std::string_view kMergePatch = "application/merge-patch+json";
inline constexpr std::string_view kNdjson = "application/x-ndjson";
inline constexpr std::string_view kForm = "application/x-www-form-urlencoded";
inline constexpr std::string_view kProblemJson = "application/problem+json";

}  // namespace cassette::api
