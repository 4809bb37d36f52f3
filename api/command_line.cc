// Command line: every subcommand and flag; those of `up`, `replay` and `import` with their
// environment variables.
#include <map>

#include <CLI/CLI.hpp>

#include "api/admin_flags.h"
#include "api/as_of_flags.h"
#include "api/feed_flags.h"
#include "api/live_flags.h"
#include "api/notary_flags.h"
#include "api/settings.h"
#include "api/story_flags.h"
#include "api/verify_options.h"
#include "api/what_if_command.h"

namespace cassette::api {
namespace {

using eventstore::Durability;

constexpr int kUsageError = 2;
// More partitions than a machine has use for; changing P needs an export and import.
constexpr int kMaxPartitions = 64;
constexpr int kMaxImportClients = 64;

const std::map<std::string, eventstore::Durability> kDurabilities{
    {"fsync", Durability::Fsync},
    {"replicated", Durability::Replicated},
    {"relaxed", Durability::Relaxed}};
const std::map<std::string, domain::Confirmation> kConfirmations{
    {"automatic", domain::Confirmation::Automatic}, {"manual", domain::Confirmation::Manual}};

void add_nats_tls(CLI::App& app, eventstore::JetStreamTls& tls) {
  app.add_option("--nats-tls-ca", tls.ca_file, "Certificates that the server of --nats must be of")
      ->envname("CASSETTE_NATS_TLS_CA")
      ->check(CLI::ExistingFile);
  CLI::Option* cert =
      app.add_option("--nats-tls-cert", tls.cert_file, "Own certificate for the server of --nats")
          ->envname("CASSETTE_NATS_TLS_CERT")
          ->check(CLI::ExistingFile);
  CLI::Option* key = app.add_option("--nats-tls-key", tls.key_file, "Key of --nats-tls-cert")
                         ->envname("CASSETTE_NATS_TLS_KEY")
                         ->check(CLI::ExistingFile);
  cert->needs(key);
  key->needs(cert);
}

void add_ledger(CLI::App& app, LedgerSettings& ledger) {
  app.add_option("--data", ledger.data, "Folder of the ledger's server, archive and read models")
      ->envname("CASSETTE_DATA")
      ->capture_default_str();
  app.add_option("--nats", ledger.nats_url, "URL of a nats-server to use instead of the own one")
      ->envname("CASSETTE_NATS");
  app.add_option("--nats-creds", ledger.nats_creds, "Credentials file for --nats")
      ->envname("CASSETTE_NATS_CREDS")
      ->check(CLI::ExistingFile);
  app.add_option("--nats-nkey", ledger.nats_nkey, "File of the nkey's seed for --nats")
      ->envname("CASSETTE_NATS_NKEY")
      ->check(CLI::ExistingFile);
  add_nats_tls(app, ledger.nats_tls);
}

void add_edge(CLI::App& app, EdgeSettings& edge) {
  CLI::Option* cert =
      app.add_option("--tls-cert", edge.tls_cert,
                     "PEM file of the API's certificate and its chain; SIGHUP reads it again")
          ->envname("CASSETTE_TLS_CERT")
          ->check(CLI::ExistingFile);
  CLI::Option* key = app.add_option("--tls-key", edge.tls_key, "PEM file of the key of --tls-cert")
                         ->envname("CASSETTE_TLS_KEY")
                         ->check(CLI::ExistingFile);
  cert->needs(key);
  key->needs(cert);
  app.add_flag("--insecure-http", edge.insecure_http,
               "Serve plain HTTP on an address that others reach")
      ->envname("CASSETTE_INSECURE_HTTP");
  app.add_option("--allow-host", edge.allow_hosts,
                 "A name under which the API is asked, besides those of loopback; repeatable")
      ->envname("CASSETTE_ALLOW_HOST")
      ->allow_extra_args(false);
  app.add_option("--cors-origin", edge.cors_origins,
                 "An origin whose pages may read answers, such as https://shop.example; repeatable")
      ->envname("CASSETTE_CORS_ORIGIN")
      ->allow_extra_args(false);
  app.add_option("--rate-limit", edge.rate_limits,
                 "ROLE.KIND=PER_SECOND[:BURST], or =off; a kind is read, write or, of anonymous, "
                 "sign-in or token; repeatable")
      ->envname("CASSETTE_RATE_LIMIT")
      ->allow_extra_args(false);
  app.add_option("--trusted-proxy", edge.trusted_proxies,
                 "IP address of a proxy whose X-Real-IP says whose a request is; repeatable")
      ->envname("CASSETTE_TRUSTED_PROXY")
      ->allow_extra_args(false);
  app.add_option(
         "--edge-cache", edge.cache,
         "Folder of nginx's cache (proxy_cache_path, levels=1:2): files of changed documents "
         "are removed from it")
      ->envname("CASSETTE_EDGE_CACHE");
  app.add_option("--edge-purge-hook", edge.purge_hook,
                 "URL that is sent the paths of changed documents, for a CDN's cache")
      ->envname("CASSETTE_EDGE_PURGE_HOOK");
}

void add_identity(CLI::App& up, IdentitySettings& identity) {
  up.add_option("--issuer", identity.issuer,
                "URL that this server is known by, as its tokens say (default: its listener's)")
      ->envname("CASSETTE_ISSUER");
  CLI::Option* audience =
      up.add_option("--trust-audience", identity.trust_audience,
                    "What tokens of --trust-issuer must be made for, as their aud says")
          ->envname("CASSETTE_TRUST_AUDIENCE");
  up.add_option("--trust-issuer", identity.trust_issuers,
                "URL of an OpenID Connect provider whose tokens are taken, too; repeatable")
      ->envname("CASSETTE_TRUST_ISSUER")
      ->needs(audience);
}

CLI::App* add_up(CLI::App& app, UpSettings& up) {
  CLI::App* sub = app.add_subcommand("up", "Run everything on this machine");
  add_ledger(*sub, up.ledger);
  sub->add_option("--nats-monitor", up.nats_monitors,
                  "Monitoring URL of each server of --nats, to prove its durability")
      ->envname("CASSETTE_NATS_MONITOR");
  sub->add_option("--http", up.http, "Address and port of the REST API; port 0 takes a free one")
      ->envname("CASSETTE_HTTP")
      ->capture_default_str();
  add_edge(*sub, up.edge);
  add_feed_listener(*sub, up.feed);
  add_feed(*sub, up.feed);
  add_live(*sub, up.live);
  sub->add_option("--partitions", up.partitions,
                  "Partitions of a new ledger (default 1); an old one has its own")
      ->envname("CASSETTE_PARTITIONS")
      ->check(CLI::Range(1, kMaxPartitions));
  sub->add_option("--durability", up.durability,
                  "What an acknowledgement promises: fsync, replicated or relaxed")
      ->envname("CASSETTE_DURABILITY")
      ->transform(CLI::CheckedTransformer(kDurabilities, CLI::ignore_case))
      ->default_str("fsync");
  sub->add_option("--confirmation", up.policy.confirmation,
                  "Orders are confirmed automatic(ally) or manual(ly)")
      ->envname("CASSETTE_CONFIRMATION")
      ->transform(CLI::CheckedTransformer(kConfirmations, CLI::ignore_case))
      ->default_str("automatic");
  sub->add_option("--reservation-max-seconds", up.policy.reservation_max_seconds,
                  "How long an unconfirmed order keeps its stock")
      ->envname("CASSETTE_RESERVATION_MAX_SECONDS")
      ->check(CLI::Range(std::int64_t{1}, domain::kMaxReservationSeconds))
      ->capture_default_str();
  sub->add_option("--master-key-file", up.master_key_file,
                  "Key that wraps the keys of personal data (default DATA/master.key)")
      ->envname("CASSETTE_MASTER_KEY_FILE")
      ->check(CLI::ExistingFile);
  sub->add_option("--security-log-days", up.security_log_days,
                  "Days for which security events are kept, a million entries at most")
      ->envname("CASSETTE_SECURITY_LOG_DAYS")
      ->check(CLI::Range(1, 36'500))
      ->capture_default_str();
  sub->add_flag("--take-over", up.take_over, "Take the partitions from the engine that holds them")
      ->envname("CASSETTE_TAKE_OVER");
  sub->add_flag("--demo", up.demo, "Fill the marketplace with a small bicycle catalogue")
      ->envname("CASSETTE_DEMO");
  sub->add_flag("--insecure-no-auth", up.insecure_no_auth,
                "Ask nobody who they are: every caller is the administrator; on loopback only")
      ->envname("CASSETTE_INSECURE_NO_AUTH");
  sub->add_flag("--private-catalogue", up.private_catalogue,
                "Show nothing of the catalogue to who sends no token")
      ->envname("CASSETTE_PRIVATE_CATALOGUE");
  sub->add_flag("--no-history", up.no_history,
                "Keep no history of documents: no ?asOf=, and half the work of projecting")
      ->envname("CASSETTE_NO_HISTORY");
  add_notary(*sub, up.notary);
  add_identity(*sub, up.identity);
  return sub;
}

struct ReplayApps {
  CLI::App* tail;
  CLI::App* verify;
  CLI::App* rebuild;
};

ReplayApps add_replay(CLI::App& app, TailSettings& tail, VerifySettings& verify,
                      RebuildSettings& rebuild) {
  CLI::App* replay = app.add_subcommand("replay", "Read the ledger: follow, verify, rebuild");
  replay->require_subcommand(1);
  ReplayApps apps{};
  apps.tail = replay->add_subcommand("tail", "Print commits as they are, and as they come");
  add_ledger(*apps.tail, tail.ledger);
  apps.tail->add_option("--from", tail.from, "Positions to start after, such as 0:1841,1:77")
      ->envname("CASSETTE_FROM");
  apps.tail->add_flag("--follow,-f", tail.follow, "Go on at the end and wait for more")
      ->envname("CASSETTE_FOLLOW");
  apps.tail->add_flag("--json", tail.json, "One JSON object a line")->envname("CASSETTE_JSON");
  apps.verify = replay->add_subcommand(
      "verify", "Fold the whole ledger and check it; exits 0 when sound, 1 when not, 2 on failure");
  add_ledger(*apps.verify, verify.ledger);
  apps.verify
      ->add_option("--read-models", verify.read_models,
                   "Also compare these read models (DATA/models) with a rebuild")
      ->envname("CASSETTE_READ_MODELS")
      ->check(CLI::ExistingDirectory);
  add_verify_options(*apps.verify, verify);
  apps.verify->add_flag("--json", verify.json, "The report as one JSON object")
      ->envname("CASSETTE_JSON");
  apps.rebuild =
      replay->add_subcommand("rebuild", "Build the read models, or the feed, anew from the ledger");
  add_ledger(*apps.rebuild, rebuild.ledger);
  apps.rebuild->add_flag("--feed", rebuild.of_feed,
                         "The feed's streams instead of the read models, with the same ids; "
                         "consumers go on with what they have not acknowledged. Not while `up` "
                         "runs on the data folder, nor while another one publishes to --feed-nats");
  add_feed(*apps.rebuild, rebuild.feed);
  return apps;
}

CLI::App* add_import(CLI::App& app, ImportSettings& import) {
  CLI::App* sub = app.add_subcommand("import", "Feed a data set through the REST API");
  sub->require_subcommand(1);
  CLI::App* works = sub->add_subcommand("adventureworks", "Tables of AdventureWorks as CSV");
  works->add_option("DIR", import.dir, "Folder of the CSV files")
      ->required()
      ->check(CLI::ExistingDirectory);
  works->add_option("--url", import.url, "Where the API is")
      ->envname("CASSETTE_URL")
      ->capture_default_str();
  works->add_option("--clients", import.clients, "Connections at the same time")
      ->envname("CASSETTE_CLIENTS")
      ->check(CLI::Range(1, kMaxImportClients))
      ->capture_default_str();
  return works;
}

}  // namespace

std::variant<CommandLine, int> parse_command_line(int argc, char** argv) {
  CLI::App app("Cassette: inventory and orders of a marketplace, as a ledger of events",
               "cassette");
  app.set_version_flag("--version", CASSETTE_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  CommandLine line;
  app.add_option("--log-level", line.log_level, "trace, debug, info, warn, error or off")
      ->envname("CASSETTE_LOG_LEVEL")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error", "off"}))
      ->capture_default_str();
  UpSettings up;
  TailSettings tail;
  VerifySettings verify;
  RebuildSettings rebuild;
  ImportSettings import;
  AdminSettings admin;
  AsOfSettings as_of;
  WhatIfSettings what_if;
  const CLI::App* up_app = add_up(app, up);
  const ReplayApps replay = add_replay(app, tail, verify, rebuild);
  add_import(app, import);
  const CLI::App* as_of_app = add_as_of(*app.get_subcommand("replay"), as_of, add_ledger);
  const CLI::App* what_if_app = add_what_if(*app.get_subcommand("replay"), what_if, add_ledger);
  HeadsSettings heads;
  const HeadsApps heads_apps = add_heads(*app.get_subcommand("replay"), heads, add_ledger);
  StorySettings story;
  const StoryApps story_apps = add_story(*app.get_subcommand("replay"), story, add_ledger);
  const CLI::App* admin_app = add_admin(app, admin, add_ledger);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int status = app.exit(error);
    return status == 0 ? 0 : kUsageError;
  }
  if (up_app->parsed()) {
    line.role = up;
  } else if (replay.tail->parsed()) {
    line.role = tail;
  } else if (replay.verify->parsed()) {
    line.role = verify;
  } else if (replay.rebuild->parsed()) {
    line.role = rebuild;
  } else if (as_of_app->parsed()) {
    line.role = as_of;
  } else if (what_if_app->parsed()) {
    line.role = what_if;
  } else if (heads_apps.parsed()) {
    line.role = heads;
  } else if (story_apps.parsed()) {
    line.role = story;
  } else if (admin_app->parsed()) {
    line.role = admin;
  } else {
    line.role = import;
  }
  return line;
}

}  // namespace cassette::api
