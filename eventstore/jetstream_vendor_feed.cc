// Accounts and users of the feed's server. Nothing of them is kept here: an account's key follows
// from the vendor's id, and the server keeps its JWT with what was revoked.
#include "eventstore/jetstream_vendor_feed.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <utility>

#include "eventstore/codec.h"
#include "eventstore/data_folder.h"
#include "eventstore/jetstream_handles.h"
#include "eventstore/jetstream_vendor_consumer.h"
#include "eventstore/nats_jwt.h"
#include "eventstore/publisher.h"

namespace cassette::eventstore {
namespace {

// All connections of a vendor together: a few processes, and the next release beside the last.
constexpr std::int64_t kMaxConnections = 16;
// Of all its connections; a pull takes one.
constexpr std::int64_t kMaxSubscriptions = 1'000;
// A pull and an acknowledgement are a line of JSON at most.
constexpr std::int64_t kMaxPayloadBytes = 4'096;
constexpr std::int64_t kRequestTimeoutMs = 5'000;
// Who every user's revocation means.
constexpr const char* kEverybody = "*";

std::int64_t seconds_of(domain::Timestamp time) {
  constexpr std::int64_t kMicros = 1'000'000;
  return time.micros / kMicros;
}

// Of any stream and consumer: which of them an account may take is what its own JWT says, and only
// the operator signs that.
std::vector<NatsExport> exports() {
  return {
      {.name = "consumer's state", .subject = "$JS.API.CONSUMER.INFO.*.*"},
      {.name = "pulling", .subject = "$JS.API.CONSUMER.MSG.NEXT.*.*", .response_type = "Stream"},
      {.name = "acknowledging", .subject = "$JS.ACK.*.*.>"}};
}

NatsAccount system_claims() {
  return {};
}

NatsAccount feed_claims() {
  NatsAccount account;
  account.exports = exports();
  account.limits.wildcards = true;
  account.limits.mem_storage = kNatsUnlimited;
  account.limits.disk_storage = kNatsUnlimited;
  account.limits.streams = kNatsUnlimited;
  account.limits.consumer = kNatsUnlimited;
  return account;
}

struct ConsumerSubjects {
  std::string info;
  std::string next;
  std::string ack;
};

ConsumerSubjects subjects_of(std::string_view stream, std::string_view consumer) {
  return {fmt::format("$JS.API.CONSUMER.INFO.{}.{}", stream, consumer),
          fmt::format("$JS.API.CONSUMER.MSG.NEXT.{}.{}", stream, consumer),
          fmt::format("$JS.ACK.{}.{}.>", stream, consumer)};
}

// An account without JetStream is given the whole API by the server, which then answers first that
// there is no JetStream; but not one that takes $JS.API.INFO from somewhere. Here that is the
// consumer's state under another name, where its users may not publish anyway.
constexpr const char* kApiInfo = "$JS.API.INFO";

std::vector<NatsImport> imports(const ConsumerSubjects& subjects, const std::string& account) {
  return {{.name = "consumer's state", .subject = subjects.info, .account = account},
          {.name = "pulling", .subject = subjects.next, .account = account},
          {.name = "acknowledging", .subject = subjects.ack, .account = account},
          {.name = "in place of the API",
           .subject = subjects.info,
           .account = account,
           .local_subject = kApiInfo}};
}

NatsUser user_claims(const ConsumerSubjects& subjects, const std::string& inbox_prefix) {
  NatsUser user;
  user.pub.allow = {subjects.info, subjects.next, subjects.ack};
  user.sub.allow = {inbox_prefix + ".>"};
  user.payload = kMaxPayloadBytes;
  user.allowed_connection_types = {"STANDARD"};
  return user;
}

// For ever: it is made anew at each start, and its key can make another.
JetStreamOptions as_user(const Nkey& account, const Nkey& user, JetStreamOptions options,
                         domain::Timestamp now) {
  options.nkey = user;
  options.user_jwt =
      nats_jwt(account, {user.public_key(), "cassette", seconds_of(now)}, NatsUser{});
  return options;
}

Stored<std::string> request(const JetStreamLink& link, const std::string& subject,
                            std::string_view body) {
  MessageHandle answer;
  const natsStatus status =
      natsConnection_Request(out(answer), link.connection.get(), subject.c_str(), body.data(),
                             static_cast<int>(body.size()), kRequestTimeoutMs);
  if (status != NATS_OK) return Failure{store_error("asking the feed's server", status)};
  return std::string(natsMsg_GetData(answer.get()),
                     static_cast<std::size_t>(natsMsg_GetDataLength(answer.get())));
}

// {"data":{"account","code":200,…}} or {"error":{"description",…}}
bool says_ok(const std::string& answer) {
  simdjson::dom::parser parser;
  std::int64_t code = 0;
  return parser.parse(answer)["data"]["code"].get(code) == simdjson::SUCCESS && code == 200;
}

}  // namespace

NatsOperatorMode feed_operator_mode(const FeedKeys& keys, domain::Timestamp now) {
  const std::string system = keys.system_account.public_key();
  const std::string feed = keys.feed_account.public_key();
  const std::int64_t at = seconds_of(now);
  const Nkey& op = keys.operator_key;
  NatsOperatorClaims claims;
  claims.system_account = system;
  NatsOperatorMode mode;
  mode.operator_key = op.public_key();
  mode.operator_jwt = nats_jwt(op, {mode.operator_key, "cassette", at}, claims);
  mode.system_account = system;
  mode.jwts = {{system, nats_jwt(op, {system, "SYSTEM", at}, system_claims())},
               {feed, nats_jwt(op, {feed, "FEED", at}, feed_claims())}};
  return mode;
}

JetStreamOptions feed_user(const FeedKeys& keys, const JetStreamOptions& to,
                           domain::Timestamp now) {
  return as_user(keys.feed_account, keys.user, to, now);
}

// A vendor's account, with what the server knows of it.
struct JetStreamVendorFeed::Account {
  Nkey key;
  ConsumerSubjects subjects;
  NatsAccount claims;
  std::string name;
  std::string jwt;             // as the server has it; empty: not yet
  std::int64_t issued_at = 0;  // of `jwt`

