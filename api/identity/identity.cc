// Identity: the parts, joined.
#include "api/identity/identity.h"

#include <array>

namespace cassette::api {

struct Identity::Parts {};

std::string_view name_of(TokenFault fault) {
  constexpr std::array<std::string_view, 5> kNames{
      "the Authorization header holds no bearer token", "the token is not valid here",
      "the token has expired", "the token was revoked", "the token can't be checked now"};
  return kNames[static_cast<std::size_t>(fault)];
}

Identity::Identity(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Identity::~Identity() = default;

Result<Caller, TokenFault> Identity::caller_of(std::string_view authorization, domain::Timestamp) {
  if (authorization.empty()) return anonymous_caller();
  return Failure{TokenFault::Invalid};
}

}  // namespace cassette::api
