// Authorization: first where an answer may go, then whether there is one.
#include "api/identity/authorization.h"

#include <sodium.h>

#include <algorithm>

#include <spdlog/spdlog.h>

#include "api/identity/encoding.h"
#include "api/identity/pkce.h"
#include "api/identity/redirect_uri.h"
#include "eventstore/json_read.h"
#include "eventstore/json_write.h"

namespace cassette::api {
namespace {

// Of `state` and `nonce`: they are carried along and sent back.
constexpr std::size_t kMaxOpaqueBytes = 1024;

SecretKey subkey(const SecretKey& root) {
  SecretKey key;
  crypto_kdf_derive_from_key(key.data(), key.size(), 2, "identity", root.data());
  return key;
}

std::string bound_to(std::string_view cookie) {
  return std::string("sign-in|").append(cookie);
}

// Percent-encoded but for RFC 3986's unreserved characters.
std::string encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      out.append(1, '%').append(1, kDigits[byte >> 4]).append(1, kDigits[byte & 15]);
    }
  }
  return out;
}

void add(std::string& parameters, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  if (!parameters.empty()) parameters += '&';
  parameters.append(name).append(1, '=').append(encoded(value));
}

// What of a request is wrong, once it is known whose it is.
std::optional<OAuthError> fault_of(const AuthorizationRequest& request, const Credential& client) {
  if (request.has_request_object) {
    return OAuthError{OAuthCode::RequestNotSupported, "Request objects are not taken."};
  }
  if (request.response_type != "code") {
    return OAuthError{OAuthCode::UnsupportedResponseType, "The response_type is code."};
  }
  if (!request.response_mode.empty() && request.response_mode != "query") {
    return OAuthError{OAuthCode::InvalidRequest, "The response_mode is query."};
  }
  if (request.method != kS256 || !valid_challenge(request.challenge)) {
    return OAuthError{OAuthCode::InvalidRequest,
                      "PKCE is required: a code_challenge, with code_challenge_method S256."};
  }
  if (request.nonce.size() > kMaxOpaqueBytes) {
    return OAuthError{OAuthCode::InvalidRequest, "The nonce is too long."};
  }
  const auto scopes = parse_scopes(request.scope);
  if (!scopes || !allows(client.scopes, *scopes)) {
    return OAuthError{OAuthCode::InvalidScope, "The client may not ask for this scope."};
  }
  if (request.prompt == "none") {
    return OAuthError{OAuthCode::LoginRequired, "Nobody is signed in here between requests."};
  }
  return std::nullopt;
}

// What a sign-in gives: what was asked for, as far as the person may. Nothing when that is nothing.
std::optional<Scopes> granted_scopes(const AuthorizationRequest& request, const Credential& client,
                                     const Credential& person) {
  const Scopes asked = parse_scopes(request.scope).value_or(Scopes{});
  if (asked.empty()) return common_scopes(client.scopes, person.scopes);
  Scopes granted;
  for (const std::string& name : asked) {
    const bool may = !is_api_scope(name) || person.scopes.empty() || contains(person.scopes, name);
    if (may) granted.push_back(name);
  }
  const bool lost_all = !api_scopes(asked).empty() && api_scopes(granted).empty();
  if (lost_all) return std::nullopt;
  return granted;
}

AuthorizationRefusal to_person(OAuthCode code, std::string why) {
  return {{code, std::move(why)}, {}};
}

}  // namespace

AuthorizationService::AuthorizationService(const std::string& issuer, Credentials& credentials,
                                           Grants& grants, PasswordHasher& hasher, SecurityLog& log,
                                           const SecretKey& root)
    : issuer_(issuer),
      credentials_(credentials),
      grants_(grants),
      hasher_(hasher),
      log_(log),
      signer_(subkey(root)) {}

void AuthorizationService::record(const Origin& origin, std::string_view type,
                                  std::string_view principal, std::string_view name,
                                  std::string detail) {
  log_.record({origin.now, std::string(type), std::string(principal), std::string(name),
               origin.address, origin.request_id, std::move(detail)});
}

std::string AuthorizationService::error_uri(const AuthorizationRequest& request,
                                            const OAuthError& error) const {
  std::string parameters;
  add(parameters, "error", name_of(error.code));
  add(parameters, "error_description", error.description);
  add(parameters, "state", request.state);
  add(parameters, "iss", issuer_);
  return with_parameters(request.redirect_uri, parameters);
}

