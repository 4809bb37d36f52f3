// RateLimits: the defaults, the rules of the command line, and the headers.
#include "api/http/rate_limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "api/http/access.h"
#include "api/http/addresses.h"
#include "api/http/form.h"

namespace cassette::api {
namespace {

using domain::Role;

constexpr std::array<std::string_view, 6> kRoleNames = {"admin",    "service", "vendor",
                                                        "customer", "auditor", "anonymous"};
constexpr std::array<std::string_view, 4> kKindNames = {"read", "write", "sign-in", "token"};
constexpr std::size_t kAnonymous = 5;
// A bucket's refusals are told to the security log once in so many seconds: a flood must not
// become one there.
constexpr RateLimit kRecords{1.0 / 60, 1};
// Of --rate-limit: what no machine does, and what the arithmetic in microseconds can tell apart.
constexpr double kMaxPerSecond = 1e6;
constexpr double kMinPerSecond = 1e-3;
constexpr std::uint32_t kMaxBurst = 10'000'000;
// Of the names that are signed in with: as far as they are looked at.
constexpr std::size_t kMaxNameBytes = 256;

std::size_t index_of(const Caller& caller) {
  if (caller.anonymous) return kAnonymous;
  switch (caller.role) {
    case Role::Administrator:
    case Role::System:
      return 0;
    case Role::Service:
      return 1;
    case Role::Vendor:
      return 2;
    case Role::Customer:
      return 3;
    case Role::Auditor:
      return 4;
  }
  return kAnonymous;
}

template <std::size_t N>
std::optional<std::size_t> find(const std::array<std::string_view, N>& names,
                                std::string_view name) {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<std::size_t>(found - names.begin());
}

template <class Number>
bool parse(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

// "200:1000", "50", "off".
std::optional<RateLimit> parse_limit(std::string_view text) {
  if (text == "off") return RateLimit{};
  const std::size_t colon = text.find(':');
  RateLimit limit;
  if (!parse(text.substr(0, colon), limit.per_second)) return std::nullopt;
  if (limit.per_second == 0 && colon == std::string_view::npos) return RateLimit{};
  if (!(limit.per_second >= kMinPerSecond && limit.per_second <= kMaxPerSecond)) {
    return std::nullopt;
  }
  limit.burst = static_cast<std::uint32_t>(std::max(1.0, std::ceil(limit.per_second)));
  if (colon != std::string_view::npos && !parse(text.substr(colon + 1), limit.burst)) {
    return std::nullopt;
  }
  if (limit.burst == 0 || limit.burst > kMaxBurst) return std::nullopt;
  return limit;
}

constexpr bool only_of_unknown(RateKind kind) {
  return kind == RateKind::SignIn || kind == RateKind::Token;
}

// Of what is posted to /auth/: as the routes read it, and what they don't know is a sign-in.
RateKind kind_of_auth(const Request& request, std::string_view path) {
  if (path == "/auth/refresh" || path == "/auth/revoke" || path == "/auth/introspect") {
    return RateKind::Token;
  }
  if (path != "/auth/token") return RateKind::SignIn;
  const auto form = Form::parse(request.body);
  const std::string grant = form ? form->text("grant_type") : "";
  const bool has_token = grant == "refresh_token" || grant == "authorization_code";
  return has_token ? RateKind::Token : RateKind::SignIn;
}

RateKind kind_of(const Request& request, std::string_view path) {
  if (request.method == "GET" || request.method == "HEAD") return RateKind::Read;
  return path.starts_with("/auth/") ? kind_of_auth(request, path) : RateKind::Write;
}

// Whether a machine that looks after this one asks: it must not take a limit for a failure.
bool is_unlimited(std::string_view path) {
  return path.starts_with("/health/");
}

}  // namespace

RateRules::RateRules() {
  //             read           write          sign-in  token
  limits_[0] = {{{}, {}, {}, {}}};
  limits_[1] = {{{2'000, 4'000}, {1'000, 2'000}, {}, {}}};
  limits_[2] = {{{500, 1'000}, {200, 1'000}, {}, {}}};
  limits_[3] = {{{50, 200}, {10, 50}, {}, {}}};
  limits_[4] = {{{200, 1'000}, {10, 20}, {}, {}}};
  limits_[kAnonymous] = {{{50, 200}, {5, 20}, {2, 10}, {20, 40}}};
}

std::optional<std::string> RateRules::set(std::string_view rule) {
  const std::size_t dot = rule.find('.');
  const std::size_t equals = rule.find('=', std::min(dot, rule.size()));
  if (equals == std::string_view::npos) {
    return fmt::format("'{}' is not ROLE.KIND=PER_SECOND[:BURST]", rule);
  }
  const auto role = find(kRoleNames, rule.substr(0, dot));
  const auto kind = find(kKindNames, rule.substr(dot + 1, equals - dot - 1));
  if (!role) return fmt::format("'{}': a role is {}", rule, fmt::join(kRoleNames, ", "));
  if (!kind) return fmt::format("'{}': a kind is {}", rule, fmt::join(kKindNames, ", "));
  if (only_of_unknown(static_cast<RateKind>(*kind)) && *role != kAnonymous) {
    return fmt::format("'{}': whoever is at /auth/ is anonymous until then", rule);
  }
  const auto limit = parse_limit(rule.substr(equals + 1));
  if (!limit) return fmt::format("'{}': a limit is PER_SECOND[:BURST], or off", rule);
  limits_[*role][*kind] = *limit;
  return std::nullopt;
}

const RateLimit& RateRules::of(const Caller& caller, RateKind kind) const {
  const std::size_t row = only_of_unknown(kind) ? kAnonymous : index_of(caller);
  return limits_[row][static_cast<std::size_t>(kind)];
}

RateLimit RateRules::of_name() const {
  RateLimit limit = limits_[kAnonymous][static_cast<std::size_t>(RateKind::SignIn)];
  limit.per_second = std::min(limit.per_second * kNameTimes, kMaxPerSecond);
  limit.burst *= kNameTimes;
  return limit;
}

void RateRuling::add_headers(Response& response) const {
  if (limit.unlimited()) return;
  const std::string_view name = kKindNames[static_cast<std::size_t>(kind)];
  const auto window = static_cast<std::int64_t>(std::ceil(limit.burst / limit.per_second));
  const auto say = [&](std::string_view first, std::int64_t number, std::string_view second,
                       std::int64_t seconds) {
    const fmt::format_int many(number);
    const fmt::format_int while_s(seconds);
    std::string text;
    text.reserve(48);
    text.append("\"").append(name).append("\"").append(first);
    text.append(many.data(), many.size()).append(second).append(while_s.data(), while_s.size());
    return text;
  };
  response.set_header("RateLimit-Policy",
                      say(";q=", limit.burst, ";w=", std::max<std::int64_t>(window, 1)));
  response.set_header("RateLimit", say(";r=", verdict.remaining, ";t=", verdict.reset_seconds));
}

// The address's bucket first: who is held back there takes nothing from the name's.
RateVerdict RateLimits::take_sign_in(const Request& request, const RateLimit& limit,
                                     domain::Timestamp now) {
  const RateVerdict verdict = limiter_.take("s" + subscriber_of(request.address), limit, now);
  if (!verdict.allowed) return verdict;
  RateVerdict least = verdict;
  for (const std::string& name : signing_in_names(request)) {
    const RateVerdict of_name = limiter_.take("n" + name, rules_.of_name(), now);
    if (!of_name.allowed) return of_name;
    if (of_name.remaining < least.remaining) least = of_name;
  }
  return least;
}

std::string RateLimits::bucket_of(const Request& request, const Caller& caller, RateKind kind) {
  const auto of_address = [&](std::string_view prefix) {
    return std::string(prefix) + subscriber_of(request.address);
  };
  if (kind == RateKind::SignIn) return of_address("s");
  if (kind == RateKind::Token) return of_address("t");
  const std::string prefix(kind == RateKind::Read ? "r" : "w");
  if (caller.anonymous) return of_address(prefix + "a");
  if (caller.credential_id.empty()) return prefix + "p" + caller.principal;
  return prefix + "c" + caller.credential_id;
}

RateRuling RateLimits::take(const Request& request, std::string_view path, const Caller& caller,
                            domain::Timestamp now) {
  RateRuling ruling;
  ruling.kind = kind_of(request, path);
  if (is_unlimited(path)) return ruling;
  ruling.limit = rules_.of(caller, ruling.kind);
  if (ruling.limit.unlimited()) return ruling;
  const std::string bucket = bucket_of(request, caller, ruling.kind);
  ruling.verdict = ruling.kind == RateKind::SignIn ? take_sign_in(request, ruling.limit, now)
                                                   : limiter_.take(bucket, ruling.limit, now);
  if (!ruling.verdict.allowed) record(request, caller, bucket, now);
  return ruling;
}

bool RateLimits::used_up(const Request& request, std::string_view path, domain::Timestamp now) {
  const Caller nobody = anonymous_caller();
  const RateKind kind = kind_of(request, path);
  return !limiter_.has_room(bucket_of(request, nobody, kind), rules_.of(nobody, kind), now);
}

void RateLimits::record(const Request& request, const Caller& caller, const std::string& bucket,
                        domain::Timestamp now) {
  if (log_ == nullptr || !limiter_.take("l" + bucket, kRecords, now).allowed) return;
  log_->record({now, "RateLimited", caller.principal, caller.credential_id, request.address,
                request.headers.request_id,
                fmt::format("{} {} and more within a minute", request.method,
                            without_query(request.target))});
}

std::vector<std::string> signing_in_names(const Request& request) {
  const auto form = Form::parse(request.body);
  if (!form) return {};
  std::vector<std::string> names;
  const auto proof = client_proof(request.headers, *form);
  const bool confidential = proof && proof.value().secret;
  for (std::string name : {confidential ? proof.value().client_id : "", form->text("username")}) {
    name.resize(std::min(name.size(), kMaxNameBytes));
    if (!name.empty()) names.push_back(std::move(name));
  }
  return names;
}

}  // namespace cassette::api
