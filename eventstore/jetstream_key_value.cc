// The bucket's messages, by the conventions of NATS KV: the key is the subject's end, the revision
// the stream sequence, a removal a marker with a KV-Operation header. What is superseded is not
// only dropped but overwritten on disk, unless the bucket holds no secret: an old wrapping of a key
// must not outlive its rotation.
#include "eventstore/jetstream_key_value.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <optional>
#include <utility>

namespace cassette::eventstore {
namespace {

constexpr const char* kExpectedOfSubject = "Nats-Expected-Last-Subject-Sequence";
constexpr const char* kOperation = "KV-Operation";
// Of a key, until they are erased: one, unless we were killed in between. The most that KV allows,
// since what the server drops by itself it does not overwrite.
constexpr std::int64_t kHistory = 64;
constexpr std::int64_t kNoLimit = -1;
constexpr std::int64_t kDuplicatesNs = 100'000'000;  // the least; message ids are not used

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
  }
  return status;
}

Stored<std::uint64_t> send(JetStreamLink& link, const Write& write) {
  if (auto distrusted = link.distrust()) return Failure{std::move(*distrusted)};
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

natsStatus make_stream(const JetStreamLink& link, const std::string& bucket,
                       const BucketOptions& options, StreamInfoHandle& info, jsErrCode& code) {
  const std::string name = "KV_" + bucket;
  const std::string subject = "$KV." + bucket + ".>";
  const char* subjects[] = {subject.c_str()};
  jsStreamConfig config;
  jsStreamConfig_Init(&config);
  config.Name = name.c_str();
  config.Subjects = subjects;
  config.SubjectsLen = 1;
  config.Storage = js_FileStorage;
  config.Retention = js_LimitsPolicy;
  config.Discard = js_DiscardNew;
  config.DenyDelete = false;  // which KV's own buckets set: then nothing could be erased
  config.AllowRollup = true;  // as other KV clients expect of a bucket
  config.AllowDirect = true;
  config.MaxConsumers = kNoLimit;
  config.MaxMsgs = kNoLimit;
  config.MaxBytes = kNoLimit;
  config.MaxAge = 0;
  config.MaxMsgSize = -1;
  config.MaxMsgsPerSubject = options.erase_replaced ? kHistory : 1;
  config.Duplicates = kDuplicatesNs;
  config.Replicas = options.replicas;
  code = static_cast<jsErrCode>(0);
  return js_AddStream(out(info), link.context.get(), &config, nullptr, &code);
}

}  // namespace

JetStreamKeyValue::JetStreamKeyValue(JetStreamLink& link, std::string bucket, bool erase_replaced)
    : link_(link),
      bucket_(std::move(bucket)),
      stream_("KV_" + bucket_),
      erase_replaced_(erase_replaced) {}

Stored<std::unique_ptr<KeyValue>> JetStreamKeyValue::open(JetStreamLink& link,
                                                          std::string_view bucket,
                                                          const BucketOptions& options) {
  const std::string name(bucket);
  const std::string stream = "KV_" + name;
  StreamInfoHandle info;
  jsErrCode code = static_cast<jsErrCode>(0);
  natsStatus status =
      js_GetStreamInfo(out(info), link.context.get(), stream.c_str(), nullptr, &code);
  if (code == JSStreamNotFoundErr) status = make_stream(link, name, options, info, code);
  if (status != NATS_OK) return Failure{store_error("bucket " + name, status, code)};
  const jsStreamConfig& is = *info->Config;
  if (is.DenyDelete || is.Storage != js_FileStorage || is.MaxAge > 0) {
    return Failure{StoreError{StoreError::Kind::Mismatch,
                              fmt::format("bucket {} was made by another: its values could not be "
                                          "kept, or not be erased",
                                          name)}};
  }
  return std::unique_ptr<KeyValue>(
      std::make_unique<JetStreamKeyValue>(link, name, options.erase_replaced));
}

std::string JetStreamKeyValue::subject(std::string_view key) const {
  return fmt::format("$KV.{}.{}", bucket_, key);
}

Stored<MessageHandle> JetStreamKeyValue::last(std::string_view key) {
  if (auto gone = link_.unreachable()) return Failure{std::move(*gone)};
  if (auto distrusted = link_.distrust()) return Failure{std::move(*distrusted)};
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
  return replace(key, value, found == nullptr ? 0 : natsMsg_GetSequence(found));
}

Stored<std::uint64_t> JetStreamKeyValue::update(std::string_view key, std::string_view value,
                                                std::uint64_t revision) {
  return replace(key, value, revision);
}

Stored<std::uint64_t> JetStreamKeyValue::put(std::string_view key, std::string_view value) {
  return replace(key, value, std::nullopt);
}

// The marker comes first: from then on the key is absent for everyone, and a purge that was cut
// short is finished by the next.
Stored<Done> JetStreamKeyValue::purge(std::string_view key) {
  const auto marked = send(
      link_, {.subject = subject(key), .value = {}, .expected = std::nullopt, .removal = true});
  if (!marked) return Failure{marked.error()};
  if (!erase_replaced_) return Done{};
  return erase_before(key, marked.value());
}

