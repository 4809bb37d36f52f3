// Edge: under which names this server is asked, and whose pages may read its answers. Knows no
// caller and no route.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/http/message.h"

namespace cassette::api {

// A page's own name may be made to resolve to this machine: then its origin is this server, and the
// name in Host is all that tells. Where every caller must show a token such a page gains nothing;
// where none does, it would be the administrator.
struct EdgeRules {
  // Every name in Host is served. Else `hosts`, and always the names of loopback, which no page of
  // another machine can have.
  bool any_host = false;
  std::vector<std::string> hosts;  // in small letters, without a port
  // Pages that may read answers, exactly as browsers write them: "https://shop.example".
  std::vector<std::string> origins;
  // Pages of this machine may as well.
  bool loopback_origins = true;
  // No caller shows a token: whoever reaches this server may write, so pages of other origins,
  // which a browser lets send what it does not let them read, are kept from it by their Origin.
  bool origin_is_authority = true;

  bool serves(std::string_view host_header) const;
  bool allows(std::string_view origin) const;
  bool may_write(std::string_view origin) const {
    return !origin_is_authority || origin.empty() || allows(origin);
  }
};

// Says which page may read the answer, and that another's differs. Never with credentials of the
// browser's: a token is sent by name.
void add_cors(const EdgeRules& rules, const Request& request, Response& response);
// What a preflight wants to know besides. `methods`: "GET, HEAD, OPTIONS".
void add_preflight(const EdgeRules& rules, const Request& request, const std::string& methods,
                   Response& response);

// Adds a request header field to those that the answer depends on.
void add_vary(Response& response, std::string_view field);

// Whether `text` is an origin as browsers write one: scheme, host and a port that is not the
// scheme's own; no path.
bool is_origin(std::string_view text);

}  // namespace cassette::api
