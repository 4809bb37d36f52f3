// The bucket's messages, by the conventions of NATS KV: the key is the subject's end, the revision
// the stream sequence, a removal a marker with a KV-Operation header.
#include "eventstore/jetstream_key_value.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace cassette::eventstore {
namespace {

constexpr const char* kExpectedOfSubject = "Nats-Expected-Last-Subject-Sequence";
constexpr const char* kOperation = "KV-Operation";
// Removes every earlier message of the subject as this one is stored.
constexpr const char* kRollup = "Nats-Rollup";

using KeyValueStoreHandle = std::unique_ptr<kvStore, HandleDeleter<kvStore_Destroy>>;

bool is_removal(natsMsg* message) {
  const char* operation = nullptr;
  return natsMsgHeader_Get(message, kOperation, &operation) == NATS_OK && operation != nullptr;
}

std::string value_of(natsMsg* message) {
  return {natsMsg_GetData(message), static_cast<std::size_t>(natsMsg_GetDataLength(message))};
}

struct Write {
  std::string subject;
  std::string_view value;
  std::optional<std::uint64_t> expected;  // revision of the subject; none: whatever it is
  bool removal = false;
};

natsStatus make_message(MessageHandle& message, const Write& write) {
  natsStatus status = natsMsg_Create(out(message), write.subject.c_str(), nullptr,
                                     write.value.data(), static_cast<int>(write.value.size()));
  if (status == NATS_OK && write.expected) {
    status = natsMsgHeader_Set(message.get(), kExpectedOfSubject,
                               fmt::format("{}", *write.expected).c_str());
  }
  if (status == NATS_OK && write.removal) {
    status = natsMsgHeader_Set(message.get(), kOperation, "PURGE");
    if (status == NATS_OK) status = natsMsgHeader_Set(message.get(), kRollup, "sub");
  }
  return status;
}

Stored<std::uint64_t> send(const JetStreamLink& link, const Write& write) {
  MessageHandle message;
  const natsStatus made = make_message(message, write);
  if (made != NATS_OK) return Failure{store_error(write.subject, made)};
  const PublishAnswer answer =
      publish_and_wait(link, message.get(), link.options.request_timeout.count());
  if (answer.status == NATS_OK && answer.code == 0) return std::uint64_t{answer.sequence};
  StoreError error = store_error(write.subject, answer.status, answer.code);
  error.what = fmt::format("{}: {} ({})", write.subject, answer.why, answer.code);
  return Failure{std::move(error)};
}

}  // namespace

JetStreamKeyValue::JetStreamKeyValue(JetStreamLink& link, std::string bucket)
    : link_(link), bucket_(std::move(bucket)), stream_("KV_" + bucket_) {}

Stored<std::unique_ptr<KeyValue>> JetStreamKeyValue::open(JetStreamLink& link,
                                                          std::string_view bucket,
                                                          std::uint32_t replicas) {
  const std::string name(bucket);
  kvConfig config;
  kvConfig_Init(&config);
  config.Bucket = name.c_str();
  config.History = 1;
  config.StorageType = js_FileStorage;
  config.Replicas = static_cast<int>(replicas);
  KeyValueStoreHandle made;
  natsStatus status = js_KeyValue(out(made), link.context.get(), name.c_str());
  if (status == NATS_NOT_FOUND) {
    status = js_CreateKeyValue(out(made), link.context.get(), &config);
  }
  if (status != NATS_OK) return Failure{store_error("bucket " + name, status)};
  return std::unique_ptr<KeyValue>(std::make_unique<JetStreamKeyValue>(link, name));
}

std::string JetStreamKeyValue::subject(std::string_view key) const {
  return fmt::format("$KV.{}.{}", bucket_, key);
}

Stored<MessageHandle> JetStreamKeyValue::last(std::string_view key) {
  MessageHandle message;
  jsErrCode code = static_cast<jsErrCode>(0);
  const natsStatus status = js_GetLastMsg(out(message), link_.context.get(), stream_.c_str(),
                                          subject(key).c_str(), nullptr, &code);
  if (code == JSNoMessageFoundErr) return MessageHandle{};
  if (status != NATS_OK) return Failure{store_error(subject(key), status, code)};
  return message;
}

Stored<std::optional<KeyValueEntry>> JetStreamKeyValue::get(std::string_view key) {
  auto message = last(key);
  if (!message) return Failure{message.error()};
  natsMsg* found = message.value().get();
  if (found == nullptr || is_removal(found)) return std::optional<KeyValueEntry>{};
  return std::optional<KeyValueEntry>{KeyValueEntry{value_of(found), natsMsg_GetSequence(found)}};
}

Stored<std::uint64_t> JetStreamKeyValue::create(std::string_view key, std::string_view value) {
  auto message = last(key);
  if (!message) return Failure{message.error()};
  natsMsg* found = message.value().get();
  if (found != nullptr && !is_removal(found)) {
    return Failure{StoreError{StoreError::Kind::Conflict, subject(key) + " is there already"}};
  }
  const std::uint64_t expected = found == nullptr ? 0 : natsMsg_GetSequence(found);
  return send(link_, {.subject = subject(key), .value = value, .expected = expected});
}

Stored<std::uint64_t> JetStreamKeyValue::update(std::string_view key, std::string_view value,
                                                std::uint64_t revision) {
  return send(link_, {.subject = subject(key), .value = value, .expected = revision});
}

Stored<std::uint64_t> JetStreamKeyValue::put(std::string_view key, std::string_view value) {
  return send(link_, {.subject = subject(key), .value = value, .expected = std::nullopt});
}

Stored<Done> JetStreamKeyValue::purge(std::string_view key) {
  const auto sent = send(
      link_, {.subject = subject(key), .value = {}, .expected = std::nullopt, .removal = true});
  if (!sent) return Failure{sent.error()};
  return Done{};
}

Stored<std::vector<std::string>> JetStreamKeyValue::keys() {
  KeyValueStoreHandle store;
  natsStatus status = js_KeyValue(out(store), link_.context.get(), bucket_.c_str());
  kvWatchOptions options;
  kvWatchOptions_Init(&options);
  options.Timeout = link_.options.request_timeout.count();
  kvKeysList list{};
  if (status == NATS_OK) status = kvStore_Keys(&list, store.get(), &options);
  if (status != NATS_OK) return Failure{store_error("keys of bucket " + bucket_, status)};
  std::vector<std::string> keys(list.Keys, list.Keys + list.Count);
  kvKeysList_Destroy(&list);
  return keys;
}

}  // namespace cassette::eventstore
