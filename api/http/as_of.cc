// As of: from the parameter to the version.
#include "api/http/as_of.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/http/permissions.h"
#include "api/http/preconditions.h"
#include "replay/as_of.h"

namespace cassette::api {
namespace {

using eventstore::Done;
using eventstore::Position;

constexpr std::string_view kParameter = "asOf";
// What a narrowed token must have besides what the document asks for.
constexpr std::string_view kScope = "events:read";

std::optional<Problem> refuse_asker(const Call& call) {
  const Asker asker = asker_of(call.caller);
  if (asker == Asker::Anonymous) return token_required();
  if (asker != Asker::Admin && asker != Asker::Auditor) {
    return not_permitted("The past is an auditor's.").at(kParameter);
  }
  if (!opens(call.caller.scopes, kScope)) return insufficient_scope(kScope);
  return std::nullopt;
}

// 400 for what can be no moment of the entity's.
Answered<replay::Moment> moment_of(const Call& call, const replay::Entity& entity) {
  QueryReader reader(call.parameters);
  const std::string text = reader.text(kParameter);
  const auto moment = replay::parse_moment(text);
  if (!moment) {
    reader.fail(invalid_parameter(kParameter, "is a position such as 0:1841, or a time in UTC"));
  } else if (const auto why = replay::refusal(entity, *moment)) {
    reader.fail(invalid_parameter(kParameter, "is of another partition: " + *why));
  } else if (const auto* at = std::get_if<domain::Timestamp>(&*moment); at && *at > call.now) {
    reader.fail(invalid_parameter(kParameter, "is a time to come"));
  }
  if (auto problem = reader.finish()) return Failure{std::move(*problem)};
  return *moment;
}

Problem not_folded(projections::History& history, std::uint32_t partition) {
  if (const auto failure = history.failure()) {
    return unavailable("The history can't be read: " + *failure + ".");
  }
  const auto points = history.points();
  const std::uint64_t commit =
      points && partition < points.value().size() ? points.value()[partition].commit : 0;
  return not_caught_up(fmt::format("The history is folded up to {}.",
                                   eventstore::format(Position{partition, commit})));
}

// Waits, bounded, until the history has the moment and all before it.
Answered<Done> await_moment(const Call& call, const replay::Entity& entity,
                            const replay::Moment& moment) {
  projections::History& history = *call.services.history;
  const auto heads = call.services.gateway.heads();
  const std::uint64_t head = entity.partition < heads.size() ? heads[entity.partition].commit : 0;
  Position wanted{entity.partition, head};
  if (const auto* position = std::get_if<Position>(&moment)) {
    wanted = *position;
  } else if (const auto points = history.points(); points) {
    // Commits are never earlier than the one before: what is folded beyond the time is all of it.
    const auto& folded = points.value()[entity.partition].at;
    if (folded > std::get<domain::Timestamp>(moment)) return Done{};
  }
  if (history.wait_for({&wanted, 1}, call.services.waits.position)) return Done{};
  if (wanted.commit > head) {
    return Failure{invalid_parameter(
        kParameter, fmt::format("is a position that is not there: partition {} has {} commits",
                                wanted.partition, head))};
  }
  return Failure{not_folded(history, entity.partition)};
}

}  // namespace

bool asks_as_of(const Call& call) {
  return std::ranges::any_of(call.parameters,
                             [](const auto& each) { return each.first == kParameter; });
}

Answered<Response> get_document_as_of(const Call& call, Model model, std::string_view key,
                                      std::string_view entity) {
  if (auto refused = refuse_asker(call)) return Failure{std::move(*refused)};
  if (call.services.history == nullptr) return Failure{no_history()};
  projections::History& history = *call.services.history;
  const auto meant = replay::entity_of(model, std::string(key), call.services.gateway.partitions());
  const auto moment = moment_of(call, meant);
  if (!moment) return Failure{moment.error()};
  const auto waited = await_moment(call, meant, moment.value());
  if (!waited) return Failure{waited.error()};
  const auto commit = replay::commit_at(history, meant, moment.value());
  if (!commit) return Failure{problem_of(commit.error())};
  auto document = history.get(model, key, commit.value());
  if (!document) return Failure{problem_of(document.error())};
  if (!document.value()) return Failure{not_found(entity, key)};
  const std::string tag = etag(document.value()->version);
  Response response;
  if (already_known(call, tag)) {
    response.status = 304;
  } else {
    auto body = call.services.sealer.open_document(std::move(document.value()->body), {});
    if (!body) return Failure{problem_of(body.error())};
    response.body = std::move(body).value();
  }
  response.set_header("ETag", tag);
  response.set_header("Cache-Control", "private");
  response.set_header("Cassette-As-Of",
                      eventstore::format(Position{meant.partition, commit.value()}));
  return response;
}

}  // namespace cassette::api
