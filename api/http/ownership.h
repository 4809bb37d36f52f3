// Ownership: whose the object of a request is, where a caller may touch its own alone. What belongs
// to another is answered as what does not exist, but where everybody may know that it does.
#pragma once

#include <optional>
#include <string_view>

#include "api/http/permissions.h"
#include "api/http/services.h"

namespace cassette::api {

// The problem, when the path names somebody else's object and the caller may have only its own.
// Reads the order where that says whose it is; 503 when it can't be read.
std::optional<Problem> refuse_foreign(const Call& call, const Permission& permission);

// The customer that a body means: the one named, or a customer's own when it names none. A customer
// may name no other (403), everyone else must name one (400).
Answered<domain::CustomerId> customer_meant(const Call& call,
                                            const std::optional<domain::CustomerId>& named);

// Sets the vendor that a change of an order is about to a vendor's own; 403 when it names another,
// whether that has a part in the order or not. Others' choice stays as it is.
std::optional<Problem> narrow_to_own(const Call& call, std::optional<domain::VendorId>& named);

}  // namespace cassette::api
