// Router: the checks before a handler, and the CORS headers after it.
#include "api/http/router.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>

#include "api/http/access.h"
#include "api/http/ownership.h"
#include "api/http/query.h"
#include "api/http/rate_limits.h"
#include "api/http/writes.h"

namespace cassette::api {
namespace {

// Of a route without a row: nobody but the administrator. A test says that there is none.
constexpr Permission kClosed{{}, {Access::All}};

std::vector<std::string_view> split(std::string_view pattern) {
  std::vector<std::string_view> segments;
  while (!pattern.empty()) {
    pattern.remove_prefix(1);
    const std::size_t end = std::min(pattern.find('/'), pattern.size());
    segments.push_back(pattern.substr(0, end));
    pattern.remove_prefix(end);
  }
  return segments;
}

std::string lower(std::string_view text) {
  std::string small(text);
  std::ranges::transform(small, small.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  });
  return small;
}

// "application/json" of "Application/JSON; charset=utf-8".
std::string media_type(std::string_view content_type) {
  std::string type = lower(content_type.substr(0, content_type.find(';')));
  while (type.ends_with(' ')) type.pop_back();
  return type;
}

std::optional<Problem> refuse_body(const Request& request, const Route& route) {
  if (request.body_too_large) return body_too_large(route.max_body_bytes());
  const std::string type = media_type(request.headers.content_type);
  const bool nothing = request.body.empty() && type.empty();
  switch (route.takes) {
    case Takes::Nothing:
      if (request.body.empty()) return std::nullopt;
      return malformed("There is no body to this request.");
    case Takes::Ndjson:
      if (type == kNdjson) return std::nullopt;
      return unsupported_media_type(kNdjson);
    case Takes::Patch:
      if (type == kMergePatch || type == kJson) return std::nullopt;
      return unsupported_media_type(kMergePatch);
    case Takes::OptionalJson:
      if (nothing || type == kJson) return std::nullopt;
      return unsupported_media_type(kJson);
    case Takes::Form:
      if (type == kForm) return std::nullopt;
      return unsupported_media_type(kForm);
    case Takes::Json:
      if (type == kJson) return std::nullopt;
      return unsupported_media_type(kJson);
  }
  return std::nullopt;
}

std::optional<Problem> refuse_key(const Request& request, const Route& route) {
  const std::string& key = request.headers.idempotency_key;
  if (key.empty() && route.key_required) return idempotency_key_required();
  const auto visible = [](char c) { return c > ' ' && c < '\x7f'; };
  if (key.size() <= kMaxKeyBytes && std::ranges::all_of(key, visible)) return std::nullopt;
  return invalid_header("Idempotency-Key", "is at most 255 visible ASCII characters");
}

// A write that can't keep its condition must not be made.
std::optional<Problem> refuse_condition(const Request& request, const Route& route) {
  if (route.may_be_first || request.headers.if_none_match.empty()) return std::nullopt;
  return invalid_header("If-None-Match", "goes with a read, a product's PUT and a count");
}

bool is_safe(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

Response options(const std::string& allowed, bool with_body) {
  Response response;
  response.status = 204;
  response.set_header("Allow", allowed);
  if (with_body) response.set_header("Accept-Patch", std::string(kMergePatch));
  return response;
}

Response response_of(Answered<Response> answer) {
  return answer ? std::move(answer).value() : to_response(answer.error());
}

std::string path_of(const std::vector<std::string>& segments) {
  std::string path;
  for (const std::string& segment : segments) path.append(1, '/').append(segment);
  return path;
}

}  // namespace

Router::Router(Services& services) : services_(services) {
  for (const Route& route : routes()) {
    const Permission* permission = permission_of(route.operation_id);
    Compiled compiled{&route, permission ? permission : &kClosed, split(route.pattern), {}};
    for (std::string_view& segment : compiled.segments) {
      if (!segment.starts_with('{')) continue;
      compiled.names.push_back(segment.substr(1, segment.size() - 2));
      segment = {};
    }
    compiled_.push_back(std::move(compiled));
  }
}

bool Router::Compiled::matches(const std::vector<std::string>& path) const {
  return std::ranges::equal(segments, path, [](std::string_view pattern, const std::string& given) {
    return pattern.empty() ? !given.empty() : pattern == given;
  });
}

const Router::Compiled* Router::find(std::string_view method,
                                     const std::vector<std::string>& path) const {
  const auto found = std::ranges::find_if(compiled_, [&](const Compiled& compiled) {
    return compiled.route->method == method && compiled.matches(path);
  });
  return found == compiled_.end() ? nullptr : &*found;
}

Response Router::handle(const Request& request) const {
  Response response;
  try {
    response = response_of(dispatch(request));
  } catch (const std::exception& error) {
    spdlog::error("{} {} ({}) threw: {}", request.method, request.target,
                  request.headers.request_id, error.what());
    response = to_response(internal_error());
  }
  add_cors(services_.edge, request, response);
  return response;
}

Answered<Response> Router::dispatch(const Request& request) const {
  if (!services_.edge.serves(request.headers.host)) {
    return Failure{not_permitted(
        "This server is not asked under the name in Host; --allow-host adds a name.")};
  }
  auto target = parse_target(request.target);
  if (!target) return Failure{std::move(target).error()};
  std::string_view method = request.method;
  if (method == "HEAD") method = "GET";
  const std::vector<std::string>& path = target.value().segments;
  if (const Compiled* found = find(method, path)) {
    return call(request, *found, std::move(target).value());
  }
  std::string allowed;
  bool patched = false;
  for (const Compiled& other : compiled_) {
    if (!other.matches(path)) continue;
    allowed.append(other.route->method).append(", ");
    if (other.route->method == "GET") allowed.append("HEAD, ");
    patched = patched || other.route->takes == Takes::Patch;
  }
  if (allowed.empty()) return Failure{no_such_route()};
  allowed += "OPTIONS";
  if (method == "OPTIONS") {
    Response response = options(allowed, patched);
    add_preflight(services_.edge, request, allowed, response);
    return response;
  }
  Response response = to_response(method_not_allowed());
  response.set_header("Allow", allowed);
  return response;
}

Answered<Response> Router::call(const Request& request, const Compiled& compiled,
                                Target target) const {
  const domain::Timestamp now = services_.now();
  Admission admission = admit(services_, request, *compiled.permission, now);
  Call call{request,
            services_,
            std::move(admission.caller),
            now,
            path_of(target.segments),
            {},
            std::move(target.parameters)};
  const auto answer = [&]() -> Answered<Response> {
    if (admission.refusal) return Failure{std::move(*admission.refusal)};
    return checked(call, compiled, target.segments);
  };
  if (services_.rate_limits == nullptr) return answer();
  // Another look at the clock: knowing the caller may have taken a round trip, and in a bucket that
  // others have used meanwhile, a time from before it looks as if it were used up.
  const RateRuling ruling =
      services_.rate_limits->take(request, call.path, call.caller, services_.now());
  Response response =
      ruling.verdict.allowed
          ? response_of(answer())
          : to_response(too_many_requests(static_cast<int>(ruling.verdict.retry_seconds)));
  ruling.add_headers(response);
  return response;
}

Answered<Response> Router::checked(Call& call, const Compiled& compiled,
                                   const std::vector<std::string>& segments) const {
  const Route& route = *compiled.route;
  const Request& request = call.request;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (!compiled.segments[i].empty()) continue;
    if (!domain::valid_id(segments[i])) {
      return Failure{invalid_id(compiled.names[call.ids.size()])};
    }
    call.ids.push_back(segments[i]);
  }
  const bool is_write = !is_safe(request.method);
  if (is_write && !services_.edge.may_write(request.headers.origin)) {
    return Failure{not_permitted("Pages of other origins may not write here.")};
  }
  if (is_write && !call.parameters.empty()) {
    return Failure{unknown_parameter(call.parameters.front().first)};
  }
  if (auto problem = refuse_body(request, route)) return Failure{std::move(*problem)};
  if (auto problem = refuse_key(request, route)) return Failure{std::move(*problem)};
  if (is_write) {
    if (auto problem = refuse_condition(request, route)) return Failure{std::move(*problem)};
  }
  auto answer = handle_own(call, compiled);
  const bool refused = !answer && answer.error().status == 403;
  if (refused) {
    record_refusal(services_, request, call.caller, "AccessRefused", answer.error().detail);
  }
  return answer;
}

// Whose the object is comes last: all before is answered alike, whether there is one or not.
Answered<Response> Router::handle_own(const Call& call, const Compiled& compiled) const {
  auto problem = refuse_foreign(call, *compiled.permission);
  if (!problem) return compiled.route->handler(call);
  if (problem->status == 404) {
    record_refusal(services_, call.request, call.caller, "AccessRefused", "not its own, or absent");
  }
  return Failure{*std::move(problem)};
}

std::size_t Router::max_body_bytes(std::string_view method, std::string_view target) const {
  const auto parsed = parse_target(target);
  if (!parsed) return kMaxBodyBytes;
  const Compiled* found = find(method, parsed.value().segments);
  if (found) return found->route->max_body_bytes();
  return kMaxBodyBytes;
}

}  // namespace cassette::api
