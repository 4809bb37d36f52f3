// Hints: what a person who has just started Cassette can try next, as curl lines that work.
#pragma once

#include <string>

namespace cassette::api {

// Several lines, without a newline at the end.
std::string hints(const std::string& url);

}  // namespace cassette::api
