// JetStreamKeyValue: a bucket in JetStream, readable by any NATS KV client. Private to
// eventstore/jetstream*: everyone else gets a KeyValue from JetStreamConnection. It watches
// nothing.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "eventstore/jetstream_handles.h"
#include "eventstore/key_value.h"

namespace cassette::eventstore {

// `link` must outlive it. Reads ask the stream's leader: a lease read from a replica that is behind
// would be no lease.
class JetStreamKeyValue final : public KeyValue {
 public:
  static Stored<std::unique_ptr<KeyValue>> open(JetStreamLink& link, std::string_view bucket,
                                                const BucketOptions& options);
  JetStreamKeyValue(JetStreamLink& link, std::string bucket, bool erase_replaced);

  Stored<std::optional<KeyValueEntry>> get(std::string_view key) override;
  Stored<std::uint64_t> create(std::string_view key, std::string_view value) override;
  Stored<std::uint64_t> update(std::string_view key, std::string_view value,
                               std::uint64_t revision) override;
  Stored<std::uint64_t> put(std::string_view key, std::string_view value) override;
  Stored<Done> purge(std::string_view key) override;
  Stored<Done> scrub(std::string_view key) override;
  Stored<Done> forget(std::string_view key) override;
  Stored<std::vector<std::string>> keys() override;
  Stored<std::vector<std::string>> names() override;

 private:
  // The last message of a key, a removal's marker included; null when there is none.
  Stored<MessageHandle> last(std::string_view key);
  std::string subject(std::string_view key) const;
  // Writes, and then erases what it supersedes, where that may be a secret.
  Stored<std::uint64_t> replace(std::string_view key, std::string_view value,
                                std::optional<std::uint64_t> expected);
  Stored<Done> erase(std::uint64_t sequence);
  // Erases the messages of `key` before `sequence`.
  Stored<Done> erase_before(std::string_view key, std::uint64_t sequence);
  Stored<std::uint64_t> first_sequence(std::string_view key);

  JetStreamLink& link_;
  const std::string bucket_;
  const std::string stream_;
  const bool erase_replaced_;
};

}  // namespace cassette::eventstore
