// ExportMessage: a ledger's message as a line of an export that can be put back, and back again.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cassette::replay {

// Appends a line with its end. `commit`: the body is a commit of the chain; it stands as it is,
// unless it holds a line break. All else is wrapped: {"$message":{"hex":"…"}}.
void append_message(std::string& out, std::string_view body, bool commit);

// The body of a line without its end; nothing for a wrapping that is broken.
std::optional<std::string> message_of(std::string_view line);

}  // namespace cassette::replay