Result<SignInPrompt, AuthorizationRefusal> AuthorizationService::check(
    const AuthorizationRequest& request) {
  auto found = credentials_.find(request.client_id);
  if (!found) {
    spdlog::warn("identity: {}", found.error().what);
    return Failure{to_person(OAuthCode::TemporarilyUnavailable, "Try again in a moment.")};
  }
  const auto& client = found.value();
  if (!client || client->kind != CredentialKind::Client || client->revoked_at) {
    return Failure{to_person(OAuthCode::InvalidClient, "The client_id is of no client here.")};
  }
  const bool registered =
      std::ranges::any_of(client->redirect_uris, [&](const std::string& registered_uri) {
        return same_redirect_uri(registered_uri, request.redirect_uri);
      });
  if (!registered) {
    return Failure{
        to_person(OAuthCode::InvalidRequest, "The redirect_uri is none that the client has.")};
  }
  if (request.state.size() > kMaxOpaqueBytes) {
    return Failure{to_person(OAuthCode::InvalidRequest, "The state is too long.")};
  }
  if (auto fault = fault_of(request, *client)) {
    return Failure{AuthorizationRefusal{*fault, error_uri(request, *fault)}};
  }
  return SignInPrompt{*std::move(found).value(), request};
}

std::string AuthorizationService::ticket(const AuthorizationRequest& request,
                                         std::string_view cookie, domain::Timestamp now) const {
  constexpr auto kLifetime = std::chrono::microseconds(kTicketLifetime);
  return signer_.seal_cursor(eventstore::to_json(request), bound_to(cookie),
                             {now.micros + kLifetime.count()});
}

std::optional<AuthorizationRequest> AuthorizationService::open_ticket(std::string_view ticket,
                                                                      std::string_view cookie,
                                                                      domain::Timestamp now) const {
  if (cookie.empty()) return std::nullopt;
  const auto json = signer_.open_cursor(ticket, bound_to(cookie), now);
  AuthorizationRequest request;
  if (!json || !eventstore::read_json(*json, request)) return std::nullopt;
  return request;
}

Result<std::string, SignInFault> AuthorizationService::sign_in(const SignInPrompt& prompt,
                                                               std::string_view name,
                                                               std::string_view password,
                                                               const Origin& origin) {
  const auto found = credentials_.find(name);
  if (!found) {
    spdlog::warn("identity: {}", found.error().what);
    return Failure{SignInFault::Unavailable};
  }
  const auto& person = found.value();
  const bool usable = person && person->kind == CredentialKind::Login && !person->revoked_at;
  const auto matches = hasher_.matches(password, usable ? person->secret_hash : std::string());
  if (!matches) return Failure{SignInFault::Busy};
  if (!usable || !*matches) {
    // What was typed as a name may be a password, so only a name that there is goes to the log.
    record(origin, "SignInRefused", "anonymous", person ? person->id : "",
           usable ? "the password is wrong" : "there is no such person");
    return Failure{SignInFault::WrongPassword};
  }
  return give_code(prompt, *person, origin);
}

Result<std::string, SignInFault> AuthorizationService::give_code(const SignInPrompt& prompt,
                                                                 const Credential& person,
                                                                 const Origin& origin) {
  const AuthorizationRequest& request = prompt.request;
  auto scopes = granted_scopes(request, prompt.client, person);
  if (!scopes) {
    record(origin, "SignInRefused", principal_of(person), person.id,
           "may nothing of what client " + prompt.client.id + " asks for");
    return error_uri(request, {OAuthCode::AccessDenied, "Nothing of this scope may be given."});
  }
  AuthorizationCode code;
  code.client_id = prompt.client.id;
  code.login_id = person.id;
  code.redirect_uri = request.redirect_uri;
  code.challenge = request.challenge;
  code.nonce = request.nonce;
  code.scopes = *std::move(scopes);
  code.authenticated_at = origin.now;
  const auto text = grants_.make_code(std::move(code), origin.now);
  if (!text) {
    spdlog::warn("identity: {}", text.error().what);
    return Failure{SignInFault::Unavailable};
  }
  record(origin, "SignedIn", principal_of(person), person.id, "to client " + prompt.client.id);
  std::string parameters;
  add(parameters, "code", text.value());
  add(parameters, "state", request.state);
  add(parameters, "iss", issuer_);
  return with_parameters(request.redirect_uri, parameters);
}

std::string AuthorizationService::cancel(const SignInPrompt& prompt) const {
  return error_uri(prompt.request, {OAuthCode::AccessDenied, "The person did not sign in."});
}

}  // namespace cassette::api
