// Problem: every error as RFC 9457 says it, with a type that never changes and the details that the
// asker needs to do better. One place decides which status a rejection has.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/http/message.h"
#include "domain/rejections.h"
#include "domain/result.h"
#include "eventstore/store_error.h"

namespace cassette::api {

struct Problem {
  int status = 500;
  std::string_view type;       // kebab-case, after "/problems/"
  std::string_view title;      // of the type, in words
  std::string detail;          // of this occurrence
  std::string members;         // further JSON members, comma-separated, without braces
  int retry_after_s = 0;       // 0: no Retry-After
  std::string position;        // Cassette-Position; empty: none
  std::string challenge = {};  // WWW-Authenticate; empty: none

  // Adds the member that names what is wrong.
  Problem&& at(std::string_view field) &&;
};

template <class T>
using Answered = Result<T, Problem>;

Response to_response(const Problem& problem);

// The domain's no.
Problem problem_of(const domain::Rejection& rejection);
// The world failed: 503.
Problem problem_of(const eventstore::StoreError& error);

// Bad input. `field` is the JSON path, the parameter's or the header's name.
Problem malformed(std::string detail);                              // 400 malformed-request
Problem invalid_field(std::string_view field, std::string why);     // 400 invalid-field
Problem missing_field(std::string_view field);                      // 400 missing-field
Problem unknown_field(std::string_view field);                      // 400 unknown-field
Problem invalid_parameter(std::string_view name, std::string why);  // 400 invalid-parameter
Problem unknown_parameter(std::string_view name);                   // 400 unknown-parameter
Problem invalid_id(std::string_view name);                          // 400 invalid-id
Problem invalid_header(std::string_view name, std::string why);     // 400 invalid-header
Problem idempotency_key_required();                                 // 400
Problem invalid_cursor();                                           // 400 invalid-cursor
Problem stale_position(std::string why);                            // 400 stale-position
// RFC 6750 §3: with the challenge that tells a client what it needs.
Problem token_required();                                         // 401 token-required
Problem invalid_token(std::string_view why);                      // 401 invalid-token
Problem insufficient_scope(std::string_view scope);               // 403 insufficient-scope
Problem not_permitted(std::string why);                           // 403 not-permitted
Problem not_found(std::string_view entity, std::string_view id);  // 404 not-found
Problem no_such_route();                                          // 404 no-such-route
Problem method_not_allowed();                                     // 405
Problem request_timeout();                                        // 408
Problem precondition_failed(std::string why);                     // 412 precondition-failed
Problem body_too_large(std::size_t limit_bytes);                  // 413
Problem path_too_long(std::size_t limit_bytes);                   // 414
Problem unsupported_media_type(std::string_view wanted);          // 415
Problem idempotency_mismatch();                                   // 422
Problem too_many_requests(int retry_after_s);                     // 429
Problem internal_error();                                         // 500
Problem no_history();                                             // 501 no-history
Problem unavailable(std::string why);                             // 503 unavailable
Problem not_caught_up(std::string why);                           // 503 read-models-behind

}  // namespace cassette::api
