// HTTP answer: the text of the gateway's answers to requests, and how a stream of events begins.
// It reads nothing and owns no socket.
#pragma once

#include <string>

#include "api/http/message.h"
#include "api/live/mailbox.h"

namespace cassette::api {

// The whole answer; the connection is closed after it.
std::string answer_text(const Response& response);

// The head of an answer that goes on with events, with the headers of `response`.
std::string stream_head(const Response& response);

// The first frames: how long to wait before coming back, and where it begins.
std::string stream_opening(const std::string& cursor);

// A frame of an event or a level, whose id is `cursor`.
void append_frame(std::string& out, const LiveEvent& event, const std::string& cursor);
void append_frame(std::string& out, const Level& level, const std::string& cursor);
// What shows that the connection is alive, and moves the cursor on.
std::string alive_frame(const std::string& cursor);

}  // namespace cassette::api
