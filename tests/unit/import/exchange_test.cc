// Exchanges with a server that is not ready yet.
#include <doctest/doctest.h>

#include "api/http/server.h"
#include "api/import/exchange.h"
#include "tests/unit/api/fakes.h"

namespace cassette::api::importing {
namespace {

// What stood already was not folded yet, was taken for missing, and was written again.
TEST_CASE("an import begins when the server is ready, at the position it names") {
  Desk desk;
  desk.health.not_ready_for = 1;
  desk.gateway.heads_ = {{0, 10}, {1, 7}};
  const auto server = HttpServer::start(desk.router, {}).value();
  HttpClient client("http://127.0.0.1:" + std::to_string(server->port()), "");
  const auto heads = await_ready(client);
  REQUIRE(heads);
  CHECK(heads.value() == "0:10,1:7");
  CHECK(desk.health.not_ready_for == 0);
}

}  // namespace
}  // namespace cassette::api::importing
