// HttpsFetcher: documents of other servers, for the keys of outside issuers. It sends nothing of
// ours along and follows no redirect.
#pragma once

#include "api/identity/trusted_issuers.h"

namespace cassette::api {

// Thread-safe; every call has a connection of its own, and gives up after five seconds without a
// byte. Certificates must be of the system's authorities.
class HttpsFetcher : public Fetcher {
 public:
  Result<std::string, std::string> get(const std::string& url) override;
};

// Whether a document may be fetched from there: https://, or http:// of 127.0.0.1 or [::1] or
// localhost.
bool may_be_fetched(std::string_view url);

}  // namespace cassette::api
