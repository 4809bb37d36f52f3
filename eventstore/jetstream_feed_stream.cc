// The feed's streams as they must be, and their consumers, asked of the server in its own words:
// a consumer's configuration is kept as it stands, whatever it holds.
#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <utility>

#include "eventstore/jetstream_connection.h"
#include "eventstore/jetstream_publisher.h"
#include "eventstore/json_write.h"

namespace cassette::eventstore {
namespace {

// Within which an id is stored once: longer than a publisher takes to reconnect and look.
constexpr std::int64_t kDuplicatesNs = 120LL * 1'000'000'000;
constexpr std::int64_t kNoLimit = -1;

// A feed stream's settings; it stays where it is made, since `config` points into it.
struct FeedConfig {
  std::string name;
  std::string subject;
  const char* subjects[1];
  jsStreamConfig config;

  FeedConfig(std::uint32_t partition, const FeedOptions& options)
      : name(feed_stream(partition)), subject(feed_subjects(partition)) {
    jsStreamConfig_Init(&config);
    subjects[0] = subject.c_str();
    config.Name = name.c_str();
    config.Description = "Cassette's feed: public events, the oldest go";
    config.Subjects = subjects;
    config.SubjectsLen = 1;
    config.Storage = js_FileStorage;
    config.Retention = js_LimitsPolicy;
    config.Discard = js_DiscardOld;
    config.AllowRollup = false;
    config.AllowDirect = false;  // a replica's answer may be behind its leader's
    config.MaxConsumers = kNoLimit;
    config.MaxMsgs = kNoLimit;
    config.MaxMsgsPerSubject = kNoLimit;
    // The server sets a limit in bytes aside on its disk, be it used or not: none by default.
    config.MaxBytes =
        options.max_bytes == 0 ? kNoLimit : static_cast<std::int64_t>(options.max_bytes);
    config.MaxAge = std::chrono::nanoseconds(options.max_age).count();
    config.MaxMsgSize = static_cast<std::int32_t>(kMaxMessageBytes);
    config.Duplicates = kDuplicatesNs;
    config.Replicas = options.replicas;
  }
  FeedConfig(const FeedConfig&) = delete;
  FeedConfig& operator=(const FeedConfig&) = delete;
};

// The first setting of `is` that a feed can't live with; empty when there is none.
std::string_view unfit(const jsStreamConfig& is, const FeedConfig& wanted) {
  if (is.SubjectsLen != 1 || wanted.subject != is.Subjects[0]) return "subjects";
  if (is.Storage != js_FileStorage) return "storage";
  if (is.Retention != js_LimitsPolicy) return "retention";
  if (is.Discard != js_DiscardOld) return "discard";
  if (is.AllowRollup) return "allow_rollup_hdrs";
  if (is.Sealed) return "sealed";
  if (is.NoAck) return "no_ack";
  if (is.Mirror != nullptr) return "mirror";
  if (is.SourcesLen > 0) return "sources";
  return {};
}

bool has_limits(const jsStreamConfig& is, const jsStreamConfig& wanted) {
  return std::max<std::int64_t>(is.MaxBytes, 0) == std::max<std::int64_t>(wanted.MaxBytes, 0) &&
         is.MaxAge == wanted.MaxAge;
}

using Json = simdjson::dom::element;

// Asks, and gives the answer's text. Failures are the server's no, by its own code, or none.
Stored<std::string> ask(JetStreamLink& link, const std::string& subject, const std::string& body) {
  MessageHandle reply;
  const natsStatus status =
      natsConnection_RequestString(out(reply), link.connection.get(), subject.c_str(), body.c_str(),
                                   link.options.request_timeout.count());
  if (status != NATS_OK) return Failure{store_error(subject, status)};
  std::string text(natsMsg_GetData(reply.get()),
                   static_cast<std::size_t>(natsMsg_GetDataLength(reply.get())));
  simdjson::dom::parser parser;
  Json answer;
  if (parser.parse(text).get(answer) != simdjson::SUCCESS) {
    return Failure{store_error(subject + ": the answer is not JSON", NATS_ERR)};
  }
  std::int64_t code = 0;
  if (answer["error"]["err_code"].get(code) == simdjson::SUCCESS) {
    std::string_view why;
    if (answer["error"]["description"].get(why) != simdjson::SUCCESS) why = "refused";
    StoreError error = store_error(subject, NATS_ERR, static_cast<int>(code));
    error.what = fmt::format("{}: {} ({})", subject, why, code);
    return Failure{std::move(error)};
  }
  return text;
}

bool durable(const Json& config) {
  std::string_view name;
  return config["durable_name"].get(name) == simdjson::SUCCESS && !name.empty();
}

std::uint64_t number(const Json& object, std::string_view first, std::string_view second) {
  std::uint64_t value = 0;
  return object[first][second].get(value) == simdjson::SUCCESS ? value : 0;
}

// The stream sequence up to which there is nothing to acknowledge. The floor is 0 until something
// is acknowledged, wherever the consumer began.
std::uint64_t acknowledged_by(const Json& consumer) {
  std::uint64_t floor = number(consumer, "ack_floor", "stream_seq");
  const std::uint64_t start = number(consumer, "config", "opt_start_seq");
  if (start > 0) floor = std::max(floor, start - 1);
  const bool untouched = number(consumer, "delivered", "consumer_seq") == 0;
  return untouched ? std::max(floor, number(consumer, "delivered", "stream_seq")) : floor;
}

// One page of the list; false when the answer isn't one.
bool take_page(std::string_view text, std::vector<KnownConsumer>& known, std::size_t& seen,
               std::uint64_t& total) {
  simdjson::dom::parser parser;
  Json page;
  if (parser.parse(text.data(), text.size()).get(page) != simdjson::SUCCESS) return false;
  if (page["total"].get(total) != simdjson::SUCCESS) return false;
  simdjson::dom::array consumers;
  if (page["consumers"].get(consumers) != simdjson::SUCCESS) return seen >= total;
  for (const Json consumer : consumers) {
    ++seen;
    Json config;
    KnownConsumer one;
    std::string_view name;
    if (consumer["name"].get(name) != simdjson::SUCCESS) return false;
    if (consumer["config"].get(config) != simdjson::SUCCESS) return false;
    if (!durable(config)) continue;
    one.acknowledged = acknowledged_by(consumer);
    one.name = name;
    one.config = simdjson::minify(config);
    known.push_back(std::move(one));
  }
  return true;
}

// The configuration with another beginning.
std::optional<std::string> starting_at(const std::string& config, std::uint64_t start) {
  simdjson::dom::parser parser;
  simdjson::dom::object members;
  if (parser.parse(config).get(members) != simdjson::SUCCESS) return std::nullopt;
  std::string text = start <= 1 ? R"({"deliver_policy":"all")"
                                : fmt::format(R"({{"deliver_policy":"by_start_sequence",)"
                                              R"("opt_start_seq":{})",
                                              start);
  for (const auto& [key, value] : members) {
    if (key == "deliver_policy" || key == "opt_start_seq" || key == "opt_start_time") continue;
    text += fmt::format(R"(,"{}":{})", key, std::string(simdjson::minify(value)));
  }
  return text + "}";
}

}  // namespace

Stored<StreamInfoHandle> feed_stream_info(const JetStreamLink& link, std::uint32_t partition) {
  const std::string name = feed_stream(partition);
  StreamInfoHandle info;
  jsErrCode code = static_cast<jsErrCode>(0);
  const natsStatus status =
      js_GetStreamInfo(out(info), link.context.get(), name.c_str(), nullptr, &code);
  if (status != NATS_OK) return Failure{store_error("stream info of " + name, status, code)};
  return info;
}

Stored<Done> ensure_feed_stream(const JetStreamLink& link, std::uint32_t partition,
                                const FeedOptions& options) {
  FeedConfig wanted(partition, options);
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
                   fmt::format("stream {} exists with another {}: it was not made for a feed",
                               wanted.name, setting)}};
  }
  if (has_limits(*info->Config, wanted.config)) return Done{};
  wanted.config.Replicas = std::max(wanted.config.Replicas, info->Config->Replicas);
  StreamInfoHandle updated;
  status = js_UpdateStream(out(updated), link.context.get(), &wanted.config, nullptr, &code);
  if (status == NATS_OK) return Done{};
  return Failure{store_error("limits of stream " + wanted.name, status, code)};
}

