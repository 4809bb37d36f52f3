// Request ids as commits hold them: bytes an order decide how many a second a disk takes, and most
// of the ids are UUIDs that the listener made. It makes no ids, and refuses none.
#pragma once

#include <string>
#include <string_view>

namespace cassette::eventstore {

// A UUID in its usual form (RFC 9562, lower case) as "~" and its 16 bytes in base64url: 23
// characters for 36. Any other text as it is.
std::string pack_request_id(std::string_view id);

// What was packed. A text that no UUID packs to is as it is.
std::string unpack_request_id(std::string_view written);

}  // namespace cassette::eventstore
