// NATS JWTs, version 2, as nats-io/jwt writes them: an operator vouches for accounts, an account
// for its users, each by its nkey's signature. Pure: times and keys come in. It checks no
// signature: what it reads comes from a server that did.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eventstore/nkey.h"

namespace cassette::eventstore {

inline constexpr std::int64_t kNatsUnlimited = -1;

// A service that an account offers to others, or takes from one. Only services: no streams.
struct NatsExport {
  std::string name;
  std::string subject;                      // with wildcards: any of them
  std::string type = "service";             //
  std::string response_type = "Singleton";  // or "Stream": many answers to one request

  static void fields(auto& self, auto&& visit) {
    visit("name", self.name);
    visit("subject", self.subject);
    visit("type", self.type);
    visit("response_type", self.response_type);
  }
};

struct NatsImport {
  std::string name;
  std::string subject;          // as the exporting account knows it
  std::string account;          // public nkey of the exporting account
  std::string local_subject{};  // as it is known here; empty: the same
  std::string type = "service";

  static void fields(auto& self, auto&& visit) {
    visit("name", self.name);
    visit("subject", self.subject);
    visit("account", self.account);
    visit("local_subject", self.local_subject);
    visit("type", self.type);
  }
};

// All of an account's users together; kNatsUnlimited is no limit, and 0 is none of it.
struct NatsAccountLimits {
  std::int64_t subs = kNatsUnlimited;
  std::int64_t data = kNatsUnlimited;
  std::int64_t payload = kNatsUnlimited;  // bytes of a message that is published
  std::int64_t imports = kNatsUnlimited;
  std::int64_t exports = kNatsUnlimited;
  bool wildcards = false;  // whether exports may have them
  std::int64_t conn = kNatsUnlimited;
  std::int64_t leaf = 0;
  std::int64_t mem_storage = 0;   // bytes of JetStream; with neither there is no JetStream
  std::int64_t disk_storage = 0;  // bytes
  std::int64_t streams = 0;
  std::int64_t consumer = 0;

  static void fields(auto& self, auto&& visit) {
    visit("subs", self.subs);
    visit("data", self.data);
    visit("payload", self.payload);
    visit("imports", self.imports);
    visit("exports", self.exports);
    visit("wildcards", self.wildcards);
    visit("conn", self.conn);
    visit("leaf", self.leaf);
    visit("mem_storage", self.mem_storage);
    visit("disk_storage", self.disk_storage);
    visit("streams", self.streams);
    visit("consumer", self.consumer);
  }
};

struct NatsAccount {
  std::string type = "account";
  std::int64_t version = 2;
  std::vector<NatsImport> imports{};
  std::vector<NatsExport> exports{};
  NatsAccountLimits limits{};
  // Users by public nkey, or "*" for all: whose JWT is not younger than this is refused.
  std::map<std::string, std::int64_t> revocations{};  // to Unix seconds

  static void fields(auto& self, auto&& visit) {
    visit("type", self.type);
    visit("version", self.version);
    visit("imports", self.imports);
    visit("exports", self.exports);
    visit("limits", self.limits);
    visit("revocations", self.revocations);
  }
};

struct NatsSubjects {
  std::vector<std::string> allow;  // empty: all of them

  static void fields(auto& self, auto&& visit) { visit("allow", self.allow); }
};

struct NatsUser {
  std::string type = "user";
  std::int64_t version = 2;
  NatsSubjects pub{};
  NatsSubjects sub{};
  std::int64_t subs = kNatsUnlimited;
  std::int64_t data = kNatsUnlimited;
  std::int64_t payload = kNatsUnlimited;
  std::vector<std::string> allowed_connection_types{};  // empty: all

  static void fields(auto& self, auto&& visit) {
    visit("type", self.type);
    visit("version", self.version);
    visit("pub", self.pub);
    visit("sub", self.sub);
    visit("subs", self.subs);
    visit("data", self.data);
    visit("payload", self.payload);
    visit("allowed_connection_types", self.allowed_connection_types);
  }
};

struct NatsOperatorClaims {
  std::string type = "operator";
  std::int64_t version = 2;
  std::string system_account;  // public nkey

  static void fields(auto& self, auto&& visit) {
    visit("type", self.type);
    visit("version", self.version);
    visit("system_account", self.system_account);
  }
};

// Of whom, and since when. Unix seconds.
struct NatsIdentity {
  std::string subject;  // public nkey
  std::string name;     // for people
  std::int64_t issued_at = 0;
  std::int64_t expires_at = 0;  // 0: never
};

// The signed text. The same for the same arguments.
std::string nats_jwt(const Nkey& issuer, const NatsIdentity& identity,
                     const NatsOperatorClaims& claims);
std::string nats_jwt(const Nkey& issuer, const NatsIdentity& identity, const NatsAccount& claims);
std::string nats_jwt(const Nkey& issuer, const NatsIdentity& identity, const NatsUser& claims);

// What an account's JWT says that we go on from.
struct NatsAccountRecord {
  std::int64_t issued_at = 0;
  std::map<std::string, std::int64_t> revocations{};
};

// Nothing when it is no JWT of an account.
std::optional<NatsAccountRecord> read_account_jwt(std::string_view jwt);

// The text of a .creds file: what every NATS client takes.
std::string nats_creds(std::string_view user_jwt, const Nkey& user);

}  // namespace cassette::eventstore
