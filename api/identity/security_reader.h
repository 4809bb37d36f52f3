// Security reader: pages of the security log, newest first, read from its journal. It knows no
// cursor's seal and no HTTP.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "domain/values.h"
#include "eventstore/journal.h"

namespace cassette::api {

// Empty members ask for nothing.
struct SecurityQuery {
  std::string type = {};
  std::string principal = {};
  std::string credential_id = {};
  std::optional<domain::Timestamp> from = {};  // inclusive
  std::optional<domain::Timestamp> to = {};    // exclusive
  std::size_t limit = 50;
  std::string after = {};  // `next` of the page before
};

// With fewer items than asked for, even none, when much had to be looked at: `next` goes on.
struct SecurityPage {
  std::vector<std::string> items;  // documents
  std::string next;                // empty: there is no more
};

// Blocks for as many round trips as it looks at entries, some hundreds at most. Mismatch when
// `after` is no place. An entry that is discarded meanwhile is passed over.
eventstore::Stored<SecurityPage> read_security_events(eventstore::Journal& journal,
                                                      const SecurityQuery& query);

}  // namespace cassette::api
