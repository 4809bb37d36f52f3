// Wire: the socket blocks for a tick at a time, and between ticks the clock is looked at.
#include "api/http/wire.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace cassette::api {
namespace {

// How long a thread is in the kernel before it looks whether it should stop.
constexpr timeval kTick{0, 100'000};
// Parts of an answer are gathered up to here; a longer one goes out as it is.
constexpr std::size_t kMaxGathered = 64 * 1024;

}  // namespace

Wire::Wire(int socket, std::unique_ptr<TlsSession> tls, const Patience& patience)
    : socket_(socket), tls_(std::move(tls)), patience_(patience), started_(Clock::now()) {
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &kTick, sizeof(kTick));
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &kTick, sizeof(kTick));
}

bool Wire::handshake() {
  if (!tls_) return true;
  const Clock::time_point deadline = Clock::now() + patience_.request;
  ssize_t result = TlsSession::kNotYet;
  while (result == TlsSession::kNotYet && Clock::now() < deadline) result = tls_->handshake();
  return result > 0;
}

ssize_t Wire::receive(char* to, std::size_t size) {
  if (tls_) return tls_->read(to, size);
  const ssize_t got = ::recv(socket_, to, size, 0);
  if (got >= 0) return got;
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? TlsSession::kNotYet : 0;
}

ssize_t Wire::send(std::string_view bytes) {
  if (tls_) return tls_->write(bytes.data(), bytes.size());
  const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent >= 0) return sent;
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? TlsSession::kNotYet : 0;
}

std::chrono::milliseconds Wire::time_for(std::size_t bytes) const {
  return patience_.request + std::chrono::milliseconds(bytes * 1000 / patience_.bytes_a_second);
}

bool Wire::await_request(const std::function<bool()>& stopping) {
  timed_out_ = false;
  if (begin_ == end_) {
    const Clock::time_point deadline = Clock::now() + patience_.idle;
    ssize_t got = TlsSession::kNotYet;
    while (got == TlsSession::kNotYet) {
      if (stopping() || Clock::now() > deadline) return false;
      got = receive(buffer_.data(), buffer_.size());
    }
    if (got == 0) return false;
    begin_ = 0;
    end_ = static_cast<std::size_t>(got);
  }
  started_ = Clock::now();
  received_ = end_ - begin_;
  return true;
}

ssize_t Wire::fill(Clock::time_point deadline) {
  ssize_t got = receive(buffer_.data(), buffer_.size());
  while (got == TlsSession::kNotYet && Clock::now() < deadline) {
    got = receive(buffer_.data(), buffer_.size());
  }
  // Bytes that came in time for the last tick only are too late as well.
  if (got == TlsSession::kNotYet || (got > 0 && Clock::now() > deadline)) {
    timed_out_ = true;
    return -1;
  }
  begin_ = 0;
  end_ = static_cast<std::size_t>(got);
  received_ += end_;
  return got;
}

ssize_t Wire::read_more(char* to, std::size_t size) {
  if (timed_out_) return -1;
  if (begin_ == end_) {
    if (!flush()) return 0;
    const auto deadline = std::min(started_ + time_for(received_), Clock::now() + patience_.read);
    const ssize_t got = fill(deadline);
    if (got <= 0) return got;
  }
  const std::size_t taken = std::min(size, end_ - begin_);
  std::memcpy(to, buffer_.data() + begin_, taken);
  begin_ += taken;
  return static_cast<ssize_t>(taken);
}

bool Wire::write(std::string_view bytes) {
  if (unsent_.size() + bytes.size() <= kMaxGathered) {
    unsent_.append(bytes);
    return true;
  }
  return flush() && send_all(bytes);
}

bool Wire::flush() {
  if (unsent_.empty()) return true;
  const bool sent = send_all(unsent_);
  unsent_.clear();
  return sent;
}

bool Wire::send_all(std::string_view bytes) {
  std::size_t sent = 0;
  Clock::time_point begun{};  // the clock is for who does not take all at once
  Clock::time_point last{};
  while (sent < bytes.size()) {
    const ssize_t size = send(bytes.substr(sent));
    if (size == 0) return false;
    if (size > 0) sent += static_cast<std::size_t>(size);
    if (sent == bytes.size()) break;
    const Clock::time_point now = Clock::now();
    if (begun == Clock::time_point{}) begun = last = now;
    if (size > 0) last = now;
    if (now > last + patience_.write || now > begun + time_for(sent)) return false;
  }
  return true;
}

void Wire::finish() {
  if (tls_) tls_->finish();
}

}  // namespace cassette::api
