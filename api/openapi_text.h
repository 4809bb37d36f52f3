// The text of docs/openapi.yaml, built into the binary.
#pragma once

#include <string_view>

namespace cassette::api {

std::string_view openapi_text();

}  // namespace cassette::api
