// The first start with identities: the administrator that it makes, the lines that it prints, what
// `cassette admin` does beside it and without it, and the tools that need tokens.
#include <doctest/doctest.h>

#include <sys/stat.h>

#include <cstdio>
#include <fstream>
#include <iterator>

#include "api/bootstrap.h"
#include "api/hints.h"
#include "tests/support/environment_variable.h"
#include "tests/support/small_tables.h"
#include "tests/system/marketplace.h"

namespace cassette::test {
namespace {

constexpr int kRefused = 1;
constexpr int kCouldNotRun = 2;

const std::vector<std::string> kAsking{std::string(kWithIdentities)};

std::string text_of(const std::filesystem::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// What a shell prints that runs `script`.
std::string run_script(const std::filesystem::path& file, const std::string& script) {
  std::ofstream(file) << script;
  std::FILE* shell = popen(("bash " + file.string() + " 2>&1").c_str(), "r");
  REQUIRE(shell != nullptr);
  std::string output;
  for (int c = std::fgetc(shell); c != EOF; c = std::fgetc(shell)) {
    output += static_cast<char>(c);
  }
  CHECK(pclose(shell) == 0);
  return output;
}

Finished admin(const CassetteProcess& cassette, std::vector<std::string> words) {
  words.insert(words.begin(), "admin");
  words.push_back("--data");
  words.push_back(cassette.data().string());
  return run_cassette(words);
}

// The status of `GET /orders` for this client.
int status_for(const CassetteProcess& cassette, api::ClientSecret client) {
  const auto tokens = std::make_shared<api::TokenSource>(cassette.http_url(), std::move(client));
  if (!tokens->current()) return 0;
  api::ClientRequest request;
  request.target = "/orders";
  const auto answer = api::HttpClient(cassette.http_url(), tokens).send(request);
  return answer ? answer.value().status : 0;
}

}  // namespace

TEST_CASE(
    "The first start makes an administrator that only the owner can read, and no second one") {
  const ScratchFolder scratch;
  CassetteProcess cassette(scratch / "data", kAsking);
  REQUIRE_MESSAGE(cassette.start(), cassette.log_tail());
  const auto file = api::bootstrap_file(cassette.data());
  CHECK(cassette.log().find(file.string()) != std::string::npos);
  struct stat found {};
  REQUIRE(::stat(file.c_str(), &found) == 0);
  CHECK((found.st_mode & 0777) == 0600);
  const std::string before = text_of(file);
  const auto client = api::read_bootstrap(cassette.data());
  REQUIRE(client.has_value());
  CHECK(status_for(cassette, *client) == 200);
  CHECK(cassette.terminate() == 0);
  REQUIRE_MESSAGE(cassette.start(), cassette.log_tail());
  CHECK(text_of(file) == before);
  CHECK(status_for(cassette, *client) == 200);
  const Finished revoked = admin(cassette, {"revoke", client->client_id});
  CHECK_MESSAGE(revoked.status == 0, revoked.errors);
  CHECK(await([&] { return status_for(cassette, *client) == 0; }));
  CHECK(cassette.terminate() == 0);
  REQUIRE_MESSAGE(cassette.start(), cassette.log_tail());
  CHECK(text_of(file) == before);
  CHECK(status_for(cassette, *client) == 0);
  CHECK(cassette.terminate() == 0);
}

TEST_CASE("The lines that up prints work as they are") {
  const ScratchFolder scratch;
  CassetteProcess cassette(scratch / "data", kAsking);
  REQUIRE_MESSAGE(cassette.start(), cassette.log_tail());
  const std::string hints =
      api::hints(cassette.http_url(), false, api::bootstrap_file(cassette.data()).string());
  std::string script = "set -e\n";
  for (std::size_t at = 0; at < hints.size();) {
    const std::size_t end = std::min(hints.find('\n', at), hints.size());
    const std::string line = hints.substr(at, end - at);
    if (line.starts_with("  ")) script += line + "\necho\n";
    at = end + 1;
  }
  const std::string output = run_script(scratch / "hints.sh", script);
  CAPTURE(output);
  CHECK(output.find("/problems/") == std::string::npos);
  CHECK(output.find("\"trackingCode\":\"1Z\"") != std::string::npos);
  CHECK(output.find("\"type\":\"OrderPlaced\"") != std::string::npos);
  CHECK(cassette.terminate() == 0);
}

TEST_CASE("cassette admin makes, lists and revokes, whether up runs or not") {
  const ScratchFolder scratch;
  CassetteProcess cassette(scratch / "data", kAsking);
  const Finished early = admin(cassette, {"list"});
  CHECK(early.status == kCouldNotRun);
  REQUIRE_MESSAGE(cassette.start(), cassette.log_tail());
  const auto make = [&](std::vector<std::string> more) {
    std::vector<std::string> words{"create-vendor-credential", "--vendor", "1580", "--id", "erp"};
    words.insert(words.end(), more.begin(), more.end());
    return admin(cassette, words);
  };
  CHECK(make({"--scope", "stock:eat"}).status == kCouldNotRun);
  const Finished made = make({"--scope", "stock:write"});
  CHECK_MESSAGE(made.status == 0, made.errors);
  CHECK(made.output.starts_with("{\"client_id\":\"erp\",\"client_secret\":\""));
  CHECK(make({}).status == kRefused);
  CHECK(admin(cassette, {"rotate-keys"}).status == 0);
  CHECK(admin(cassette, {"rotate-master-key"}).status == kCouldNotRun);  // up has the folder
  CHECK(cassette.terminate() == 0);
  const Finished listed = admin(cassette, {"list", "--json"});
  CHECK_MESSAGE(listed.status == 0, listed.errors);
  CHECK(listed.output.find("\"scopes\":[\"stock:write\"]") != std::string::npos);
  CHECK(listed.output.find("argon2") == std::string::npos);
  CHECK(admin(cassette, {"revoke", "nobody"}).status == kRefused);
  CHECK(admin(cassette, {"revoke", "erp"}).status == 0);
  CHECK(admin(cassette, {"list"}).output.find("(revoked)") != std::string::npos);
  const Finished rotated = admin(cassette, {"rotate-master-key"});
  CHECK_MESSAGE(rotated.status == 0, rotated.errors);
  REQUIRE_MESSAGE(cassette.start(), cassette.log_tail());
  CHECK(status_for(cassette, *api::read_bootstrap(cassette.data())) == 200);
  CHECK(cassette.terminate() == 0);
}

TEST_CASE("What can't be made is refused before anything is opened") {
  using Words = std::vector<std::string>;
  for (const Words& words :
       {Words{"create-client", "--role", "king"}, Words{"create-client", "--role", "vendor"},
        Words{"create-client", "--role", "admin", "--vendor", "1580"},
        Words{"create-client", "--role", "none"},
        Words{"create-client", "--role", "admin", "--public"},
        Words{"create-client", "--role", "none", "--redirect-uri", "ftp://x"},
        Words{"create-vendor-credential"}, Words{"create-vendor-credential", "--vendor", "a/b"}}) {
    Words all{"admin"};
    all.insert(all.end(), words.begin(), words.end());
    const Finished finished = run_cassette(all);
    CAPTURE(finished.errors);
    CHECK(finished.status == kCouldNotRun);
    CHECK(!finished.errors.empty());
  }
}

TEST_CASE("Nobody is asked who they are on loopback only") {
  const ScratchFolder scratch;
  const Finished open = run_cassette({"up", "--data", (scratch / "data").string(), "--http",
                                      "0.0.0.0:0", "--insecure-no-auth", "--insecure-http"});
  CHECK(open.status == kCouldNotRun);
  CHECK(open.errors.find("--insecure-no-auth") != std::string::npos);
}

TEST_CASE("The demo and an import get tokens of the client that they are given") {
  const ScratchFolder scratch;
  const SmallTables tables;
  CassetteProcess cassette(scratch / "data", {std::string(kWithIdentities), "--demo"});
  REQUIRE_MESSAGE(cassette.start(), cassette.log_tail());
  CHECK(cassette.log().find("could not be loaded") == std::string::npos);
  const std::vector<std::string> words{"import", "adventureworks", tables.folder(), "--url",
                                       cassette.http_url()};
  const Finished nobody = run_cassette(words);
  CHECK(nobody.status == kCouldNotRun);
  CHECK(nobody.errors.find("401") != std::string::npos);
  const auto client = api::read_bootstrap(cassette.data());
  REQUIRE(client.has_value());
  {
    const EnvironmentVariable id("CASSETTE_CLIENT_ID", client->client_id);
    const EnvironmentVariable secret("CASSETTE_CLIENT_SECRET", client->client_secret);
    const Finished whole = run_cassette(words);
    CHECK_MESSAGE(whole.status == 0, whole.output, whole.errors);
  }
  api::TokenSource tokens(cassette.http_url(), *client);
  const EnvironmentVariable token("CASSETTE_TOKEN", tokens.current().value());
  CHECK(run_cassette(words).status == 0);
  CHECK(cassette.terminate() == 0);
}

}  // namespace cassette::test
