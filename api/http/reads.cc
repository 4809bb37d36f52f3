// Reads: waits for positions, and pages put together from documents as they are stored.
#include "api/http/reads.h"

#include <fmt/format.h>

#include "api/http/as_of.h"
#include "api/http/json_text.h"
#include "api/http/preconditions.h"
#include "api/http/public_view.h"
#include "api/http/shared_caches.h"

namespace cassette::api {
namespace {

using eventstore::Done;
using eventstore::Position;

// Positions of one token: one a partition.
constexpr std::size_t kMaxPositions = 1024;
constexpr std::string_view kEmptyPage = "{\"items\":[]}";

Answered<std::vector<Position>> parse_positions(std::string_view token) {
  std::vector<Position> positions;
  if (token.ends_with(',')) {
    return Failure{invalid_header("Cassette-Position", "is a list of partition:commit")};
  }
  while (!token.empty()) {
    const std::size_t comma = std::min(token.find(','), token.size());
    std::string_view one = token.substr(0, comma);
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    const auto position = eventstore::parse_position(one);
    if (!position || positions.size() == kMaxPositions) {
      return Failure{invalid_header("Cassette-Position", "is a list of partition:commit")};
    }
    positions.push_back(*position);
    token.remove_prefix(std::min(comma + 1, token.size()));
  }
  return positions;
}

// The one way in which a token shows that it is of another ledger: it names what ours has not.
std::optional<Problem> stale(const Call& call, std::span<const Position> positions,
                             bool after_wait) {
  const auto& gateway = call.services.gateway;
  std::vector<Position> heads;
  if (after_wait) heads = gateway.heads();
  for (const Position& position : positions) {
    if (position.partition >= gateway.partitions()) {
      return stale_position(fmt::format("There is no partition {}.", position.partition));
    }
    if (position.partition < heads.size() && position.commit > heads[position.partition].commit) {
      return stale_position(fmt::format("Partition {} has only {} commits.", position.partition,
                                        heads[position.partition].commit));
    }
  }
  return std::nullopt;
}

// What a cursor was given for: the same path, caller and filters; `limit` may change. Each with its
// length, so that no value can pass for two.
std::string scope_of(const Call& call) {
  std::string scope;
  const auto add = [&scope](std::string_view text) {
    scope.append(std::to_string(text.size())).append(1, ':').append(text);
  };
  add(call.caller.principal);
  add(call.path);
  for (const auto& [name, value] : call.parameters) {
    if (name == "cursor" || name == "limit") continue;
    add(name);
    add(value);
  }
  return scope;
}

std::string page_body(const Call& call, const projections::Page& page) {
  std::size_t size = 64;
  for (const std::string& item : page.items) size += item.size() + 1;
  std::string body;
  body.reserve(size);
  body = "{\"items\":[";
  for (const std::string& item : page.items) {
    if (&item != &page.items.front()) body += ',';
    body += item;
  }
  body += ']';
  if (!page.next.empty()) {
    append_member(body, "next", seal_cursor(call, page.next));
  }
  return body += '}';
}

}  // namespace

std::string format_positions(std::span<const Position> positions) {
  std::string text;
  for (const Position& position : positions) {
    if (!text.empty()) text += ',';
    text += eventstore::format(position);
  }
  return text;
}

Answered<Done> await_asked_position(const Call& call) {
  if (call.request.headers.position.empty()) return Done{};
  const auto positions = parse_positions(call.request.headers.position);
  if (!positions) return Failure{positions.error()};
  if (auto problem = stale(call, positions.value(), false)) return Failure{std::move(*problem)};
  if (call.services.models.wait_for(positions.value(), call.services.waits.position)) return Done{};
  if (auto problem = stale(call, positions.value(), true)) return Failure{std::move(*problem)};
  return Failure{not_caught_up("The position is not folded yet.")};
}

bool await_heads(const Call& call) {
  return call.services.models.wait_for(call.services.gateway.heads(), call.services.waits.position);
}

Answered<std::optional<Document>> find_document(const Call& call, Model model,
                                                std::string_view key) {
  auto found = call.services.models.get(model, key);
  if (!found) return Failure{problem_of(found.error())};
  if (found.value()) return std::move(found).value();
  if (!await_heads(call)) return Failure{not_caught_up("It may be there, and not folded yet.")};
  found = call.services.models.get(model, key);
  if (!found) return Failure{problem_of(found.error())};
  return std::move(found).value();
}

Answered<Document> read_document(const Call& call, Model model, std::string_view key,
                                 std::string_view entity) {
  auto found = find_document(call, model, key);
  if (!found) return Failure{std::move(found).error()};
  if (!found.value()) return Failure{not_found(entity, key)};
  return *std::move(found).value();
}

Answered<Response> respond_with(const Call& call, int status, Document document, KnownField known) {
  auto body = call.services.sealer.open_document(std::move(document.body), known);
  if (!body) return Failure{problem_of(body.error())};
  Response response;
  response.status = status;
  response.body = std::move(body).value();
  response.set_header("ETag", etag(document.version));
  response.set_header("Cache-Control", "private");
  return response;
}

Answered<Response> get_document(const Call& call, Model model, std::string_view key,
                                std::string_view entity) {
  if (asks_as_of(call)) return get_document_as_of(call, model, key, entity);
  const auto plain = refuse_parameters(call);
  if (!plain) return Failure{plain.error()};
  const auto waited = await_asked_position(call);
  if (!waited) return Failure{waited.error()};
  auto document = read_document(call, model, key, entity);
  if (!document) return Failure{std::move(document).error()};
  const bool narrowed = show_public(call.caller, model, document.value().body);
  const domain::Version version = document.value().version;
  std::string tag = narrowed ? public_etag(version) : etag(version);
  Response response;
  if (already_known(call, tag)) {
    response.status = 304;
  } else {
    auto body = call.services.sealer.open_document(std::move(document.value().body), {});
    if (!body) return Failure{problem_of(body.error())};
    response.body = std::move(body).value();
  }
  response.set_header("ETag", std::move(tag));
  add_cache_rules(call, model, response);
  return response;
}

std::string seal_cursor(const Call& call, std::string_view place) {
  const domain::Timestamp expires{call.now.micros + kCursorLifetimeMicros};
  return call.services.signer.seal_cursor(place, scope_of(call), expires);
}

Answered<std::string> open_cursor(const Call& call, std::string_view cursor) {
  if (cursor.empty()) return std::string();
  auto place = call.services.signer.open_cursor(cursor, scope_of(call), call.now);
  if (!place) return Failure{invalid_cursor()};
  return *std::move(place);
}

Answered<Response> get_list(const Call& call, ListQuery query, QueryReader& reader) {
  query.limit = reader.number("limit", 1, kMaxPage, kDefaultPage);
  const std::string cursor = reader.text("cursor");
  if (auto problem = reader.finish()) return Failure{std::move(*problem)};
  auto after = open_cursor(call, cursor);
  if (!after) return Failure{std::move(after).error()};
  query.after = std::move(after).value();
  const auto waited = await_asked_position(call);
  if (!waited) return Failure{waited.error()};
  auto page = call.services.models.list(query);
  if (!page) {
    const bool wrong_cursor = page.error().kind == eventstore::StoreError::Kind::Mismatch;
    return Failure{wrong_cursor ? invalid_cursor() : problem_of(page.error())};
  }
  const auto shown = show_public(call, query.list, page.value().items);
  if (!shown) return Failure{shown.error()};
  auto body = call.services.sealer.open_document(page_body(call, page.value()));
  if (!body) return Failure{problem_of(body.error())};
  Response response;
  response.body = std::move(body).value();
  response.set_header("Cache-Control", "private");
  return response;
}

Answered<Response> get_vendor_list(const Call& call, ListQuery query, QueryReader& reader) {
  auto response = get_list(call, std::move(query), reader);
  if (!response || response.value().body != kEmptyPage) return response;
  const auto vendor = read_document(call, Model::Vendors, call.ids[0], "vendor");
  if (!vendor) return Failure{vendor.error()};
  return response;
}

Answered<Done> refuse_parameters(const Call& call) {
  if (call.parameters.empty()) return Done{};
  return Failure{unknown_parameter(call.parameters.front().first)};
}

}  // namespace cassette::api
