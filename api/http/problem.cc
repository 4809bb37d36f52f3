// Problem: the table of types, and the one mapping of rejections to statuses.
#include "api/http/problem.h"

#include <fmt/format.h>

#include "api/http/json_text.h"

namespace cassette::api {
namespace {

using namespace domain;

// Seconds that a client is asked to wait before it tries again.
constexpr int kRetryAfterSeconds = 1;
// RFC 6750 §3 wants one parameter at least.
constexpr std::string_view kBearer = "Bearer realm=\"cassette\"";

Problem make(int status, std::string_view type, std::string_view title, std::string detail) {
  return {status, type, title, std::move(detail), {}, 0, {}};
}

struct Name {
  int status;
  std::string_view type;
  std::string_view title;
};

// Exhaustive: a new rejection must find its status here.
struct NameOf {
  Name operator()(const NotFound&) const { return {404, "not-found", "Not found"}; }
  Name operator()(const AlreadyExists&) const { return {409, "already-exists", "Already exists"}; }
  Name operator()(const VersionMismatch&) const {
    return {412, "version-mismatch", "Changed since it was read"};
  }
  Name operator()(const OnHandMismatch&) const {
    return {412, "on-hand-mismatch", "The quantity on hand is another"};
  }
  Name operator()(const InvalidCommand&) const { return {422, "invalid-command", "Not possible"}; }
  Name operator()(const NotPermitted&) const { return {403, "not-permitted", "Not permitted"}; }
  Name operator()(const DuplicateSku&) const {
    return {409, "duplicate-sku", "The SKU is another product's"};
  }
  Name operator()(const BelowReserved&) const {
    return {409, "below-reserved", "Less than is promised to orders"};
  }
  Name operator()(const InsufficientStock&) const {
    return {409, "insufficient-stock", "Not enough stock"};
  }
  Name operator()(const VendorIsSuspended&) const {
    return {409, "vendor-suspended", "The vendor is suspended"};
  }
  Name operator()(const ProductIsNotListed&) const {
    return {409, "product-not-listed", "The product is not for sale"};
  }
  Name operator()(const PriceChanged&) const { return {409, "price-changed", "The price changed"}; }
  Name operator()(const MixedCurrency&) const {
    return {422, "mixed-currency", "One order has one currency"};
  }
  Name operator()(const CustomerIsErased&) const {
    return {409, "customer-erased", "The customer's data was erased"};
  }
  Name operator()(const IllegalTransition&) const {
    return {409, "illegal-transition", "Not from this status"};
  }
  Name operator()(const ReservationHasExpired&) const {
    return {409, "reservation-expired", "The reservation has expired"};
  }
  Name operator()(const OrderIsUnsettled&) const {
    return {409, "order-unsettled", "A vendor has not answered yet"};
  }
  Name operator()(const QuantityExceedsOpen&) const {
    return {409, "quantity-exceeds-open", "More than is open"};
  }
};

struct DetailOf {
  std::string operator()(const NotFound& r) const {
    return fmt::format("There is no {} {}.", r.entity, r.id);
  }
  std::string operator()(const AlreadyExists& r) const {
    return fmt::format("The {} {} exists already.", r.entity, r.id);
  }
  std::string operator()(const VersionMismatch& r) const {
    return fmt::format("The version is {}, not {}.", r.actual, r.expected);
  }
  std::string operator()(const OnHandMismatch& r) const {
    return fmt::format("On hand are {}, not {}.", r.actual, r.expected);
  }
  std::string operator()(const InvalidCommand& r) const {
    return fmt::format("{}: {}", r.field, r.why);
  }
  std::string operator()(const NotPermitted& r) const {
    return fmt::format("{}: {}", r.field, r.why);
  }
  std::string operator()(const DuplicateSku& r) const {
    return fmt::format("Product {} has the SKU {}.", r.product_id.value, r.sku);
  }
  std::string operator()(const BelowReserved& r) const {
    return fmt::format("{} would be on hand and {} are promised.", r.on_hand, r.reserved);
  }
  std::string operator()(const InsufficientStock& r) const {
    return r.retryable ? "Other orders hold the stock and may yet give it up: try again."
                       : "Less is available than is wanted.";
  }
  std::string operator()(const VendorIsSuspended& r) const {
    return fmt::format("Nothing of vendor {} can be ordered now.", r.vendor_id.value);
  }
  std::string operator()(const ProductIsNotListed& r) const {
    return fmt::format("Vendor {} does not list product {}.", r.vendor_id.value,
                       r.product_id.value);
  }
  std::string operator()(const PriceChanged& r) const {
    return fmt::format("Product {} costs {} {}.", r.product_id.value, r.actual.amount,
                       r.actual.currency.code);
  }
  std::string operator()(const MixedCurrency& r) const {
    return fmt::format("Vendor {} sells in {}, the order is in {}.", r.vendor_id.value,
                       r.actual.code, r.expected.code);
  }
  std::string operator()(const CustomerIsErased& r) const {
    return fmt::format("Customer {} can't order or be changed any more.", r.customer_id.value);
  }
  std::string operator()(const IllegalTransition& r) const {
    return fmt::format("{} can't follow {}.", r.to, r.from);
  }
  std::string operator()(const ReservationHasExpired& r) const {
    return fmt::format("The deadline of order {} has passed.", r.order_id.value);
  }
  std::string operator()(const OrderIsUnsettled& r) const {
    return fmt::format("Order {} still waits for a vendor's answer.", r.order_id.value);
  }
  std::string operator()(const QuantityExceedsOpen& r) const {
    return fmt::format("{} units of line {} are open, not {}.", r.open, r.line_id.value, r.wanted);
  }
};

Problem retry_later(std::string_view type, std::string_view title, std::string why) {
  Problem problem = make(503, type, title, std::move(why));
  problem.retry_after_s = kRetryAfterSeconds;
  return problem;
}

}  // namespace

Problem&& Problem::at(std::string_view field) && {
  if (!members.empty()) members += ',';
  members += "\"field\":";
  append_json(members, field);
  return std::move(*this);
}

Response to_response(const Problem& problem) {
  Response response;
  response.status = problem.status;
  response.content_type = kProblemJson;
  std::string& body = response.body;
  body = "{\"type\":\"/problems/";
  body.append(problem.type).append("\"");
  append_member(body, "title", problem.title);
  append_member(body, "status", problem.status);
  if (!problem.detail.empty()) append_member(body, "detail", problem.detail);
  if (!problem.members.empty()) body.append(",").append(problem.members);
  body += '}';
  if (problem.retry_after_s > 0) {
    response.set_header("Retry-After", std::to_string(problem.retry_after_s));
  }
  if (!problem.position.empty()) response.set_header("Cassette-Position", problem.position);
  if (!problem.challenge.empty()) response.set_header("WWW-Authenticate", problem.challenge);
  return response;
}

Problem problem_of(const Rejection& rejection) {
  const Name name = std::visit(NameOf{}, rejection);
  Problem problem = make(name.status, name.type, name.title, std::visit(DetailOf{}, rejection));
  std::visit([&](const auto& reason) { append_members(problem.members, reason); }, rejection);
  return problem;
}

Problem problem_of(const eventstore::StoreError& error) {
  return unavailable("A store did not answer as it should: " + error.what);
}

Problem malformed(std::string detail) {
  return make(400, "malformed-request", "Malformed request", std::move(detail));
}

Problem invalid_field(std::string_view field, std::string why) {
  const std::string_view what = field.empty() ? "The body" : field;
  return make(400, "invalid-field", "Invalid field", fmt::format("{} {}.", what, why)).at(field);
}

Problem missing_field(std::string_view field) {
  return make(400, "missing-field", "Missing field", fmt::format("{} is required.", field))
      .at(field);
}

Problem unknown_field(std::string_view field) {
  return make(400, "unknown-field", "Unknown field", fmt::format("{} is not known here.", field))
      .at(field);
}

Problem invalid_parameter(std::string_view name, std::string why) {
  return make(400, "invalid-parameter", "Invalid query parameter", fmt::format("{} {}.", name, why))
      .at(name);
}

Problem unknown_parameter(std::string_view name) {
  return make(400, "unknown-parameter", "Unknown query parameter",
              fmt::format("{} is not known here.", name))
      .at(name);
}

Problem invalid_id(std::string_view name) {
  return make(400, "invalid-id", "Invalid id",
              fmt::format("{} is 1 to {} letters, digits, _ or -.", name, kMaxIdLength))
      .at(name);
}

Problem invalid_header(std::string_view name, std::string why) {
  return make(400, "invalid-header", "Invalid header", fmt::format("{} {}.", name, why)).at(name);
}

Problem idempotency_key_required() {
  return make(400, "idempotency-key-required", "Idempotency-Key is required",
              "Send a new Idempotency-Key with each request, and the same one with a retry.")
      .at("Idempotency-Key");
}

Problem invalid_cursor() {
  return make(400, "invalid-cursor", "Invalid cursor",
              "The cursor has expired, or no list with these parameters gave it.")
      .at("cursor");
}

Problem stale_position(std::string why) {
  return make(400, "stale-position", "No position of this ledger", std::move(why))
      .at("Cassette-Position");
}

Problem token_required() {
  Problem problem = make(401, "token-required", "A token is required",
                         "Send Authorization: Bearer and an access token of POST /auth/token.");
  problem.challenge = kBearer;
  return problem;
}

Problem invalid_token(std::string_view why) {
  Problem problem = make(401, "invalid-token", "The token is not valid", fmt::format("{}.", why));
  problem.challenge =
      fmt::format("{}, error=\"invalid_token\", error_description=\"{}\"", kBearer, why);
  return problem;
}

Problem insufficient_scope(std::string_view scope) {
  Problem problem = make(403, "insufficient-scope", "The token's scope is too narrow",
                         fmt::format("{} is needed.", scope));
  append_member(problem.members, "scope", scope);
  problem.challenge = fmt::format("{}, error=\"insufficient_scope\", scope=\"{}\"", kBearer, scope);
  return problem;
}

Problem not_permitted(std::string why) {
  return make(403, "not-permitted", "Not permitted", std::move(why));
}

Problem not_found(std::string_view entity, std::string_view id) {
  return problem_of(Rejection(NotFound{std::string(entity), std::string(id)}));
}

Problem no_such_route() {
  return make(404, "no-such-route", "Not found", "There is nothing at this path.");
}

Problem method_not_allowed() {
  return make(405, "method-not-allowed", "Method not allowed", "Allow names what is.");
}

Problem request_timeout() {
  return make(408, "request-timeout", "Request timeout", "The request took too long to arrive.");
}

Problem precondition_failed(std::string why) {
  return make(412, "precondition-failed", "Precondition failed", std::move(why));
}

Problem body_too_large(std::size_t limit_bytes) {
  return make(413, "body-too-large", "Body too large",
              fmt::format("A body here has at most {} bytes.", limit_bytes));
}

Problem path_too_long(std::size_t limit_bytes) {
  return make(414, "path-too-long", "Path too long",
              fmt::format("A path here has at most {} bytes.", limit_bytes));
}

Problem unsupported_media_type(std::string_view wanted) {
  return make(415, "unsupported-media-type", "Unsupported media type",
              fmt::format("Send {}, not compressed.", wanted));
}

Problem idempotency_mismatch() {
  return make(422, "idempotency-mismatch", "Idempotency-Key was used before",
              "The first request under this key had another body.")
      .at("Idempotency-Key");
}

Problem too_many_requests(int retry_after_s) {
  Problem problem = make(429, "too-many-requests", "Too many requests",
                         fmt::format("Try again in {} s; RateLimit-Policy says how many a while "
                                     "may hold.",
                                     retry_after_s));
  problem.retry_after_s = retry_after_s;
  return problem;
}

Problem internal_error() {
  return make(500, "internal-error", "Internal error", "The log says more.");
}

Problem no_history() {
  return make(501, "no-history", "No history is kept",
              "This server runs with --no-history: documents are served only as they are now.");
}

Problem unavailable(std::string why) {
  return retry_later("unavailable", "Not available now", std::move(why));
}

Problem not_caught_up(std::string why) {
  return retry_later("read-models-behind", "The read models are behind", std::move(why));
}

}  // namespace cassette::api
