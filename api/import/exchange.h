// Exchange: one write or read of an import, sent until the server has answered for good. Busy
// servers and broken connections are tried again under the same key, within a bound.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "api/http/client.h"
#include "api/import/plan.h"
#include "domain/result.h"
#include "eventstore/commit.h"

namespace cassette::api::importing {

// The last commit heard of, a partition: what a read must wait for to see all that was written.
// Thread-safe.
class Positions {
 public:
  // Takes in a Cassette-Position; what isn't one is ignored.
  void add(std::string_view list);
  std::string text() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::uint32_t, std::uint64_t> commits_;
};

// True when it was written now, false when it was so already; else what went wrong.
Result<bool, std::string> send(HttpClient& client, const Write& write, Positions& positions);

// The body, or nothing when there is no such document; else what went wrong. The read models have
// `position` by then; empty: whatever they have.
Result<std::optional<std::string>, std::string> fetch(HttpClient& client, const std::string& path,
                                                      const std::string& position);

// Waits until the server is ready, and gives the position of all that it has taken so far: what it
// says of itself before that may be missing yet. Else what is in the way.
Result<std::string, std::string> await_ready(HttpClient& client);

// Text as it may stand in a query.
std::string escape_query(std::string_view text);

}  // namespace cassette::api::importing
