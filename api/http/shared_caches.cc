// Shared caches: the rules as header fields.
#include "api/http/shared_caches.h"

#include "api/http/edge.h"

namespace cassette::api {
namespace {

constexpr std::int64_t kMicrosASecond = 1'000'000;

bool is_catalogue(Model model) {
  return model == Model::Vendors || model == Model::Products || model == Model::Stock;
}

}  // namespace

bool is_public(const Call& call, Model model) {
  const RequestHeaders& headers = call.request.headers;
  return is_catalogue(model) && call.caller.anonymous && headers.authorization.empty() &&
         headers.position.empty();
}

void add_cache_rules(const Call& call, Model model, Response& response) {
  if (!is_public(call, model)) {
    response.set_header("Cache-Control", "private");
    return;
  }
  response.set_header("Cache-Control",
                      "public, max-age=0, s-maxage=" + std::to_string(kSharedSeconds));
  add_vary(response, "Authorization, Cassette-Position");
  // From before the document was read, so that the copy is over a second after that at the latest.
  response.set_header("X-Accel-Expires", "@" + std::to_string(call.now.micros / kMicrosASecond));
}

}  // namespace cassette::api
