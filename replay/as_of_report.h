// AsOfReport: what stood at a moment, and what changed between two, for people and for programs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "projections/read_models.h"
#include "replay/as_of.h"
#include "replay/json_diff.h"

namespace cassette::replay {

// One commit of an entity's partition, and its document then.
struct Standing {
  std::uint64_t commit = 0;             // 0: before the first
  std::optional<domain::Timestamp> at;  // of the commit
  std::optional<projections::Document> document;
};

// {"kind":"order","id":"o-1","asOf":"0:1841","at":"…","version":7,"document":{…}}; the document is
// null when there was none, and otherwise byte for byte what it was.
std::string to_json(const Entity& entity, const Standing& then);

struct Difference {
  Standing before;
  Standing after;
  std::vector<ChangingEvent> events;  // between them
};

// {"kind","id","from","fromAt","to","toAt","changes":[{"path","before","after"}],"events":[{"id",
// "at","occurredAt","type","by","requestId"}]}: `before` or `after` is left out where the member
// was not there.
std::string to_json(const Entity& entity, const Difference& difference);
// Ends with a line break.
std::string to_text(const Entity& entity, const Difference& difference);

}  // namespace cassette::replay
