// Authorization routes: the sign-in page and what is posted from it. The form carries a ticket that
// only the browser which was given its cookie can use, so no other page can sign anybody in.
#include "api/http/form.h"
#include "api/http/handlers.h"
#include "api/http/oauth_response.h"
#include "api/identity/authorization.h"
#include "api/identity/identity.h"
#include "api/identity/sign_in_page.h"

namespace cassette::api {
namespace {

constexpr std::string_view kCookie = "cassette-sign-in";
// Given and taken over TLS only, and by no other host of the domain.
constexpr std::string_view kSecureCookie = "__Host-cassette-sign-in";
constexpr std::size_t kCookieLength = 43;  // of random_secret()

bool is_secure(const Call& call) {
  return call.request.tls || call.services.identity->issuer().starts_with("https://");
}

std::string_view cookie_name(const Call& call) {
  return is_secure(call) ? kSecureCookie : kCookie;
}

// What the browser sent under that name; empty when it is absent or not as we made it.
std::string cookie_of(const Call& call) {
  std::string_view rest = call.request.headers.cookie;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(';'), rest.size());
    std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    while (pair.starts_with(' ')) pair.remove_prefix(1);
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || pair.substr(0, equals) != cookie_name(call)) continue;
    const std::string_view value = pair.substr(equals + 1);
    if (value.size() == kCookieLength) return std::string(value);
  }
  return {};
}

Response page(int status, Page shown) {
  Response response;
  response.status = status;
  response.body = std::move(shown.html);
  response.content_type = kHtml;
  response.set_header("Content-Security-Policy", std::move(shown.policy));
  response.set_header("Cache-Control", "no-store");
  response.set_header("X-Frame-Options", "DENY");
  // Not no-referrer: with it a browser would post the form from the origin "null".
  response.set_header("Referrer-Policy", "same-origin");
  if (status == 503) response.set_header("Retry-After", "1");
  return response;
}

Response refused(const OAuthError& error) {
  const int status = error.code == OAuthCode::TemporarilyUnavailable ? 503 : 400;
  return page(status, refusal_page(error.description));
}

// 303: whatever was sent to us, what comes next is a GET.
Response redirect(const std::string& uri) {
  Response response;
  response.status = 303;
  response.body = "";
  response.content_type = "text/plain; charset=utf-8";
  response.set_header("Location", uri);
  response.set_header("Cache-Control", "no-store");
  response.set_header("Referrer-Policy", "no-referrer");
  return response;
}

// The page, with a ticket for the browser that has `cookie`.
Response sign_in_form(const Call& call, const SignInPrompt& prompt, const std::string& cookie,
                      SignInForm form, int status) {
  form.client = prompt.client.name.empty() ? prompt.client.id : prompt.client.name;
  form.redirect_uri = prompt.request.redirect_uri;
  form.ticket = call.services.identity->authorization().ticket(prompt.request, cookie, call.now);
  return page(status, sign_in_page(form));
}

AuthorizationRequest read_request(const Form& form) {
  AuthorizationRequest request;
  request.response_type = form.text("response_type");
  request.response_mode = form.text("response_mode");
  request.client_id = form.text("client_id");
  request.redirect_uri = form.text("redirect_uri");
  request.scope = form.text("scope");
  request.state = form.text("state");
  request.nonce = form.text("nonce");
  request.challenge = form.text("code_challenge");
  request.method = form.text("code_challenge_method");
  request.prompt = form.text("prompt");
  request.login_hint = form.text("login_hint");
  request.has_request_object = form.has("request") || form.has("request_uri");
  return request;
}

Response begin(const Call& call, const Form& form) {
  const auto prompt = call.services.identity->authorization().check(read_request(form));
  if (!prompt) {
    if (prompt.error().redirect_to.empty()) return refused(prompt.error().error);
    return redirect(prompt.error().redirect_to);
  }
  std::string cookie = cookie_of(call);
  if (cookie.empty()) cookie = random_secret();
  SignInForm shown;
  if (domain::valid_id(prompt.value().request.login_hint)) {
    shown.user_name = prompt.value().request.login_hint;
  }
  Response response = sign_in_form(call, prompt.value(), cookie, std::move(shown), 200);
  std::string set(cookie_name(call));
  set.append(1, '=').append(cookie).append("; Path=/; HttpOnly; SameSite=Lax; Max-Age=600");
  if (is_secure(call)) set.append("; Secure");
  response.set_header("Set-Cookie", std::move(set));
  return response;
}

Response finish(const Call& call, const Form& form) {
  AuthorizationService& authorization = call.services.identity->authorization();
  const std::string cookie = cookie_of(call);
  const auto request = authorization.open_ticket(form.text("ticket"), cookie, call.now);
  if (!request) {
    return refused(
        {OAuthCode::InvalidRequest, "This page was open for too long, or its cookie is missing."});
  }
  const auto prompt = authorization.check(*request);  // the client may have been revoked since
  if (!prompt) return refused(prompt.error().error);
  if (form.text("action") == "cancel") return redirect(authorization.cancel(prompt.value()));
  SignInForm shown;
  shown.user_name = form.text("username");
  const auto signed_in = authorization.sign_in(prompt.value(), shown.user_name,
                                               form.text("password"), origin_of(call));
  if (signed_in) return redirect(signed_in.value());
  switch (signed_in.error()) {
    case SignInFault::WrongPassword:
      shown.fault = "The user name or the password is wrong.";
      return sign_in_form(call, prompt.value(), cookie, std::move(shown), 403);
    case SignInFault::Busy:
      shown.fault = "Too many people are signing in. Try again in a moment.";
      return sign_in_form(call, prompt.value(), cookie, std::move(shown), 503);
    case SignInFault::Unavailable:
      shown.fault = "That can't be looked up now. Try again in a moment.";
      return sign_in_form(call, prompt.value(), cookie, std::move(shown), 503);
  }
  return refused({});
}

}  // namespace

Answered<Response> authorize(const Call& call) {
  if (call.services.identity == nullptr) return Failure{no_such_route()};
  const auto form = Form::of(call.parameters);
  if (!form) return refused({OAuthCode::InvalidRequest, "A parameter stands twice."});
  return begin(call, *form);
}

Answered<Response> sign_in(const Call& call) {
  if (call.services.identity == nullptr) return Failure{no_such_route()};
  const auto form = Form::parse(call.request.body);
  if (!form) {
    return refused({OAuthCode::InvalidRequest, "The form is unreadable, or a field stands twice."});
  }
  return form->has("ticket") ? finish(call, *form) : begin(call, *form);
}

}  // namespace cassette::api
