// Documents of other servers: what is fetched, from where, and an issuer that is really asked.
#include "api/http/fetcher.h"

#include <doctest/doctest.h>

#include "api/http/server.h"
#include "tests/unit/api/identity_rig.h"

namespace cassette::api {
namespace {

TEST_CASE("plain HTTP is for this machine, and nothing else but HTTPS is asked at all") {
  for (const std::string_view good :
       {"https://idp.example", "https://idp.example/keys?x=1", "http://127.0.0.1:8080/keys",
        "http://[::1]/keys", "http://localhost:1/"}) {
    CHECK_MESSAGE(may_be_fetched(good), good);
  }
  for (const std::string_view bad :
       {"", "https://", "http://idp.example/keys", "http://127.0.0.1.evil.example/",
        "http://127.0.0.1@evil.example/", "https://a@evil.example/", "file:///etc/passwd",
        "ftp://idp.example/", "//idp.example/keys"}) {
    CHECK_MESSAGE(!may_be_fetched(bad), bad);
  }
  HttpsFetcher fetcher;
  CHECK_FALSE(fetcher.get("http://idp.example/keys").ok());
}

// A server of ours as somebody else's provider.
struct Provider {
  Provider() {
    desk.services.identity = rig.identity.get();
    desk.now = rig.now;
    server = HttpServer::start(desk.router, {}).value();
    url = "http://127.0.0.1:" + std::to_string(server->port());
    rig.identity->set_issuer(url);
  }

  IdentityRig rig;
  Desk desk;
  std::unique_ptr<HttpServer> server;
  std::string url;
};

TEST_CASE("the tokens of a provider that is trusted are taken, by the keys that it publishes") {
  Provider provider;
  HttpsFetcher fetcher;
  Identity::Options options;
  options.trusted = {{provider.url, std::string(kApiAudience)}};
  options.fetcher = &fetcher;
  IdentityRig rig(options);
  const auto caller = rig.caller(provider.rig.by_client("stock:read").value().access_token);
  REQUIRE(caller.ok());
  CHECK(caller.value().principal == "vendor:1580");
  CHECK(caller.value().credential_id == provider.url + "#vendor-app");
  CHECK(caller.value().scopes == Scopes{"stock:read"});
  // Without that trust the same token is nobody's.
  IdentityRig alone;
  CHECK_FALSE(alone.caller(provider.rig.by_client().value().access_token).ok());
}

TEST_CASE("what isn't 200, or isn't there, is a failure in words") {
  Provider provider;
  HttpsFetcher fetcher;
  CHECK(fetcher.get(provider.url + "/.well-known/jwks.json").ok());
  const auto missing = fetcher.get(provider.url + "/nothing");
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().ends_with("answers 404"));
  provider.server->stop();
  CHECK_FALSE(fetcher.get(provider.url + "/.well-known/jwks.json").ok());
}

}  // namespace
}  // namespace cassette::api
