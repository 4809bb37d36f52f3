// HttpClient: one connection to a server of ours, for the tools that go through the public API.
// Knows no route and no document; it sends, and says what came back.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "domain/result.h"

namespace cassette::api {

class TokenSource;

struct ClientRequest {
  std::string method = "GET";
  std::string target;  // path and query
  std::string body;
  std::string content_type = "application/json";
  std::string idempotency_key;  // empty: none
  std::string position;         // Cassette-Position; empty: none
  bool first_only = false;      // If-None-Match: *
};

struct ClientResponse {
  int status = 0;
  std::string body;
  std::string position;   // Cassette-Position; empty when there is none
  int retry_after_s = 0;  // 0 when there is none

  bool ok() const { return status >= 200 && status < 300; }
};

// Keeps its connection open between requests. Not thread-safe; a thread has one of its own.
class HttpClient {
 public:
  // `url` is http://HOST:PORT. `token` goes along as a bearer token unless it is empty.
  HttpClient(const std::string& url, std::string_view token);
  // With the source's token at the moment of each request.
  HttpClient(const std::string& url, std::shared_ptr<TokenSource> tokens);
  ~HttpClient();

  // Blocks for the answer, a minute at most. Any status is a success; the failure, in words, is
  // that no answer came. Whether the server acted on the request is then unknown.
  Result<ClientResponse, std::string> send(const ClientRequest& request);

 private:
  class Connection;
  std::unique_ptr<Connection> connection_;
  std::shared_ptr<TokenSource> tokens_;  // null: none
};

}  // namespace cassette::api
