// Admin command: credentials and keys, managed by whoever has the data folder or the ledger's
// server. It works on the bucket of identity, beside a running `cassette up` or without one, and
// never asks the HTTP server.
#pragma once

#include "api/settings.h"

namespace cassette::api {

// Gives the exit status: 0 done; 1 refused, since there is such a credential already or none at
// all; 2 could not run. Secrets go to stdout, once, as one JSON object a line; all else to stderr.
int run_admin(const AdminSettings& settings);

}  // namespace cassette::api
