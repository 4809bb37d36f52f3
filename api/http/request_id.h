// Request id: the name by which a client, the log and the audit know one request.
#pragma once

#include <string>
#include <string_view>

namespace cassette::api {

// `given`, the value of X-Request-Id, when it is 1 to 64 letters, digits, '.', '_' or '-'; anything
// else is ignored, and a new UUIDv7 made.
std::string request_id_of(std::string_view given);

}  // namespace cassette::api
