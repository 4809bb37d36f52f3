// Publishing in batches, and telling how far a stream is. What every answer means is decided here:
// stored is only what the server acknowledged in its place.
#include "eventstore/jetstream_publisher.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "eventstore/jetstream_key_value.h"
#include "eventstore/json_read.h"
#include "eventstore/json_write.h"

namespace cassette::eventstore {
namespace {

constexpr const char* kMessageId = "Nats-Msg-Id";
constexpr const char* kExpectedLastSequence = "Nats-Expected-Last-Sequence";
// A sequence alone would let a message in behind another publisher's that took its predecessor's.
constexpr const char* kExpectedLastId = "Nats-Expected-Last-Msg-Id";
// Of the commit that holds the event: what the ledger is held against at the next start.
constexpr const char* kCommit = "Cassette-Commit";
// Messages whose answers are awaited together. The server drops what comes when 10,000 wait.
constexpr std::size_t kMaxInFlight = 1000;
// How often waiting looks whether the connection has gone or come back.
constexpr std::int64_t kSliceMs = 100;

// What `record` keeps.
struct FeedRecord {
  std::uint64_t commit = 0;
  Hash hash{};
  std::uint64_t sequence = 0;  // the stream's last when this was so
  std::int64_t created = 0;    // of the stream, in nanoseconds: another one is another feed

