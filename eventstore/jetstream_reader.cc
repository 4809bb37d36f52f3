// The consumer, its flow control and its renewal. Protocol facts: the server pushes at most a
// window of bytes until its flow control request, which stands in the stream of messages, has been
// answered; an idle consumer sends heartbeats; both are empty messages with the status 100.
#include "eventstore/jetstream_reader.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "eventstore/jetstream_ledger.h"

namespace cassette::eventstore {
namespace {

using std::chrono::milliseconds;

// A batch ends at the first of the two: enough to make a fold's per-batch work vanish, small enough
// to stay in the cache's neighbourhood.
constexpr std::size_t kMaxBatchMessages = 4096;
constexpr std::size_t kMaxBatchBytes = 4 * 1024 * 1024;
// How often a waiting reader looks whether the connection has gone or come back.
constexpr milliseconds kSlice{100};
// The server says that it is there this often, and is given three times as long.
constexpr milliseconds kHeartbeat{2000};
constexpr milliseconds kSilence{3 * kHeartbeat};
// A consumer that has given nothing for so long is made anew: its heartbeats show that it lives,
// not that it has given all there is, and asking again costs one request.
constexpr milliseconds kRenew{3000};
// Between attempts at a consumer, while the server comes up.
constexpr milliseconds kRetry{50};
// How long the server keeps a consumer whose reader has gone.
constexpr std::int64_t kForgetAfterNs = 10'000'000'000;

std::int64_t nanoseconds(milliseconds duration) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(duration).count();
}

std::string consumer_request(std::string_view stream, std::string_view deliver_to,
                             std::uint64_t from) {
  return fmt::format(
      R"({{"stream_name":"{}","config":{{"deliver_subject":"{}",)"
      R"("deliver_policy":"by_start_sequence","opt_start_seq":{},"ack_policy":"none",)"
      R"("replay_policy":"instant","max_deliver":1,"flow_control":true,"idle_heartbeat":{},)"
      R"("inactive_threshold":{},"mem_storage":true,"num_replicas":1}}}})",
      stream, deliver_to, from, nanoseconds(kHeartbeat), kForgetAfterNs);
}

bool is_status(natsMsg* message) {
  const char* status = nullptr;
  return natsMsg_GetDataLength(message) == 0 &&
         natsMsgHeader_Get(message, "Status", &status) == NATS_OK && status != nullptr;
}

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

// "$JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>"; where a
// domain is set, it and the account's hash stand before the stream.
Delivery parse_delivery(std::string_view reply_subject) {
  constexpr std::size_t kPlain = 9;
  constexpr std::size_t kWithDomain = 11;  // or more
  if (!reply_subject.starts_with("$JS.ACK.")) return {};
  std::array<std::string_view, kWithDomain> tokens;
  std::size_t count = 0;
  while (count < tokens.size()) {
    const std::size_t dot = reply_subject.find('.');
    tokens[count++] = reply_subject.substr(0, dot);
    if (dot == std::string_view::npos) break;
    reply_subject.remove_prefix(dot + 1);
  }
  if (count == kPlain) return {tokens[3], number(tokens[5]), number(tokens[6])};
  if (count == kWithDomain) return {tokens[5], number(tokens[7]), number(tokens[8])};
  return {};
}

Stored<std::unique_ptr<LedgerReader>> JetStreamReader::open(const JetStreamOptions& options,
                                                            const std::string& stream,
                                                            std::uint64_t from) {
  JetStreamOptions own = options;
  own.name += " reads " + stream;
  auto link = JetStreamLink::open(own);
  if (!link) return Failure{link.error()};
  auto reader = std::make_unique<JetStreamReader>(std::move(link).value(), stream, from);
  const natsStatus status = reader->subscribe();
  if (status != NATS_OK) return Failure{store_error("subscribing for " + stream, status)};
  return std::unique_ptr<LedgerReader>(std::move(reader));
}

JetStreamReader::JetStreamReader(std::unique_ptr<JetStreamLink> link, std::string stream,
                                 std::uint64_t from)
    : stream_(std::move(stream)), link_(std::move(link)), next_(std::max<std::uint64_t>(from, 1)) {}

// NATS.c 3.4 goes on using a subscription that is destroyed while a message for it comes in (its
// issue 637; the heap is damaged). A closed connection has no thread that could bring one.
JetStreamReader::~JetStreamReader() {
  natsConnection_Close(link_->connection.get());
}

natsStatus JetStreamReader::subscribe() {
  InboxHandle inbox;
  natsStatus status = natsInbox_Create(out(inbox));
  if (status != NATS_OK) return status;
  inbox_ = inbox.get();
  // By its very name: the server sees no interest of a wildcard in a consumer's deliver subject.
  status =
      natsConnection_SubscribeSync(out(subscription_), link_->connection.get(), inbox_.c_str());
  // No limit here: the flow control window bounds what is pending, and a limit would drop.
  if (status == NATS_OK) status = natsSubscription_SetPendingLimits(subscription_.get(), -1, -1);
  return status;
}

Stored<std::vector<Message>> JetStreamReader::next(milliseconds timeout) {
  const Clock::time_point deadline = Clock::now() + timeout;
  std::vector<Message> batch;
  std::size_t bytes = 0;
  while (!take_interrupt()) {
    auto ready = ensure_consumer(deadline);
    if (!ready) return Failure{ready.error()};
    if (!sound_) break;  // interrupted
    MessageHandle first = wait_for_message(deadline);
    if (first != nullptr) {
      take(std::move(first), batch, bytes);
      take_arrived(batch, bytes);
    }
    if (!batch.empty() || Clock::now() >= deadline) break;
  }
  return batch;
}

void JetStreamReader::interrupt() {
  interrupted_.store(true);
  // Wakes a waiting `next`. Without a connection it wakes by itself, within a slice.
  natsConnection_PublishString(link_->connection.get(), inbox_.c_str(), "");
}

bool JetStreamReader::take_interrupt() {
  return interrupted_.exchange(false);
}

Stored<Done> JetStreamReader::ensure_consumer(Clock::time_point deadline) {
  if (connection_changed()) sound_ = false;
  while (!sound_ && !interrupted_.load()) {
    auto created = create_consumer(link_->options.request_timeout.count());
    if (created) consumer_ = created.value().name;
    if (created && created.value().first < next_ && delivered_) {
      drop_consumer();
      return Failure{
          StoreError{StoreError::Kind::Mismatch,
                     fmt::format("{} ends before message {}, which it had: it was replaced or cut",
                                 stream_, next_ - 1)}};
    }
    if (created) {
      heard_ = fed_ = Clock::now();
      sound_ = true;
      break;
    }
    const Clock::time_point now = Clock::now();
    if (now >= deadline || created.error().kind != StoreError::Kind::Unavailable) {
      return Failure{created.error()};
    }
    // Nothing of the old generation is wanted; this only waits, and wakes at an interrupt.
    MessageHandle ignored;
    natsSubscription_NextMsg(out(ignored), subscription_.get(), kRetry.count());
  }
  return Done{};
}

Stored<JetStreamReader::Created> JetStreamReader::create_consumer(std::int64_t timeout_ms) {
  drop_consumer();
  const std::string doing = fmt::format("following {} from {}", stream_, next_);
  if (natsConnection_Status(link_->connection.get()) != NATS_CONN_STATUS_CONNECTED) {
    return Failure{StoreError{StoreError::Kind::Unavailable, doing + ": not connected"}};
  }
  MessageHandle reply;
  const std::string request = consumer_request(stream_, inbox_, next_);
  const natsStatus status = natsConnection_RequestString(
      out(reply), link_->connection.get(), ("$JS.API.CONSUMER.CREATE." + stream_).c_str(),
      request.c_str(), timeout_ms);
  if (status != NATS_OK) return Failure{store_error(doing, status)};

  simdjson::dom::parser parser;
  simdjson::dom::element answer;
  const auto parsed = parser.parse(natsMsg_GetData(reply.get()),
                                   static_cast<std::size_t>(natsMsg_GetDataLength(reply.get())));
  if (parsed.get(answer) != simdjson::SUCCESS) {
    return Failure{StoreError{StoreError::Kind::Unavailable, doing + ": the answer is not JSON"}};
  }
  std::int64_t code = 0;
  if (answer["error"]["err_code"].get(code) == simdjson::SUCCESS) {
    return Failure{store_error(doing, NATS_ERR, static_cast<int>(code))};
  }
  std::string_view name;
  std::uint64_t delivered = 0;
  if (answer["name"].get(name) != simdjson::SUCCESS ||
      answer["delivered"]["stream_seq"].get(delivered) != simdjson::SUCCESS) {
    return Failure{StoreError{StoreError::Kind::Unavailable, doing + ": unexpected answer"}};
  }
  return Created{std::string(name), delivered + 1};
}

// The server would forget it by itself, but not while it goes on pushing to us.
void JetStreamReader::drop_consumer() {
  if (consumer_.empty()) return;
  natsConnection_PublishString(
      link_->connection.get(),
      fmt::format("$JS.API.CONSUMER.DELETE.{}.{}", stream_, consumer_).c_str(), "");
  consumer_.clear();
}

// A consumer in the server's memory may not have outlived the connection, nor what was on the way.
bool JetStreamReader::connection_changed() {
  if (natsConnection_Status(link_->connection.get()) != NATS_CONN_STATUS_CONNECTED) return true;
  natsStatistics* raw = nullptr;
  if (natsStatistics_Create(&raw) != NATS_OK) return true;
  const std::unique_ptr<natsStatistics, HandleDeleter<natsStatistics_Destroy>> statistics(raw);
  std::uint64_t reconnects = reconnects_;
  if (natsConnection_GetStats(link_->connection.get(), raw) == NATS_OK) {
    natsStatistics_GetCounts(raw, nullptr, nullptr, nullptr, nullptr, &reconnects);
  }
  return std::exchange(reconnects_, reconnects) != reconnects;
}

MessageHandle JetStreamReader::wait_for_message(Clock::time_point deadline) {
  while (!interrupted_.load()) {
    const Clock::time_point now = Clock::now();
    const auto left = std::chrono::ceil<milliseconds>(deadline - now);
    MessageHandle message;
    const natsStatus status = natsSubscription_NextMsg(
        out(message), subscription_.get(), std::clamp(left, milliseconds{1}, kSlice).count());
    if (status == NATS_OK) return message;
    if (now - heard_ > kSilence || now - fed_ > kRenew) sound_ = false;
    if (status != NATS_TIMEOUT) sound_ = false;
    if (connection_changed()) sound_ = false;
    if (!sound_ || now >= deadline) break;
  }
  return nullptr;
}

void JetStreamReader::take_arrived(std::vector<Message>& batch, std::size_t& bytes) {
  std::uint64_t arrived = 0;
  if (natsSubscription_QueuedMsgs(subscription_.get(), &arrived) != NATS_OK) return;
  batch.reserve(std::min<std::size_t>(arrived + 1, kMaxBatchMessages));
  while (arrived-- > 0 && sound_ && batch.size() < kMaxBatchMessages && bytes < kMaxBatchBytes) {
    MessageHandle message;
    if (natsSubscription_NextMsg(out(message), subscription_.get(), 1) != NATS_OK) return;
    take(std::move(message), batch, bytes);
  }
}

void JetStreamReader::take(MessageHandle message, std::vector<Message>& batch, std::size_t& bytes) {
  const char* reply = natsMsg_GetReply(message.get());
  const Delivery delivery = parse_delivery(reply == nullptr ? "" : reply);
  if (delivery.consumer.empty()) {
    if (is_status(message.get())) take_status(message.get());
    return;
  }
  if (delivery.consumer != consumer_) return;  // an older one's
  heard_ = fed_ = Clock::now();
  if (delivery.stream_sequence < next_) return;
  // A hole in the stream itself shows in a new consumer's first message, and is for the fold to
  // name; any other is ours to mend.
  if (delivery.stream_sequence > next_ && delivery.consumer_sequence > 1) {
    sound_ = false;
    return;
  }
  const std::string_view body(natsMsg_GetData(message.get()),
                              static_cast<std::size_t>(natsMsg_GetDataLength(message.get())));
  bytes += body.size();
  next_ = delivery.stream_sequence + 1;
  delivered_ = true;
  batch.push_back(
      Message{delivery.stream_sequence, std::string(body), addressed_partitions(message.get())});
}

// A flow control request is answered where it stands, so the window follows what we have taken. A
// heartbeat names the request to answer when the server waits for one that got lost.
void JetStreamReader::take_status(natsMsg* message) {
  heard_ = Clock::now();
  const char* answer_to = natsMsg_GetReply(message);
  if (answer_to == nullptr &&
      natsMsgHeader_Get(message, "Nats-Consumer-Stalled", &answer_to) != NATS_OK) {
    return;
  }
  if (answer_to != nullptr) natsConnection_PublishString(link_->connection.get(), answer_to, "");
}

}  // namespace cassette::eventstore
