// PurgeHook: cpp-httplib's client.
#include "api/http/purge_hook.h"

#include <httplib.h>

#include <algorithm>

#include "api/http/json_text.h"

namespace cassette::api {
namespace {

using eventstore::Done;
using eventstore::Stored;

constexpr time_t kTimeoutSeconds = 5;

std::string body_of(bool everything, std::span<const std::string> paths) {
  std::string body = "{";
  append_member(body, "everything", everything);
  append_member(body, "paths", std::vector<std::string>(paths.begin(), paths.end()));
  return body += '}';
}

Failure<eventstore::StoreError> failed(const std::string& url, const std::string& why) {
  return Failure{eventstore::StoreError{eventstore::StoreError::Kind::Unavailable,
                                        "the purge hook " + url + ": " + why}};
}

}  // namespace

Stored<Done> PurgeHook::purge(std::span<const std::string> paths) {
  while (!paths.empty()) {
    const std::size_t count = std::min(paths.size(), kPathsOfOneCall);
    if (auto posted = post(body_of(false, paths.first(count))); !posted) return posted;
    paths = paths.subspan(count);
  }
  return Done{};
}

Stored<Done> PurgeHook::purge_all() {
  return post(body_of(true, {}));
}

Stored<Done> PurgeHook::post(const std::string& body) const {
  const std::size_t host = url_.find("://") + 3;
  const std::size_t path = std::min(url_.find('/', host), url_.size());
  httplib::Client client(url_.substr(0, path));
  if (!client.is_valid()) return failed(url_, "is no URL");
  client.set_follow_location(false);
  client.enable_server_certificate_verification(true);
  client.set_connection_timeout(kTimeoutSeconds);
  client.set_read_timeout(kTimeoutSeconds);
  client.set_write_timeout(kTimeoutSeconds);
  const std::string target = path < url_.size() ? url_.substr(path) : "/";
  const httplib::Result result = client.Post(target, body, "application/json");
  if (!result) return failed(url_, httplib::to_string(result.error()));
  if (result->status / 100 != 2) return failed(url_, "answers " + std::to_string(result->status));
  return Done{};
}

}  // namespace cassette::api
