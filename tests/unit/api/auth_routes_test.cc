// The routes of identity: forms, Basic, statuses and headers, and the sign-in page as a browser
// that means well and one that doesn't would use it.
#include <doctest/doctest.h>

#include <algorithm>

#include "api/http/form.h"
#include "api/http/rate_limits.h"
#include "tests/unit/api/identity_rig.h"

namespace cassette::api {
namespace {

struct AuthDesk {
  AuthDesk() {
    desk.services.identity = rig.identity.get();
    desk.services.security = &rig.log;
    desk.now = rig.now;
  }
  Response post(std::string target, std::string body, RequestHeaders headers = {}) {
    headers.content_type = kForm;
    return desk.send("POST", std::move(target), std::move(body), std::move(headers));
  }
  // The sign-in page, its ticket and its cookie.
  struct Opened {
    Response response;
    std::string ticket;
    std::string cookie;
  };
  Opened open(const std::string& more = {}) {
    Opened opened{desk.get("/auth/authorize?response_type=code&client_id=shop&state=s%201&nonce=n"
                           "&scope=openid&redirect_uri=https%3A%2F%2Fshop.example%2Fback"
                           "&code_challenge_method=S256&code_challenge=" +
                           std::string(kChallenge) + more),
                  {},
                  {}};
    const std::string& html = opened.response.body;
    constexpr std::string_view kTicket = "name=\"ticket\" value=\"";
    const std::size_t start = html.find(kTicket);
    if (start != std::string::npos) {
      const std::size_t value = start + kTicket.size();
      opened.ticket = html.substr(value, html.find('"', value) - value);
    }
    const std::string set = header_of(opened.response, "Set-Cookie");
    opened.cookie = set.substr(0, set.find(';'));
    return opened;
  }
  Response submit(const std::string& ticket, const std::string& cookie,
                  const std::string& fields = "username=anna&password=the+password") {
    RequestHeaders headers;
    headers.cookie = "other=1; " + cookie;
    return post("/auth/authorize", "ticket=" + ticket + "&" + fields, headers);
  }

