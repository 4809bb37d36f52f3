// Preconditions: ETags and the headers that compare them. A document's ETag is its version, and
// which view of it.
#pragma once

#include <optional>
#include <string>

#include "api/http/problem.h"
#include "api/http/services.h"

namespace cassette::api {

std::string etag(domain::Version version);
// Of what is public of a document that has more to it: never that of the whole, since the same
// version is other bytes there. No write takes it.
std::string public_etag(domain::Version version);

// What a write demands of the document it changes.
struct Preconditions {
  std::optional<domain::Version> version;  // If-Match "7"
  bool none_yet = false;                   // If-None-Match *
  bool exists = false;                     // If-Match *
};

// 400 for what a write can't be asked, 412 for an ETag that no document ever has.
Answered<Preconditions> preconditions_of(const Call& call);

// 412 when the document must exist and there is none. Only for writes that would make one: what has
// been there stays, so that the read models can tell.
Answered<eventstore::Done> refuse_new(const Call& call, const Preconditions& demanded,
                                      projections::Model model, std::string_view key);

// Whether If-None-Match names the ETag `known`, so that the answer to a read is 304.
bool already_known(const Call& call, std::string_view known);

}  // namespace cassette::api
