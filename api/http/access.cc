// Access: from the header to the caller.
#include "api/http/access.h"

#include <fmt/format.h>

#include "api/http/rate_limits.h"
#include "api/identity/identity.h"
#include "api/identity/security_log.h"

namespace cassette::api {
namespace {

// Of a path, in bytes: enough to know the route by.
constexpr std::size_t kMaxTargetBytes = 200;

Problem problem_of(TokenFault fault) {
  if (fault == TokenFault::Unavailable) return unavailable("Tokens can't be checked now.");
  if (fault == TokenFault::Unchecked) return too_many_requests(1);
  return invalid_token(name_of(fault));
}

}  // namespace

Admission admit(const Services& services, const Request& request, const Permission& permission,
                domain::Timestamp now) {
  if (services.identity == nullptr) return {administrator_caller(), std::nullopt};
  if (permission.open()) return {anonymous_caller(), std::nullopt};
  // To check a token costs more than to refuse it: an address that has used up what it may without
  // one is not believed to have another.
  const auto may_check = [&] {
    return services.rate_limits == nullptr ||
           !services.rate_limits->used_up(request, without_query(request.target), now);
  };
  auto caller = services.identity->caller_of(request.headers.authorization, now, may_check);
  if (!caller) {
    const Caller nobody = anonymous_caller();
    // What comes too often is recorded where it is counted.
    if (caller.error() == TokenFault::Unchecked) return {nobody, problem_of(caller.error())};
    record_refusal(services, request, nobody, "TokenRefused", name_of(caller.error()));
    return {nobody, problem_of(caller.error())};
  }
  auto refusal = refuse_role(caller.value(), permission, services.private_catalogue);
  if (refusal) record_refusal(services, request, caller.value(), "AccessRefused", refusal->type);
  return {std::move(caller).value(), std::move(refusal)};
}

std::string_view without_query(std::string_view target) {
  return target.substr(0, target.find('?'));
}

void record_refusal(const Services& services, const Request& request, const Caller& caller,
                    std::string_view type, std::string_view why) {
  if (services.security == nullptr) return;
  const std::string_view target = without_query(request.target).substr(0, kMaxTargetBytes);
  services.security->record({services.now(), std::string(type), caller.principal,
                             caller.credential_id, request.address, request.headers.request_id,
                             fmt::format("{} {}: {}", request.method, target, why)});
}

}  // namespace cassette::api
