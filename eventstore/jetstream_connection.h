// JetStreamConnection: the way to one nats-server's ledger streams and key-value buckets.
// It makes them as Cassette needs them and refuses ones made otherwise. It starts no server
// (nats_server.h), and shows nothing of NATS.c.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "eventstore/journal.h"
#include "eventstore/key_value.h"
#include "eventstore/ledger.h"
#include "eventstore/nkey.h"
#include "eventstore/store_error.h"

namespace cassette::eventstore {

class Publisher;  // publisher.h

// What a message's headers may add to its body: the expected sequence, and the addressed partitions
// at 4 bytes each.
inline constexpr std::size_t kMaxHeaderBytes = 4096;
// A whole message, as the server's max_payload and a stream's max_msg_size count it.
inline constexpr std::size_t kMaxMessageBytes = kMaxBodyBytes + kMaxHeaderBytes;

// PEM files. Any of them makes TLS a must: a server without it is not talked to.
struct JetStreamTls {
  std::string ca_file{};    // who the server's certificate must come from; empty: the system's
  std::string cert_file{};  // our own certificate, with its chain; empty: none
  std::string key_file{};   // and its key
  // TLS without asking who is there: for a server that is our own child, whose certificate names it
  // as others know it.
  bool own_child = false;

  bool wanted() const { return !ca_file.empty() || !cert_file.empty() || own_child; }
};

struct JetStreamOptions {
  std::string url = "nats://127.0.0.1:4222";  // or several, comma-separated, of one cluster
  std::string name = "cassette";              // as the server's monitor shows it
  std::string creds_file{};                   // a user's JWT and seed in one file; empty: none
  std::optional<Nkey> nkey{};                 // who we are, where the server knows nkeys
  std::string user_jwt{};                     // where it knows JWTs: the one of `nkey`
  JetStreamTls tls{};                         // for a server that is not of this machine
  std::chrono::milliseconds connect_timeout{2000};
  std::chrono::milliseconds request_timeout{5000};  // of everything but `append`
  bool send_at_once = true;  // in the caller's thread; else many messages leave together
};

struct LedgerStreamOptions {
  std::uint32_t replicas = 1;
};

struct LedgerStream {
  std::uint32_t replicas = 1;
  std::uint64_t first_sequence = 0;  // 1, unless somebody removed messages; 0 when empty
  std::uint64_t last_sequence = 0;   // 0 when empty
  std::uint64_t bytes = 0;
};

struct BucketOptions {
  std::uint32_t replicas = 1;
  // What a write or a purge supersedes is overwritten on the server's disk: a round trip and a sync
  // more a write. False where no value is a secret: then the server drops it, and it may stay
  // there.
  bool erase_replaced = true;
};

struct JetStreamLink;

// Thread-safe. Must outlive the ledgers and buckets that it gives; readers have connections of
// their own. After the first connect it reconnects for ever, by itself.
class JetStreamConnection {
 public:
  // Unavailable when no server answers in time, Mismatch when it has no JetStream.
  static Stored<std::unique_ptr<JetStreamConnection>> connect(const JetStreamOptions& options);
  ~JetStreamConnection();
  JetStreamConnection(const JetStreamConnection&) = delete;
  JetStreamConnection& operator=(const JetStreamConnection&) = delete;

  // Makes `LEDGER-<partition>`. One that is there already is no error, unless its settings differ
  // in what matters: Mismatch, naming the setting. More replicas than asked for are welcome.
  Stored<Done> create_ledger_stream(std::uint32_t partition, const LedgerStreamOptions& options);

  // As its leader sees it. Nothing when there is no such stream.
  Stored<std::optional<LedgerStream>> ledger_stream(std::uint32_t partition);

  // The stream need not exist yet: calls fail until it does. Never null.
  std::unique_ptr<Ledger> ledger(std::uint32_t partition);

  // Makes `NOTARY`, where signed heads go: a stream as a ledger's is, with the same failures.
  Stored<Done> create_notary_stream(const LedgerStreamOptions& options);
  // Whether there is one.
  Stored<bool> has_notary_stream();
  // It need not exist yet: calls fail until it does. Never null.
  std::unique_ptr<Ledger> notary_stream();

  // Makes the bucket, or opens the one there is. File storage, one value a key.
  Stored<std::unique_ptr<KeyValue>> create_bucket(std::string_view name,
                                                  const BucketOptions& options = {});

  // Makes the journal's stream, or opens the one there is and gives it these limits. `name` is of
  // [A-Z0-9-].
  Stored<std::unique_ptr<Journal>> open_journal(std::string_view name,
                                                const JournalOptions& options = {});

  // The feed's streams, over a connection of its own. Unavailable when no server answers.
  Stored<std::unique_ptr<Publisher>> publisher();

  // Whether there is a server at the other end just now.
  bool connected() const;
  // Whether the server could not write to its disk since it was started. Then every call fails with
  // Full, and every append is refused, until it has been restarted: whoever runs it should, as soon
  // as there is room. Never true of a cluster.
  bool failed_to_write() const;
  // The id of the server at the other end, as its monitor shows it; empty without one.
  std::string server_id() const;

 private:
  explicit JetStreamConnection(std::unique_ptr<JetStreamLink> link);

  std::unique_ptr<JetStreamLink> link_;
};

}  // namespace cassette::eventstore
