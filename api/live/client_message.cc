// Client message: read by its fields; the gateway's are put together as text, since what they carry
// is rendered already.
#include "api/live/client_message.h"

#include "api/http/json_text.h"
#include "api/http/request_json.h"

namespace cassette::api {
namespace {

std::string begun(std::string_view type) {
  std::string text = "{";
  append_member(text, "type", type);
  return text;
}

std::string of_subscription(std::string_view type, const std::string& id,
                            const std::string& cursor) {
  std::string text = begun(type);
  append_member(text, "subscription", id);
  append_member(text, "cursor", cursor);
  return text;
}

// What is there and does not go with the message's type; what is missing.
std::optional<Problem> objection(const ClientMessage& message) {
  const bool subscribes = message.type == ClientVerb::Subscribe;
  const bool acks = message.type == ClientVerb::Ack;
  if (acks && message.id) return unknown_field("id");
  if (!acks && !message.id) return missing_field("id");
  if (!subscribes && message.filter) return unknown_field("filter");
  if (!subscribes && message.after) return unknown_field("after");
  if (!acks && message.cursor) return unknown_field("cursor");
  if (acks && !message.cursor) return missing_field("cursor");
  return std::nullopt;
}

}  // namespace

Answered<ClientMessage> read_client_message(std::string_view text, MessageHead& head) {
  {
    const json::ParserUse use;
    const auto root = json::parse(text);
    head.is_json = root.ok() && root.value().is_object();
    if (!root) return Failure{root.error()};
    std::string_view id;
    if (root.value()["id"].get(id) == simdjson::SUCCESS && domain::valid_id(id)) head.id = id;
  }
  auto message = read_request<ClientMessage>(text, {});
  if (!message) return message;
  if (auto problem = objection(message.value())) return Failure{std::move(*problem)};
  return message;
}

std::string subscribed_message(const std::string& id, const std::string& cursor) {
  std::string text = begun("subscribed");
  append_member(text, "id", id);
  append_member(text, "cursor", cursor);
  return text += '}';
}

std::string unsubscribed_message(const std::string& id) {
  std::string text = begun("unsubscribed");
  append_member(text, "id", id);
  return text += '}';
}

std::string position_message(const std::string& id, const std::string& cursor) {
  return of_subscription("position", id, cursor) += '}';
}

std::string error_message(const std::string& id, const Problem& problem) {
  std::string text = begun("error");
  if (!id.empty()) append_member(text, "id", id);
  return text.append(",\"problem\":").append(to_response(problem).body).append("}");
}

std::string event_message(const std::string& id, const std::string& cursor,
                          const LiveEvent& event) {
  return of_subscription("event", id, cursor)
      .append(",\"event\":")
      .append(event.body())
      .append("}");
}

std::string stock_message(const std::string& id, const std::string& cursor, const Level& level) {
  return of_subscription("stock", id, cursor).append(",\"level\":").append(level.json).append("}");
}

}  // namespace cassette::api
