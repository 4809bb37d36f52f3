// Writes: the wait for the gateway's answer, and what is made of it.
#include "api/http/writes.h"

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "api/http/json_text.h"
#include "eventstore/json_read.h"

namespace cassette::api {
namespace {

using eventstore::Accepted;
using eventstore::Done;
using eventstore::Reply;

// Outlives whoever gives up waiting, so that a late answer finds it.
struct Waiting {
  std::mutex mutex;
  std::condition_variable answered;
  std::optional<Reply> reply;
};

struct ToAnswer {
  Answered<Accepted> operator()(const Accepted& accepted) const { return accepted; }
  Answered<Accepted> operator()(const eventstore::Rejected& rejected) const {
    return Failure{problem_of(rejected.rejection)};
  }
  Answered<Accepted> operator()(const eventstore::DigestMismatch&) const {
    return Failure{idempotency_mismatch()};
  }
  Answered<Accepted> operator()(const eventstore::Unavailable& down) const {
    return Failure{unavailable(down.why)};
  }
};

// The contact of a stored vendor or customer document.
struct StoredContact {
  domain::ContactInfo contact_info;

  static void fields(auto& self, auto&& visit) { visit("contactInfo", self.contact_info); }
};

std::optional<Problem> merge_field(const Call& call, std::string_view subject,
                                   std::string_view field, const Patch<OptionalName>& patch,
                                   domain::Sealed& sealed) {
  if (patch.null()) sealed = {};
  if (!patch.given()) return std::nullopt;
  auto token = seal_text(call, subject, field, patch.value.value);
  if (!token) return std::move(token).error();
  sealed = std::move(token).value();
  return std::nullopt;
}

}  // namespace

eventstore::Request to_request(const Call& call, Write write) {
  eventstore::Request request;
  request.command = std::move(write.command);
  request.status = write.status;
  request.by = call.caller.principal;
  request.request_id = call.request.headers.request_id;
  if (write.occurred_at) request.occurred_at = write.occurred_at->value;
  std::string key = call.request.headers.idempotency_key;
  if (key.empty()) return request;
  if (!write.part.empty()) key.append(1, '\n').append(write.part);
  request.id = command_id({call.caller.principal, call.request.method, call.path, key});
  request.digest = call.services.signer.digest(write.raw.value_or(call.request.body));
  return request;
}

Answered<Accepted> to_answer(Reply reply) {
  return std::visit(ToAnswer{}, std::move(reply));
}

Answered<Accepted> submit(const Call& call, Write write) {
  const auto waiting = std::make_shared<Waiting>();
  call.services.gateway.submit(to_request(call, std::move(write)), [waiting](Reply reply) {
    {
      const std::scoped_lock lock(waiting->mutex);
      waiting->reply = std::move(reply);
    }
    waiting->answered.notify_one();
  });
  std::unique_lock lock(waiting->mutex);
  const bool came = waiting->answered.wait_for(lock, call.services.waits.command,
                                               [&] { return waiting->reply.has_value(); });
  if (came) return to_answer(std::move(*waiting->reply));
  return Failure{unavailable("No answer came in time: a retry under the same key settles it.")};
}

Answered<Accepted> repeat_or(const Call& call, Write never, Problem refusal) {
  const bool erased = refusal.type == "customer-erased";
  if (!erased || call.request.headers.idempotency_key.empty()) return Failure{std::move(refusal)};
  auto answer = submit(call, std::move(never));
  if (answer && answer.value().repeated) return answer;
  const bool says_more =
      !answer && (answer.error().status == 503 || answer.error().type == "idempotency-mismatch");
  if (says_more) return answer;
  return Failure{std::move(refusal)};
}

Answered<Done> await_written(const Call& call, eventstore::Position position, std::uint64_t ahead) {
  const eventstore::Position wanted{position.partition,
                                    position.commit - std::min(position.commit, ahead)};
  if (call.services.models.wait_for({&wanted, 1}, call.services.waits.position)) return Done{};
  Problem problem = not_caught_up("The write is committed; reading it must wait.");
  problem.members = "\"committed\":true";
  problem.position = eventstore::format(position);
  return Failure{std::move(problem)};
}

Answered<Response> respond_written(const Call& call, const Accepted& accepted,
                                   const Written& written) {
  const auto waited = await_written(call, accepted.position);
  if (!waited) return Failure{waited.error()};
  auto document = read_document(call, written.model, written.key, written.entity);
  if (!document) return Failure{std::move(document).error()};
  auto response = respond_with(call, accepted.status, std::move(document).value());
  if (!response) return response;
  response.value().set_header("Cassette-Position", eventstore::format(accepted.position));
  if (accepted.status != 200) response.value().set_header("Location", written.location);
  return response;
}

Answered<Response> write_and_respond(const Call& call, Write write, const Written& written) {
  const auto accepted = submit(call, std::move(write));
  if (!accepted) return Failure{accepted.error()};
  return respond_written(call, accepted.value(), written);
}

Answered<Response> respond_empty(const Call& call, const Accepted& accepted) {
  const auto waited = await_written(call, accepted.position);
  if (!waited) return Failure{waited.error()};
  Response response;
  response.status = accepted.status;
  response.set_header("Cassette-Position", eventstore::format(accepted.position));
  return response;
}

Answered<Response> none_yet(Answered<Response> answer) {
  if (!answer && answer.error().type == "already-exists") {
    return Failure{precondition_failed("It is there already, and If-None-Match is *.")};
  }
  return answer;
}

Answered<domain::Sealed> seal(const Call& call, std::string_view subject, std::string_view field,
                              std::string_view json) {
  auto sealed = call.services.sealer.seal(subject, field, json);
  if (!sealed) return Failure{problem_of(sealed.error())};
  if (sealed.value()) return *std::move(sealed).value();
  const std::size_t colon = subject.find(':');
  const std::string id(subject.substr(colon + 1));
  return Failure{problem_of(domain::Rejection(domain::CustomerIsErased{{id}}))};
}

Answered<domain::Sealed> seal_text(const Call& call, std::string_view subject,
                                   std::string_view field, std::string_view text) {
  if (text.empty()) return domain::Sealed{};
  std::string json;
  append_json(json, text);
  return seal(call, subject, field, json);
}

Answered<domain::ContactInfo> seal_contact(const Call& call, std::string_view subject,
                                           const std::optional<ContactRequest>& contact) {
  domain::ContactInfo sealed;
  if (!contact) return sealed;
  auto email = seal_text(call, subject, "contactInfo.email",
                         contact->email ? contact->email->value : std::string());
  if (!email) return Failure{std::move(email).error()};
  auto phone = seal_text(call, subject, "contactInfo.phone",
                         contact->phone ? contact->phone->value : std::string());
  if (!phone) return Failure{std::move(phone).error()};
  return domain::ContactInfo{std::move(email).value(), std::move(phone).value()};
}

Answered<domain::ContactInfo> merge_contact(const Call& call, std::string_view subject,
                                            std::string_view stored_document,
                                            const Patch<ContactPatch>& patch) {
  if (patch.null()) return domain::ContactInfo{};
  StoredContact stored;
  if (!eventstore::read_json(stored_document, stored)) {
    return Failure{unavailable("The stored document can't be read.")};
  }
  domain::ContactInfo& contact = stored.contact_info;
  auto problem = merge_field(call, subject, "contactInfo.email", patch.value.email, contact.email);
  if (!problem) {
    problem = merge_field(call, subject, "contactInfo.phone", patch.value.phone, contact.phone);
  }
  if (problem) return Failure{std::move(*problem)};
  return contact;
}

}  // namespace cassette::api
