// LedgerAccess: the way of `up`, `replay` and whoever else to a ledger, be its server embedded in a
// data folder or somewhere else. It makes nothing in a ledger that is only to be read.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "api/settings.h"
#include "eventstore/jetstream_connection.h"
#include "eventstore/nats_server.h"
#include "eventstore/store_error.h"

namespace cassette::api {

// The folders below DATA.
std::filesystem::path nats_folder(const LedgerSettings& settings);
std::filesystem::path archive_folder(const LedgerSettings& settings, std::uint32_t partition);
std::filesystem::path models_folder(const LedgerSettings& settings);
std::filesystem::path history_folder(const LedgerSettings& settings);

// A ledger to read, and what keeps it reachable. Ends a server that it started itself.
struct LedgerAccess {
  std::unique_ptr<eventstore::NatsServer> server;  // null: it runs already
  std::unique_ptr<eventstore::JetStreamConnection> connection;
  std::vector<std::unique_ptr<eventstore::Ledger>> ledgers;  // one a partition

  std::vector<eventstore::Ledger*> borrowed() const;
};

// Finds the running server of the data folder, or starts one for the while, or connects to --nats.
// Unavailable when there is no ledger.
eventstore::Stored<LedgerAccess> open_ledger(const LedgerSettings& settings);

// How many ledger streams the server has, from partition 0 on.
eventstore::Stored<std::uint32_t> count_partitions(eventstore::JetStreamConnection& connection);

// Of the server that is embedded in the data folder, which takes only the user whose key this is.
// Loaded, or made at the first start (DATA/nats/engine.nk). Blocks for the disk.
eventstore::Stored<eventstore::NatsServerOptions> embedded_server(const LedgerSettings& settings);

// Who we are to the server at `url` and how we get there: with the embedded server's key, or with
// what the settings name. Failures: a file that can't be read, or that others may.
eventstore::Stored<eventstore::JetStreamOptions> connection_options(const LedgerSettings& settings,
                                                                    const std::string& url,
                                                                    const std::string& name);

}  // namespace cassette::api
