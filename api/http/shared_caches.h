// Shared caches: what a cache between us and clients may keep of a read, for how long, and what its
// answers depend on (RFC 9111). It changes no body.
#pragma once

#include "api/http/reads.h"

namespace cassette::api {

// How long a shared cache may answer from what it has kept: what a reader without a position may be
// behind. Seconds.
inline constexpr int kSharedSeconds = 1;

// Whether everybody who shows no token is answered alike: a single document of the catalogue or of
// stock, as it is public, read at no position.
bool is_public(const Call& call, Model model);

// Adds Cache-Control. `private`, but for what is public: that a shared cache may keep for
// kSharedSeconds, a browser asks again for by its ETag, and whoever shows a token or a position
// must not be answered from. nginx, which counts whole seconds and one too many, is told the
// second at whose end its copy is over (X-Accel-Expires).
void add_cache_rules(const Call& call, Model model, Response& response);

}  // namespace cassette::api
