// The security log of a whole cassette: what operators, clients and strangers do is there, with who
// and from where; only administrators and auditors read it; and it outlives a restart.
#include <doctest/doctest.h>

#include "api/bootstrap.h"
#include "api/http/token_source.h"
#include "api/identity/security_record.h"
#include "eventstore/json_read.h"
#include "tests/system/marketplace.h"

namespace cassette::test {
namespace {

struct PageView {
  std::vector<api::SecurityRecord> items;

  static void fields(auto& self, auto&& visit) { visit("items", self.items); }
};

// A cassette that asks callers who they are, and its administrator.
struct Rig {
  ScratchFolder scratch;
  CassetteProcess cassette{scratch / "data",
                           {std::string(kWithIdentities), "--rate-limit", "anonymous.write=1:3"}};
  api::ClientSecret client;
  std::string token;

  Rig() { start(); }

  void start() {
    REQUIRE_MESSAGE(cassette.start(), cassette.log_tail());
    client = api::read_bootstrap(cassette.data()).value();
    token = token_of(client);
  }

  std::string token_of(const api::ClientSecret& whose) {
    api::TokenSource tokens(cassette.http_url(), whose);
    const auto current = tokens.current();
    REQUIRE_MESSAGE(current.ok(), current.error());
    return current.value();
  }

  api::ClientResponse send(std::string_view with, std::string method, std::string target,
                           std::string body = {}) {
    return Marketplace(cassette.http_url(), with)
        .try_send(write_to(std::move(method), std::move(target), std::move(body)));
  }

  // Standard output.
  std::string admin(std::vector<std::string> words) {
    words.insert(words.begin(), "admin");
    words.insert(words.end(), {"--data", cassette.data().string()});
    const Finished finished = run_cassette(words);
    REQUIRE_MESSAGE(finished.status == 0, finished.errors);
    return finished.output;
  }

  // The newest event of the type that `fits`, which is awaited.
  template <class Fits>
  api::SecurityEvent event(const std::string& type, Fits&& fits) {
    api::SecurityEvent found;
    const bool came = await([&] {
      const auto answer = send(token, "GET", "/security-events?type=" + type);
      PageView page;
      if (answer.status != 200 || !eventstore::read_json(answer.body, page)) return false;
      for (const api::SecurityRecord& record : page.items) {
        found = record.event;
        if (fits(found)) return true;
      }
      return false;
    });
    REQUIRE_MESSAGE(came, type);
    return found;
  }
  api::SecurityEvent event(const std::string& type) {
    return event(type, [](const api::SecurityEvent&) { return true; });
  }
  api::SecurityEvent event_of(const std::string& type, const std::string& credential) {
    return event(type,
                 [&](const api::SecurityEvent& each) { return each.credential_id == credential; });
  }
};

api::ClientSecret credential_in(const std::string& output) {
  api::ClientSecret view;
  REQUIRE(eventstore::read_json(output.substr(0, output.find('\n')), view));
  return view;
}

}  // namespace

TEST_CASE(
    "What is done to credentials, keys and people is in the security log, also after a restart") {
  Rig rig;
  CHECK(rig.event_of("CredentialCreated", rig.client.client_id).principal == "system");
  const auto issued = rig.event_of("TokenIssued", rig.client.client_id);
  CHECK(issued.principal == "admin");
  CHECK(issued.address == "127.0.0.1");
  CHECK(issued.request_id.size() == 36);

  rig.admin({"create-vendor-credential", "--vendor", "1580", "--id", "erp"});
  CHECK(rig.event_of("CredentialCreated", "erp").principal == "operator");
  rig.admin({"revoke", "erp"});
  CHECK(rig.event_of("CredentialRevoked", "erp").principal == "operator");
  rig.admin({"rotate-keys"});
  rig.event("KeysRotated");

  Marketplace market(rig.cassette.http_url(), rig.token);
  market.must(write_to("POST", "/customers", R"({"customerId":"c-17","name":"Ada Rider"})"));
  market.must(write_to("DELETE", "/customers/c-17", ""));
  const auto erased = rig.event("CustomerErased");
  CHECK(erased.principal == "admin");
  CHECK(erased.credential_id == rig.client.client_id);
  CHECK(erased.detail.find("c-17") != std::string::npos);
  CHECK(erased.detail.find("Ada") == std::string::npos);

  REQUIRE(rig.cassette.terminate() == 0);
  rig.admin({"rotate-master-key"});
  rig.start();
  rig.event("MasterKeyRotated");
  CHECK(rig.event_of("CredentialRevoked", "erp").principal == "operator");
  CHECK(rig.cassette.terminate() == 0);
}

TEST_CASE("Refused attempts are in the security log, which only auditors and administrators read") {
  Rig rig;
  const auto vendor =
      credential_in(rig.admin({"create-vendor-credential", "--vendor", "1580", "--id", "erp"}));
  const auto auditor =
      credential_in(rig.admin({"create-client", "--role", "auditor", "--id", "books"}));
  const std::string vendors = rig.token_of({vendor.client_id, vendor.client_secret});
  const std::string auditors = rig.token_of({auditor.client_id, auditor.client_secret});

  CHECK(rig.send(auditors, "GET", "/security-events").status == 200);
  CHECK(rig.send(vendors, "GET", "/security-events").status == 403);
  CHECK(rig.send("", "GET", "/security-events").status == 401);
  const auto refused = rig.event_of("AccessRefused", "erp");
  CHECK(refused.principal == "vendor:1580");
  CHECK(refused.address == "127.0.0.1");

  api::TokenSource guess(rig.cassette.http_url(), {"erp", "not the secret"});
  CHECK_FALSE(guess.current().ok());
  CHECK(rig.event_of("TokenRefused", "erp").detail.find("not the secret") == std::string::npos);
  CHECK(rig.send(rig.token + "A", "GET", "/orders").status == 401);
  rig.event("TokenRefused",
            [](const api::SecurityEvent& each) { return each.credential_id.empty(); });

  CHECK(await([&] { return rig.send("", "POST", "/vendors", "{}").status == 429; }));
  CHECK(rig.event("RateLimited").address == "127.0.0.1");
  CHECK(rig.cassette.terminate() == 0);
}

}  // namespace cassette::test