Stored<Done> delete_feed_stream(const JetStreamLink& link, std::uint32_t partition) {
  const std::string name = feed_stream(partition);
  jsErrCode code = static_cast<jsErrCode>(0);
  const natsStatus status = js_DeleteStream(link.context.get(), name.c_str(), nullptr, &code);
  if (status == NATS_OK || code == JSStreamNotFoundErr) return Done{};
  return Failure{store_error("removing stream " + name, status, code)};
}

Stored<std::vector<KnownConsumer>> known_consumers(JetStreamLink& link, std::uint32_t partition) {
  const std::string subject = "$JS.API.CONSUMER.LIST." + feed_stream(partition);
  std::vector<KnownConsumer> known;
  std::uint64_t total = 1;
  for (std::size_t seen = 0; seen < total;) {
    const std::size_t before = seen;
    const auto text = ask(link, subject, fmt::format(R"({{"offset":{}}})", seen));
    if (!text) return Failure{text.error()};
    if (!take_page(text.value(), known, seen, total) || (seen == before && seen < total)) {
      return Failure{store_error(subject + ": unexpected answer", NATS_ERR)};
    }
  }
  return known;
}

Stored<Done> make_consumer(JetStreamLink& link, std::uint32_t partition, const std::string& name,
                           const std::string& config, std::uint64_t start) {
  const std::string stream = feed_stream(partition);
  const std::string doing = fmt::format("consumer {} of {}", name, stream);
  const auto changed = starting_at(config, start);
  if (!changed) {
    return Failure{StoreError{StoreError::Kind::Corrupt, doing + ": its settings are not JSON"}};
  }
  // One that was made and not noted, or by whoever minted credentials meanwhile, is elsewhere.
  jsErrCode code = static_cast<jsErrCode>(0);
  const natsStatus removed =
      js_DeleteConsumer(link.context.get(), stream.c_str(), name.c_str(), nullptr, &code);
  if (removed != NATS_OK && code != JSConsumerNotFoundErr) {
    return Failure{store_error("removing " + doing, removed, code)};
  }
  const std::string body = fmt::format(R"({{"stream_name":"{}","config":{}}})", stream, *changed);
  const auto made =
      ask(link, fmt::format("$JS.API.CONSUMER.DURABLE.CREATE.{}.{}", stream, name), body);
  if (!made) return Failure{made.error()};
  return Done{};
}

}  // namespace cassette::eventstore
