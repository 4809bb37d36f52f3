// RestoreFolder: a server that syncs lazily while the ledgers are filled, and one sync of every
// file at the end.
#include "api/restore_folder.h"

#include <cstdio>

#include <fmt/format.h>

#include "api/identity/ids.h"
#include "api/ledger_access.h"
#include "api/ledger_identity.h"

namespace cassette::api {

using eventstore::Done;
using eventstore::NatsServer;
using eventstore::Stored;
using eventstore::StoreError;

namespace fs = std::filesystem;

namespace {

Failure<StoreError> failure(StoreError::Kind kind, std::string what) {
  return Failure{StoreError{kind, std::move(what)}};
}

// Without the slash that would make it a folder's content.
fs::path plain(const std::string& data) {
  const fs::path path = fs::absolute(data).lexically_normal();
  return path.has_filename() ? path : path.parent_path();
}

Stored<Done> sync_below(const fs::path& folder) {
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    if (!at->is_regular_file()) continue;
    if (auto synced = eventstore::sync_file(at->path()); !synced.ok()) return synced;
  }
  if (error) {
    return failure(StoreError::Kind::Unavailable,
                   fmt::format("reading {}: {}", folder.string(), error.message()));
  }
  return Done{};
}

}  // namespace

Stored<std::unique_ptr<RestoreFolder>> RestoreFolder::open(const LedgerSettings& settings,
                                                           const replay::ExportManifest& manifest) {
  std::unique_ptr<RestoreFolder> folder(new RestoreFolder(settings));
  std::string url = settings.nats_url;
  if (url.empty()) {
    if (auto staged = folder->stage(); !staged.ok()) return Failure{std::move(staged).error()};
    url = folder->server_->endpoint().url;
  }
  if (auto done = folder->connect(url); !done.ok()) return Failure{std::move(done).error()};
  if (auto done = folder->make_ledgers(manifest); !done.ok()) {
    return Failure{std::move(done).error()};
  }
  return folder;
}

// What an earlier attempt left there, a running server included, goes first.
Stored<Done> RestoreFolder::stage() {
  place_ = plain(settings_.data);
  std::error_code error;
  if (fs::exists(place_) && !fs::is_empty(place_, error)) {
    return failure(StoreError::Kind::Mismatch,
                   place_.string() + " is not empty: a ledger is only put into a new folder");
  }
  settings_.data = place_.string() + ".restoring";
  auto data = eventstore::DataFolder::open(settings_.data, uuid_v7(wall_clock()));
  if (!data.ok()) return Failure{std::move(data).error()};
  data_ = std::move(data).value();
  auto options = embedded_server(settings_);
  if (!options.ok()) return Failure{std::move(options).error()};
  options.value().sync_always = false;
  const fs::path nats = nats_folder(settings_);
  if (fs::exists(nats / "store")) {
    auto left = NatsServer::start(options.value());
    if (!left.ok()) return Failure{std::move(left).error()};
    left.value()->stop();
    fs::remove_all(nats / "store", error);
  }
  auto server = NatsServer::start(options.value());
  if (!server.ok()) return Failure{std::move(server).error()};
  server_ = std::move(server).value();
  return Done{};
}

Stored<Done> RestoreFolder::connect(const std::string& url) {
  auto options = connection_options(settings_, url, "cassette-restore");
  if (!options.ok()) return Failure{std::move(options).error()};
  auto connection = eventstore::JetStreamConnection::connect(options.value());
  if (!connection.ok()) return Failure{std::move(connection).error()};
  connection_ = std::move(connection).value();
  return Done{};
}

Stored<Done> RestoreFolder::make_ledgers(const replay::ExportManifest& manifest) {
  const auto there = count_partitions(*connection_);
  if (!there.ok()) return Failure{there.error()};
  if (there.value() > 0) {
    return failure(StoreError::Kind::Mismatch, "the server has a ledger already");
  }
  auto bucket = connection_->create_bucket(kLedgerBucket, {.erase_replaced = false});
  if (!bucket.ok()) return Failure{std::move(bucket).error()};
  const auto identity = agree_on_ledger(*bucket.value(), manifest.ledger_id, manifest.partitions);
  if (!identity.ok()) return Failure{identity.error()};
  if (identity.value().ledger_id != manifest.ledger_id) {
    return failure(StoreError::Kind::Mismatch,
                   "the server is meant for ledger " + identity.value().ledger_id);
  }
  for (std::uint32_t p = 0; p < manifest.partitions; ++p) {
    if (auto made = connection_->create_ledger_stream(p, {}); !made.ok()) return made;
    ledgers_.push_back(connection_->ledger(p));
    borrowed_.push_back(ledgers_.back().get());
  }
  return Done{};
}

Stored<Done> RestoreFolder::finish() {
  borrowed_.clear();
  ledgers_.clear();
  connection_.reset();
  if (place_.empty()) return Done{};
  server_->stop();
  server_.reset();
  if (auto synced = sync_below(settings_.data); !synced.ok()) return synced;
  if (std::rename(settings_.data.c_str(), place_.c_str()) != 0) {
    return Failure{eventstore::file_error("renaming to", place_)};
  }
  data_.reset();
  return eventstore::sync_file(place_ / "VERSION");
}

}  // namespace cassette::api
