// Hints: what a person who has just started Cassette can try next, as curl lines that work.
#pragma once

#include <string>

namespace cassette::api {

// Several lines, without a newline at the end. `open`: nobody is asked for a token. Else
// `token_file` holds a client's id and secret, as bootstrap.h writes it, and the lines fetch a
// token with it first; when it is empty they leave that to whoever has a client.
std::string hints(const std::string& url, bool open, const std::string& token_file);

}  // namespace cassette::api
