// Metered socket: a TCP socket that counts what it receives, below Beast's WebSocket, which tells
// of whole messages only. Private to session_socket.cc.
#pragma once

#include <array>
#include <boost/asio/compose.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/websocket/teardown.hpp>
#include <cstdint>
#include <memory>

namespace cassette::api {

// An AsyncStream. Used by one thread.
class MeteredSocket {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  using Error = boost::system::error_code;
  using executor_type = Socket::executor_type;

  explicit MeteredSocket(Socket socket) : socket_(std::move(socket)) {}

  executor_type get_executor() { return socket_.get_executor(); }
  Socket& socket() { return socket_; }
  std::uint64_t received() const { return received_; }
  // Beast has said all and waits for the other end, which the session's clocks bound.
  bool ending() const { return ending_; }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_compose<Token, void(Error, std::size_t)>(
        [this, buffers, begun = false](auto& self, Error failed = {},
                                       std::size_t size = 0) mutable {
          if (!begun) {
            begun = true;
            socket_.async_read_some(buffers, std::move(self));
            return;
          }
          received_ += size;
          self.complete(failed, size);
        },
        token, socket_);
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return socket_.async_write_some(buffers, std::forward<Token>(token));
  }

  // Beast asks for the synchronous ones where it might need them; nothing here does.
  template <class Buffers>
  std::size_t read_some(const Buffers& buffers, Error& failed) {
    return socket_.read_some(buffers, failed);
  }
  template <class Buffers>
  std::size_t write_some(const Buffers& buffers, Error& failed) {
    return socket_.write_some(buffers, failed);
  }

  // Says the end, and reads what still comes until the other end says it, too: a socket that is
  // closed with something unread takes the close frame from the other end.
  template <class Token>
  auto async_end(Token&& token) {
    ending_ = true;
    return boost::asio::async_compose<Token, void(Error)>(
        [this, begun = false, room = std::make_unique<std::array<char, kDrainedAtOnce>>(),
         drained = std::size_t{0}](auto& self, Error failed = {}, std::size_t size = 0) mutable {
          if (!begun) socket_.shutdown(Socket::shutdown_send, failed);
          begun = true;
          drained += size;
          if (!failed && drained < kMaxDrained) {
            const auto buffer = boost::asio::buffer(*room);
            return socket_.async_read_some(buffer, std::move(self));
          }
          Error ignored;
          socket_.close(ignored);
          self.complete(failed == boost::asio::error::eof ? Error() : failed);
        },
        token, socket_);
  }

 private:
  static constexpr std::size_t kDrainedAtOnce = 8 * 1024;
  static constexpr std::size_t kMaxDrained = 8 * 1024 * 1024;

  Socket socket_;
  std::uint64_t received_ = 0;
  bool ending_ = false;
};

inline void teardown(boost::beast::role_type role, MeteredSocket& stream,
                     boost::system::error_code& failed) {
  boost::beast::websocket::teardown(role, stream.socket(), failed);
}

// Beast's own (1.81) stops after one read, since it does not look at what that gave.
template <class Handler>
void async_teardown(boost::beast::role_type, MeteredSocket& stream, Handler&& handler) {
  stream.async_end(std::forward<Handler>(handler));
}

inline void beast_close_socket(MeteredSocket& stream) {
  boost::system::error_code ignored;
  stream.socket().close(ignored);
}

}  // namespace cassette::api