// A writer that comes between finds the key absent, and what it writes is not the marker.
Stored<Done> JetStreamKeyValue::forget(std::string_view key) {
  const auto marked = send(
      link_, {.subject = subject(key), .value = {}, .expected = std::nullopt, .removal = true});
  if (!marked) return Failure{marked.error()};
  if (auto erased = erase_before(key, marked.value()); !erased) return erased;
  return erase(marked.value());
}

Stored<Done> JetStreamKeyValue::scrub(std::string_view key) {
  auto message = last(key);
  if (!message) return Failure{message.error()};
  natsMsg* present = message.value().get();
  if (present == nullptr) return Done{};
  return erase_before(key, natsMsg_GetSequence(present));
}

// That the old value could not be erased is no reason to say that the new one is not there: the
// next write or purge of the key tries again.
Stored<std::uint64_t> JetStreamKeyValue::replace(std::string_view key, std::string_view value,
                                                 std::optional<std::uint64_t> expected) {
  auto written = send(link_, {.subject = subject(key), .value = value, .expected = expected});
  if (!written || !erase_replaced_) return written;
  if (!expected) {
    (void)erase_before(key, written.value());
  } else if (*expected != 0) {
    (void)erase(*expected);
  }
  return written;
}

Stored<Done> JetStreamKeyValue::erase(std::uint64_t sequence) {
  if (auto gone = link_.unreachable()) return Failure{std::move(*gone)};
  jsErrCode code = static_cast<jsErrCode>(0);
  const natsStatus status =
      js_EraseMsg(link_.context.get(), stream_.c_str(), sequence, nullptr, &code);
  if (status == NATS_OK || code == JSNoMessageFoundErr || code == JSSequenceNotFoundErr) {
    return Done{};
  }
  return Failure{store_error(fmt::format("erasing {} of {}", sequence, stream_), status, code)};
}

Stored<Done> JetStreamKeyValue::erase_before(std::string_view key, std::uint64_t sequence) {
  for (std::int64_t erased = 0; erased <= kHistory; ++erased) {
    auto first = first_sequence(key);
    if (!first) return Failure{first.error()};
    if (first.value() >= sequence) break;
    auto gone = erase(first.value());
    if (!gone) return gone;
  }
  return Done{};
}

Stored<std::uint64_t> JetStreamKeyValue::first_sequence(std::string_view key) {
  if (auto gone = link_.unreachable()) return Failure{std::move(*gone)};
  const std::string request = fmt::format(R"({{"seq":1,"next_by_subj":"{}"}})", subject(key));
  MessageHandle reply;
  const natsStatus status = natsConnection_RequestString(
      out(reply), link_.connection.get(), ("$JS.API.STREAM.MSG.GET." + stream_).c_str(),
      request.c_str(), link_.options.request_timeout.count());
  if (status != NATS_OK) return Failure{store_error(subject(key), status)};
  simdjson::dom::parser parser;
  simdjson::dom::element answer;
  std::uint64_t sequence = 0;
  const std::string text = value_of(reply.get());
  if (parser.parse(text).get(answer) != simdjson::SUCCESS ||
      answer["message"]["seq"].get(sequence) != simdjson::SUCCESS) {
    return Failure{StoreError{StoreError::Kind::Unavailable,
                              fmt::format("{}: no first message: {}", subject(key), text)}};
  }
  return sequence;
}

// From the stream's subjects, and not by a watch as other clients do: that ends its subscription
// while the server may still send to it, which NATS.c 3.4 does not survive (see JetStreamReader).
Stored<std::vector<std::string>> JetStreamKeyValue::names() {
  if (auto gone = link_.unreachable()) return Failure{std::move(*gone)};
  if (auto distrusted = link_.distrust()) return Failure{std::move(*distrusted)};
  const std::string all = subject(">");
  jsOptions options;
  jsOptions_Init(&options);
  options.Wait = link_.options.request_timeout.count();
  options.Stream.Info.SubjectsFilter = all.c_str();
  StreamInfoHandle info;
  jsErrCode code = static_cast<jsErrCode>(0);
  const natsStatus status =
      js_GetStreamInfo(out(info), link_.context.get(), stream_.c_str(), &options, &code);
  if (status != NATS_OK) return Failure{store_error("keys of bucket " + bucket_, status, code)};
  std::vector<std::string> names;
  const jsStreamStateSubjects* subjects = info->State.Subjects;
  for (int i = 0; subjects != nullptr && i < subjects->Count; ++i) {
    names.push_back(std::string(subjects->List[i].Subject).substr(all.size() - 1));
  }
  return names;
}

Stored<std::vector<std::string>> JetStreamKeyValue::keys() {
  auto named = names();
  if (!named) return named;
  std::vector<std::string> keys;
  for (std::string& key : named.value()) {
    auto entry = get(key);
    if (!entry) return Failure{entry.error()};
    if (entry.value()) keys.push_back(std::move(key));  // else it was removed
  }
  return keys;
}

}  // namespace cassette::eventstore
