// GoldenCommits: the values that the golden files stand for, one commit for every event type and
// some for what spans events. A value here changes only with a new version of the format.
#pragma once

#include <string>
#include <vector>

#include "eventstore/commit.h"

namespace cassette::test {

struct GoldenCommit {
  std::string name;  // of its file, below tests/golden/v1
  eventstore::Commit commit;
};

// Every event type, by its name, in the order of domain::Event.
std::vector<GoldenCommit> golden_events();

// Whole orders, in one partition and over two, and what the envelope can hold.
std::vector<GoldenCommit> golden_shapes();

// A small order as one partition records it: seven events, of which six say little themselves.
eventstore::Commit one_line_order();

}  // namespace cassette::test
