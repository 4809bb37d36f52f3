// Live frames: an HTTP head, chunks, lines; and frames with their lengths.
#include "tests/support/live_frames.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace cassette::test {
namespace {

// More than any head, line or frame of the gateway has, in bytes.
constexpr std::size_t kMaxHead = 16 * 1024;
constexpr std::size_t kMaxPiece = 8 * 1024 * 1024;

constexpr unsigned kText = 1, kClose = 8, kPing = 9;
constexpr std::string_view kMask = "\x17\x2a\x3c\x55";

std::string_view after(std::string_view text, std::string_view mark) {
  const std::size_t at = text.find(mark);
  return at == std::string_view::npos ? std::string_view{} : text.substr(at + mark.size());
}

// Lower case, as header names and this protocol's values compare.
std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

// Takes an HTTP head off the front of `unread`; empty while it is not whole.
std::string take_head_off(std::string& unread) {
  const std::size_t end = unread.find("\r\n\r\n");
  if (end == std::string::npos) return {};
  std::string head = unread.substr(0, end + 2);
  unread.erase(0, end + 4);
  return head;
}

int status_of(std::string_view head) {
  int status = 0;
  const std::string_view code = after(head.substr(0, head.find('\r')), " ");
  std::from_chars(code.data(), code.data() + code.size(), status);
  return status;
}

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

std::string client_frame(unsigned opcode, std::string_view payload) {
  std::string frame(1, static_cast<char>(0x80 | opcode));
  if (payload.size() < 126) {
    frame += static_cast<char>(0x80 | payload.size());
  } else {
    frame += static_cast<char>(0x80 | 126);
    frame += static_cast<char>(payload.size() >> 8);
    frame += static_cast<char>(payload.size() & 0xff);
  }
  frame += kMask;
  for (std::size_t i = 0; i < payload.size(); ++i) {
    frame += static_cast<char>(payload[i] ^ kMask[i % kMask.size()]);
  }
  return frame;
}

// Where one frame lies in what has come; nothing while its head is not whole.
struct FrameHead {
  unsigned opcode = 0;
  bool last = false;
  std::size_t start = 0;  // of the payload
  std::size_t size = 0;
};

std::optional<FrameHead> frame_head(std::string_view bytes) {
  if (bytes.size() < 2) return std::nullopt;
  FrameHead head;
  head.last = (bytes[0] & 0x80) != 0;
  head.opcode = static_cast<unsigned>(bytes[0] & 0x0f);
  head.size = static_cast<std::size_t>(bytes[1] & 0x7f);
  const std::size_t more = head.size == 126 ? 2 : head.size == 127 ? 8 : 0;
  head.start = 2 + more;
  if (bytes.size() < head.start) return std::nullopt;
  if (more > 0) head.size = big_endian(bytes.substr(2, more));
  return head;
}

}  // namespace

std::string_view attribute(std::string_view cloud_event, std::string_view name) {
  const std::string_view rest = after(cloud_event, fmt::format("\"{}\":\"", name));
  return rest.substr(0, rest.find('"'));
}

// ---- SSE -------------------------------------------------------------------------------------

bool SseReader::take(std::string_view bytes, const TakeFrame& each) {
  unread_ += bytes;
  if (!open_ && !take_head()) return false;
  if (!open_) return true;
  if (chunked_) return take_chunks(each);
  take_text(unread_, each);
  unread_.clear();
  return line_.size() <= kMaxPiece;
}

bool SseReader::take_head() {
  const std::string head = lower(take_head_off(unread_));
  if (head.empty()) return unread_.size() <= kMaxHead;
  status_ = status_of(head);
  open_ = status_ == 200 && head.find("\r\ncontent-type: text/event-stream") != std::string::npos;
  chunked_ = head.find("\r\ntransfer-encoding: chunked") != std::string::npos;
  return open_;
}