  NatsIdentity identity(std::int64_t at) const { return {key.public_key(), name, at}; }
  // Every user's JWT up to this second is refused; 0: none.
  std::int64_t revoked_at() const {
    const auto found = claims.revocations.find(kEverybody);
    return found == claims.revocations.end() ? 0 : found->second;
  }
};

Stored<std::unique_ptr<VendorFeed>> JetStreamVendorFeed::open(const FeedKeys& keys,
                                                              VendorFeedOptions options,
                                                              domain::Timestamp now) {
  std::unique_ptr<JetStreamVendorFeed> feed(new JetStreamVendorFeed(keys, std::move(options)));
  const JetStreamOptions& server = feed->options_.server;
  auto system = JetStreamLink::open(as_user(keys.system_account, keys.user, server, now));
  if (!system) return Failure{system.error()};
  feed->system_ = std::move(system).value();
  auto own = JetStreamLink::open(feed_user(keys, server, now));
  if (!own) return Failure{own.error()};
  feed->feed_ = std::move(own).value();
  return std::unique_ptr<VendorFeed>(std::move(feed));
}

JetStreamVendorFeed::JetStreamVendorFeed(const FeedKeys& keys, VendorFeedOptions options)
    : keys_(keys), options_(std::move(options)) {}

JetStreamVendorFeed::~JetStreamVendorFeed() = default;

Stored<JetStreamVendorFeed::Account> JetStreamVendorFeed::look_up(
    const domain::VendorId& vendor) const {
  const std::string stream = feed_stream(partition_of(vendor.value, options_.partitions));
  Account account{.key = keys_.vendors.derive("vendor:" + vendor.value),
                  .subjects = subjects_of(stream, vendor.value),
                  .claims = {},
                  .name = "vendor " + vendor.value,
                  .jwt = {}};
  account.claims.imports = imports(account.subjects, keys_.feed_account.public_key());
  account.claims.limits.imports = static_cast<std::int64_t>(account.claims.imports.size());
  account.claims.limits.exports = 0;
  account.claims.limits.conn = kMaxConnections;
  account.claims.limits.subs = kMaxSubscriptions;
  account.claims.limits.payload = kMaxPayloadBytes;
  auto jwt = request(
      *system_, fmt::format("$SYS.REQ.ACCOUNT.{}.CLAIMS.LOOKUP", account.key.public_key()), "");
  if (!jwt) return Failure{jwt.error()};
  if (jwt.value().empty()) return account;
  auto record = read_account_jwt(jwt.value());
  if (!record) {
    return Failure{StoreError{StoreError::Kind::Corrupt,
                              "the feed's server has no JWT for the account of " + account.name}};
  }
  account.jwt = std::move(jwt).value();
  account.issued_at = record->issued_at;
  account.claims.revocations = std::move(record->revocations);
  return account;
}

Stored<Done> JetStreamVendorFeed::push(const Account& account, std::int64_t issued_at) const {
  const std::string jwt = nats_jwt(keys_.operator_key, account.identity(issued_at), account.claims);
  auto answer = request(*system_, "$SYS.REQ.CLAIMS.UPDATE", jwt);
  if (!answer) return Failure{answer.error()};
  if (says_ok(answer.value())) {
    return sync_file(options_.accounts / (account.key.public_key() + ".jwt"));
  }
  return Failure{StoreError{StoreError::Kind::Unavailable,
                            fmt::format("the feed's server refuses the account of {}: {}",
                                        account.name, answer.value())}};
}

Stored<FeedCredentials> JetStreamVendorFeed::mint(const domain::VendorId& vendor,
                                                  domain::Timestamp now,
                                                  std::chrono::seconds lifetime) {
  const std::lock_guard lock(mutex_);
  const std::uint32_t partition = partition_of(vendor.value, options_.partitions);
  auto account = look_up(vendor);
  if (!account) return Failure{account.error()};
  const Account& its = account.value();
  const std::int64_t at = seconds_of(now);
  const bool as_wanted =
      its.jwt == nats_jwt(keys_.operator_key, its.identity(its.issued_at), its.claims);
  if (!as_wanted) {
    auto pushed = push(its, std::max(at, its.issued_at + 1));
    if (!pushed) return Failure{pushed.error()};
  }
  auto consumer = make_vendor_consumer(*feed_, partition, vendor);
  if (!consumer) return Failure{consumer.error()};
  FeedCredentials credentials;
  credentials.url = options_.url;
  credentials.stream = feed_stream(partition);
  credentials.consumer = vendor.value;
  credentials.inbox_prefix = "_INBOX_" + vendor.value;
  const Nkey user = Nkey::from_bytes(options_.new_seed());
  // Younger than what was revoked, be it in this same second.
  const NatsIdentity identity{.subject = user.public_key(),
                              .name = its.name,
                              .issued_at = std::max(at, its.revoked_at() + 1),
                              .expires_at = at + lifetime.count()};
  credentials.creds = nats_creds(
      nats_jwt(its.key, identity, user_claims(its.subjects, credentials.inbox_prefix)), user);
  credentials.expires_at = domain::Timestamp{identity.expires_at * 1'000'000};
  return credentials;
}

Stored<bool> JetStreamVendorFeed::revoke(const domain::VendorId& vendor, domain::Timestamp now) {
  const std::lock_guard lock(mutex_);
  auto account = look_up(vendor);
  if (!account) return Failure{account.error()};
  Account& its = account.value();
  if (its.jwt.empty()) return false;
  const std::int64_t at = std::max(seconds_of(now), its.revoked_at() + 1);
  its.claims.revocations[kEverybody] = at;
  auto pushed = push(its, std::max(at, its.issued_at + 1));
  if (!pushed) return Failure{pushed.error()};
  return true;
}

}  // namespace cassette::eventstore
