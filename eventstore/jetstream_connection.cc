// Connecting, and the streams as they must be. Options of NATS.c are all set here, each with why.
#include "eventstore/jetstream_connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "eventstore/jetstream_handles.h"
#include "eventstore/jetstream_journal.h"
#include "eventstore/jetstream_key_value.h"
#include "eventstore/jetstream_ledger.h"
#include "eventstore/jetstream_publisher.h"

namespace cassette::eventstore {
namespace {

// Retrying costs a refused connect on loopback; a reader behind by this much is not noticed.
constexpr std::int64_t kReconnectWaitMs = 50;
constexpr std::int64_t kReconnectJitterMs = 50;
// How long a server may be gone before whoever asks it is told so: a restart takes less.
constexpr std::chrono::milliseconds kReconnectGrace{2'000};
constexpr std::chrono::milliseconds kReconnectLook{10};  // between two looks, meanwhile
// Two pings unanswered: a frozen server or a cut cable is seen after half a minute.
constexpr std::int64_t kPingIntervalMs = 10'000;
constexpr int kMaxPingsOut = 2;
// Large reads: a reader that catches up takes a commit of 256 KiB in a few system calls.
constexpr int kIoBufferBytes = 256 * 1024;
// The least that the server takes. Message ids are not used, so no window is needed.
constexpr std::int64_t kDuplicatesNs = 100'000'000;
constexpr std::int64_t kNoLimit = -1;

// NATS.c 3 takes a signature that begins with a zero byte, one in 256, for none, and the server
// takes us for nobody then. The next challenge is another: connecting and reconnecting try again.
constexpr natsStatus kUnsayable = NATS_NOT_PERMITTED;
constexpr int kMaxConnects = 10;

// Answers the server's challenge, at each connect and reconnect. NATS.c frees the signature.
natsStatus sign_nonce(char**, unsigned char** signature, int* length, const char* nonce,
                      void* key) {
  const NkeySignature made = static_cast<const Nkey*>(key)->sign(nonce);
  if (made.front() == 0) return kUnsayable;
  *signature = static_cast<unsigned char*>(std::malloc(made.size()));
  if (*signature == nullptr) return NATS_NO_MEMORY;
  std::copy(made.begin(), made.end(), *signature);
  *length = static_cast<int>(made.size());
  return NATS_OK;
}

// At each connect and reconnect. NATS.c frees the text.
natsStatus show_jwt(char** jwt, char**, void* options) {
  *jwt = strdup(static_cast<const JetStreamOptions*>(options)->user_jwt.c_str());
  return *jwt == nullptr ? NATS_NO_MEMORY : NATS_OK;
}

// `wanted` outlives the connection: JWT and key are used again at each reconnect.
natsStatus set_credentials(natsOptions* options, const JetStreamOptions& wanted) {
  if (!wanted.creds_file.empty()) {
    return natsOptions_SetUserCredentialsFromFiles(options, wanted.creds_file.c_str(), nullptr);
  }
  if (!wanted.nkey) return NATS_OK;
  // NATS.c only reads the closure.
  void* key = const_cast<Nkey*>(&*wanted.nkey);
  if (!wanted.user_jwt.empty()) {
    return natsOptions_SetUserCredentialsCallbacks(
        options, show_jwt, const_cast<JetStreamOptions*>(&wanted), sign_nonce, key);
  }
  return natsOptions_SetNKey(options, wanted.nkey->public_key().c_str(), sign_nonce, key);
}

natsStatus set_tls(natsOptions* options, const JetStreamTls& tls) {
  if (!tls.wanted()) return NATS_OK;
  natsStatus status = natsOptions_SetSecure(options, true);
  if (status == NATS_OK && tls.own_child) {
    status = natsOptions_SkipServerVerification(options, true);
  }
  // Whose certificate it shows must be the host of the URL, which NATS.c compares by itself.
  if (status == NATS_OK && !tls.ca_file.empty()) {
    status = natsOptions_LoadCATrustedCertificates(options, tls.ca_file.c_str());
  }
  if (status == NATS_OK && !tls.cert_file.empty()) {
    status =
        natsOptions_LoadCertificatesChain(options, tls.cert_file.c_str(), tls.key_file.c_str());
  }
  return status;
}

natsStatus set_reconnect(natsOptions* options) {
  const natsStatus steps[] = {
      natsOptions_SetAllowReconnect(options, true),
      // For ever: the server is restarted under us, and a process that gave up would be no use.
      natsOptions_SetMaxReconnect(options, INT_MAX),
      natsOptions_SetReconnectWait(options, kReconnectWaitMs),
      natsOptions_SetReconnectJitter(options, kReconnectJitterMs, kReconnectJitterMs),
      // A request whose answer can't come any more fails at once, not after its timeout.
      natsOptions_SetFailRequestsOnDisconnect(options, true),
      natsOptions_SetPingInterval(options, kPingIntervalMs),
      natsOptions_SetMaxPingsOut(options, kMaxPingsOut),
  };
  for (const natsStatus step : steps) {
    if (step != NATS_OK) return step;
  }
  return NATS_OK;
}

// The library's default for dropped connections and slow consumers is to print to stderr; whoever
// calls us sees the error anyway.
void ignore_asynchronous_error(natsConnection*, natsSubscription*, natsStatus, void*) {}

natsStatus set_servers(natsOptions* options, const std::string& comma_separated) {
  std::vector<std::string> urls;
  for (std::size_t from = 0; from <= comma_separated.size();) {
    const std::size_t comma = std::min(comma_separated.find(',', from), comma_separated.size());
    urls.push_back(comma_separated.substr(from, comma - from));
    from = comma + 1;
  }
  std::vector<const char*> pointers;
  for (const std::string& url : urls) pointers.push_back(url.c_str());
  return natsOptions_SetServers(options, pointers.data(), static_cast<int>(pointers.size()));
}

natsStatus set_options(natsOptions* options, const JetStreamOptions& wanted) {
  const natsStatus steps[] = {
      set_servers(options, wanted.url),
      natsOptions_SetName(options, wanted.name.c_str()),
      natsOptions_SetTimeout(options, wanted.connect_timeout.count()),
      natsOptions_SetIOBufSize(options, kIoBufferBytes),
      // A commit leaves in the caller's thread, without waking a flusher first.
      natsOptions_SetSendAsap(options, wanted.send_at_once),
      natsOptions_SetErrorHandler(options, ignore_asynchronous_error, nullptr),
      set_reconnect(options),
      set_credentials(options, wanted),
      set_tls(options, wanted.tls),
  };
  for (const natsStatus step : steps) {
    if (step != NATS_OK) return step;
  }
  return NATS_OK;
}

natsStatus connect(ConnectionHandle& connection, natsOptions* options) {
  natsStatus status = kUnsayable;
  for (int i = 0; i < kMaxConnects && status == kUnsayable; ++i) {
    status = natsConnection_Connect(out(connection), options);
  }
  return status;
}

std::string stream_name(std::uint32_t partition) {
  return fmt::format("LEDGER-{}", partition);
}
std::string subject_name(std::uint32_t partition) {
  return fmt::format("ledger.{}", partition);
}

// Where the notary's heads go: a stream as the ledger's are, and none of its partitions.
constexpr const char* kNotaryStreamName = "NOTARY";
constexpr const char* kNotarySubject = "notary";

// A ledger stream's settings; `name` and `subject` must outlive it.
struct LedgerConfig {
  std::string name;
  std::string subject;
  const char* subjects[1];
  jsStreamConfig config;

  LedgerConfig(std::string stream, std::string its_subject, const LedgerStreamOptions& options)
      : name(std::move(stream)), subject(std::move(its_subject)) {
    jsStreamConfig_Init(&config);
    subjects[0] = subject.c_str();
    config.Name = name.c_str();
    config.Description = "Cassette's: what was appended is never removed";
    config.Subjects = subjects;
    config.SubjectsLen = 1;
    config.Storage = js_FileStorage;
    config.Retention = js_LimitsPolicy;
    config.Discard = js_DiscardNew;  // full means refused, never the oldest forgotten
    config.DenyDelete = true;
    config.DenyPurge = true;
    config.AllowRollup = false;  // a rollup header would purge
    config.AllowDirect = false;  // a replica's answer may be behind its leader's
    config.MaxConsumers = kNoLimit;
    config.MaxMsgs = kNoLimit;
    config.MaxBytes = kNoLimit;
    config.MaxAge = 0;
    config.MaxMsgsPerSubject = kNoLimit;
    config.MaxMsgSize = static_cast<std::int32_t>(kMaxMessageBytes);
    config.Duplicates = kDuplicatesNs;
    config.Replicas = options.replicas;
  }
};

bool has_only_subject(const jsStreamConfig& config, std::string_view subject) {
  return config.SubjectsLen == 1 && subject == config.Subjects[0];
}

bool unlimited(std::int64_t limit) {
  return limit <= 0;
}

// The first setting of `is` that a ledger can't live with; empty when there is none.
std::string_view unfit(const jsStreamConfig& is, const LedgerConfig& wanted) {
  if (!has_only_subject(is, wanted.subject)) return "subjects";
  if (is.Storage != js_FileStorage) return "storage";
  if (is.Retention != js_LimitsPolicy) return "retention";
  if (is.Discard != js_DiscardNew) return "discard";
  if (!is.DenyDelete) return "deny_delete";
  if (!is.DenyPurge) return "deny_purge";
  if (is.AllowRollup) return "allow_rollup_hdrs";
  if (is.Sealed) return "sealed";
  if (is.NoAck) return "no_ack";
  if (is.Mirror != nullptr) return "mirror";
  if (is.SourcesLen > 0) return "sources";
  if (!unlimited(is.MaxMsgs)) return "max_msgs";
  if (!unlimited(is.MaxBytes)) return "max_bytes";
  if (!unlimited(is.MaxAge)) return "max_age";
  if (!unlimited(is.MaxMsgsPerSubject)) return "max_msgs_per_subject";
  if (is.MaxMsgSize > 0 && is.MaxMsgSize < wanted.config.MaxMsgSize) return "max_msg_size";
  if (is.Replicas < wanted.config.Replicas) return "num_replicas";
  return {};
}

Stored<Done> check_fit(const jsStreamConfig& is, const LedgerConfig& wanted) {
  const std::string_view setting = unfit(is, wanted);
  if (setting.empty()) return Done{};
  return Failure{
      StoreError{StoreError::Kind::Mismatch,
                 fmt::format("stream {} exists with another {}: it was not made for a ledger",
                             wanted.name, setting)}};
}

// Null when there is no such stream.
Stored<StreamInfoHandle> stream_info(const JetStreamLink& link, const std::string& name) {
  StreamInfoHandle info;
  jsErrCode code = static_cast<jsErrCode>(0);
  const natsStatus status =
      js_GetStreamInfo(out(info), link.context.get(), name.c_str(), nullptr, &code);
  if (code == JSStreamNotFoundErr) return StreamInfoHandle{};
  if (status != NATS_OK) return Failure{store_error("stream info of " + name, status, code)};
  return info;
}

// Makes it, or holds the one there is against what it should be.
Stored<Done> make_stream(const JetStreamLink& link, const LedgerConfig& wanted) {
  auto existing = stream_info(link, wanted.name);
  if (!existing) return Failure{existing.error()};
  if (existing.value() != nullptr) return check_fit(*existing.value()->Config, wanted);
  StreamInfoHandle made;
  jsErrCode code = static_cast<jsErrCode>(0);
  jsStreamConfig config = wanted.config;  // NATS.c takes it as one that may be changed
  const natsStatus status = js_AddStream(out(made), link.context.get(), &config, nullptr, &code);
  if (status != NATS_OK) {
    return Failure{store_error("creating stream " + wanted.name, status, code)};
  }
  return check_fit(*made->Config, wanted);
}

}  // namespace

Stored<std::unique_ptr<JetStreamLink>> JetStreamLink::open(const JetStreamOptions& options) {
  auto link = std::make_unique<JetStreamLink>();
  link->options = options;
  OptionsHandle opts;
  natsStatus status = natsOptions_Create(out(opts));
  if (status == NATS_OK) status = set_options(opts.get(), link->options);
  if (status == NATS_OK) status = connect(link->connection, opts.get());
  if (status != NATS_OK) return Failure{store_error("connecting to " + options.url, status)};
  jsOptions js;
  jsOptions_Init(&js);
  js.Wait = options.request_timeout.count();
  status = natsConnection_JetStream(out(link->context), link->connection.get(), &js);
  if (status != NATS_OK) return Failure{store_error("JetStream of " + options.url, status)};
  return link;
}

void JetStreamLink::note_failed_write(std::string_view why) {
  char** servers = nullptr;
  int count = 0;
  if (natsConnection_GetServers(connection.get(), &servers, &count) != NATS_OK) return;
  for (int i = 0; i < count; ++i) std::free(servers[i]);
  std::free(servers);
  if (count != 1) return;
  const std::lock_guard lock(mutex_);
  failed_server_ = connected_server_id(connection.get());
  why_ = why;
}

std::optional<StoreError> JetStreamLink::distrust() const {
  const std::lock_guard lock(mutex_);
  if (failed_server_.empty()) return std::nullopt;
  const std::string now = connected_server_id(connection.get());
  if (!now.empty() && now != failed_server_) failed_server_.clear();
  if (now != failed_server_ || failed_server_.empty()) return std::nullopt;
  return StoreError{
      StoreError::Kind::Full,
      fmt::format("the nats-server failed to write, and must be restarted: {}", why_)};
}

std::optional<StoreError> JetStreamLink::unreachable() const {
  using Clock = std::chrono::steady_clock;
  while (true) {  // ends: after the grace
    const bool there = natsConnection_Status(connection.get()) == NATS_CONN_STATUS_CONNECTED;
    {
      const std::lock_guard lock(mutex_);
      if (there) gone_since_.reset();
      if (there) return std::nullopt;
      if (!gone_since_) gone_since_ = Clock::now();
      if (Clock::now() - *gone_since_ >= kReconnectGrace) break;
    }
    std::this_thread::sleep_for(kReconnectLook);
  }
  return StoreError{StoreError::Kind::Unavailable, "there is no nats-server at the other end"};
}

std::string connected_server_id(natsConnection* connection) {
  std::array<char, 128> id{};  // its own ids have 56 characters
  const natsStatus status = natsConnection_GetConnectedServerId(connection, id.data(), id.size());
  return status == NATS_OK ? std::string(id.data()) : std::string();
}

StoreError store_error(std::string_view doing, natsStatus status, int code) {
  auto kind = StoreError::Kind::Unavailable;
  switch (code) {
    case JSAccountResourcesExceededErr:
    case JSInsufficientResourcesErr:
    case JSStorageResourcesExceededErr:
      kind = StoreError::Kind::Full;
      break;
    case JSStreamWrongLastSequenceErr:
    case JSStreamWrongLastMsgIDErr:
    case kWrongLastSequenceOfAny:
      kind = StoreError::Kind::Conflict;
      break;
    case JSStreamNotFoundErr:
    case JSStreamNameExistErr:
    case JSStreamSubjectOverlapErr:
    case JSNotEnabledForAccountErr:
      kind = StoreError::Kind::Mismatch;
      break;
    default:
      break;
  }
  const char* text = nats_GetLastError(nullptr);
  if (text == nullptr || *text == '\0') text = natsStatus_GetText(status);
  return {kind, code == 0 ? fmt::format("{}: {}", doing, text)
                          : fmt::format("{}: {} ({})", doing, text, code)};
}

JetStreamConnection::JetStreamConnection(std::unique_ptr<JetStreamLink> link)
    : link_(std::move(link)) {}

JetStreamConnection::~JetStreamConnection() = default;

Stored<std::unique_ptr<JetStreamConnection>> JetStreamConnection::connect(
    const JetStreamOptions& options) {
  auto link = JetStreamLink::open(options);
  if (!link) return Failure{link.error()};
  return std::unique_ptr<JetStreamConnection>(new JetStreamConnection(std::move(link).value()));
}

Stored<Done> JetStreamConnection::create_ledger_stream(std::uint32_t partition,
                                                       const LedgerStreamOptions& options) {
  return make_stream(*link_,
                     LedgerConfig(stream_name(partition), subject_name(partition), options));
}

Stored<Done> JetStreamConnection::create_notary_stream(const LedgerStreamOptions& options) {
  return make_stream(*link_, LedgerConfig(kNotaryStreamName, kNotarySubject, options));
}

std::unique_ptr<Ledger> JetStreamConnection::notary_stream() {
  return std::make_unique<JetStreamLedger>(*link_, kNotaryStreamName, kNotarySubject);
}

Stored<bool> JetStreamConnection::has_notary_stream() {
  const auto info = stream_info(*link_, kNotaryStreamName);
  if (!info) return Failure{info.error()};
  return info.value() != nullptr;
}

Stored<std::optional<LedgerStream>> JetStreamConnection::ledger_stream(std::uint32_t partition) {
  if (auto distrusted = link_->distrust()) return Failure{std::move(*distrusted)};
  auto info = stream_info(*link_, stream_name(partition));
  if (!info) return Failure{info.error()};
  if (info.value() == nullptr) return std::optional<LedgerStream>{};
  const jsStreamInfo& stream = *info.value();
  return std::optional<LedgerStream>{
      LedgerStream{.replicas = static_cast<std::uint32_t>(stream.Config->Replicas),
                   .first_sequence = stream.State.LastSeq == 0 ? 0 : stream.State.FirstSeq,
                   .last_sequence = stream.State.LastSeq,
                   .bytes = stream.State.Bytes}};
}

std::unique_ptr<Ledger> JetStreamConnection::ledger(std::uint32_t partition) {
  return std::make_unique<JetStreamLedger>(*link_, stream_name(partition), subject_name(partition));
}

Stored<std::unique_ptr<KeyValue>> JetStreamConnection::create_bucket(std::string_view name,
                                                                     const BucketOptions& options) {
  return JetStreamKeyValue::open(*link_, name, options);
}

Stored<std::unique_ptr<Journal>> JetStreamConnection::open_journal(std::string_view name,
                                                                   const JournalOptions& options) {
  return JetStreamJournal::open(*link_, name, options);
}

Stored<std::unique_ptr<Publisher>> JetStreamConnection::publisher() {
  return JetStreamPublisher::open(link_->options);
}

std::string JetStreamConnection::server_id() const {
  return connected_server_id(link_->connection.get());
}

bool JetStreamConnection::failed_to_write() const {
  return link_->distrust().has_value();
}

bool JetStreamConnection::connected() const {
  return natsConnection_Status(link_->connection.get()) == NATS_CONN_STATUS_CONNECTED;
}

}  // namespace cassette::eventstore
