// FeedServer: its keys, starting it, and connecting.
#include "api/feed_server.h"

#include <optional>
#include <utility>

#include "api/http/addresses.h"
#include "api/identity/ids.h"
#include "eventstore/jetstream_vendor_feed.h"
#include "eventstore/nats_server.h"
#include "eventstore/nkey.h"

namespace cassette::api {

using eventstore::Done;
using eventstore::FeedKeys;
using eventstore::JetStreamConnection;
using eventstore::JetStreamOptions;
using eventstore::NatsServer;
using eventstore::NatsServerOptions;
using eventstore::Nkey;
using eventstore::NkeyKind;
using eventstore::Stored;
using eventstore::StoreError;

std::filesystem::path feed_folder(const std::filesystem::path& data) {
  return data / "feed";
}

namespace {

Failure<StoreError> refused(std::string why) {
  return Failure{StoreError{StoreError::Kind::Unsupported, std::move(why)}};
}

Stored<NatsServerOptions> server_options(const FeedSettings& settings,
                                         const std::filesystem::path& folder) {
  const auto address = parse_listen_address(settings.listen);
  if (!address) {
    return refused("--feed takes ADDR:PORT, with an IP address, not '" + settings.listen + "'");
  }
  if (!is_loopback_address(address->host) && settings.tls_cert.empty()) {
    return refused("--feed at " + address->host +
                   ", which others reach, needs --feed-tls-cert and --feed-tls-key");
  }
  NatsServerOptions options;
  options.folder = folder;
  options.sync_always = false;  // what is lost is published again from the ledger
  options.host = address->host;
  options.port = address->port;
  options.leaves_half = true;
  if (!settings.tls_cert.empty()) {
    options.tls_cert = std::filesystem::absolute(settings.tls_cert).string();
    options.tls_key = std::filesystem::absolute(settings.tls_key).string();
  }
  return options;
}

// All of them, loaded or made. Whoever has them can make any vendor's credentials.
Stored<FeedKeys> keys_in(const std::filesystem::path& folder) {
  struct File {
    const char* name;
    NkeyKind kind;
  };
  constexpr File kFiles[] = {{"operator.nk", NkeyKind::Operator},
                             {"system.nk", NkeyKind::Account},
                             {"feed.nk", NkeyKind::Account},
                             {"vendors.nk", NkeyKind::Account},
                             {"user.nk", NkeyKind::User}};
  std::vector<Nkey> keys;
  for (const File& file : kFiles) {
    auto key = eventstore::load_or_make_nkey(folder / file.name, random_seed(), file.kind);
    if (!key.ok()) return Failure{key.error()};
    keys.push_back(std::move(key).value());
  }
  return FeedKeys{keys[0], keys[1], keys[2], keys[3], keys[4]};
}

std::string url_for_vendors(const FeedSettings& settings, const std::string& url) {
  if (!settings.url.empty()) return settings.url;
  if (settings.tls_cert.empty()) return url;
  return "tls" + url.substr(url.find("://"));
}

}  // namespace

struct FeedServer::Embedded {
  std::filesystem::path folder;
  NatsServerOptions options;
  FeedKeys keys;
};

Stored<FeedServer::Embedded> FeedServer::prepare(const FeedSettings& settings,
                                                 const std::filesystem::path& data,
                                                 domain::Timestamp now) {
  const std::filesystem::path folder = feed_folder(data);
  auto options = server_options(settings, folder);
  if (!options.ok()) return Failure{options.error()};
  auto keys = keys_in(folder);
  if (!keys.ok()) return Failure{keys.error()};
  options.value().operator_mode = eventstore::feed_operator_mode(keys.value(), now);
  return Embedded{folder, std::move(options).value(), std::move(keys).value()};
}

Stored<Done> FeedServer::start(const Embedded& embedded) {
  auto server = NatsServer::start(embedded.options);
  if (!server.ok()) return Failure{server.error()};
  keeper_ = std::make_unique<NatsKeeper>(std::move(server).value());
  return Done{};
}

Stored<Done> FeedServer::connect(const FeedSettings& settings, const Embedded& embedded,
                                 const std::string& url, std::uint32_t partitions,
                                 domain::Timestamp now) {
  JetStreamOptions server;
  server.url = url;
  server.name = "cassette-feed";
  server.tls.own_child = !settings.tls_cert.empty();
  auto connection = JetStreamConnection::connect(eventstore::feed_user(embedded.keys, server, now));
  if (!connection.ok()) return Failure{connection.error()};
  connection_ = std::move(connection).value();
  url_ = url_for_vendors(settings, url);
  eventstore::VendorFeedOptions options{server, url_, partitions,
                                        eventstore::accounts_folder(embedded.folder), random_seed};
  auto vendors = eventstore::JetStreamVendorFeed::open(embedded.keys, std::move(options), now);
  if (!vendors.ok()) return Failure{vendors.error()};
  vendors_ = std::move(vendors).value();
  if (keeper_) keeper_->watch([this] { return connection_->failed_to_write(); });
  return Done{};
}

Stored<Done> FeedServer::connect_to_another(const FeedSettings& settings) {
  JetStreamOptions server;
  server.url = settings.nats_url;
  server.name = "cassette-feed";
  server.creds_file = settings.nats_creds;
  auto connection = JetStreamConnection::connect(server);
  if (!connection.ok()) return Failure{connection.error()};
  connection_ = std::move(connection).value();
  url_ = settings.nats_url;
  return Done{};
}

Stored<std::unique_ptr<FeedServer>> FeedServer::open(const FeedSettings& settings,
                                                     const std::filesystem::path& data,
                                                     std::uint32_t partitions,
                                                     domain::Timestamp now) {
  return make(settings, data, partitions, now, false);
}

Stored<std::unique_ptr<FeedServer>> FeedServer::join(const FeedSettings& settings,
                                                     const std::filesystem::path& data,
                                                     std::uint32_t partitions,
                                                     domain::Timestamp now) {
  return make(settings, data, partitions, now, true);
}

Stored<std::unique_ptr<FeedServer>> FeedServer::make(const FeedSettings& settings,
                                                     const std::filesystem::path& data,
                                                     std::uint32_t partitions,
                                                     domain::Timestamp now, bool may_join) {
  std::unique_ptr<FeedServer> feed(new FeedServer);
  if (!settings.nats_url.empty()) {
    auto connected = feed->connect_to_another(settings);
    if (!connected.ok()) return Failure{connected.error()};
    return feed;
  }
  auto embedded = prepare(settings, data, now);
  if (!embedded.ok()) return Failure{embedded.error()};
  const auto running = may_join ? NatsServer::running(embedded.value().folder) : std::nullopt;
  if (!running) {
    auto started = feed->start(embedded.value());
    if (!started.ok()) return Failure{started.error()};
  }
  const std::string url = running ? running->url : feed->keeper_->endpoint().url;
  auto connected = feed->connect(settings, embedded.value(), url, partitions, now);
  if (!connected.ok()) return Failure{connected.error()};
  return feed;
}

FeedServer::~FeedServer() {
  if (keeper_) keeper_->watch({});  // the connection goes before the server
}

}  // namespace cassette::api
