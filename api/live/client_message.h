// Client message: what a WebSocket client may say, and the gateway's own messages as text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/http/problem.h"
#include "api/live/mailbox.h"
#include "api/live/subscription.h"

namespace cassette::api {

enum class ClientVerb { Subscribe, Unsubscribe, Ack };

}  // namespace cassette::api

template <>
struct cassette::EnumNames<cassette::api::ClientVerb> {
  static constexpr std::array<std::string_view, 3> values{"subscribe", "unsubscribe", "ack"};
};

namespace cassette::api {

struct ClientMessage {
  ClientVerb type = ClientVerb::Subscribe;
  std::optional<domain::Id<struct SubscriptionTag>> id;
  std::optional<Filter> filter;
  std::optional<Text<1, 2'000, Layout::Line>> after;
  std::optional<Text<1, 2'000, Layout::Line>> cursor;

  static void fields(auto& self, auto&& visit) {
    visit("type", self.type);
    visit("id", self.id);
    visit("filter", self.filter);
    visit("after", self.after);
    visit("cursor", self.cursor);
  }
};

// What can be told also of a message that is refused.
struct MessageHead {
  bool is_json = true;  // false: no JSON object at all
  std::string id;       // of its subscription; empty when it has none that is valid
};

// Refuses whatever the type does not say of itself.
Answered<ClientMessage> read_client_message(std::string_view text, MessageHead& head);

// ---- of the gateway

std::string subscribed_message(const std::string& id, const std::string& cursor);
std::string unsubscribed_message(const std::string& id);
std::string position_message(const std::string& id, const std::string& cursor);
// `id` may be empty.
std::string error_message(const std::string& id, const Problem& problem);
std::string event_message(const std::string& id, const std::string& cursor, const LiveEvent& event);
std::string stock_message(const std::string& id, const std::string& cursor, const Level& level);

}  // namespace cassette::api
