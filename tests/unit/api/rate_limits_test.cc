// Rate limits of requests: whose bucket, which limit, what is said of it, and what they cost.
#include "api/http/rate_limits.h"

#include <doctest/doctest.h>

#include "api/identity/encoding.h"
#include "tests/unit/api/fakes.h"
#include "tests/unit/api/remembering_log.h"

namespace cassette::api {
namespace {

using domain::Role;

constexpr domain::Timestamp kNow{1'800'000'000'000'000};

Caller caller(Role role, std::string credential) {
  Caller who;
  who.role = role;
  who.principal = "somebody";
  who.credential_id = std::move(credential);
  return who;
}

Request asking(std::string method, std::string address = "192.0.2.1") {
  Request request;
  request.method = std::move(method);
  request.target = "/vendors";
  request.address = std::move(address);
  return request;
}

RateRules rules(const std::vector<std::string>& given) {
  RateRules made;
  for (const std::string& rule : given) REQUIRE(made.set(rule) == std::nullopt);
  return made;
}

// How many of `count` are allowed.
int allowed(RateLimits& limits, const Request& request, const std::string& path, const Caller& who,
            int count, domain::Timestamp now = kNow) {
  int yes = 0;
  for (int i = 0; i < count; ++i) yes += limits.take(request, path, who, now).verdict.allowed;
  return yes;
}

Request signing_in(std::string body, std::string address = "192.0.2.1") {
  Request request = asking("POST", std::move(address));
  request.target = "/auth/token";
  request.body = std::move(body);
  return request;
}

std::string basic(std::string_view pair) {
  return "Basic " + base64(bytes_of(pair));
}

}  // namespace

TEST_CASE("rules are read, and what is none is refused in words") {
  RateRules made;
  for (const char* good : {"vendor.write=200:1000", "customer.read=0.5:3", "admin.read=100",
                           "anonymous.sign-in=off", "service.write=0"}) {
    CHECK_MESSAGE(made.set(good) == std::nullopt, good);
  }
  CHECK(made.of(caller(Role::Vendor, "a"), RateKind::Write).burst == 1'000);
  CHECK(made.of(caller(Role::Customer, "a"), RateKind::Read).per_second == 0.5);
  CHECK(made.of(caller(Role::Administrator, "a"), RateKind::Read).burst == 100);
  CHECK(made.of(anonymous_caller(), RateKind::SignIn).unlimited());
  CHECK(made.of_name().unlimited());
  CHECK(rules({"anonymous.sign-in=1000000"}).of_name().per_second == 1e6);
  CHECK(made.of(anonymous_caller(), RateKind::Token).burst == 40);
  CHECK(made.of(caller(Role::Service, "a"), RateKind::Write).unlimited());
  for (const char* bad :
       {"", "vendor", "vendor.write", "vendor=1", "nobody.read=1", "vendor.eat=1",
        "vendor.read=", "vendor.read=x", "vendor.read=-1", "vendor.read=1:0", "vendor.read=1:x",
        "vendor.read=nan", "vendor.read=inf", "vendor.read=0:5", "vendor.sign-in=1",
        "customer.token=1", "vendor.read=1:5:6"}) {
    CHECK_MESSAGE(made.set(bad) != std::nullopt, bad);
  }
}

TEST_CASE("reads and writes of a credential are counted apart, and from other credentials'") {
  RateLimits limits(rules({"vendor.read=1:5", "vendor.write=1:2"}), nullptr);
  const Caller vendor = caller(Role::Vendor, "v-1");
  CHECK(allowed(limits, asking("GET"), "/vendors", vendor, 10) == 5);
  CHECK(allowed(limits, asking("HEAD"), "/vendors", vendor, 10) == 0);
  CHECK(allowed(limits, asking("POST"), "/vendors", vendor, 10) == 2);
  CHECK(allowed(limits, asking("DELETE"), "/vendors", vendor, 10) == 0);
  // Wherever it is used from.
  CHECK(allowed(limits, asking("GET", "192.0.2.9"), "/vendors", vendor, 10) == 0);
  CHECK(allowed(limits, asking("GET"), "/vendors", caller(Role::Vendor, "v-2"), 10) == 5);
}

TEST_CASE("who shows no token is told apart by address, and an IPv6 network is one") {
  RateLimits limits(rules({"anonymous.read=1:3"}), nullptr);
  const Caller nobody = anonymous_caller();
  CHECK(allowed(limits, asking("GET", "192.0.2.1"), "/products", nobody, 9) == 3);
  CHECK(allowed(limits, asking("GET", "192.0.2.2"), "/products", nobody, 9) == 3);
  CHECK(allowed(limits, asking("GET", "2001:db8::1"), "/products", nobody, 2) == 2);
  CHECK(allowed(limits, asking("GET", "2001:db8::2"), "/products", nobody, 9) == 1);
}

TEST_CASE("administrators and health have no limit, and other roles' can be taken away") {
  RateLimits limits(rules({"anonymous.read=1:1", "customer.read=off"}), nullptr);
  CHECK(allowed(limits, asking("POST"), "/x", caller(Role::Administrator, "a"), 5'000) == 5'000);
  CHECK(allowed(limits, asking("GET"), "/x", caller(Role::Customer, "c"), 5'000) == 5'000);
  CHECK(allowed(limits, asking("GET"), "/health/live", anonymous_caller(), 5'000) == 5'000);
}

TEST_CASE("a sign-in counts for the address, and for the name from wherever it is tried") {
  RateLimits limits(rules({"anonymous.sign-in=1:3"}), nullptr);
  const Caller nobody = anonymous_caller();
  const auto attempt = [](const std::string& client, int address) {
    return signing_in("grant_type=client_credentials&client_secret=x&client_id=" + client,
                      "192.0.2." + std::to_string(address));
  };
  // Fifteen for the name.
  for (int i = 0; i < 5; ++i) {
    CHECK(allowed(limits, attempt("c-1", i), "/auth/token", nobody, 5) == 3);
  }
  CHECK(allowed(limits, attempt("c-1", 77), "/auth/token", nobody, 5) == 0);
  CHECK(allowed(limits, attempt("c-2", 78), "/auth/token", nobody, 5) == 3);
  CHECK(allowed(limits, attempt("c-3", 78), "/auth/token", nobody, 5) == 0);
  // Who is held back at the address takes nothing from the name.
  for (int i = 80; i < 85; ++i) {
    CHECK(allowed(limits, attempt("c-3", i), "/auth/token", nobody, 5) == 3);
  }
  // Sign-ins are no reads.
  CHECK(allowed(limits, asking("GET", "192.0.2.78"), "/products", nobody, 5) == 5);
}

// Whoever knew a name kept it from signing in, from one address.
TEST_CASE("one address does not use up a name") {
  RateLimits limits(rules({"anonymous.sign-in=1:3"}), nullptr);
  const std::string body = "ticket=t&username=ada&password=p";
  CHECK(allowed(limits, signing_in(body, "192.0.2.1"), "/auth/authorize", anonymous_caller(),
                500) == 3);
  CHECK(allowed(limits, signing_in(body, "192.0.2.2"), "/auth/authorize", anonymous_caller(), 5) ==
        3);
}

// A shop whose users come from everywhere was one name, and each refresh was a sign-in.
TEST_CASE("a client that can keep no secret is no name, however many sign in with it") {
  RateLimits limits(rules({"anonymous.sign-in=1:1"}), nullptr);
  for (int i = 0; i < 200; ++i) {
    const Request one = signing_in("client_id=phone", "192.0.2." + std::to_string(i));
    CHECK(allowed(limits, one, "/auth/token", anonymous_caller(), 2) == 1);
  }
}

TEST_CASE("what comes with a code or a token is counted apart from sign-ins") {
  RateLimits limits(rules({"anonymous.sign-in=1:1", "anonymous.token=1:4"}), nullptr);
  const Caller nobody = anonymous_caller();
  const std::string client = "client_id=c&client_secret=s";
  CHECK(allowed(limits, signing_in(client), "/auth/refresh", nobody, 1) == 1);
  CHECK(allowed(limits, signing_in(client), "/auth/revoke", nobody, 1) == 1);
  const Request code = signing_in(client + "&grant_type=authorization_code");
  CHECK(allowed(limits, code, "/auth/token", nobody, 1) == 1);
  const Request refresh = signing_in(client + "&grant_type=refresh_token");
  CHECK(allowed(limits, refresh, "/auth/token", nobody, 2) == 1);
  CHECK(allowed(limits, signing_in(client), "/auth/introspect", nobody, 2) == 0);
  // Neither is a sign-in: that one is still there, and what is no known grant is one.
  const Request unknown = signing_in(client + "&grant_type=refresh_token2");
  CHECK(allowed(limits, unknown, "/auth/token", nobody, 2) == 1);
  CHECK(allowed(limits, signing_in("username=ada"), "/auth/authorize", nobody, 1) == 0);
}

TEST_CASE("the name that is signed in with is found however it is written") {
  using Names = std::vector<std::string>;
  CHECK(signing_in_names(signing_in("grant_type=x&client_id=c%2D1&client_secret=s")) ==
        Names{"c-1"});
  CHECK(signing_in_names(signing_in("ticket=t&username=ada&password=p")) == Names{"ada"});
  CHECK(signing_in_names(signing_in("grant_type=x")).empty());
  CHECK(signing_in_names(signing_in("%zz")).empty());
  Request request = signing_in("grant_type=x");
  for (const char* pair : {"c-1:secret", "c%2D1:other"}) {
    request.headers.authorization = basic(pair);
    CHECK(signing_in_names(request) == Names{"c-1"});
  }
  request.headers.authorization = "basic " + basic("c-1:other").substr(6);
  CHECK(signing_in_names(request) == Names{"c-1"});
  request.headers.authorization = "Bearer x";
  CHECK(signing_in_names(request).empty());
}

// A guesser put a field into the form that hid whose password was tried: the names were then of
// nobody, and only the address counted.
TEST_CASE("no further field hides the name that is signed in with") {
  using Names = std::vector<std::string>;
  const std::string form = "username=ada&password=p&ticket=" + std::string(3'000, 't');
  CHECK(signing_in_names(signing_in(form)) == Names{"ada"});
  CHECK(signing_in_names(signing_in(form + "&client_id=x")) == Names{"ada"});
  CHECK(signing_in_names(signing_in(form + "&client_id=x&client_secret=s")) == Names{"x", "ada"});
}

TEST_CASE("what is left is said in the draft's headers, and a refusal says when to come again") {
  Desk desk;
  RateLimits limits(rules({"admin.read=2:4"}), nullptr);
  desk.services.rate_limits = &limits;
  Response response = desk.get("/vendors");
  CHECK(response.status == 200);
  CHECK(header_of(response, "RateLimit-Policy") == "\"read\";q=4;w=2");
  CHECK(header_of(response, "RateLimit") == "\"read\";r=3;t=1");
  for (int i = 0; i < 3; ++i) response = desk.get("/vendors/none");
  CHECK(response.status == 404);
  CHECK(header_of(response, "RateLimit") == "\"read\";r=0;t=2");
  response = desk.get("/vendors");
  CHECK(response.status == 429);
  CHECK(problem_type(response) == "too-many-requests");
  CHECK(header_of(response, "Retry-After") == "1");
  CHECK(header_of(response, "RateLimit") == "\"read\";r=0;t=2");
  CHECK(header_of(response, "RateLimit-Policy") == "\"read\";q=4;w=2");
  // A write has no limit here: there is nothing to say.
  response = desk.send("POST", "/vendors", R"({"name":"n"})");
  CHECK(header_of(response, "RateLimit") == "");
}

// One whose token took a second to be looked at was refused: its time was that of its beginning.
TEST_CASE("what a request waited for before it is counted is not held against it") {
  Desk desk;
  RateLimits limits(rules({"admin.read=10:10"}), nullptr);
  desk.services.rate_limits = &limits;
  const domain::Timestamp start = desk.now;
  // The first look at the clock is from before the wait, the next one from after it.
  int looks = 0;
  desk.services.now = [&] {
    return domain::Timestamp{start.micros + (looks++ == 0 ? 0 : 1'500'000)};
  };
  CHECK(allowed(limits, asking("GET"), "/x", administrator_caller(), 1,
                {start.micros + 1'400'000}) == 1);
  CHECK(desk.get("/vendors").status == 200);
}

TEST_CASE("a flood of refusals is told to the security log once a minute and bucket") {
  RememberingLog log;
  RateLimits limits(rules({"vendor.write=1:1"}), &log);
  Request request = asking("POST");
  request.target = "/vendors?token=secret";
  request.headers.request_id = "r-1";
  CHECK(allowed(limits, request, "/vendors", caller(Role::Vendor, "v-1"), 50) == 1);
  REQUIRE(log.events.size() == 1);
  CHECK(log.events[0].type == "RateLimited");
  CHECK(log.events[0].credential_id == "v-1");
  CHECK(log.events[0].address == "192.0.2.1");
  CHECK(log.events[0].request_id == "r-1");
  CHECK(log.events[0].detail.find("secret") == std::string::npos);
  CHECK(allowed(limits, request, "/vendors", caller(Role::Vendor, "v-2"), 50) == 1);
  CHECK(log.events.size() == 2);
  allowed(limits, request, "/vendors", caller(Role::Vendor, "v-1"), 50, {kNow.micros + 61'000'000});
  CHECK(log.events.size() == 3);
}

// Their state filled the memory.
TEST_CASE("a million addresses take no more room, and free nobody who is held back") {
  RateLimits limits(rules({"anonymous.read=1:10"}), nullptr);
  const Caller nobody = anonymous_caller();
  CHECK(sizeof(RateLimits) < 16 * 1024);
  CHECK(allowed(limits, asking("GET", "192.0.2.1"), "/products", nobody, 11) == 10);
  Request request = asking("GET");
  for (int i = 0; i < 1'000'000; ++i) {
    request.address = "10." + std::to_string(i >> 16) + "." + std::to_string(i >> 8 & 255) + "." +
                      std::to_string(i & 255);
    limits.take(request, "/products", nobody, kNow);
  }
  CHECK(allowed(limits, asking("GET", "192.0.2.1"), "/products", nobody, 5) == 0);
}

}  // namespace cassette::api
