// Audit routes: the notary's signed heads, its public keys, and proofs under a head.
#include "api/http/handlers.h"
#include "api/http/json_text.h"
#include "api/http/reads.h"
#include "replay/notary.h"

namespace cassette::api {
namespace {

constexpr std::size_t kMaxNumber = std::size_t{1} << 53;  // that JSON's readers keep exact

Failure<Problem> no_notary() {
  return Failure{unavailable("No heads are signed here: the server runs with --no-notary.")};
}

Response json_response(std::string body) {
  Response response;
  response.body = std::move(body);
  response.set_header("Cache-Control", "private");
  return response;
}

Problem problem_of(const replay::NoProof& reason, const std::string& position) {
  using Kind = replay::NoProof::Kind;
  if (reason.kind == Kind::Failed) return unavailable(reason.what);
  if (reason.kind == Kind::NotInOrder) return invalid_parameter("since", reason.what);
  const bool of_commit = reason.kind != Kind::NoSuchHead;
  Problem problem = not_found(of_commit ? "commit" : "head", of_commit ? position : "");
  problem.detail = reason.what;
  return problem;
}

}  // namespace

Answered<Response> list_heads(const Call& call) {
  QueryReader reader(call.parameters);
  const std::size_t after = reader.number("after", 0, kMaxNumber, 0);
  const std::size_t limit = reader.number("limit", 1, kMaxPage, kDefaultPage);
  if (auto problem = reader.finish()) return Failure{std::move(*problem)};
  const replay::Notary* const notary = call.services.notary;
  if (notary == nullptr) return no_notary();
  const std::uint64_t last = notary->heads().count();
  std::string items;
  for (std::uint64_t number = after + 1; number <= last && number <= after + limit; ++number) {
    const auto head = notary->heads().head(number);
    if (!head) return Failure{api::problem_of(head.error())};
    if (!head.value()) break;
    if (!items.empty()) items += ',';
    items += replay::to_line(*head.value());
  }
  std::string body = "{\"items\":[" + items + "]";
  append_member(body, "last", last);
  if (const std::string trouble = notary->trouble(); !trouble.empty()) {
    append_member(body, "trouble", trouble);
  }
  return json_response(body + "}");
}

Answered<Response> list_notary_keys(const Call& call) {
  QueryReader reader(call.parameters);
  if (auto problem = reader.finish()) return Failure{std::move(*problem)};
  if (call.services.notary == nullptr) return no_notary();
  std::string items;
  for (const eventstore::NotaryPublicKey& key : call.services.notary->keys()) {
    if (!items.empty()) items += ',';
    items += "{\"key\":\"" + key.text() + "\",\"signs\":";
    items += key == call.services.notary->keys().back() ? "true}" : "false}";
  }
  return json_response("{\"items\":[" + items + "]}");
}

Answered<Response> read_proof(const Call& call) {
  QueryReader reader(call.parameters);
  const std::string text = reader.text("position");
  const std::size_t since = reader.number("since", 1, kMaxNumber, 0);
  const std::size_t head = reader.number("head", 1, kMaxNumber, 0);
  if (auto problem = reader.finish()) return Failure{std::move(*problem)};
  if (text.empty() == (since == 0)) {
    return Failure{invalid_parameter("position", "or since is what to prove: one of them")};
  }
  const auto position = eventstore::parse_position(text);
  if (!text.empty() && !position) {
    return Failure{invalid_parameter("position", "is no position such as 0:1841")};
  }
  const replay::Notary* const notary = call.services.notary;
  if (notary == nullptr) return no_notary();
  if (position) {
    auto proof = notary->prove(*position, head);
    if (!proof) return Failure{problem_of(proof.error(), text)};
    return json_response(replay::to_json(replay::Proof(std::move(proof).value())));
  }
  auto proof = notary->prove_since(since, head);
  if (!proof) return Failure{problem_of(proof.error(), text)};
  return json_response(replay::to_json(replay::Proof(std::move(proof).value())));
}

}  // namespace cassette::api
