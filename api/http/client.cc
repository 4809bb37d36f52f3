// HttpClient: cpp-httplib's client, with what a steady stream of small requests needs.
#include "api/http/client.h"

#include <httplib.h>

#include <charconv>

#include "api/http/token_source.h"

namespace cassette::api {
namespace {

// A write waits up to 2 s for its order to settle, and a read for its position; the rest is
// reserve.
constexpr time_t kTimeoutSeconds = 60;
constexpr time_t kConnectSeconds = 5;

int seconds_of(const std::string& text) {
  int seconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  return seconds;
}

httplib::Request to_httplib(const ClientRequest& request) {
  httplib::Request out;
  out.method = request.method;
  out.path = request.target;
  if (!request.body.empty()) {
    out.body = request.body;
    out.set_header("Content-Type", request.content_type);
  }
  if (!request.idempotency_key.empty()) out.set_header("Idempotency-Key", request.idempotency_key);
  if (!request.position.empty()) out.set_header("Cassette-Position", request.position);
  if (request.first_only) out.set_header("If-None-Match", "*");
  return out;
}

}  // namespace

class HttpClient::Connection {
 public:
  Connection(const std::string& url, std::string_view token) : client_(url) {
    client_.set_keep_alive(true);
    // Without it, Nagle and delayed acks cost every small request 40 ms.
    client_.set_tcp_nodelay(true);
    client_.set_connection_timeout(kConnectSeconds);
    client_.set_read_timeout(kTimeoutSeconds);
    client_.set_write_timeout(kTimeoutSeconds);
    set_token(token);
  }

  void set_token(std::string_view token) {
    if (!token.empty()) client_.set_bearer_token_auth(std::string(token));
  }

  Result<ClientResponse, std::string> send(const ClientRequest& request) {
    if (!client_.is_valid()) return Failure{std::string("the URL is not http://HOST:PORT")};
    const httplib::Result result = client_.send(to_httplib(request));
    if (!result) return Failure{httplib::to_string(result.error())};
    return ClientResponse{result->status, result->body,
                          result->get_header_value("Cassette-Position"),
                          seconds_of(result->get_header_value("Retry-After"))};
  }

 private:
  httplib::Client client_;
};

HttpClient::HttpClient(const std::string& url, std::string_view token)
    : connection_(std::make_unique<Connection>(url, token)) {}

HttpClient::HttpClient(const std::string& url, std::shared_ptr<TokenSource> tokens)
    : connection_(std::make_unique<Connection>(url, "")), tokens_(std::move(tokens)) {}

HttpClient::~HttpClient() = default;

Result<ClientResponse, std::string> HttpClient::send(const ClientRequest& request) {
  if (tokens_) {
    const auto token = tokens_->current();
    if (!token) return Failure{token.error()};
    connection_->set_token(token.value());
  }
  return connection_->send(request);
}

}  // namespace cassette::api
