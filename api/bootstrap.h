// Bootstrap: the first administrator, made when nobody has a credential yet, and written where only
// the owner of the data folder can read it.
#pragma once

#include <filesystem>
#include <optional>

#include "api/http/token_source.h"
#include "api/identity/identity.h"

namespace cassette::api {

inline constexpr std::string_view kBootstrapClient = "bootstrap-admin";

// DATA/bootstrap-admin.json: {"client_id":"bootstrap-admin","client_secret":"…"}.
std::filesystem::path bootstrap_file(const std::filesystem::path& data);

// At the first start of all: makes an administrator's client and writes it to the file, 0600. True
// when it did. Once there has been any credential in the bucket, also a revoked one, it does
// nothing. Blocks for a hash and round trips. Failures: the bucket's, and Unavailable when the file
// can't be written.
eventstore::Stored<bool> bootstrap(eventstore::KeyValue& bucket, Identity& identity,
                                   SecurityLog& log, const std::filesystem::path& data,
                                   domain::Timestamp now);

// What the file holds; nothing when it isn't there any more.
std::optional<ClientSecret> read_bootstrap(const std::filesystem::path& data);

}  // namespace cassette::api
