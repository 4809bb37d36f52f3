// Up: making the parts, joining them, and taking them down in order.
#include "api/up.h"

#include <csignal>
#include <cstdio>
#include <memory>
#include <thread>
#include <utility>

#include <spdlog/spdlog.h>

#include "api/bootstrap.h"
#include "api/cache_purger.h"
#include "api/edge_settings.h"
#include "api/erasure_check.h"
#include "api/feed_role.h"
#include "api/health.h"
#include "api/hints.h"
#include "api/history_role.h"
#include "api/http/router.h"
#include "api/http/server.h"
#include "api/http/services.h"
#include "api/identity/ids.h"
#include "api/identity/journaled_security_log.h"
#include "api/identity/keyring.h"
#include "api/identity/sealing.h"
#include "api/identity/signer.h"
#include "api/import/demo.h"
#include "api/ledger_access.h"
#include "api/ledger_identity.h"
#include "api/live_role.h"
#include "api/nats_keeper.h"
#include "api/notary_role.h"
#include "api/open_identity.h"
#include "api/openapi_text.h"
#include "eventstore/catch_up.h"
#include "eventstore/data_folder.h"
#include "eventstore/engine_host.h"
#include "eventstore/rocks_archive.h"
#include "projections/projection.h"

namespace cassette::api {
namespace {

using eventstore::Done;
using eventstore::Position;
using eventstore::Stored;

constexpr int kCouldNotStart = 2;
// How long a drain may take before the process ends all the same: nothing is lost then, and the
// next start folds the rest.
constexpr std::chrono::milliseconds kDrainTimeout{30'000};
// Between two looks at whether the read models have come as far as the head.
constexpr std::chrono::milliseconds kReadyLook{100};
// Between two looks at whether the partitions are claimed: two commits away from the start.
constexpr std::chrono::milliseconds kClaimLook{5};
// Of the ledger's id and of leases, which are renewed each second: none is a secret.
constexpr eventstore::BucketOptions kNoSecrets{.erase_replaced = false};

// A line of the contract with whoever started us: on stdout at once.
void announce(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

// Whether a signal to end has come: they are blocked, and wait for whoever looks.
bool told_to_end() {
  sigset_t pending;
  sigpending(&pending);
  return sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1;
}

Failure<eventstore::StoreError> ended_early() {
  return Failure{eventstore::StoreError{eventstore::StoreError::Kind::Unavailable,
                                        "told to end while it was starting"}};
}

enum class Outcome { Ready, ToldToEnd, Failed };

// Members are made from top to bottom and go in reverse.
class Up {
 public:
  explicit Up(const UpSettings& settings) : settings_(settings) {}
  ~Up() {
    if (nats_) nats_->watch({});  // the connection goes before the server
  }
  Up(const Up&) = delete;
  Up& operator=(const Up&) = delete;

  // Also fails when a signal to end comes first.
  Stored<Done> start();
  // Until every model has what the ledgers held at the start, a signal comes, or folding stops.
  Outcome await_ready();
  void drain();
  const std::string& url() const { return http_->url(); }
  const std::filesystem::path& data() const { return data_->path(); }
  // On SIGHUP.
  void reload_certificate();

 private:
  Stored<Done> connect();
  Stored<Done> make_streams();
  Stored<Done> open_notary();
  Stored<Done> open_feed();
  Stored<Done> open_security_log();
  Stored<Done> prove();
  Stored<Done> open_archives();
  Stored<Done> open_personal_data();
  Stored<Done> open_identity();
  Stored<Done> open_models();
  Stored<Done> bind_http();
  Stored<Done> bind_live();
  void start_engines();
  void start_http();
  std::vector<eventstore::Ledger*> ledgers() const;

  const UpSettings settings_;
  Edge edge_;
  std::unique_ptr<eventstore::DataFolder> data_;
  std::unique_ptr<NatsKeeper> nats_;
  std::unique_ptr<eventstore::JetStreamConnection> connection_;  // of ledgers, leases and the log
  // Of who may ask and of data keys: their answers wait behind no commit, and no commit behind
  // them.
  std::unique_ptr<eventstore::JetStreamConnection> identity_connection_;
  std::unique_ptr<eventstore::KeyValue> leases_;
  std::unique_ptr<eventstore::KeyValue> keys_;
  std::unique_ptr<eventstore::Journal> security_journal_;
  std::unique_ptr<JournaledSecurityLog> security_;
  LedgerIdentity identity_;
  std::vector<std::unique_ptr<eventstore::Ledger>> ledgers_;
  std::unique_ptr<NotaryRole> notary_;  // null: left out
  std::unique_ptr<FeedRole> feed_;
  std::vector<std::unique_ptr<eventstore::Archive>> archives_;
  std::vector<Position> heads_at_start_;
  std::unique_ptr<Keyring> keyring_;
  std::unique_ptr<Sealer> sealer_;
  std::unique_ptr<Signer> signer_;
  std::unique_ptr<OpenedIdentity> callers_;  // null: nobody is asked who they are
  std::unique_ptr<CachePurger> purger_;      // null: no cache is to be told anything
  std::unique_ptr<projections::Projection> projection_;
  std::unique_ptr<HistoryRole> history_;  // null: left out
  std::unique_ptr<ErasureCheck> erasures_;
  std::unique_ptr<eventstore::EngineHost> engines_;
  std::unique_ptr<Health> health_;
  std::unique_ptr<Services> services_;
  std::unique_ptr<RateLimits> rate_limits_;
  std::unique_ptr<LiveRole> live_;  // null: left out
  std::unique_ptr<Router> router_;
  std::unique_ptr<HttpServer> http_;  // goes first, with whoever is being answered
};

std::vector<eventstore::Ledger*> Up::ledgers() const {
  std::vector<eventstore::Ledger*> all;
  for (const auto& ledger : ledgers_) all.push_back(ledger.get());
  return all;
}

// Whatever can be refused is refused before an engine claims a partition, from another one perhaps.
Stored<Done> Up::start() {
  auto edge = edge_of(settings_);
  if (!edge.ok()) return Failure{edge.error()};
  edge_ = std::move(edge).value();
  auto data = eventstore::DataFolder::open(settings_.ledger.data, uuid_v7(wall_clock()));
  if (!data.ok()) return Failure{data.error()};
  data_ = std::move(data).value();
  for (const auto step :
       {&Up::connect, &Up::make_streams, &Up::open_notary, &Up::open_feed, &Up::open_security_log,
        &Up::prove, &Up::open_archives, &Up::open_personal_data, &Up::open_identity,
        &Up::open_models, &Up::bind_http, &Up::bind_live}) {
    if (auto done = (this->*step)(); !done.ok()) return done;
    if (told_to_end()) return ended_early();
  }
  start_engines();
  start_http();
  return Done{};
}

Stored<Done> Up::connect() {
  std::string url = settings_.ledger.nats_url;
  if (url.empty()) {
    auto nats = NatsKeeper::start(settings_);
    if (!nats.ok()) return Failure{nats.error()};
    nats_ = std::move(nats).value();
    url = nats_->endpoint().url;
  }
  auto options = connection_options(settings_.ledger, url, "cassette");
  if (!options.ok()) return Failure{options.error()};
  for (auto* const connection : {&connection_, &identity_connection_}) {
    auto connected = eventstore::JetStreamConnection::connect(options.value());
    if (!connected.ok()) return Failure{connected.error()};
    *connection = std::move(connected).value();
  }
  if (nats_) {
    nats_->watch([this] {
      return connection_->failed_to_write() || identity_connection_->failed_to_write();
    });
  }
  announce("nats: " + url);
  return Done{};
}

Stored<Done> Up::make_streams() {
  auto ledger_bucket = connection_->create_bucket(kLedgerBucket, kNoSecrets);
  if (!ledger_bucket.ok()) return Failure{ledger_bucket.error()};
  auto identity =
      agree_on_ledger(*ledger_bucket.value(), uuid_v7(wall_clock()), settings_.partitions);
  if (!identity.ok()) return Failure{identity.error()};
  identity_ = identity.value();
  for (std::uint32_t p = 0; p < identity_.partitions; ++p) {
    if (auto made = connection_->create_ledger_stream(p, {}); !made.ok()) return made;
    ledgers_.push_back(connection_->ledger(p));
  }
  auto leases = connection_->create_bucket(eventstore::kLeaseBucket, kNoSecrets);
  if (!leases.ok()) return Failure{leases.error()};
  leases_ = std::move(leases).value();
  auto keys = identity_connection_->create_bucket(kKeyBucket);
  if (!keys.ok()) return Failure{keys.error()};
  keys_ = std::move(keys).value();
  return Done{};
}

Stored<Done> Up::open_notary() {
  if (settings_.notary.off) return Done{};
  auto notary = NotaryRole::open(*connection_, ledgers(), data_->path(), identity_.ledger_id,
                                 settings_.notary);
  if (!notary.ok()) return Failure{notary.error()};
  notary_ = std::move(notary).value();
  return Done{};
}

Stored<Done> Up::open_feed() {
  auto feed = FeedRole::start(settings_.feed, data_->path(), ledgers());
  if (!feed.ok()) return Failure{feed.error()};
  feed_ = std::move(feed).value();
  announce("feed: " + feed_->url());
  return Done{};
}

Stored<Done> Up::open_security_log() {
  eventstore::JournalOptions options;
  options.max_age = std::chrono::days(settings_.security_log_days);
  auto journal = connection_->open_journal(kSecurityJournal, options);
  if (!journal.ok()) return Failure{journal.error()};
  security_journal_ = std::move(journal).value();
  security_ = std::make_unique<JournaledSecurityLog>(*security_journal_);
  return Done{};
}

Stored<Done> Up::prove() {
  std::vector<std::uint32_t> replicas;
  for (std::uint32_t p = 0; p < identity_.partitions; ++p) {
    auto stream = connection_->ledger_stream(p);
    if (!stream.ok()) return Failure{stream.error()};
    replicas.push_back(stream.value() ? stream.value()->replicas : 0);
  }
  std::vector<std::string> monitors = settings_.nats_monitors;
  if (nats_) monitors = {nats_->endpoint().monitor_url};
  const std::string server = connection_->server_id();
  return eventstore::prove_durability(settings_.durability, {replicas, monitors, server});
}

Stored<Done> Up::open_archives() {
  for (std::uint32_t p = 0; p < identity_.partitions; ++p) {
    auto archive = eventstore::RocksArchive::open(archive_folder(settings_.ledger, p).string(), {});
    if (!archive.ok()) return Failure{archive.error()};
    archives_.push_back(std::move(archive).value());
    auto point = eventstore::catch_up(p, *ledgers_[p], *archives_[p], told_to_end);
    if (!point.ok()) return Failure{point.error()};
    heads_at_start_.push_back({p, point.value().head.commit});
  }
  return Done{};
}

Stored<Done> Up::open_personal_data() {
  std::filesystem::path master = settings_.master_key_file;
  if (master.empty()) master = data_->path() / "master.key";
  auto keyring = Keyring::open(master, *keys_);
  if (!keyring.ok()) return Failure{keyring.error()};
  keyring_ = std::move(keyring).value();
  sealer_ = std::make_unique<Sealer>(*keyring_);
  signer_ = std::make_unique<Signer>(keyring_->signing_root());
  return Done{};
}

Stored<Done> Up::open_identity() {
  if (settings_.insecure_no_auth) return Done{};
  auto opened =
      api::open_identity(*identity_connection_, *keyring_, settings_.identity, *security_);
  if (!opened.ok()) return Failure{opened.error()};
  callers_ = std::move(opened).value();
  auto made = bootstrap(*callers_->bucket, *callers_->identity, *security_, data(), wall_clock());
  if (!made) return Failure{made.error()};
  if (made.value()) {
    spdlog::warn("the first administrator's client_id and client_secret are in {}",
                 bootstrap_file(data()).string());
  }
  return Done{};
}

Stored<Done> Up::open_models() {
  purger_ = CachePurger::of(settings_.edge);
  projections::ProjectionOptions options{models_folder(settings_.ledger), ledgers(), purger_.get()};
  if (notary_) {
    options.folded = [this](const eventstore::StoredCommit& commit) { notary_->know(commit); };
  }
  auto projection = projections::Projection::open(std::move(options));
  if (!projection.ok()) return Failure{projection.error()};
  projection_ = std::move(projection).value();
  if (!settings_.no_history) {
    history_ = std::make_unique<HistoryRole>(history_folder(settings_.ledger), ledgers());
  }
  return Done{};
}

Stored<Done> Up::bind_http() {
  auto http = HttpServer::bind(edge_.listener);
  if (!http.ok()) return Failure{http.error()};
  http_ = std::move(http).value();
  return Done{};
}

Stored<Done> Up::bind_live() {
  auto live = LiveRole::bind(settings_, callers_ ? callers_->bucket.get() : nullptr);
  if (!live.ok()) return Failure{live.error()};
  live_ = std::move(live).value();
  return Done{};
}

void Up::start_engines() {
  eventstore::EngineHostOptions options;
  options.policy = settings_.policy;
  options.ledger_id = identity_.ledger_id;
  options.self = {uuid_v7(wall_clock()), data_->node(), 0};
  options.node_is_ours = true;
  options.take_over = settings_.take_over;
  std::vector<eventstore::Archive*> archives;
  for (const auto& archive : archives_) archives.push_back(archive.get());
  eventstore::EngineHostParts parts{ledgers(), std::move(archives), *leases_, wall_clock,
                                    [] { return uuid_v7(wall_clock()); }};
  engines_ = std::make_unique<eventstore::EngineHost>(std::move(options), std::move(parts));
}

void Up::start_http() {
  health_ =
      std::make_unique<Health>(settings_.durability, *engines_, projection_->models(), feed_.get());
  services_ = std::make_unique<Services>(Services{*engines_, projection_->models(), *sealer_,
                                                  *signer_, *health_, std::string(openapi_text())});
  services_->security = security_.get();
  services_->vendor_feed = feed_->vendors();
  services_->history = history_.get();
  if (notary_) services_->notary = &notary_->notary();
  services_->private_catalogue = settings_.private_catalogue;
  services_->security_journal = security_journal_.get();
  if (callers_) {
    if (settings_.identity.issuer.empty()) callers_->identity->set_issuer(url());
    services_->identity = callers_->identity.get();
  }
  rate_limits_ = std::make_unique<RateLimits>(edge_.rates, services_->security);
  services_->rate_limits = rate_limits_.get();
  services_->edge = edge_.rules;
  if (live_) live_->tell(*services_);
  router_ = std::make_unique<Router>(*services_);
  http_->serve(*router_);
  announce("http: " + url());
}

Outcome Up::await_ready() {
  while (!projection_->drain_to(heads_at_start_, kReadyLook)) {
    if (told_to_end()) return Outcome::ToldToEnd;
    if (const auto failure = projection_->models().failure()) {
      spdlog::error("not ready, and won't be: the read models stand still: {}", *failure);
      return Outcome::Failed;
    }
  }
  erasures_ = std::make_unique<ErasureCheck>(projection_->models(), *keyring_);
  if (live_) {
    if (const auto served = live_->serve(ledgers(), *services_); !served.ok()) {
      spdlog::error("not ready, and won't be: {}", served.error().what);
      return Outcome::Failed;
    }
    announce("live: " + live_->url());
  }
  // Whoever reads `ready` writes next.
  while (engines_->claiming()) {
    if (told_to_end()) return Outcome::ToldToEnd;
    std::this_thread::sleep_for(kClaimLook);
  }
  if (told_to_end()) return Outcome::ToldToEnd;
  health_->set_ready();
  if (history_) history_->begin();
  if (notary_) notary_->begin();
  return Outcome::Ready;
}

void Up::drain() {
  spdlog::info("draining");
  http_->stop();
  if (live_) live_->stop();
  const bool archived = engines_->stop(kDrainTimeout);
  const bool projected = projection_->drain_to(engines_->heads(), kDrainTimeout);
  const bool published = feed_->drain(engines_->heads());
  projection_->stop();
  if (history_) history_->stop();
  if (notary_) notary_->stop();
  if (purger_) purger_->stop();
  security_->stop();
  spdlog::info("drained{}{}{}", archived ? "" : ", but for the archive",
               projected ? "" : ", but for the read models", published ? "" : ", but for the feed");
}

void Up::reload_certificate() {
  if (const auto reloaded = http_->reload_certificate(); !reloaded) {
    spdlog::error("the certificate stays as it was: {}", reloaded.error().what);
    return;
  }
  spdlog::info("the certificate was read again");
}

// The demo is loaded as any administrator would: with a token of the first one, where one is
// needed.
void fill(const Up& up, const std::optional<ClientSecret>& admin, bool open) {
  if (!admin && !open) {
    spdlog::error("the demo catalogue needs {}, which is gone", bootstrap_file(up.data()).string());
    return;
  }
  auto tokens = admin ? std::make_shared<TokenSource>(up.url(), *admin) : nullptr;
  const auto failed = load_demo(up.url(), std::move(tokens), [](const importing::Progress&) {});
  if (failed) spdlog::error("the demo catalogue could not be loaded: {}", *failed);
}

// What comes with `ready`.
void welcome(const Up& up, const UpSettings& settings) {
  const bool open = settings.insecure_no_auth;
  const auto admin = open ? std::nullopt : read_bootstrap(up.data());
  if (settings.demo) fill(up, admin, open);
  announce("ready");
  announce(hints(up.url(), open, admin ? bootstrap_file(up.data()).string() : ""));
}

}  // namespace

int run_up(const UpSettings& settings) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  const bool tls = !settings.edge.tls_cert.empty();
  if (tls) sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // of every thread made from here on
  std::signal(SIGPIPE, SIG_IGN);
  Up up(settings);
  if (auto started = up.start(); !started.ok()) {
    if (told_to_end()) {
      spdlog::info("ended before it was ready: {}", started.error().what);
      return 0;
    }
    spdlog::critical("can't start: {}", started.error().what);
    return kCouldNotStart;
  }
  if (up.await_ready() == Outcome::Ready) welcome(up, settings);
  int signal = 0;
  while (sigwait(&signals, &signal) == 0 && signal == SIGHUP) up.reload_certificate();
  up.drain();
  return 0;
}

}  // namespace cassette::api
