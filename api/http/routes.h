// Routes: the one table of what is served, which the router, the tests and the contract's checks
// walk. A route that is not here does not exist.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "api/http/handlers.h"

namespace cassette::api {

// The largest body of a normal request: an order of a thousand lines is 200 KiB.
inline constexpr std::size_t kMaxBodyBytes = 1024 * 1024;
// Of a bulk request: ten thousand lines of eight hundred bytes.
inline constexpr std::size_t kMaxBulkBytes = 8 * 1024 * 1024;

// Of a form, which is read before it is known whose it is: the sign-in page's ticket takes three.
inline constexpr std::size_t kMaxFormBytes = 16 * 1024;

// What a route takes as its body.
enum class Takes {
  Nothing,
  Json,
  OptionalJson,  // or nothing at all
  Patch,         // application/merge-patch+json, or plain JSON
  Ndjson,
  Form,  // application/x-www-form-urlencoded
};

using Handler = Answered<Response> (*)(const Call&);

struct Route {
  std::string_view method;
  std::string_view pattern;  // "/vendors/{vendorId}"; every {…} is an id
  std::string_view operation_id;
  Handler handler;
  Takes takes = Takes::Nothing;
  bool key_required = false;  // of Idempotency-Key
  bool may_be_first = false;  // takes If-None-Match: *

  std::size_t max_body_bytes() const {
    if (takes == Takes::Form) return kMaxFormBytes;
    return takes == Takes::Ndjson ? kMaxBulkBytes : kMaxBodyBytes;
  }
};

std::span<const Route> routes();

}  // namespace cassette::api
