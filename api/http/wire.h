// Wire: one accepted connection: bytes in and out, plain or under TLS, and the patience with
// whoever sends or takes them slowly. It knows no HTTP.
#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "api/identity/tls.h"

namespace cassette::api {

// How long the other side is waited for. A thread waits with it, so a connection that keeps sending
// a byte before each timeout must end all the same: a request has `request` from its first byte to
// its last, an answer likewise, and a second more for each `bytes_a_second` that have gone by.
struct Patience {
  std::chrono::milliseconds idle{5'000};    // between two requests
  std::chrono::milliseconds read{5'000};    // between two bytes of a request
  std::chrono::milliseconds write{10'000};  // between two bytes of an answer
  std::chrono::milliseconds request{10'000};
  std::size_t bytes_a_second = 16 * 1024;
};

// One thread uses it.
class Wire {
 public:
  // `socket` blocks, stays the caller's, and outlives this. Null `tls`: plain.
  Wire(int socket, std::unique_ptr<TlsSession> tls, const Patience& patience);
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  // Of TLS; at once when plain. False when there is none within `Patience::request`.
  bool handshake();

  // Waits for a request's first byte, which a request before may have brought along. False when the
  // other side has ended, was idle for too long, or `stopping`, which is looked at now and then.
  bool await_request(const std::function<bool()>& stopping);

  // Bytes of the request: 0 when the other side has ended, -1 past the patience. What was written
  // goes out first. Heads are read a byte at a time.
  ssize_t read(char* to, std::size_t size) {
    if (size != 1 || begin_ == end_ || timed_out_) return read_more(to, size);
    *to = buffer_[begin_++];
    return 1;
  }
  // Whether a read of this request came to the end of the patience.
  bool timed_out() const { return timed_out_; }

  // Keeps small parts, so that an answer is one packet. False when the connection is gone, or takes
  // nothing past the patience.
  bool write(std::string_view bytes);
  bool flush();

  // Says that no more is written.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;

  // Each waits for a tick at most: bytes, 0 at the end, TlsSession::kNotYet when the tick passed.
  ssize_t receive(char* to, std::size_t size);
  ssize_t send(std::string_view bytes);
  bool send_all(std::string_view bytes);
  ssize_t read_more(char* to, std::size_t size);
  // A first byte or more into the empty buffer, by `deadline`; as `read`.
  ssize_t fill(Clock::time_point deadline);
  std::chrono::milliseconds time_for(std::size_t bytes) const;

  const int socket_;
  const std::unique_ptr<TlsSession> tls_;
  const Patience patience_;
  std::array<char, 16 * 1024> buffer_;
  std::size_t begin_ = 0;  // of what is in the buffer and not read yet
  std::size_t end_ = 0;
  std::string unsent_;
  Clock::time_point started_;  // of the request
  std::size_t received_ = 0;   // since then
  bool timed_out_ = false;
};

}  // namespace cassette::api
