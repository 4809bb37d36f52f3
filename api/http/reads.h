// Reads: documents and lists from the read models, with the positions that readers ask for, ETags,
// cursors and the opening of sealed fields. Nothing here writes.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/problem.h"
#include "api/http/query.h"
#include "api/http/services.h"

namespace cassette::api {

// Items on a page.
inline constexpr std::size_t kDefaultPage = 50;
inline constexpr std::size_t kMaxPage = 200;
// How long a cursor holds: a client may think a day about the next page.
inline constexpr std::int64_t kCursorLifetimeMicros = 24LL * 3600 * 1'000'000;

using projections::Document;
using projections::ListQuery;
using projections::Model;

// "0:1841,3:12".
std::string format_positions(std::span<const eventstore::Position> positions);

// Waits until the read models have what `Cassette-Position` names. 400 for a malformed token and
// for one of another ledger: its partition is not one of ours, or no head reaches its commit by the
// end of the wait. 503 when the models are behind.
Answered<eventstore::Done> await_asked_position(const Call& call);

// Waits, bounded, for the last commits that this process knows of. False when time was up first.
bool await_heads(const Call& call);

// The document as stored; when there is none, after the wait for the heads. Null: there is none.
Answered<std::optional<Document>> find_document(const Call& call, Model model,
                                                std::string_view key);

// The same, and 404 naming `entity` when there is none.
Answered<Document> read_document(const Call& call, Model model, std::string_view key,
                                 std::string_view entity);

// 200 with the document opened, its ETag and `Cache-Control: private`, or another status. `known`
// is what the request itself has sealed.
Answered<Response> respond_with(const Call& call, int status, Document document,
                                KnownField known = {});

// The answer to a GET of one document, as it is or with `asOf` as it was.
Answered<Response> get_document(const Call& call, Model model, std::string_view key,
                                std::string_view entity);

// Where the call's list goes on, as its `next`; and from its `cursor`, empty for the first page.
// 400 when it was forged, is too old, or was given to another caller or for another query.
std::string seal_cursor(const Call& call, std::string_view place);
Answered<std::string> open_cursor(const Call& call, std::string_view cursor);

// The answer to a GET of a list. Takes `limit` and `cursor` from `reader` and finishes it.
Answered<Response> get_list(const Call& call, ListQuery query, QueryReader& reader);

// The same for a list of one vendor: 404 when it is empty because there is no such vendor.
Answered<Response> get_vendor_list(const Call& call, ListQuery query, QueryReader& reader);

// No query parameter is known to the call.
Answered<eventstore::Done> refuse_parameters(const Call& call);

}  // namespace cassette::api