  static void fields(auto& self, auto&& visit) {
    visit("commit", self.commit);
    visit("hash", self.hash);
    visit("sequence", self.sequence);
    visit("created", self.created);
  }
};

std::string record_key(std::uint32_t partition) {
  return fmt::format("position.{}", partition);
}

// `before` is the message that it has to follow; null where its sequence says enough.
natsStatus make_message(MessageHandle& made, const FeedMessage& message, const std::string& reply,
                        std::uint64_t expected_last, const FeedMessage* before) {
  natsStatus status = natsMsg_Create(out(made), message.subject.c_str(), reply.c_str(),
                                     message.body.data(), static_cast<int>(message.body.size()));
  const auto set = [&](const char* header, const std::string& value) {
    if (status == NATS_OK) status = natsMsgHeader_Set(made.get(), header, value.c_str());
  };
  set(kMessageId, message.id);
  // 0 is sent too, which NATS.c's own option leaves out.
  set(kExpectedLastSequence, fmt::format("{}", expected_last));
  if (before != nullptr) set(kExpectedLastId, before->id);
  set(kCommit, hex(message.commit_hash));
  return status;
}

std::string header(natsMsg* message, const char* name) {
  const char* value = nullptr;
  if (natsMsgHeader_Get(message, name, &value) != NATS_OK || value == nullptr) return {};
  return value;
}

std::uint64_t reconnects_of(natsConnection* connection) {
  natsStatistics* raw = nullptr;
  if (natsStatistics_Create(&raw) != NATS_OK) return 0;
  const std::unique_ptr<natsStatistics, HandleDeleter<natsStatistics_Destroy>> statistics(raw);
  std::uint64_t reconnects = 0;
  if (natsConnection_GetStats(connection, raw) == NATS_OK) {
    natsStatistics_GetCounts(raw, nullptr, nullptr, nullptr, nullptr, &reconnects);
  }
  return reconnects;
}

// Which message of which batch an answer is for: "<prefix>.<batch>.<index>".
std::optional<std::size_t> index_of(std::string_view subject, std::string_view prefix,
                                    std::uint64_t batch) {
  const std::string of_batch = fmt::format("{}.{}.", prefix, batch);
  if (!subject.starts_with(of_batch)) return std::nullopt;
  const std::string_view digits = subject.substr(of_batch.size());
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return index;
}

// The failure that an answer tells of; nothing when the message is stored as `sequence`. A message
// that the server has already is answered with its place, which is the right one or another's.
std::optional<StoreError> objection(JetStreamLink& link, const std::string& stream, natsMsg* reply,
                                    std::uint64_t sequence) {
  const PublishAnswer answer = parse_publish_answer(
      {natsMsg_GetData(reply), static_cast<std::size_t>(natsMsg_GetDataLength(reply))});
  if (answer.status == NATS_OK && answer.code == 0 && answer.sequence == sequence) return {};
  if (answer.status == NATS_OK && answer.code == 0) {
    return StoreError{StoreError::Kind::Conflict,
                      fmt::format("{}: an event stands as message {} and not {}", stream,
                                  answer.sequence, sequence)};
  }
  if (answer.code == JSStreamStoreFailedErr && !is_stream_limit(answer.why)) {
    link.note_failed_write(answer.why);
  }
  StoreError error = store_error(stream, answer.status, answer.code);
  error.what = fmt::format("{}: {} ({})", stream, answer.why, answer.code);
  return error;
}

StoreError unavailable(std::string what) {
  return {StoreError::Kind::Unavailable, std::move(what)};
}

}  // namespace

JetStreamPublisher::JetStreamPublisher(std::unique_ptr<JetStreamLink> link,
                                       std::unique_ptr<KeyValue> bucket)
    : link_(std::move(link)), bucket_(std::move(bucket)) {}

JetStreamPublisher::~JetStreamPublisher() {
  natsConnection_Close(link_->connection.get());
}

Stored<std::unique_ptr<Publisher>> JetStreamPublisher::open(const JetStreamOptions& options) {
  JetStreamOptions own = options;
  own.name += " publishes";
  own.send_at_once = false;
  auto link = JetStreamLink::open(own);
  if (!link) return Failure{link.error()};
  auto bucket = JetStreamKeyValue::open(*link.value(), kFeedBucket, {1, false});
  if (!bucket) return Failure{bucket.error()};
  return std::unique_ptr<Publisher>(
      std::make_unique<JetStreamPublisher>(std::move(link).value(), std::move(bucket).value()));
}

// ---- publishing

Stored<JetStreamPublisher::Inbox*> JetStreamPublisher::inbox_of(std::uint32_t partition) {
  const std::lock_guard lock(mutex_);
  Inbox& inbox = inboxes_[partition];
  if (inbox.subscription != nullptr) return &inbox;
  InboxHandle name;
  natsStatus status = natsInbox_Create(out(name));
  if (status != NATS_OK) return Failure{store_error("an inbox", status)};
  inbox.prefix = name.get();
  status = natsConnection_SubscribeSync(out(inbox.subscription), link_->connection.get(),
                                        (inbox.prefix + ".>").c_str());
  // What is in flight is the bound, and a limit would drop answers.
  if (status == NATS_OK) {
    status = natsSubscription_SetPendingLimits(inbox.subscription.get(), -1, -1);
  }
  if (status != NATS_OK) return Failure{store_error("subscribing for answers", status)};
  return &inbox;
}

Stored<Done> JetStreamPublisher::publish(std::uint32_t partition, std::uint64_t expected_last,
                                         std::span<const FeedMessage> messages) {
  while (!messages.empty()) {
    const auto slice = messages.first(std::min(messages.size(), kMaxInFlight));
    if (auto stored = publish_slice(partition, expected_last, slice); !stored) return stored;
    expected_last += slice.size();
    messages = messages.subspan(slice.size());
  }
  return make_consumers(partition, expected_last);
}

Stored<Done> JetStreamPublisher::publish_slice(std::uint32_t partition, std::uint64_t expected_last,
                                               std::span<const FeedMessage> messages) {
  if (auto distrusted = link_->distrust()) return Failure{std::move(*distrusted)};
  // The library would keep the messages, and send them long after we have looked what is stored.
  if (natsConnection_Status(link_->connection.get()) != NATS_CONN_STATUS_CONNECTED) {
    return Failure{unavailable(feed_stream(partition) + ": not connected")};
  }
  auto inbox = inbox_of(partition);
  if (!inbox) return Failure{inbox.error()};
  ++inbox.value()->batches;
  inbox.value()->reconnects = reconnects_of(link_->connection.get());
  std::optional<StoreError> failure;
  const std::size_t sent = send(*inbox.value(), expected_last, messages, failure);
  auto answered = await_answers(partition, *inbox.value(), expected_last, sent);
  if (answered && failure) return Failure{std::move(*failure)};
  return answered;
}

std::size_t JetStreamPublisher::send(const Inbox& inbox, std::uint64_t expected_last,
                                     std::span<const FeedMessage> messages,
                                     std::optional<StoreError>& failure) {
  for (std::size_t i = 0; i < messages.size(); ++i) {
    MessageHandle message;
    const std::string reply = fmt::format("{}.{}.{}", inbox.prefix, inbox.batches, i);
    const FeedMessage* before = i == 0 ? nullptr : &messages[i - 1];
    natsStatus status = make_message(message, messages[i], reply, expected_last + i, before);
    if (status == NATS_OK) {
      status = natsConnection_PublishMsg(link_->connection.get(), message.get());
    }
    if (status == NATS_OK) continue;
    failure = store_error("publishing " + messages[i].id, status);
    return i;
  }
  return messages.size();
}

natsStatus JetStreamPublisher::next_answer(const Inbox& inbox, Clock::time_point deadline,
                                           MessageHandle& answer) {
  natsConnection* connection = link_->connection.get();
  while (true) {
    const natsStatus status =
        natsSubscription_NextMsg(out(answer), inbox.subscription.get(), kSliceMs);
    if (status != NATS_TIMEOUT) return status;
    const bool lost = natsConnection_Status(connection) != NATS_CONN_STATUS_CONNECTED ||
                      reconnects_of(connection) != inbox.reconnects;
    if (lost) return NATS_CONNECTION_DISCONNECTED;
    if (Clock::now() >= deadline) return status;
  }
}

Stored<Done> JetStreamPublisher::await_answers(std::uint32_t partition, const Inbox& inbox,
                                               std::uint64_t expected_last, std::size_t sent) {
  const std::string stream = feed_stream(partition);
  const Clock::time_point deadline = Clock::now() + link_->options.request_timeout;
  std::map<std::size_t, StoreError> failures;  // by message: the first one's reason is the reason
  for (std::size_t answered = 0; answered < sent;) {
    MessageHandle reply;
    const natsStatus status = next_answer(inbox, deadline, reply);
    if (status == NATS_NO_RESPONDERS) {  // the library keeps to itself which message it is for
      return Failure{StoreError{StoreError::Kind::Mismatch, "there is no stream " + stream}};
    }
    if (status != NATS_OK) {
      failures.emplace(sent,
                       unavailable(fmt::format("{}: {} of {} answers did not come: {}", stream,
                                               sent - answered, sent, natsStatus_GetText(status))));
      break;
    }
    const auto index = index_of(natsMsg_GetSubject(reply.get()), inbox.prefix, inbox.batches);
    if (!index || *index >= sent) continue;  // of an earlier batch
    ++answered;
    auto no = objection(*link_, stream, reply.get(), expected_last + *index + 1);
    if (no) failures.emplace(*index, std::move(*no));
  }
  if (failures.empty()) return Done{};
  return Failure{std::move(failures.begin()->second)};
}

// ---- how far

Stored<FeedState> JetStreamPublisher::state(std::uint32_t partition) {
  if (auto distrusted = link_->distrust()) return Failure{std::move(*distrusted)};
  auto info = feed_stream_info(*link_, partition);
  if (!info) return Failure{info.error()};
  FeedState state;
  state.last_sequence = info.value()->State.LastSeq;
  auto last = event_at(partition, state.last_sequence);
  if (!last) return Failure{last.error()};
  state.last = std::move(last).value();
  const auto entry = bucket_->get(record_key(partition));
  if (!entry) return Failure{entry.error()};
  FeedRecord record;
  const bool told = entry.value() && read_json(entry.value()->value, record) &&
                    record.created == info.value()->Created &&
                    record.sequence <= state.last_sequence;
  if (told) state.recorded = FeedPoint{record.commit, record.hash};
  return state;
}

Stored<std::optional<FeedLast>> JetStreamPublisher::event_at(std::uint32_t partition,
                                                             std::uint64_t sequence) {
  if (sequence == 0) return std::optional<FeedLast>{};
  const std::string stream = feed_stream(partition);
  MessageHandle message;
  jsErrCode code = static_cast<jsErrCode>(0);
  const natsStatus status =
      js_GetMsg(out(message), link_->context.get(), stream.c_str(), sequence, nullptr, &code);
  if (code == JSNoMessageFoundErr || code == JSSequenceNotFoundErr) {
    return std::optional<FeedLast>{};
  }
  const std::string doing = fmt::format("message {} of {}", sequence, stream);
  if (status != NATS_OK) return Failure{store_error(doing, status, code)};
  FeedLast last{header(message.get(), kMessageId), {}};
  const auto hash = parse_hash(header(message.get(), kCommit));
  if (last.id.empty() || !hash) {
    return Failure{StoreError{StoreError::Kind::Corrupt, doing + " is not one of the feed's"}};
  }
  last.commit_hash = *hash;
  return std::optional(std::move(last));
}

Stored<Done> JetStreamPublisher::record(std::uint32_t partition, std::uint64_t last_sequence,
                                        const FeedPoint& point) {
  const auto info = feed_stream_info(*link_, partition);
  if (!info) return Failure{info.error()};
  const FeedRecord record{point.commit, point.hash, last_sequence, info.value()->Created};
  const auto put = bucket_->put(record_key(partition), to_json(record));
  if (!put) return Failure{put.error()};
  return Done{};
}

}  // namespace cassette::eventstore
