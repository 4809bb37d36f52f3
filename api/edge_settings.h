// Edge settings: what of the command line becomes the listener, the rules for names and origins,
// and the rate limits. Whatever can't be is said before anything is started.
#pragma once

#include "api/http/edge.h"
#include "api/http/rate_limits.h"
#include "api/http/server.h"
#include "api/settings.h"
#include "eventstore/store_error.h"

namespace cassette::api {

struct Edge {
  HttpServer::Options listener;
  EdgeRules rules;
  RateRules rates;
};

// Unsupported, naming the flag: an address that is none, --insecure-no-auth where others reach it,
// a host, an origin, a proxy or a hook that is none, a rate limit that can't be read, --demo under
// TLS.
eventstore::Stored<Edge> edge_of(const UpSettings& settings);

}  // namespace cassette::api
