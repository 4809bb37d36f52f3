// Router: takes a request to its route's handler through every check that is no route's own: path,
// method, ids, body size and type, Idempotency-Key, origin. Whatever goes wrong, it answers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/http/message.h"
#include "api/http/permissions.h"
#include "api/http/routes.h"
#include "api/http/services.h"

namespace cassette::api {

// Thread-safe. Holds no state but the table.
class Router {
 public:
  // `services` outlives the router.
  explicit Router(Services& services);

  // Never throws; an exception is our bug, logged and answered with 500.
  Response handle(const Request& request) const;

  // How much of the body the route takes: what is above must not be kept.
  std::size_t max_body_bytes(std::string_view method, std::string_view target) const;

 private:
  struct Compiled {
    const Route* route;
    const Permission* permission;
    std::vector<std::string_view> segments;  // empty: an id
    std::vector<std::string_view> names;     // of the ids

    // Whether the path has its pattern.
    bool matches(const std::vector<std::string>& path) const;
  };
  // Null when there is none.
  const Compiled* find(std::string_view method, const std::vector<std::string>& path) const;
  Answered<Response> dispatch(const Request& request) const;
  // Who asks, and how often; then `checked`.
  Answered<Response> call(const Request& request, const Compiled& compiled, Target target) const;
  // The checks that are no route's own; then the handler.
  Answered<Response> checked(Call& call, const Compiled& compiled,
                             const std::vector<std::string>& segments) const;

  Answered<Response> handle_own(const Call& call, const Compiled& compiled) const;

  Services& services_;
  std::vector<Compiled> compiled_;
};

}  // namespace cassette::api
