// HTTP answer: HTTP/1.1 (RFC 9112) and text/event-stream (WHATWG HTML §9.2).
#include "api/live/http_answer.h"

#include <array>
#include <string_view>

namespace cassette::api {
namespace {

struct Reason {
  int status;
  std::string_view words;
};
constexpr std::array kReasons = {
    Reason{200, "OK"},          Reason{204, "No Content"},
    Reason{400, "Bad Request"}, Reason{401, "Unauthorized"},
    Reason{403, "Forbidden"},   Reason{404, "Not Found"},
    Reason{405, "Not Allowed"}, Reason{413, "Content Too Large"},
    Reason{429, "Too Many"},    Reason{431, "Header Fields Too Large"},
    Reason{503, "Unavailable"},
};

std::string head_of(const Response& response) {
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + ' ';
  for (const Reason& reason : kReasons) {
    if (reason.status == response.status) head += reason.words;
  }
  head += "\r\n";
  for (const auto& [name, value] : response.headers) {
    head.append(name).append(": ").append(value).append("\r\n");
  }
  head += "X-Content-Type-Options: nosniff\r\nConnection: close\r\n";
  return head;
}

}  // namespace

std::string answer_text(const Response& response) {
  std::string text = head_of(response);
  if (!response.body.empty()) {
    text.append("Content-Type: ").append(response.content_type).append("\r\n");
  }
  if (response.status != 204) {
    text += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
  }
  return text + "\r\n" + response.body;
}

std::string stream_head(const Response& response) {
  // What lies between must keep nothing back.
  return head_of(response) +
         "Content-Type: text/event-stream\r\nCache-Control: no-store\r\nX-Accel-Buffering: "
         "no\r\n\r\n";
}

std::string stream_opening(const std::string& cursor) {
  return "retry: 1000\n\nid: " + cursor + "\nevent: Subscribed\ndata: {\"cursor\":\"" + cursor +
         "\"}\n\n";
}

void append_frame(std::string& out, const LiveEvent& event, const std::string& cursor) {
  out.append("id: ").append(cursor).append("\n").append(event.frame);
}

void append_frame(std::string& out, const Level& level, const std::string& cursor) {
  out.append("id: ").append(cursor).append("\nevent: StockLevel\ndata: ");
  out.append(level.json).append("\n\n");
}

std::string alive_frame(const std::string& cursor) {
  return ": alive\nid: " + cursor + "\n\n";
}

}  // namespace cassette::api