bool SseReader::take_chunks(const TakeFrame& each) {
  std::size_t at = 0;
  while (at < unread_.size()) {
    if (chunk_left_ > 0) {
      const std::size_t here = std::min(chunk_left_, unread_.size() - at);
      take_text(std::string_view(unread_).substr(at, here), each);
      chunk_left_ -= here;
      at += here;
      continue;
    }
    // The line's end after the chunk before, then this one's size.
    const std::size_t start = unread_[at] == '\r' ? at + 2 : at;
    const std::size_t end = unread_.find("\r\n", start);
    if (end == std::string::npos) break;
    std::size_t size = 0;
    const auto [rest, error] =
        std::from_chars(unread_.data() + start, unread_.data() + end, size, 16);
    if (error != std::errc{} || size > kMaxPiece) return false;
    if (size == 0) return false;  // the end of the stream
    chunk_left_ = size;
    at = end + 2;
  }
  unread_.erase(0, at);
  return line_.size() <= kMaxPiece;
}

void SseReader::take_text(std::string_view text, const TakeFrame& each) {
  std::size_t end;
  while ((end = text.find('\n')) != std::string_view::npos) {
    line_ += text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line_.ends_with('\r')) line_.pop_back();
    take_line(line_, each);
    line_.clear();
  }
  line_ += text;
}

void SseReader::take_line(std::string_view line, const TakeFrame& each) {
  if (line.empty()) {
    LiveFrame frame;
    if (!data_.empty() && type_ != "Subscribed") {
      frame.kind = type_ == "StockLevel" ? LiveFrame::Kind::Stock : LiveFrame::Kind::Event;
    }
    frame.cursor = cursor_;
    frame.data = std::move(data_);
    type_.clear();
    data_.clear();
    if (frame.kind != LiveFrame::Kind::Other || !frame.cursor.empty()) each(frame);
    return;
  }
  const std::string_view name = line.substr(0, line.find(':'));
  std::string_view value = after(line, ":");
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (name == "event") type_ = value;
  if (name == "id") cursor_ = value;
  if (name == "data") data_.append(data_.empty() ? "" : "\n").append(value);
}

// ---- WebSocket -------------------------------------------------------------------------------

bool SocketReader::take(std::string_view bytes, const TakeFrame& each, std::string& reply) {
  unread_ += bytes;
  if (!open_) {
    const std::string head = take_head_off(unread_);
    if (head.empty()) return unread_.size() <= kMaxHead;
    if (status_of(head) != 101) return false;
    open_ = true;
  }
  while (const auto head = frame_head(unread_)) {
    if (head->size > kMaxPiece || message_.size() > kMaxPiece) return false;
    if (unread_.size() < head->start + head->size) break;
    if (!take_frame(each, reply)) return false;
  }
  return true;
}

// The whole of the first one is there.
bool SocketReader::take_frame(const TakeFrame& each, std::string& reply) {
  const FrameHead head = *frame_head(unread_);
  const std::string_view payload = std::string_view(unread_).substr(head.start, head.size);
  if (head.opcode == kClose) {
    close_code_ = payload.size() >= 2 ? big_endian(payload.substr(0, 2)) : 1005;
    reply += client_frame(kClose, payload.substr(0, 2));
    return false;
  }
  if (head.opcode == kPing) reply += client_frame(10, payload);
  if (head.opcode <= kText) {
    message_ += payload;
    if (head.last) take_message(each);
  }
  unread_.erase(0, head.start + head.size);
  return true;
}

void SocketReader::take_message(const TakeFrame& each) {
  LiveFrame frame;
  frame.cursor = attribute(message_, "cursor");
  const std::string_view type = attribute(message_, "type");
  std::string_view member;
  if (type == "event") member = after(message_, "\"event\":");
  if (type == "stock") member = after(message_, "\"level\":");
  if (member.empty()) {
    frame.data = message_;
  } else {
    frame.kind = type == "event" ? LiveFrame::Kind::Event : LiveFrame::Kind::Stock;
    frame.data = member.substr(0, member.rfind('}'));
  }
  message_.clear();
  each(frame);
}

// ---- requests --------------------------------------------------------------------------------

std::string sse_request(std::string_view host, std::string_view query, std::string_view after) {
  std::string request = fmt::format(
      "GET /live?{} HTTP/1.1\r\nHost: {}\r\nAccept: text/event-stream\r\n", query, host);
  if (!after.empty()) request += fmt::format("Last-Event-ID: {}\r\n", after);
  return request + "\r\n";
}

std::string socket_request(std::string_view host) {
  return fmt::format(
      "GET /live HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
      host);
}

std::string text_frame(std::string_view message) {
  return client_frame(kText, message);
}

}  // namespace cassette::test
