// Access: who sends a request, and the first word on whether they may. It asks Identity, looks into
// the permission table, and tells the security log of whom it refuses.
#pragma once

#include <string_view>

#include "api/http/permissions.h"
#include "api/http/services.h"

namespace cassette::api {

struct Admission {
  Caller caller;                   // anonymous when the token names nobody
  std::optional<Problem> refusal;  // nothing: the caller may, on some objects at least
};

// The caller that the request's Authorization names. Refused with 401 when it names nobody, or none
// where somebody must be named, with 403 when the role or the scopes don't go that far, with 503
// when it can't be found out. Where everyone may, Authorization is not looked at: such a route
// reads it itself.
Admission admit(const Services& services, const Request& request, const Permission& permission,
                domain::Timestamp now);

// The path alone of what was asked for: a query may hold a token, or a name.
std::string_view without_query(std::string_view target);

// Tells the security log of an attempt that was refused: "AccessRefused", or "TokenRefused" for a
// token that names nobody.
void record_refusal(const Services& services, const Request& request, const Caller& caller,
                    std::string_view type, std::string_view why);

}  // namespace cassette::api
