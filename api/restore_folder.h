// RestoreFolder: a data folder in the making, beside the one that it will be: nobody takes half a
// ledger for a whole one. Also the way to a server that someone else runs, which has no such place.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "api/settings.h"
#include "eventstore/data_folder.h"
#include "eventstore/jetstream_connection.h"
#include "eventstore/nats_server.h"
#include "replay/export_manifest.h"

namespace cassette::api {

// One thread uses it. What it began is left behind when it goes before `finish`, and is begun anew
// by the next one.
class RestoreFolder {
 public:
  // Makes empty ledgers, and the ledger's identity as `manifest` says it. Failures: Mismatch when
  // there is a ledger already, or anything else in the folder; those of starting a server.
  static eventstore::Stored<std::unique_ptr<RestoreFolder>> open(
      const LedgerSettings& settings, const replay::ExportManifest& manifest);

  const std::vector<eventstore::Ledger*>& ledgers() const { return borrowed_; }
  // Ends the server, brings all to the disk, and puts the folder in its place.
  eventstore::Stored<eventstore::Done> finish();

 private:
  explicit RestoreFolder(LedgerSettings settings) : settings_(std::move(settings)) {}
  eventstore::Stored<eventstore::Done> stage();
  eventstore::Stored<eventstore::Done> connect(const std::string& url);
  eventstore::Stored<eventstore::Done> make_ledgers(const replay::ExportManifest& manifest);

  LedgerSettings settings_;      // with `data` being where it is made
  std::filesystem::path place_;  // where it will be; empty: on a server of somebody else
  std::unique_ptr<eventstore::DataFolder> data_;
  std::unique_ptr<eventstore::NatsServer> server_;
  std::unique_ptr<eventstore::JetStreamConnection> connection_;
  std::vector<std::unique_ptr<eventstore::Ledger>> ledgers_;
  std::vector<eventstore::Ledger*> borrowed_;
};

}  // namespace cassette::api
