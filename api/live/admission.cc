// Admission: tokens, tickets, limits, filters and cursors, in the order in which they are judged.
#include "api/live/admission.h"

#include "api/http/access.h"
#include "api/http/permissions.h"
#include "api/http/rate_limits.h"
#include "api/identity/identity.h"
#include "domain/product.h"
#include "eventstore/json_read.h"

namespace cassette::api {
namespace {

using projections::Model;

// How long a document that was made a moment ago is waited for.
constexpr std::chrono::milliseconds kFoldPatience{2'000};
constexpr std::size_t kMaxCursorBytes = 2'000;
constexpr std::size_t kMaxTicketBytes = 200;

struct CustomerGlance {
  std::string customer_id;

  static void fields(auto& self, auto&& visit) { visit("customerId", self.customer_id); }
};

struct ListingGlance {
  domain::ProductStatus status = domain::ProductStatus::Listed;

  static void fields(auto& self, auto&& visit) { visit("status", self.status); }
};

Problem problem_of_token(TokenFault fault) {
  if (fault == TokenFault::Unavailable) return unavailable("Tokens can't be checked now.");
  if (fault == TokenFault::Unchecked) return too_many_requests(1);
  return invalid_token(name_of(fault));
}

}  // namespace

Answered<Stream> LiveAdmission::stream(const Request& request, const Parameters& parameters,
                                       const std::string& last_event_id) const {
  QueryReader reader(parameters);
  const Filter filter = read_filter(reader);
  std::string after = reader.text("after", kMaxCursorBytes);
  const std::string ticket = reader.text("ticket", kMaxTicketBytes);
  if (auto problem = reader.finish()) return Failure{std::move(*problem)};
  if (!last_event_id.empty()) after = last_event_id;
  auto who = caller_of(request, ticket);
  if (!who) return Failure{who.error()};
  auto granted = subscription(filter, after, who.value().caller);
  if (!granted) {
    const int status = granted.error().status;
    if (status == 401 || status == 403 || status == 404) {
      record_refusal(services_, request, who.value().caller, "AccessRefused", granted.error().type);
    }
    return Failure{granted.error()};
  }
  return Stream{std::move(who).value(), std::move(granted).value()};
}

Answered<LiveCaller> LiveAdmission::socket(const Request& request,
                                           const Parameters& parameters) const {
  QueryReader reader(parameters);
  const std::string ticket = reader.text("ticket", kMaxTicketBytes);
  if (auto problem = reader.finish()) return Failure{std::move(*problem)};
  return caller_of(request, ticket);
}

Answered<LiveCaller> LiveAdmission::caller_of(const Request& request,
                                              const std::string& ticket) const {
  LiveCaller who{anonymous_caller(), request.headers.authorization};
  std::optional<Problem> problem;
  // To look at a token or ticket costs more than to refuse it (api/http/access.cc).
  const auto may_check = [&] {
    return services_.rate_limits == nullptr ||
           !services_.rate_limits->used_up(request, "/live", services_.now());
  };
  if (!ticket.empty() && !may_check()) return Failure{too_many_requests(1)};
  if (!ticket.empty()) {
    auto redeemed = tickets_.redeem(ticket, services_.now());
    if (!redeemed) return Failure{problem_of(redeemed.error())};
    if (!redeemed.value()) problem = invalid_token("The ticket is forged, over or used.");
    if (redeemed.value()) who.authorization = *std::move(redeemed).value();
  }
  if (!problem && services_.identity == nullptr) {
    who.caller = administrator_caller();
  } else if (!problem) {
    auto caller = services_.identity->caller_of(who.authorization, services_.now(), may_check);
    if (!caller) problem = problem_of_token(caller.error());
    if (caller) who.caller = std::move(caller).value();
  }
  if (services_.rate_limits != nullptr) {
    const RateRuling ruling =
        services_.rate_limits->take(request, "/live", who.caller, services_.now());
    if (!ruling.verdict.allowed) {
      return Failure{too_many_requests(static_cast<int>(ruling.verdict.retry_seconds))};
    }
  }
  if (!problem) return who;
  record_refusal(services_, request, who.caller, "TokenRefused", problem->type);
  return Failure{std::move(*problem)};
}

Answered<Admitted> LiveAdmission::subscription(const Filter& filter, const std::string& after,
                                               const Caller& caller) const {
  auto what = narrow(filter, caller, services_.private_catalogue);
  if (!what) return Failure{what.error()};
  auto cursor = cursor_of(after);
  if (!cursor) return Failure{cursor.error()};
  if (auto problem = refuse_foreign(filter, what.value(), caller)) {
    return Failure{std::move(*problem)};
  }
  return Admitted{std::move(what).value(), std::move(cursor).value()};
}

// Without a text it begins after all that this process knows of, so that nothing comes which was
// answered before. One that is ahead of the hub is only stale when it is ahead of the ledger, too.
Answered<Cursor> LiveAdmission::cursor_of(const std::string& text) const {
  const auto heads = heads_();
  if (text.empty()) {
    Cursor present;
    for (const eventstore::Position& head : heads) present.push_back({head.commit});
    for (const eventstore::Position& known : services_.gateway.heads()) {
      if (known.partition >= present.size()) continue;
      present[known.partition] = std::max(present[known.partition], Place{known.commit});
    }
    return present;
  }
  auto cursor = parse_cursor(text, heads.size());
  if (!cursor) return Failure{invalid_cursor()};
  for (std::size_t p = 0; p < heads.size(); ++p) {
    if ((*cursor)[p].commit <= heads[p].commit) continue;
    const auto last = ledgers_[p]->last_sequence();
    if (!last) return Failure{problem_of(last.error())};
    if ((*cursor)[p].commit > last.value()) {
      return Failure{stale_position("The cursor is past the end of this ledger.")};
    }
  }
  return *std::move(cursor);
}

std::optional<Problem> LiveAdmission::refuse_foreign(const Filter& filter, const Subscription& what,
                                                     const Caller& caller) const {
  if (filter.order_id) {
    if (auto problem = refuse_order(what.order_id, caller)) return problem;
  }
  if (!what.levels || what.product_id.empty() || what.unlisted) return std::nullopt;
  const std::string key = what.vendor_id + '/' + what.product_id;
  const auto product = find(Model::Products, key);
  if (!product) return product.error();
  ListingGlance glance;
  const bool listed = product.value() && eventstore::read_json(*product.value(), glance) &&
                      glance.status == domain::ProductStatus::Listed;
  if (listed) return std::nullopt;
  return not_found("stock", key);
}

// Those who see every order may wait for one that is yet to come.
std::optional<Problem> LiveAdmission::refuse_order(const std::string& order,
                                                   const Caller& caller) const {
  const Asker asker = asker_of(caller);
  if (asker == Asker::Vendor) {
    const auto part = find(Model::VendorOrders, caller.vendor_id->value + '/' + order);
    if (!part) return part.error();
    if (part.value()) return std::nullopt;
    return not_found("order", order);
  }
  if (asker != Asker::Customer) return std::nullopt;
  const auto document = find(Model::Orders, order);
  if (!document) return document.error();
  CustomerGlance glance;
  if (document.value() && eventstore::read_json(*document.value(), glance) &&
      glance.customer_id == caller.customer_id->value) {
    return std::nullopt;
  }
  return not_found("order", order);
}

// Without one, after the wait for what the hub has read.
Answered<std::optional<std::string>> LiveAdmission::find(Model model,
                                                         const std::string& key) const {
  auto document = services_.models.get(model, key);
  if (document && !document.value()) {
    if (!services_.models.wait_for(heads_(), kFoldPatience)) {
      return Failure{not_caught_up("It may be there, and not folded yet.")};
    }
    document = services_.models.get(model, key);
  }
  if (!document) return Failure{problem_of(document.error())};
  if (!document.value()) return std::optional<std::string>();
  return std::optional(std::move(document.value()->body));
}

}  // namespace cassette::api
