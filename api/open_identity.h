// Opening identity: its bucket, what fetches outside issuers' keys, and itself, from the settings.
#pragma once

#include <memory>
#include <string>

#include "api/http/fetcher.h"
#include "api/identity/identity.h"
#include "api/settings.h"
#include "eventstore/jetstream_connection.h"

namespace cassette::api {

struct OpenedIdentity {
  std::unique_ptr<eventstore::KeyValue> bucket;
  HttpsFetcher fetcher;
  std::unique_ptr<Identity> identity;  // goes first
};

// All that it is given outlives it. Unsupported for a setting that can't be. The issuer is what the
// settings say; when they say none it is to be set before serving.
eventstore::Stored<std::unique_ptr<OpenedIdentity>> open_identity(
    eventstore::JetStreamConnection& connection, Keyring& keyring, const IdentitySettings& settings,
    SecurityLog& log);

}  // namespace cassette::api
