// The journal's stream: file storage, append only, and limits that discard the oldest.
#include "eventstore/jetstream_journal.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace cassette::eventstore {
namespace {

constexpr const char* kMessageId = "Nats-Msg-Id";
// Within which an id is stored once: longer than a writer takes to reconnect and try again.
constexpr std::int64_t kDuplicatesNs = 120LL * 1'000'000'000;
constexpr std::int64_t kNoLimit = -1;
// What an entry's header may add: its id.
constexpr std::size_t kMaxHeaderBytesOfEntry = 1024;

std::string subject_of(std::string_view name) {
  std::string subject(name);
  std::ranges::transform(subject, subject.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return subject;
}

// The stream's settings; it stays where it is made, since `config` points into it.
struct JournalConfig {
  std::string name;
  std::string subject;
  const char* subjects[1];
  jsStreamConfig config;

  JournalConfig(std::string_view stream, const JournalOptions& options)
      : name(stream), subject(subject_of(stream)) {
    jsStreamConfig_Init(&config);
    subjects[0] = subject.c_str();
    config.Name = name.c_str();
    config.Description = "Cassette's journal: the oldest goes, nothing else does";
    config.Subjects = subjects;
    config.SubjectsLen = 1;
    config.Storage = js_FileStorage;
    config.Retention = js_LimitsPolicy;
    config.Discard = js_DiscardOld;
    config.DenyDelete = true;
    config.DenyPurge = true;
    config.AllowRollup = false;  // a rollup header would purge
    config.AllowDirect = false;  // a replica's answer may be behind its leader's
    config.MaxConsumers = kNoLimit;
    config.MaxMsgs = static_cast<std::int64_t>(options.max_entries);
    config.MaxMsgsPerSubject = kNoLimit;
    config.MaxBytes = kNoLimit;
    config.MaxAge = std::chrono::nanoseconds(options.max_age).count();
    config.MaxMsgSize = static_cast<std::int32_t>(kMaxEntryBytes + kMaxHeaderBytesOfEntry);
    config.Duplicates = kDuplicatesNs;
    config.Replicas = options.replicas;
  }
  JournalConfig(const JournalConfig&) = delete;
  JournalConfig& operator=(const JournalConfig&) = delete;
};

// The first setting of `is` that a journal can't live with; empty when there is none.
std::string_view unfit(const jsStreamConfig& is, const JournalConfig& wanted) {
  if (is.SubjectsLen != 1 || wanted.subject != is.Subjects[0]) return "subjects";
  if (is.Storage != js_FileStorage) return "storage";
  if (is.Retention != js_LimitsPolicy) return "retention";
  if (is.Discard != js_DiscardOld) return "discard";
  if (!is.DenyDelete) return "deny_delete";
  if (!is.DenyPurge) return "deny_purge";
  if (is.AllowRollup) return "allow_rollup_hdrs";
  if (is.Sealed) return "sealed";
  if (is.NoAck) return "no_ack";
  return {};
}

bool has_limits(const jsStreamConfig& is, const jsStreamConfig& wanted) {
  return is.MaxMsgs == wanted.MaxMsgs && is.MaxBytes == wanted.MaxBytes &&
         is.MaxAge == wanted.MaxAge;
}

}  // namespace

JetStreamJournal::JetStreamJournal(JetStreamLink& link, std::string name)
    : link_(link), stream_(std::move(name)), subject_(subject_of(stream_)) {}

Stored<std::unique_ptr<Journal>> JetStreamJournal::open(JetStreamLink& link, std::string_view name,
                                                        const JournalOptions& options) {
  JournalConfig wanted(name, options);
  StreamInfoHandle info;
  jsErrCode code = static_cast<jsErrCode>(0);
  natsStatus status =
      js_GetStreamInfo(out(info), link.context.get(), wanted.name.c_str(), nullptr, &code);
  if (code == JSStreamNotFoundErr) {
    code = static_cast<jsErrCode>(0);
    status = js_AddStream(out(info), link.context.get(), &wanted.config, nullptr, &code);
  }
  if (status != NATS_OK) return Failure{store_error("stream " + wanted.name, status, code)};
  if (const std::string_view setting = unfit(*info->Config, wanted); !setting.empty()) {
    return Failure{
        StoreError{StoreError::Kind::Mismatch,
                   fmt::format("stream {} exists with another {}: it was not made for a journal",
                               wanted.name, setting)}};
  }
  if (!options.keep_limits && !has_limits(*info->Config, wanted.config)) {
    wanted.config.Replicas = std::max(wanted.config.Replicas, info->Config->Replicas);
    StreamInfoHandle updated;
    status = js_UpdateStream(out(updated), link.context.get(), &wanted.config, nullptr, &code);
    if (status != NATS_OK) {
      return Failure{store_error("limits of stream " + wanted.name, status, code)};
    }
  }
  return std::unique_ptr<Journal>(std::make_unique<JetStreamJournal>(link, wanted.name));
}

Stored<std::uint64_t> JetStreamJournal::append(std::string_view id, std::string_view body) {
  if (body.size() > kMaxEntryBytes) {
    return Failure{StoreError{
        StoreError::Kind::Unsupported,
        fmt::format("{}: an entry of {} bytes is above {}", stream_, body.size(), kMaxEntryBytes)}};
  }
  if (auto distrusted = link_.distrust()) return Failure{std::move(*distrusted)};
  MessageHandle message;
  natsStatus made = natsMsg_Create(out(message), subject_.c_str(), nullptr, body.data(),
                                   static_cast<int>(body.size()));
  if (made == NATS_OK) made = natsMsgHeader_Set(message.get(), kMessageId, std::string(id).c_str());
  if (made != NATS_OK) return Failure{store_error("an entry of " + stream_, made)};
  const PublishAnswer answer =
      publish_and_wait(link_, message.get(), link_.options.request_timeout.count());
  if (answer.status == NATS_OK && answer.code == 0) return std::uint64_t{answer.sequence};
  StoreError error = store_error(stream_, answer.status, answer.code);
  error.what = fmt::format("{}: {} ({})", stream_, answer.why, answer.code);
  return Failure{std::move(error)};
}

Stored<JournalBounds> JetStreamJournal::bounds() {
  if (auto distrusted = link_.distrust()) return Failure{std::move(*distrusted)};
  StreamInfoHandle info;
  jsErrCode code = static_cast<jsErrCode>(0);
  const natsStatus status =
      js_GetStreamInfo(out(info), link_.context.get(), stream_.c_str(), nullptr, &code);
  if (status != NATS_OK) return Failure{store_error("bounds of " + stream_, status, code)};
  // A new stream says 0 to 0.
  const std::uint64_t first = std::max<std::uint64_t>(info->State.FirstSeq, 1);
  return JournalBounds{first, info->State.LastSeq};
}

Stored<Done> JetStreamJournal::read_entry(std::uint64_t sequence, std::vector<JournalEntry>& read) {
  MessageHandle message;
  jsErrCode code = static_cast<jsErrCode>(0);
  const natsStatus status =
      js_GetMsg(out(message), link_.context.get(), stream_.c_str(), sequence, nullptr, &code);
  if (code == JSNoMessageFoundErr || code == JSSequenceNotFoundErr) return Done{};
  if (status != NATS_OK) {
    return Failure{store_error(fmt::format("entry {} of {}", sequence, stream_), status, code)};
  }
  natsMsg* found = message.get();
  read.push_back(
      {sequence, {natsMsg_GetData(found), static_cast<std::size_t>(natsMsg_GetDataLength(found))}});
  return Done{};
}

Stored<std::vector<JournalEntry>> JetStreamJournal::read_forward(std::uint64_t from,
                                                                 std::size_t limit) {
  const auto range = bounds();
  if (!range) return Failure{range.error()};
  const auto [first, last] = range.value();
  std::vector<JournalEntry> read;
  limit = std::min(limit, kMaxEntriesRead);
  for (std::uint64_t n = std::max(from, first); n <= last && read.size() < limit; ++n) {
    if (const auto one = read_entry(n, read); !one) return Failure{one.error()};
  }
  return read;
}

Stored<std::vector<JournalEntry>> JetStreamJournal::read_backward(std::uint64_t from,
                                                                  std::size_t limit) {
  const auto range = bounds();
  if (!range) return Failure{range.error()};
  const auto [first, last] = range.value();
  std::vector<JournalEntry> read;
  limit = std::min(limit, kMaxEntriesRead);
  for (std::uint64_t n = std::min(from, last); n >= first && read.size() < limit; --n) {
    if (const auto one = read_entry(n, read); !one) return Failure{one.error()};
  }
  return read;
}

}  // namespace cassette::eventstore
