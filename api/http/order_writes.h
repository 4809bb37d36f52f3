// Order writes: how a change of an order or of a vendor's part is submitted and answered: with the
// order as its own partition has recorded it, or 202 when it has not followed in time.
#pragma once

#include <string>

#include "api/http/preconditions.h"
#include "api/http/settling.h"
#include "api/http/writes.h"

namespace cassette::api {

// A change of the whole order: waits until every vendor has answered what it asks of them.
Answered<Response> write_order(const Call& call, Write write);
// The same once it is submitted.
Answered<Response> respond_order(const Call& call, const Answered<eventstore::Accepted>& accepted);

// A change of a vendor's part: waits until the order's record of it has the vendor's version.
// `location` is given with a first status of 201.
Answered<Response> write_part(const Call& call, const domain::VendorId& vendor, Write write,
                              const std::string& location = {});

}  // namespace cassette::api
