// Metered socket: a TCP socket that counts what it receives, below Beast's WebSocket, which tells
// of whole messages only. Private to session_socket.cc.
#pragma once

#include <boost/asio/compose.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/websocket/teardown.hpp>
#include <cstdint>

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

 private:
  Socket socket_;
  std::uint64_t received_ = 0;
};

inline void teardown(boost::beast::role_type role, MeteredSocket& stream,
                     boost::system::error_code& failed) {
  boost::beast::websocket::teardown(role, stream.socket(), failed);
}

template <class Handler>
void async_teardown(boost::beast::role_type role, MeteredSocket& stream, Handler&& handler) {
  boost::beast::websocket::async_teardown(role, stream.socket(), std::forward<Handler>(handler));
}

inline void beast_close_socket(MeteredSocket& stream) {
  boost::system::error_code ignored;
  stream.socket().close(ignored);
}

}  // namespace cassette::api
