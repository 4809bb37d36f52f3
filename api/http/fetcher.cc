// HttpsFetcher: cpp-httplib's client.
#include "api/http/fetcher.h"

#include <httplib.h>

namespace cassette::api {
namespace {

constexpr time_t kTimeoutSeconds = 5;

// "https://host:port" and "/path?query".
struct Url {
  std::string server;
  std::string target;
};

Url split(const std::string& url) {
  const std::size_t host = url.find("://") + 3;
  const std::size_t path = std::min(url.find_first_of("/?#", host), url.size());
  Url parts{url.substr(0, path), url.substr(path)};
  if (!parts.target.starts_with('/')) parts.target.insert(0, "/");
  return parts;
}

}  // namespace

bool may_be_fetched(std::string_view url) {
  if (url.find('@') != std::string_view::npos) return false;
  if (url.starts_with("https://")) return url.size() > std::string_view("https://").size();
  for (const std::string_view host : {"http://127.0.0.1", "http://[::1]", "http://localhost"}) {
    if (!url.starts_with(host)) continue;
    const std::string_view rest = url.substr(host.size());
    return rest.empty() || rest.front() == ':' || rest.front() == '/';
  }
  return false;
}

Result<std::string, std::string> HttpsFetcher::get(const std::string& url) {
  if (!may_be_fetched(url)) return Failure{url + " is neither https nor of this machine"};
  const Url parts = split(url);
  httplib::Client client(parts.server);
  if (!client.is_valid()) return Failure{url + " is no URL"};
  client.set_follow_location(false);
  client.enable_server_certificate_verification(true);
  client.set_connection_timeout(kTimeoutSeconds);
  client.set_read_timeout(kTimeoutSeconds);
  client.set_write_timeout(kTimeoutSeconds);
  std::string body;
  int status = 0;
  const auto result = client.Get(
      parts.target, {{"Accept", "application/json"}},
      [&status](const httplib::Response& response) {
        status = response.status;
        return status == 200;
      },
      [&body](const char* data, std::size_t size) {
        if (body.size() + size > kMaxFetchedBytes) return false;
        body.append(data, size);
        return true;
      });
  if (status != 0 && status != 200) return Failure{url + " answers " + std::to_string(status)};
  if (!result) return Failure{url + ": " + httplib::to_string(result.error())};
  return body;
}

}  // namespace cassette::api
