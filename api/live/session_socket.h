// Socket session: how a WebSocket begins. Private to gateway.cc and session*.cc.
#pragma once

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <optional>

#include "api/live/core.h"

namespace cassette::api {

// Accepts the handshake in `head`. Without a caller it is closed at once with 4401.
void start_socket(LiveCore& core, tcp::socket socket,
                  const boost::beast::http::request<boost::beast::http::empty_body>& head,
                  std::optional<LiveCaller> caller);

}  // namespace cassette::api
