// Token routes: a form in, tokens or a refusal out. What they mean is the TokenService's.
#include "api/http/form.h"
#include "api/http/handlers.h"
#include "api/http/oauth_response.h"
#include "api/identity/identity.h"
#include "api/identity/token_service.h"
#include "eventstore/json_write.h"

namespace cassette::api {
namespace {

// A form whose client has shown itself.
struct ClientForm {
  Form form;
  ClientProof proof;
};

Granted<ClientForm> read_form(const Call& call) {
  auto form = Form::parse(call.request.body);
  if (!form) {
    return refuse(OAuthCode::InvalidRequest, "The form is unreadable, or a field stands twice.");
  }
  auto proof = client_proof(call.request.headers, *form);
  if (!proof) return Failure{proof.error()};
  return ClientForm{*std::move(form), std::move(proof).value()};
}

Answered<Response> grant(const Call& call, const std::string& only) {
  Identity* identity = call.services.identity;
  if (identity == nullptr) return Failure{no_such_route()};
  const auto form = read_form(call);
  if (!form) return to_response(form.error());
  const Form& fields = form.value().form;
  TokenRequest request;
  request.grant_type = fields.text("grant_type");
  if (!only.empty() && request.grant_type.empty()) request.grant_type = only;
  if (!only.empty() && request.grant_type != only) {
    return to_response({OAuthCode::UnsupportedGrantType, "Here the grant_type is " + only + "."});
  }
  request.scope = fields.text("scope");
  request.code = fields.text("code");
  request.redirect_uri = fields.text("redirect_uri");
  request.code_verifier = fields.text("code_verifier");
  request.refresh_token = fields.text("refresh_token");
  const auto answer = identity->tokens().grant(form.value().proof, request, origin_of(call));
  if (!answer) return to_response(answer.error());
  return secret_json(eventstore::to_json(answer.value()));
}

// A form that says which token it is about.
Granted<ClientForm> read_token_form(const Call& call) {
  auto form = read_form(call);
  if (form && form.value().form.text("token").empty()) {
    return refuse(OAuthCode::InvalidRequest, "There is no token.");
  }
  return form;
}

}  // namespace

Answered<Response> issue_token(const Call& call) {
  return grant(call, {});
}

Answered<Response> refresh_token(const Call& call) {
  return grant(call, "refresh_token");
}

Answered<Response> revoke_token(const Call& call) {
  Identity* identity = call.services.identity;
  if (identity == nullptr) return Failure{no_such_route()};
  const auto form = read_token_form(call);
  if (!form) return to_response(form.error());
  const auto done = identity->tokens().revoke(form.value().proof, form.value().form.text("token"),
                                              origin_of(call));
  if (!done) return to_response(done.error());
  return secret_json("{}");
}

Answered<Response> introspect_token(const Call& call) {
  Identity* identity = call.services.identity;
  if (identity == nullptr) return Failure{no_such_route()};
  const auto form = read_token_form(call);
  if (!form) return to_response(form.error());
  const auto found = identity->tokens().introspect(
      form.value().proof, form.value().form.text("token"), origin_of(call));
  if (!found) return to_response(found.error());
  if (!found.value().active) return secret_json("{\"active\":false}");
  return secret_json(eventstore::to_json(found.value()));
}

}  // namespace cassette::api