  IdentityRig rig;
  Desk desk;
};

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

constexpr std::string_view kClientForm =
    "grant_type=client_credentials&client_id=vendor-app&client_secret=the+secret";

TEST_CASE("a client gets its token by form or by Basic, and no cache keeps it") {
  AuthDesk desk;
  const Response by_form = desk.post("/auth/token", std::string(kClientForm));
  CHECK(by_form.status == 200);
  CHECK(has(by_form.body, "\"access_token\":\"ey"));
  CHECK(has(by_form.body, "\"expires_in\":600"));
  CHECK(header_of(by_form, "Cache-Control") == "no-store");
  RequestHeaders basic;
  basic.authorization = "Basic " + base64(bytes_of("vendor-app:the+secret"));
  CHECK(desk.post("/auth/token", "grant_type=client_credentials", basic).status == 200);
  basic.authorization = "basic " + base64(bytes_of("vendor%2Dapp:the%20secret"));
  CHECK(desk.post("/auth/token", "grant_type=client_credentials", basic).status == 200);
}

TEST_CASE("a refusal is OAuth's own, with the status that it has") {
  AuthDesk desk;
  const auto refused = [&](const Response& response, int status, const std::string& error) {
    CHECK(response.status == status);
    CHECK_MESSAGE(response.body.starts_with("{\"error\":\"" + error + "\""), response.body);
    CHECK(response.content_type == "application/json");
    CHECK(header_of(response, "Cache-Control") == "no-store");
  };
  const Response wrong = desk.post(
      "/auth/token", "grant_type=client_credentials&client_id=vendor-app&client_secret=wrong");
  refused(wrong, 401, "invalid_client");
  CHECK(header_of(wrong, "WWW-Authenticate").starts_with("Basic "));
  refused(desk.post("/auth/token", "grant_type=client_credentials"), 401, "invalid_client");
  RequestHeaders basic;
  basic.authorization = "Basic " + base64(bytes_of("vendor-app:the+secret"));
  refused(desk.post("/auth/token", std::string(kClientForm), basic), 400, "invalid_request");
  refused(desk.post("/auth/token", "client_id=shop&grant_type=client_credentials", basic), 400,
          "invalid_request");
  basic.authorization = "Basic !!!";
  refused(desk.post("/auth/token", "grant_type=client_credentials", basic), 401, "invalid_client");
  basic.authorization = "Bearer abc";
  refused(desk.post("/auth/token", "grant_type=client_credentials", basic), 401, "invalid_client");
  refused(desk.post("/auth/token", std::string(kClientForm) + "&scope=a&scope=b"), 400,
          "invalid_request");
  refused(desk.post("/auth/token", std::string(kClientForm) + "&x=%zz"), 400, "invalid_request");
  refused(desk.post("/auth/token", "client_id=vendor-app&client_secret=the+secret"), 400,
          "invalid_request");
  refused(desk.post("/auth/refresh", std::string(kClientForm)), 400, "unsupported_grant_type");
  refused(desk.post("/auth/revoke", "client_id=shop&client_secret=the+secret"), 400,
          "invalid_request");
  refused(desk.post("/auth/introspect", "client_id=phone&token=x"), 400, "unauthorized_client");
  refused(desk.post("/auth/introspect", "token=x"), 401, "invalid_client");
}

TEST_CASE("a body that is no form is refused before it is read") {
  AuthDesk desk;
  RequestHeaders json;
  json.content_type = kJson;
  CHECK(desk.desk.send("POST", "/auth/token", "{}", json).status == 415);
  CHECK(desk.desk.router.max_body_bytes("POST", "/auth/token") == kMaxFormBytes);
}

TEST_CASE("a person signs in through the page, and the code gives tokens") {
  AuthDesk desk;
  const auto page = desk.open();
  CHECK(page.response.status == 200);
  CHECK(page.response.content_type == "text/html; charset=utf-8");
  const Response sent = desk.submit(page.ticket, page.cookie);
  CHECK(sent.status == 303);
  const std::string uri = header_of(sent, "Location");
  CHECK(uri.starts_with("https://shop.example/back?code="));
  CHECK(IdentityRig::parameter(uri, "state") == "s%201");
  const Response tokens = desk.post(
      "/auth/token", "grant_type=authorization_code&client_id=shop&client_secret=the+secret&code=" +
                         IdentityRig::parameter(uri, "code") +
                         "&redirect_uri=https%3A%2F%2Fshop.example%2Fback&code_verifier=" +
                         std::string(kVerifier));
  CHECK(tokens.status == 200);
  CHECK(has(tokens.body, "\"id_token\":\"ey"));
}

TEST_CASE("the page has labels, a language, no script, and a policy that holds it to that") {
  AuthDesk desk;
  const auto page = desk.open();
  const std::string& html = page.response.body;
  for (const std::string_view part :
       {"<html lang=\"en\">", "<label for=\"username\">", "<label for=\"password\">",
        "autocomplete=\"current-password\"", "<title>Sign in</title>", "<h1>Sign in</h1>"}) {
    CHECK_MESSAGE(has(html, part), part);
  }
  CHECK_FALSE(has(html, "<script"));
  const std::string policy = header_of(page.response, "Content-Security-Policy");
  for (const std::string_view part :
       {"default-src 'none'", "style-src 'sha256-", "form-action 'self' https://shop.example;",
        "frame-ancestors 'none'", "base-uri 'none'"}) {
    CHECK_MESSAGE(has(policy, part), policy);
  }
  const std::string cookie = header_of(page.response, "Set-Cookie");
  CHECK(has(cookie, "; HttpOnly; SameSite=Lax"));
  CHECK_FALSE(has(cookie, "Secure"));
  desk.rig.identity->set_issuer("https://shop.example");
  const std::string secure = header_of(desk.open().response, "Set-Cookie");
  CHECK(secure.starts_with("__Host-"));
  CHECK(has(secure, "; Secure"));
  CHECK(has(secure, "; Path=/;"));
}

TEST_CASE("another browser, no cookie or a forged ticket signs nobody in") {
  AuthDesk desk;
  const auto mine = desk.open();
  const auto others = desk.open();
  CHECK(mine.cookie != others.cookie);
  for (const Response& response :
       {desk.submit(mine.ticket, others.cookie), desk.submit(mine.ticket, ""),
        desk.submit("forged", mine.cookie),
        desk.post("/auth/authorize", "username=anna&password=the+password")}) {
    CHECK(response.status == 400);
    CHECK(header_of(response, "Location").empty());
    CHECK(response.content_type == "text/html; charset=utf-8");
  }
  desk.desk.now.micros += 11 * 60 * 1'000'000LL;
  CHECK(desk.submit(mine.ticket, mine.cookie).status == 400);
}

TEST_CASE("a wrong password shows the page again, with what was typed escaped") {
  AuthDesk desk;
  const auto page = desk.open();
  const Response again =
      desk.submit(page.ticket, page.cookie, "username=%22%3E%3Cscript%3E&password=wrong");
  CHECK(again.status == 403);
  CHECK(has(again.body, "role=\"alert\""));
  CHECK(has(again.body, "&quot;&gt;&lt;script&gt;"));
  CHECK_FALSE(has(again.body, "<script"));
  CHECK_FALSE(has(again.body, "wrong\""));
  CHECK(desk.submit(page.ticket, page.cookie).status == 303);
  const Response cancelled = desk.submit(page.ticket, page.cookie, "action=cancel");
  CHECK(cancelled.status == 303);
  CHECK(has(header_of(cancelled, "Location"), "error=access_denied"));
}

TEST_CASE("what can't be told to the client safely is told to the person") {
  AuthDesk desk;
  const Response unknown = desk.desk.get(
      "/auth/authorize?client_id=shop&redirect_uri=https%3A%2F%2Fevil.example%2Fback");
  CHECK(unknown.status == 400);
  CHECK(header_of(unknown, "Location").empty());
  CHECK(has(header_of(unknown, "Content-Security-Policy"), "form-action 'none'"));
  // A parameter that stands twice could be read in two ways.
  CHECK(desk.open("&client_id=other-shop").response.status == 400);
  const Response told = desk.open("&prompt=none").response;
  CHECK(told.status == 303);
  CHECK(has(header_of(told, "Location"), "https://shop.example/back?error=login_required"));
}

TEST_CASE("a request for authorization may be posted, too") {
  AuthDesk desk;
  const Response page =
      desk.post("/auth/authorize",
                "response_type=code&client_id=shop&redirect_uri=https%3A%2F%2Fshop.example%2Fback"
                "&code_challenge_method=S256&code_challenge=" +
                    std::string(kChallenge));
  CHECK(page.status == 200);
  CHECK(has(page.body, "name=\"ticket\""));
}

TEST_CASE("a library finds all it needs, and the keys") {
  AuthDesk desk;
  const Response metadata = desk.desk.get("/.well-known/openid-configuration");
  CHECK(metadata.status == 200);
  for (const std::string_view part : {R"("issuer":"http://127.0.0.1:8080")",
                                      R"("token_endpoint":"http://127.0.0.1:8080/auth/token")",
                                      R"("code_challenge_methods_supported":["S256"])",
                                      R"("authorization_response_iss_parameter_supported":true)"}) {
    CHECK_MESSAGE(has(metadata.body, part), metadata.body);
  }
  CHECK(desk.desk.get("/.well-known/oauth-authorization-server").body == metadata.body);
  const Response keys = desk.desk.get("/.well-known/jwks.json");
  CHECK(keys.status == 200);
  CHECK(has(keys.body, R"("alg":"ES256")"));
  CHECK(header_of(keys, "Cache-Control") == "public, max-age=60");
}

TEST_CASE("where nobody is asked who they are there is nowhere to sign in") {
  Desk desk;
  CHECK(desk.get("/.well-known/jwks.json").status == 404);
  RequestHeaders form;
  form.content_type = kForm;
  CHECK(desk.send("POST", "/auth/token", "a=b", form).status == 404);
}

// Each token that nobody knew cost a signature, however many one address sent.
TEST_CASE("an address that has used up what it may has no unknown token looked at") {
  AuthDesk auth;
  RateRules rules;
  REQUIRE(rules.set("anonymous.read=1:3") == std::nullopt);
  RateLimits limits(rules, &auth.rig.log);
  auth.desk.services.rate_limits = &limits;
  const auto status = [&auth](const std::string& token) {
    RequestHeaders headers;
    headers.authorization = "Bearer " + token;
    return auth.desk.send("GET", "/events?vendorId=1580", {}, std::move(headers)).status;
  };
  const std::string known = auth.rig.by_client().value().access_token;
  const std::string unseen = auth.rig.by_client().value().access_token;
  CHECK(status(known) == 200);
  for (const char* junk : {"a", "b", "c"}) CHECK(status(junk) == 401);
  CHECK(status("d") == 429);
  CHECK(status(unseen) == 429);
  CHECK(status(known) == 200);
  auth.desk.now.micros += 1'000'000;
  CHECK(status(unseen) == 200);
  CHECK(std::ranges::count(auth.rig.log.types(), "TokenRefused") == 3);
  CHECK(std::ranges::count(auth.rig.log.types(), "RateLimited") == 1);
}

}  // namespace
}  // namespace cassette::api
