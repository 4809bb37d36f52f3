// Writes: a command's way from a handler through the gateway and back: its id and digest, who asks,
// the wait for the answer and for the read models, and the response with positions and Location.
// What a command means is the handlers'.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "api/http/problem.h"
#include "api/http/reads.h"
#include "api/http/request_json.h"
#include "api/http/services.h"

namespace cassette::api {

// The longest Idempotency-Key, in bytes.
inline constexpr std::size_t kMaxKeyBytes = 255;

struct Write {
  domain::Command command;
  int status = 200;  // of the first answer
  std::optional<PastTime> occurred_at = std::nullopt;
  // Tells the commands of one request apart: empty for its only or first one.
  std::string part = {};
  // What the digest covers, when it isn't the whole body.
  std::optional<std::string_view> raw = std::nullopt;
};

// The command as the gateway takes it. A request without an Idempotency-Key has no command id.
eventstore::Request to_request(const Call& call, Write write);

// What the gateway's answer means to the asker.
Answered<eventstore::Accepted> to_answer(eventstore::Reply reply);

// Submits and waits. 503 when no answer came in time: the outcome is unknown, and a retry under the
// same key settles it.
Answered<eventstore::Accepted> submit(const Call& call, Write write);

// For what can't be sealed since the customer was erased: it may repeat what was accepted before,
// and gets its first outcome then; all else gets `refusal`. `never` is the request's command so
// that the rules refuse it if it is new.
Answered<eventstore::Accepted> repeat_or(const Call& call, Write never, Problem refusal);

// The id that the client gave, or one derived from the Idempotency-Key, or a new UUIDv7.
template <class Id>
Id id_or_new(const Call& call, const std::optional<Id>& given) {
  if (given) return *given;
  const std::string& key = call.request.headers.idempotency_key;
  if (key.empty()) return Id{uuid_v7(call.now)};
  return Id{derived_uuid({call.caller.principal, call.request.method, call.path, key})};
}

// Where the written document is.
struct Written {
  Model model = Model::Vendors;
  std::string key;
  std::string_view entity;
  std::string location;  // given with every first status but 200
};

// Waits until the read models have `position`, but for its last `ahead` commits. 503 with the
// position when they don't in time: the write is committed.
Answered<eventstore::Done> await_written(const Call& call, eventstore::Position position,
                                         std::uint64_t ahead = 0);

// The response to an accepted write: its first status and position, and the document as it is now.
Answered<Response> respond_written(const Call& call, const eventstore::Accepted& accepted,
                                   const Written& written);

// Submits, waits and responds; most writes are no more than this.
Answered<Response> write_and_respond(const Call& call, Write write, const Written& written);

// The same with an empty response: what was written has no document to show.
Answered<Response> respond_empty(const Call& call, const eventstore::Accepted& accepted);

// `If-None-Match: *` failed when what was to be new is there already: 412 and not 409.
Answered<Response> none_yet(Answered<Response> answer);

// The body read into a described struct.
template <Described T>
Answered<T> read_body(const Call& call) {
  return read_request<T>(call.request.body, call.now);
}

// Seals what may be absent. 409 when the subject was erased.
Answered<domain::Sealed> seal(const Call& call, std::string_view subject, std::string_view field,
                              std::string_view json);
Answered<domain::Sealed> seal_text(const Call& call, std::string_view subject,
                                   std::string_view field, std::string_view text);
Answered<domain::ContactInfo> seal_contact(const Call& call, std::string_view subject,
                                           const std::optional<ContactRequest>& contact);
// A merge patch of the contact, over what the stored document holds sealed.
Answered<domain::ContactInfo> merge_contact(const Call& call, std::string_view subject,
                                            std::string_view stored_document,
                                            const Patch<ContactPatch>& patch);

}  // namespace cassette::api
