// Live frames: what the live gateway sends, taken apart as any client would: Server-Sent Events
// (WHATWG HTML §9.2) in an HTTP/1.1 answer, and WebSocket messages (RFC 6455). It owns no socket
// and knows no event.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace cassette::test {

// One message of the gateway, of either kind of connection.
struct LiveFrame {
  enum class Kind { Event, Stock, Other };

  Kind kind = Kind::Other;
  std::string cursor;  // empty: it carries none
  std::string data;    // the CloudEvent, the stock level, or the message as it came
};

using TakeFrame = std::function<void(const LiveFrame&)>;

// The text of a CloudEvent's attribute; empty when it has none of that name. Nothing is unescaped.
std::string_view attribute(std::string_view cloud_event, std::string_view name);

// Reads one answer to sse_request. One thread.
class SseReader {
 public:
  // False when it is no event stream: another status, or a head or line without an end.
  bool take(std::string_view bytes, const TakeFrame& each);
  // The head has come, and with it the promise of every later event.
  bool open() const { return open_; }
  int status() const { return status_; }  // 0 before the head has come

 private:
  bool take_head();
  bool take_chunks(const TakeFrame& each);
  void take_text(std::string_view text, const TakeFrame& each);
  void take_line(std::string_view line, const TakeFrame& each);

  std::string unread_;  // as it came
  std::string line_;    // the beginning of one
  std::size_t chunk_left_ = 0;
  int status_ = 0;
  bool open_ = false;
  bool chunked_ = false;
  std::string type_, cursor_, data_;
};

// Reads what answers socket_request. One thread.
class SocketReader {
 public:
  // False when it is no WebSocket, or a frame is longer than the gateway may send. What is to be
  // sent back, to a ping or a close, is added to `reply`.
  bool take(std::string_view bytes, const TakeFrame& each, std::string& reply);
  // The protocol has been switched.
  bool open() const { return open_; }
  // Once the gateway has closed.
  std::optional<std::uint16_t> close_code() const { return close_code_; }

 private:
  bool take_frame(const TakeFrame& each, std::string& reply);
  void take_message(const TakeFrame& each);

  std::string unread_;
  std::string message_;
  bool open_ = false;
  std::optional<std::uint16_t> close_code_;
};

// GET /live?QUERY with `after` as Last-Event-ID unless it is empty. `host` is HOST:PORT.
std::string sse_request(std::string_view host, std::string_view query, std::string_view after);
// The opening handshake, without extensions.
std::string socket_request(std::string_view host);
// A text message of the client in one frame.
std::string text_frame(std::string_view message);

}  // namespace cassette::test
