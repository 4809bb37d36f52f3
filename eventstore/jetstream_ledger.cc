// Appending and reading back, and what each answer of the server means. Unknown unless the server
// said yes or no.
#include "eventstore/jetstream_ledger.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <charconv>
#include <utility>

#include "eventstore/jetstream_reader.h"

namespace cassette::eventstore {
namespace {

// Checked by the server before it stores; 0 is sent too, which NATS.c's own option leaves out.
constexpr const char* kExpectedLastSequence = "Nats-Expected-Last-Sequence";
// Only saves parsing: a reader of another partition skips a commit that has no work for it.
constexpr const char* kPartitions = "Cassette-Partitions";

std::string joined(const std::vector<std::uint32_t>& partitions) {
  return fmt::format("{}", fmt::join(partitions, ","));
}

natsStatus make_message(MessageHandle& message, const std::string& subject,
                        std::uint64_t expected_last, std::string_view body,
                        const std::vector<std::uint32_t>& addressed) {
  natsStatus status = natsMsg_Create(out(message), subject.c_str(), nullptr, body.data(),
                                     static_cast<int>(body.size()));
  if (status == NATS_OK) {
    status = natsMsgHeader_Set(message.get(), kExpectedLastSequence,
                               fmt::format("{}", expected_last).c_str());
  }
  if (status == NATS_OK && !addressed.empty()) {
    status = natsMsgHeader_Set(message.get(), kPartitions, joined(addressed).c_str());
  }
  return status;
}

// Whether the server refused before it stored anything, and would again.
bool definite_refusal(int code, std::string_view why) {
  switch (code) {
    case JSAccountResourcesExceededErr:
    case JSInsufficientResourcesErr:
    case JSStorageResourcesExceededErr:
    case JSStreamMessageExceedsMaximumErr:
    case JSStreamNotFoundErr:
    case JSStreamNotMatchErr:
    case JSStreamSealedErr:
    case JSNoLimitsErr:
      return true;
    case JSStreamStoreFailedErr:
      return is_stream_limit(why);
    default:
      return false;
  }
}

AppendOutcome outcome_of(const PublishAnswer& answer) {
  if (answer.status == NATS_MAX_PAYLOAD) return AppendOutcome::Refused;
  if (answer.status != NATS_OK) return AppendOutcome::Unknown;
  if (answer.code == 0) return AppendOutcome::Stored;
  if (answer.code == JSStreamWrongLastSequenceErr || answer.code == kWrongLastSequenceOfAny) {
    return AppendOutcome::WrongSequence;
  }
  return definite_refusal(answer.code, answer.why) ? AppendOutcome::Refused
                                                   : AppendOutcome::Unknown;
}

std::string_view body_of(natsMsg* message) {
  return {natsMsg_GetData(message), static_cast<std::size_t>(natsMsg_GetDataLength(message))};
}

}  // namespace

bool is_stream_limit(std::string_view why) {
  return why.starts_with("maximum ");
}

PublishAnswer parse_publish_answer(std::string_view json) {
  PublishAnswer answer;
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  if (parser.parse(json.data(), json.size()).get(document) != simdjson::SUCCESS) {
    answer.status = NATS_ERR;
    answer.why = "the server's answer is not JSON";
    return answer;
  }
  std::int64_t code = 0;
  std::string_view why;
  if (document["error"]["code"].get(code) == simdjson::SUCCESS) {
    answer.code = static_cast<int>(code);  // an HTTP status, when there is nothing more precise
    if (document["error"]["err_code"].get(code) == simdjson::SUCCESS) {
      answer.code = static_cast<int>(code);
    }
    if (document["error"]["description"].get(why) == simdjson::SUCCESS) answer.why = why;
    return answer;
  }
  if (document["seq"].get(answer.sequence) != simdjson::SUCCESS) {
    answer.status = NATS_ERR;
    answer.why = "the server's answer names no sequence";
  }
  return answer;
}

PublishAnswer publish_and_wait(JetStreamLink& link, natsMsg* message, std::int64_t timeout_ms) {
  PublishAnswer answer;
  natsConnection* connection = link.connection.get();
  // The library would keep the message and send it when it has reconnected, long after we have
  // read back that it isn't there.
  if (natsConnection_Status(connection) != NATS_CONN_STATUS_CONNECTED) {
    answer.status = NATS_CONNECTION_DISCONNECTED;
    answer.why = "not connected";
    return answer;
  }
  MessageHandle reply;
  answer.status = natsConnection_RequestMsg(out(reply), connection, message, timeout_ms);
  if (answer.status != NATS_OK) {
    answer.why = natsStatus_GetText(answer.status);
    return answer;
  }
  answer = parse_publish_answer(body_of(reply.get()));
  if (answer.code == JSStreamStoreFailedErr && !is_stream_limit(answer.why)) {
    link.note_failed_write(answer.why);
  }
  return answer;
}

std::vector<std::uint32_t> addressed_partitions(natsMsg* message) {
  std::vector<std::uint32_t> partitions;
  const char* value = nullptr;
  if (natsMsgHeader_Get(message, kPartitions, &value) != NATS_OK || value == nullptr) {
    return partitions;
  }
  const std::string_view list = value;
  const char* const end = list.data() + list.size();
  for (const char* at = list.data(); at < end; ++at) {
    std::uint32_t partition = 0;
    const auto [next, error] = std::from_chars(at, end, partition);
    if (error != std::errc{} || (next != end && *next != ',')) return {};
    partitions.push_back(partition);
    at = next;
  }
  return partitions;
}

AppendResult JetStreamLedger::append(std::uint64_t expected_last, std::string_view body,
                                     const std::vector<std::uint32_t>& addressed,
                                     std::chrono::milliseconds timeout) {
  if (body.size() > kMaxBodyBytes) {
    return {AppendOutcome::Refused, fmt::format("{}: a body of {} bytes is over the limit of {}",
                                                stream_, body.size(), kMaxBodyBytes)};
  }
  if (auto distrusted = link_.distrust()) {
    return {AppendOutcome::Refused, std::move(distrusted->what)};
  }
  MessageHandle message;
  const natsStatus made = make_message(message, subject_, expected_last, body, addressed);
  if (made != NATS_OK) {
    return {AppendOutcome::Refused, store_error("making a message for " + stream_, made).what};
  }
  const PublishAnswer answer = publish_and_wait(link_, message.get(), timeout.count());
  const AppendOutcome outcome = outcome_of(answer);
  if (outcome != AppendOutcome::Stored) {
    return {outcome, fmt::format("{}: {} ({})", stream_, answer.why, answer.code)};
  }
  if (answer.sequence != expected_last + 1) {
    return {AppendOutcome::Unknown, fmt::format("{}: stored as message {}, not {}", stream_,
                                                answer.sequence, expected_last + 1)};
  }
  return {AppendOutcome::Stored, {}};
}

Stored<std::uint64_t> JetStreamLedger::last_sequence() {
  if (auto distrusted = link_.distrust()) return Failure{std::move(*distrusted)};
  StreamInfoHandle info;
  jsErrCode code = static_cast<jsErrCode>(0);
  const natsStatus status =
      js_GetStreamInfo(out(info), link_.context.get(), stream_.c_str(), nullptr, &code);
  if (status != NATS_OK) return Failure{store_error("stream info of " + stream_, status, code)};
  // The write of another thread may have failed while we asked.
  if (auto distrusted = link_.distrust()) return Failure{std::move(*distrusted)};
  return std::uint64_t{info->State.LastSeq};
}

Stored<std::optional<Message>> JetStreamLedger::read(std::uint64_t sequence) {
  if (sequence == 0) return std::optional<Message>{};  // there is none; the server refuses to look
  if (auto distrusted = link_.distrust()) return Failure{std::move(*distrusted)};
  MessageHandle message;
  jsErrCode code = static_cast<jsErrCode>(0);
  const natsStatus status =
      js_GetMsg(out(message), link_.context.get(), stream_.c_str(), sequence, nullptr, &code);
  if (auto distrusted = link_.distrust()) return Failure{std::move(*distrusted)};
  if (code == JSNoMessageFoundErr || code == JSSequenceNotFoundErr) {
    return std::optional<Message>{};
  }
  if (status != NATS_OK) {
    return Failure{store_error(fmt::format("message {} of {}", sequence, stream_), status, code)};
  }
  return std::optional<Message>{Message{natsMsg_GetSequence(message.get()),
                                        std::string(body_of(message.get())),
                                        addressed_partitions(message.get())}};
}

Stored<std::unique_ptr<LedgerReader>> JetStreamLedger::follow(std::uint64_t from) {
  if (auto distrusted = link_.distrust()) return Failure{std::move(*distrusted)};
  return JetStreamReader::open(link_.options, stream_, from);
}

}  // namespace cassette::eventstore
