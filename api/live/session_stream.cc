// Stream session: Server-Sent Events. It has no buffer while it is idle, and writes many frames at
// once when there are many.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>

#include "api/live/core.h"
#include "api/live/http_answer.h"

namespace cassette::api {
namespace {

// Of one write.
constexpr std::size_t kMaxWriteBytes = 64 * 1024;
// A client has nothing more to say.
constexpr std::size_t kMaxRest = 64 * 1024;
// For a write under way when the stream is to end.
constexpr std::chrono::seconds kLinger{2};

class StreamSession final : public Session {
 public:
  StreamSession(LiveCore& core, tcp::socket socket, Subscription what)
      : Session(core),
        socket_(std::move(socket)),
        member_(std::make_shared<Member>(std::move(what), std::string(), *this)) {}

  void start(std::string head, const Cursor& after) {
    core_.enter(shared_from_this());
    core_.count(1);
    put_text(std::move(head) + stream_opening(format_cursor(after)));
    core_.hub().join(member_, after);
    net::co_spawn(core_.io(), watch(self()), net::detached);
  }

  bool visit(Clock::time_point now) override {
    if (ending_) {
      if (now >= deadline_) close();
      return false;
    }
    if (writing_) {
      if (now - wrote_ >= core_.options().stall_timeout) close();
      return false;
    }
    if (now - wrote_ < core_.options().heartbeat) return false;
    put_text(alive_frame(core_.hub().cursor_of(*member_)));
    return true;
  }

  void end(Ending) override {
    if (ending_) return;
    ending_ = true;
    deadline_ = Clock::now() + kLinger;
    core_.hub().leave(member_);
    clear();
    if (!writing_) close();
  }

  void refuse(const std::shared_ptr<Member>&, const Problem&) override { end(Ending::Slow); }

  void wake() override {
    if (writing_ || ending_) return;
    writing_ = true;
    wrote_ = Clock::now();
    net::post(core_.io(), [self = self()]() mutable {
      net::co_spawn(self->core_.io(), flush(self), net::detached);
    });
  }

  void overflow() override {
    net::post(core_.io(), [self = self()] { self->end(Ending::Slow); });
  }

 private:
  std::shared_ptr<StreamSession> self() {
    return std::static_pointer_cast<StreamSession>(shared_from_this());
  }

  static net::awaitable<void> flush(std::shared_ptr<StreamSession> self) {
    while (!self->ending_) {
      std::string bytes = self->gather();
      if (bytes.empty()) break;
      error_code failed;
      auto done = net::redirect_error(net::use_awaitable, failed);
      auto view = net::buffer(bytes);
      co_await net::async_write(self->socket_, view, done);
      self->wrote_ = Clock::now();
      if (failed) break;
      if (self->bytes() < kFewBytes) self->core_.hub().go_on(self->member_);
    }
    self->writing_ = false;
    if (self->ending_ || !self->empty()) self->close();
  }

  std::string gather() {
    std::string bytes;
    while (bytes.size() < kMaxWriteBytes) {
      const std::optional<Mail> mail = take();
      if (!mail) break;
      if (mail->event) {
        append_frame(bytes, *mail->event, *mail->cursor);
      } else if (mail->level) {
        append_frame(bytes, *mail->level, core_.hub().cursor_of(*member_));
      } else {
        bytes += mail->text;
      }
    }
    return bytes;
  }

  // Until the client is gone. What it sends is thrown away.
  static net::awaitable<void> watch(std::shared_ptr<StreamSession> self) {
    error_code failed;
    auto done = net::redirect_error(net::use_awaitable, failed);
    std::size_t rest = 0;
    while (!failed && rest < kMaxRest) {
      co_await self->socket_.async_wait(tcp::socket::wait_read, done);
      if (failed) break;
      std::array<char, 256> thrown_away;
      auto room = net::buffer(thrown_away);
      rest += self->socket_.read_some(room, failed);
    }
    self->ending_ = true;
    self->core_.hub().leave(self->member_);
    self->clear();
    self->close();
    self->core_.count(-1);
    self->core_.leave(*self);
  }

  void close() {
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_both, ignored);
    socket_.close(ignored);
  }

  tcp::socket socket_;
  const std::shared_ptr<Member> member_;
  Clock::time_point wrote_ = Clock::now();  // when the last write began or ended
  Clock::time_point deadline_{};
  bool writing_ = false;
  bool ending_ = false;
};

}  // namespace

void start_stream(LiveCore& core, tcp::socket socket, std::string head, Stream stream) {
  auto session =
      std::make_shared<StreamSession>(core, std::move(socket), std::move(stream.granted.what));
  session->token = core.watch(stream.who.authorization);
  session->start(std::move(head), stream.granted.after);
}

}  // namespace cassette::api
