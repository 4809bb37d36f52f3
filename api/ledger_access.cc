// LedgerAccess: finding, starting and connecting.
#include "api/ledger_access.h"

#include <optional>
#include <utility>

#include "api/identity/ids.h"

namespace cassette::api {

using eventstore::Stored;
using eventstore::StoreError;

std::filesystem::path nats_folder(const LedgerSettings& settings) {
  return std::filesystem::path(settings.data) / "nats";
}

std::filesystem::path archive_folder(const LedgerSettings& settings, std::uint32_t partition) {
  return std::filesystem::path(settings.data) / "archive" / std::to_string(partition);
}

std::filesystem::path models_folder(const LedgerSettings& settings) {
  return std::filesystem::path(settings.data) / "models";
}

std::filesystem::path history_folder(const LedgerSettings& settings) {
  return std::filesystem::path(settings.data) / "history";
}

std::vector<eventstore::Ledger*> LedgerAccess::borrowed() const {
  std::vector<eventstore::Ledger*> all;
  for (const auto& ledger : ledgers) all.push_back(ledger.get());
  return all;
}

namespace {

std::filesystem::path engine_key(const LedgerSettings& settings) {
  return nats_folder(settings) / "engine.nk";
}

// A server that runs without the key's file was started by an older program, and takes anyone.
Stored<std::optional<eventstore::Nkey>> nkey_of(const LedgerSettings& settings) {
  const bool embedded = settings.nats_url.empty();
  std::filesystem::path file = settings.nats_nkey;
  if (embedded) file = engine_key(settings);
  if (embedded ? !std::filesystem::exists(file) : file.empty()) {
    return std::optional<eventstore::Nkey>();
  }
  auto key = eventstore::load_nkey(file);
  if (!key.ok()) return Failure{key.error()};
  return std::optional(std::move(key).value());
}

}  // namespace

Stored<eventstore::NatsServerOptions> embedded_server(const LedgerSettings& settings) {
  auto key = eventstore::load_or_make_nkey(engine_key(settings), random_seed());
  if (!key.ok()) return Failure{key.error()};
  eventstore::NatsServerOptions options;
  options.folder = nats_folder(settings);
  options.user = key.value().public_key();
  return options;
}

Stored<eventstore::JetStreamOptions> connection_options(const LedgerSettings& settings,
                                                        const std::string& url,
                                                        const std::string& name) {
  auto nkey = nkey_of(settings);
  if (!nkey.ok()) return Failure{nkey.error()};
  eventstore::JetStreamOptions options;
  options.url = url;
  options.name = name;
  options.creds_file = settings.nats_creds;
  options.nkey = std::move(nkey).value();
  options.tls = settings.nats_tls;
  return options;
}

Stored<std::uint32_t> count_partitions(eventstore::JetStreamConnection& connection) {
  // More than any ledger has; a server that answers for each of them is not ours.
  constexpr std::uint32_t kMaxPartitions = 1024;
  for (std::uint32_t p = 0; p < kMaxPartitions; ++p) {
    auto stream = connection.ledger_stream(p);
    if (!stream.ok()) return Failure{stream.error()};
    if (!stream.value()) return p;
  }
  return kMaxPartitions;
}

Stored<LedgerAccess> open_ledger(const LedgerSettings& settings) {
  LedgerAccess access;
  std::string url = settings.nats_url;
  const std::filesystem::path folder = nats_folder(settings);
  if (url.empty()) {
    if (const auto running = eventstore::NatsServer::running(folder)) {
      url = running->url;
    } else if (!std::filesystem::exists(folder / "store")) {
      return Failure{StoreError{StoreError::Kind::Unavailable,
                                "there is no ledger in " + std::string(settings.data)}};
    } else {
      auto options = embedded_server(settings);
      if (!options.ok()) return Failure{options.error()};
      auto server = eventstore::NatsServer::start(options.value());
      if (!server.ok()) return Failure{server.error()};
      access.server = std::move(server).value();
      url = access.server->endpoint().url;
    }
  }
  auto options = connection_options(settings, url, "cassette-replay");
  if (!options.ok()) return Failure{options.error()};
  auto connection = eventstore::JetStreamConnection::connect(options.value());
  if (!connection.ok()) return Failure{connection.error()};
  access.connection = std::move(connection).value();
  auto partitions = count_partitions(*access.connection);
  if (!partitions.ok()) return Failure{partitions.error()};
  if (partitions.value() == 0) {
    return Failure{StoreError{StoreError::Kind::Unavailable, "the server has no ledger"}};
  }
  for (std::uint32_t p = 0; p < partitions.value(); ++p) {
    access.ledgers.push_back(access.connection->ledger(p));
  }
  return access;
}

}  // namespace cassette::api
