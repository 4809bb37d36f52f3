// As of: a document as it stood at a moment, `?asOf=` on the paths that serve it as it is now. It
// is an auditor's and the administrator's alone, and read from the history.
#pragma once

#include "api/http/reads.h"

namespace cassette::api {

// Whether the call asks for a moment that is over.
bool asks_as_of(const Call& call);

// 200 with the document as it stood, with its version as ETag and in `Cassette-As-Of` the position
// of which it is; 404 when there was none yet. 400 for what is no moment, for a position of another
// partition, or one that is not there, and for a time to come; 401 and 403 for who may not; 501
// where no history is kept; 503 while it is not folded so far.
Answered<Response> get_document_as_of(const Call& call, Model model, std::string_view key,
                                      std::string_view entity);

}  // namespace cassette::api
