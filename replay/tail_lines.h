// TailLines: a message of a ledger as the lines that tail shows. Personal data stays sealed: text
// leaves it out, JSON shows the ciphertext. Of who was erased both say "(erased)".
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "eventstore/chain.h"
#include "replay/tail.h"

namespace cassette::replay {

// Calls `take` for each event of a commit, or once for a void message or a commit without events.
// False as soon as `take` gives false.
bool each_line(std::uint32_t partition, const eventstore::Link& link, TailFormat format,
               const std::function<bool(std::string_view)>& take);

// An event's own fields in a few words: "orderId=o1 vendorId=v1 lines=2 settled".
std::string summary_of(const domain::Event& event);

}  // namespace cassette::replay
