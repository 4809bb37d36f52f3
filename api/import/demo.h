// Demo: a small bicycle marketplace, made up, so that whoever starts Cassette without data of their
// own sees a live one: a dozen vendors, about 150 parts, and orders in every state.
#pragma once

#include <optional>
#include <string>

#include "api/import/plan.h"
#include "api/import/runner.h"

namespace cassette::api {

namespace importing {

// The same every time.
Plan demo_plan();

}  // namespace importing

// Fills the marketplace at `url` with the demo, through its HTTP API as an administrator. What is
// there already is left as it is; once all of it was, nothing is sent at all, whatever became of it
// since. Gives what went wrong, if anything did. Blocks for some seconds the first time.
std::optional<std::string> load_demo(const std::string& url, std::shared_ptr<TokenSource> tokens,
                                     importing::OnProgress progress);

}  // namespace cassette::api
