// What may be asked for at /auth/authorize, where answers may go, and who may sign in.
#include "api/identity/authorization.h"

#include <doctest/doctest.h>

#include "api/identity/pkce.h"
#include "api/identity/redirect_uri.h"
#include "tests/unit/api/identity_rig.h"

namespace cassette::api {
namespace {

using namespace std::chrono_literals;

// The error that the client is told, or "person: <error>" when only the person is.
std::string outcome(IdentityRig& rig, const AuthorizationRequest& request) {
  const auto prompt = rig.identity->authorization().check(request);
  if (prompt) return "sign in";
  const auto& refusal = prompt.error();
  if (refusal.redirect_to.empty())
    return "person: " + std::string(cassette::name_of(refusal.error.code));
  CHECK(refusal.redirect_to.starts_with(request.redirect_uri));
  CHECK(IdentityRig::parameter(refusal.redirect_to, "error") ==
        cassette::name_of(refusal.error.code));
  CHECK(IdentityRig::parameter(refusal.redirect_to, "iss") == "http%3A%2F%2F127.0.0.1%3A8080");
  return std::string(cassette::name_of(refusal.error.code));
}

TEST_CASE("a sign-in sends the browser back with a code, the state as it was, and our name") {
  IdentityRig rig;
  const std::string uri = rig.signed_in(rig.asking());
  CHECK(uri.starts_with("https://shop.example/back?code="));
  CHECK(rig.parameter(uri, "state") == "a%20state%20%26%20more");
  CHECK(rig.parameter(uri, "iss") == "http%3A%2F%2F127.0.0.1%3A8080");
  CHECK(rig.log.types() == std::vector<std::string>{"SignedIn"});
}

TEST_CASE("an answer goes to a registered URI and nowhere else, errors too") {
  IdentityRig rig;
  for (const std::string_view trick : {"https://shop.example/back/",
                                       "https://shop.example/BACK",
                                       "https://shop.example/back?x=1",
                                       "https://shop.example/back#x",
                                       "https://shop.example/back/../other",
                                       "https://shop.example/%62ack",
                                       "https://shop.example:443/back",
                                       "http://shop.example/back",
                                       "https://shop.example.evil.example/back",
                                       "https://shop.example@evil.example/back",
                                       "https://evil.example/?https://shop.example/back",
                                       "https://SHOP.example/back",
                                       "//shop.example/back",
                                       "javascript:alert(1)",
                                       "https://shop.example\\@evil.example/back",
                                       "https://shop.example/back ",
                                       "",
                                       "http://127.0.0.1@evil.example/back",
                                       "http://127.0.0.1.evil.example/back",
                                       "http://127.0.0.1:80:80/back",
                                       "http://127.0.0.1:x/back",
                                       "http://localhost/back",
                                       "http://127.0.0.1:8123/other",
                                       "https://127.0.0.1/back",
                                       "http://[::1]/back"}) {
    CAPTURE(trick);
    AuthorizationRequest request = rig.asking();
    request.redirect_uri = trick;
    request.response_type = "token";  // would be told to the client, were the URI its own
    CHECK(outcome(rig, request) == "person: invalid_request");
  }
  AuthorizationRequest any_port = rig.asking();
  any_port.redirect_uri = "http://127.0.0.1:53124/back";
  CHECK(outcome(rig, any_port) == "sign in");
  AuthorizationRequest unknown = rig.asking("nobody");
  CHECK(outcome(rig, unknown) == "person: invalid_client");
  CHECK(outcome(rig, rig.asking("anna")) == "person: invalid_client");
  CHECK(outcome(rig, rig.asking("other-shop")) == "person: invalid_request");
  REQUIRE(rig.credentials().revoke("shop", rig.now).value());
  CHECK(outcome(rig, rig.asking()) == "person: invalid_client");
}

TEST_CASE("PKCE by S256 is required of every client, and can't be talked down") {
  IdentityRig rig;
  for (const std::string_view client : {"shop", "phone"}) {
    AuthorizationRequest request = rig.asking(std::string(client));
    CHECK(outcome(rig, request) == "sign in");
    request.method = "plain";
    CHECK(outcome(rig, request) == "invalid_request");
    request.method = "";
    CHECK(outcome(rig, request) == "invalid_request");
    request = rig.asking(std::string(client));
    request.challenge = "";
    CHECK(outcome(rig, request) == "invalid_request");
    request.challenge = std::string(42, 'a');
    CHECK(outcome(rig, request) == "invalid_request");
  }
  CHECK(verifies(kVerifier, kChallenge));
  CHECK_FALSE(verifies(kChallenge, kChallenge));
  CHECK_FALSE(verifies("", ""));
}

TEST_CASE("what isn't done here is refused to the client by its name") {
  IdentityRig rig;
  const auto with = [&](auto change) {
    AuthorizationRequest request = rig.asking();
    change(request);
    return outcome(rig, request);
  };
  CHECK(with([](auto& r) { r.response_type = "token"; }) == "unsupported_response_type");
  CHECK(with([](auto& r) { r.response_type = "code id_token"; }) == "unsupported_response_type");
  CHECK(with([](auto& r) { r.response_mode = "fragment"; }) == "invalid_request");
  CHECK(with([](auto& r) { r.scope = "openid everything"; }) == "invalid_scope");
  CHECK(with([](auto& r) { r.prompt = "none"; }) == "login_required");
  CHECK(with([](auto& r) { r.has_request_object = true; }) == "request_not_supported");
  CHECK(with([](auto& r) { r.nonce = std::string(2000, 'n'); }) == "invalid_request");
  CHECK(with([](auto& r) { r.state = std::string(2000, 's'); }) == "person: invalid_request");
}

TEST_CASE("a wrong name and a wrong password are one answer, and both are told to the log") {
  IdentityRig rig;
  const auto prompt = rig.identity->authorization().check(rig.asking()).value();
  const auto attempt = [&](std::string_view name, std::string_view password) {
    return rig.identity->authorization().sign_in(prompt, name, password, rig.origin());
  };
  CHECK(attempt("anna", "wrong").error() == SignInFault::WrongPassword);
  CHECK(attempt("nobody", "wrong").error() == SignInFault::WrongPassword);
  CHECK(attempt("vendor-app", "the secret").error() == SignInFault::WrongPassword);
  CHECK(attempt("anna", "").error() == SignInFault::WrongPassword);
  CHECK(attempt("", "").error() == SignInFault::WrongPassword);
  REQUIRE(rig.credentials().revoke("anna", rig.now).value());
  CHECK(attempt("anna", "the password").error() == SignInFault::WrongPassword);
  CHECK(rig.log.types() == std::vector<std::string>(6, "SignInRefused"));
  // A password that was typed as a name must not stand in a log.
  CHECK(rig.log.events[1].credential_id.empty());
}

TEST_CASE("a person gives a client what both may, and nothing is no empty scope") {
  IdentityRig rig;
  Credential person;
  person.id = "ben";
  person.kind = CredentialKind::Login;
  person.secret_hash = rig.hash("the password");
  person.role = domain::Role::Vendor;
  person.vendor_id = domain::VendorId{"1580"};
  person.scopes = {"stock:read"};
  REQUIRE(rig.credentials().create(person).ok());
  const auto sign_in = [&](std::string scope) {
    AuthorizationRequest request = rig.asking();
    request.scope = std::move(scope);
    const auto prompt = rig.identity->authorization().check(request).value();
    return rig.identity->authorization()
        .sign_in(prompt, "ben", "the password", rig.origin())
        .value();
  };
  const auto scope_of = [&](const std::string& uri) {
    const auto answer = rig.grant(rig.redeeming(rig.parameter(uri, "code")), rig.proof("shop"));
    return answer ? answer.value().scope : "none";
  };
  CHECK(scope_of(sign_in("openid stock:read stock:write")) == "openid stock:read");
  CHECK(scope_of(sign_in("")) == "stock:read");
  CHECK(rig.parameter(sign_in("orders:read"), "error") == "access_denied");
}

TEST_CASE("the page's ticket is one browser's, and for ten minutes") {
  IdentityRig rig;
  const AuthorizationService& service = rig.identity->authorization();
  const std::string ticket = service.ticket(rig.asking(), "cookie-1", rig.now);
  const auto opened = service.open_ticket(ticket, "cookie-1", rig.now);
  REQUIRE(opened);
  CHECK(opened->redirect_uri == kRedirect);
  CHECK(opened->state == "a state & more");
  CHECK_FALSE(service.open_ticket(ticket, "cookie-2", rig.now));
  CHECK_FALSE(service.open_ticket(ticket, "", rig.now));
  CHECK_FALSE(service.open_ticket(service.ticket(rig.asking(), "", rig.now), "", rig.now));
  CHECK_FALSE(service.open_ticket(ticket + "A", "cookie-1", rig.now));
  rig.pass(11min);
  CHECK_FALSE(service.open_ticket(ticket, "cookie-1", rig.now));
}

TEST_CASE("who cancels is sent back without a code") {
  IdentityRig rig;
  const auto prompt = rig.identity->authorization().check(rig.asking()).value();
  const std::string uri = rig.identity->authorization().cancel(prompt);
  CHECK(rig.parameter(uri, "error") == "access_denied");
  CHECK(rig.parameter(uri, "state") == "a%20state%20%26%20more");
}

TEST_CASE("what may be registered as a redirect URI") {
  for (const std::string_view good :
       {"https://shop.example/back", "https://shop.example:8443/back?x=1", "http://127.0.0.1/back",
        "http://127.0.0.1:8123/back", "http://[::1]/back", "com.example.shop:/back"}) {
    CHECK_MESSAGE(valid_redirect_uri(good), good);
  }
  for (const std::string_view bad :
       {"", "http://shop.example/back", "https://", "https:///back", "https://a@b/back",
        "https://shop.example/back#x", "https://shop.example/a b", "javascript:alert(1)",
        "data:text/html,x", "http://localhost/back", "/back", "https://shop.example/\"onload"}) {
    CHECK_MESSAGE(!valid_redirect_uri(bad), bad);
  }
  CHECK(origin_of("https://shop.example:8443/back?x=1") == "https://shop.example:8443");
  CHECK(origin_of("com.example.shop:/back") == "com.example.shop:");
  CHECK(with_parameters("https://a.example/?x=1", "code=2") == "https://a.example/?x=1&code=2");
}

}  // namespace
}  // namespace cassette::api
