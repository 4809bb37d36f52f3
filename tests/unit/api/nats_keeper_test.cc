// The nats-server's keeper: how it paces its tries.
#include "api/nats_keeper.h"

#include <doctest/doctest.h>

namespace cassette::api {
namespace {

using namespace std::chrono_literals;

// It tried again at once, without end, and filled the log.
TEST_CASE("a server that does not come back is tried less and less often") {
  CHECK(pause_after(1) == 250ms);
  CHECK(pause_after(2) == 500ms);
  CHECK(pause_after(6) == 8s);
  for (const int many : {7, 100, 1'000'000'000}) CHECK(pause_after(many) == 10s);
}

}  // namespace
}  // namespace cassette::api
