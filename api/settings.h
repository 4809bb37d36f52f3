// Settings: what the command line and the environment can set, with the defaults that work.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "api/notary_settings.h"
#include "domain/order.h"
#include "eventstore/durability.h"
#include "eventstore/jetstream_connection.h"
#include "replay/export.h"

namespace cassette::api {

// Where the ledger is: an embedded server's data folder, or a server that someone else runs.
struct LedgerSettings {
  std::string data = "cassette-data";      // folder; made when absent
  std::string nats_url;                    // empty: the embedded server
  std::string nats_creds;                  // file; empty: none
  std::string nats_nkey = {};              // file of a seed, for `nats_url`; empty: none
  eventstore::JetStreamTls nats_tls = {};  // for `nats_url`
};

// Where the API meets the network; checked by edge_of (api/edge_settings.h).
struct EdgeSettings {
  std::string tls_cert;                      // PEM file; empty: plain HTTP
  std::string tls_key;                       // of tls_cert
  bool insecure_http = false;                // plain HTTP on an address that others reach
  std::vector<std::string> allow_hosts;      // names in Host besides loopback's
  std::vector<std::string> cors_origins;     // of pages that may read answers
  std::vector<std::string> rate_limits;      // ROLE.KIND=PER_SECOND[:BURST]
  std::vector<std::string> trusted_proxies;  // IP addresses
  std::string cache;                         // folder of nginx's cache files; empty: none
  std::string purge_hook;                    // URL that is told what changed; empty: none
};

// Whose tokens are taken; checked by open_identity (api/open_identity.h).
struct IdentitySettings {
  std::string issuer;                      // of our own tokens; empty: the listener's URL
  std::vector<std::string> trust_issuers;  // of other providers of OpenID Connect
  std::string trust_audience;              // that their tokens must be for
};

// The feed's server; checked by FeedServer::open (api/feed_server.h).
struct FeedSettings {
  std::string listen = "127.0.0.1:0";  // ADDR:PORT of the embedded server; port 0: a free one
  std::string url;                     // as vendors reach the embedded server; empty: as it listens
  std::string tls_cert;                // PEM file for the embedded server; empty: plain NATS
  std::string tls_key;                 // of tls_cert
  std::string nats_url;             // of a server that someone else runs; empty: the embedded one
  std::string nats_creds;           // file, for `nats_url`; empty: none
  std::uint32_t max_age_days = 30;  // how long an event is kept
  std::uint64_t max_bytes = 0;      // of one partition's stream; 0: as the disk has room
};

// The live gateway; checked by LiveRole::bind (api/live_role.h).
struct LiveSettings {
  // ADDR:PORT; port 0: a free one; "off": none. Empty: 127.0.0.1:8081, and a free port where the
  // API takes one.
  std::string listen;
  std::string url;  // origin as clients reach it; empty: as it listens
  std::uint32_t max_connections = 20'000;
  std::uint32_t heartbeat_seconds = 15;  // of silence
};

struct UpSettings {
  LedgerSettings ledger;
  FeedSettings feed;
  LiveSettings live;
  std::vector<std::string> nats_monitors;  // of a server that someone else runs
  std::string http = "127.0.0.1:8080";     // ADDR:PORT; port 0: a free one
  EdgeSettings edge;
  IdentitySettings identity;
  NotarySettings notary;
  std::optional<std::uint32_t> partitions;  // as the ledger has; of a new one 1
  eventstore::Durability durability = eventstore::Durability::Fsync;
  domain::Policy policy;
  std::string master_key_file;            // empty: DATA/master.key
  std::uint32_t security_log_days = 400;  // how long security events are kept
  bool take_over = false;                 // take the partitions from whoever holds them
  bool demo = false;                      // fill an empty marketplace with a small catalogue
  bool insecure_no_auth = false;          // every caller is the administrator; on loopback only
  bool private_catalogue = false;         // nothing of the catalogue without a token
  bool no_history = false;                // documents are not kept as they were
};

struct TailSettings {
  LedgerSettings ledger;
  std::string from;     // positions, comma-separated; empty: the beginning
  bool follow = false;  // go on waiting at the end
  bool json = false;
};

struct VerifySettings {
  LedgerSettings ledger;
  std::string read_models;        // a generations folder; empty: not compared
  std::string heads_file;         // empty: no heads
  std::string since;              // a file of heads, or a position; empty: the beginning
  std::vector<std::string> keys;  // texts or files
  std::string until;              // a moment; empty: the end
  bool json = false;
};

struct RebuildSettings {
  LedgerSettings ledger;
  bool of_feed = false;  // the feed's streams, and not the read models
  FeedSettings feed;
};

struct ImportSettings {
  std::string dir;
  std::string url = "http://127.0.0.1:8080";
  std::uint32_t clients = 8;
};

// What of it is given depends on the task; see api/admin_flags.cc.
struct AdminSettings {
  enum class Task {
    CreateVendor,
    CreateCustomer,
    CreateClient,
    CreateLogin,
    Revoke,
    List,
    RotateKeys,
    RotateMasterKey,
    Permissions,
  };

  Task task = Task::List;
  LedgerSettings ledger;
  std::string id;    // client_id or user name; empty: one is made
  std::string name;  // for people
  std::string role;  // "none": no tokens of its own
  std::string vendor;
  std::string customer;
  std::vector<std::string> scopes;
  std::vector<std::string> redirect_uris;
  bool is_public = false;
  bool password_stdin = false;
  std::string master_key_file;      // empty: DATA/master.key
  std::string new_master_key_file;  // empty: beside it
  bool json = false;
};

struct AsOfSettings {
  LedgerSettings ledger;
  std::vector<std::string> words;  // MOMENT KIND ID; with `diff` KIND ID
  std::vector<std::string> diff;   // two moments; empty: none
  bool open = false;               // personal data in clear
  std::string master_key_file;     // for `open`; empty: DATA/master.key
  bool json = false;
};

// What of it is given depends on the task; see api/story_flags.cc.
struct StorySettings {
  enum class Task { Explain, Export, Restore };

  Task task = Task::Explain;
  LedgerSettings ledger;
  std::string kind;  // of explain: "order"
  std::string id;
  std::string out;  // folder of an export
  replay::ExportPlan plan;
  std::string parquet_writer = replay::kParquetWriter;
  std::string notary_key;   // file; empty: DATA/notary.key, when there is one
  std::string key;          // public, or a file of some; empty: whoever signed
  bool check_only = false;  // of restore
  bool json = false;
};

struct WhatIfSettings {
  LedgerSettings ledger;
  std::string rules;  // a JSON file
  bool json = false;
};

// What of it is given depends on the task; see api/notary_flags.cc.
struct HeadsSettings {
  enum class Task { List, Prove, Check };

  Task task = Task::List;
  LedgerSettings ledger;
  std::string position;           // to prove; empty: that heads go on from one another
  std::uint64_t since = 0;        // number of a head; 0: none
  std::uint64_t head_number = 0;  // 0: the last one
  std::string proof_file;
  std::string head_file;          // empty: the head in the proof
  std::vector<std::string> keys;  // texts or files
  bool json = false;
};

using Role =
    std::variant<UpSettings, TailSettings, VerifySettings, RebuildSettings, ImportSettings,
                 AdminSettings, AsOfSettings, WhatIfSettings, StorySettings, HeadsSettings>;

struct CommandLine {
  Role role;
  std::string log_level = "info";
};

// Parses, or prints help or a clear error and gives the exit status: 0 after help, 2 after an
// error.
std::variant<CommandLine, int> parse_command_line(int argc, char** argv);

}  // namespace cassette::api
