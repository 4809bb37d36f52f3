// Discovery: what a client library needs to know of us, and the keys that our tokens are signed
// with. Sources: OpenID Connect Discovery 1.0 §3, RFC 8414 §2, RFC 7517.
#include <chrono>
#include <string>
#include <vector>

#include "api/http/handlers.h"
#include "api/http/json_text.h"
#include "api/http/reads.h"
#include "api/identity/identity.h"
#include "api/identity/scopes.h"
#include "api/identity/signing_keys.h"

namespace cassette::api {
namespace {

using Names = std::vector<std::string>;

std::string cached_for(std::chrono::seconds time) {
  return "public, max-age=" + std::to_string(time.count());
}

constexpr std::chrono::seconds kMetadataCachedFor{300};

std::string metadata(const std::string& issuer) {
  const Names authentication{"client_secret_basic", "client_secret_post", "none"};
  std::string body = "{";
  append_member(body, "issuer", issuer);
  append_member(body, "authorization_endpoint", issuer + "/auth/authorize");
  append_member(body, "token_endpoint", issuer + "/auth/token");
  append_member(body, "revocation_endpoint", issuer + "/auth/revoke");
  append_member(body, "introspection_endpoint", issuer + "/auth/introspect");
  append_member(body, "jwks_uri", issuer + "/.well-known/jwks.json");
  append_member(body, "scopes_supported", known_scopes());
  append_member(body, "response_types_supported", Names{"code"});
  append_member(body, "response_modes_supported", Names{"query"});
  append_member(body, "grant_types_supported",
                Names{"authorization_code", "client_credentials", "refresh_token"});
  append_member(body, "subject_types_supported", Names{"public"});
  append_member(body, "id_token_signing_alg_values_supported", Names{"ES256"});
  append_member(body, "token_endpoint_auth_methods_supported", authentication);
  append_member(body, "revocation_endpoint_auth_methods_supported", authentication);
  append_member(body, "introspection_endpoint_auth_methods_supported",
                Names{"client_secret_basic", "client_secret_post"});
  append_member(body, "code_challenge_methods_supported", Names{"S256"});
  append_member(body, "claims_supported",
                Names{"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "at_hash"});
  append_member(body, "authorization_response_iss_parameter_supported", true);
  append_member(body, "request_parameter_supported", false);
  append_member(body, "request_uri_parameter_supported", false);
  return body + '}';
}

}  // namespace

Answered<Response> read_metadata(const Call& call) {
  if (call.services.identity == nullptr) return Failure{no_such_route()};
  const auto plain = refuse_parameters(call);
  if (!plain) return Failure{plain.error()};
  Response response;
  response.body = metadata(call.services.identity->issuer());
  response.set_header("Cache-Control", cached_for(kMetadataCachedFor));
  return response;
}

Answered<Response> read_keys(const Call& call) {
  if (call.services.identity == nullptr) return Failure{no_such_route()};
  const auto plain = refuse_parameters(call);
  if (!plain) return Failure{plain.error()};
  Response response;
  response.body = call.services.identity->signing_keys().current(call.now)->jwks();
  response.content_type = "application/jwk-set+json";
  response.set_header("Cache-Control", cached_for(kKeysCachedFor));
  return response;
}

}  // namespace cassette::api
