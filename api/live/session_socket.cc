// Socket session: a WebSocket. One message is read and answered at a time; writes, pings and the
// close go their own way, as Beast allows.
#include "api/live/session_socket.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

#include "api/live/client_message.h"
#include "api/live/metered_socket.h"

namespace cassette::api {
namespace {

namespace beast = boost::beast;
namespace websocket = beast::websocket;
using HandshakeHead = beast::http::request<beast::http::empty_body>;

constexpr std::size_t kMaxMessageBytes = 16 * 1024;
constexpr std::size_t kMaxSubscriptions = 64;
constexpr int kMaxRefusals = 8;
// Of all frames, in a second: past it a client floods, whatever its frames are.
constexpr std::uint64_t kMaxBytesASecond = 256 * 1024;
constexpr std::size_t kMaxUnacknowledged = 1024 * 1024;
// For the close to be answered.
constexpr std::chrono::seconds kCloseTimeout{5};
constexpr int kDeflateWindowBits = 9;             // 512 bytes: what deflate keeps a connection
constexpr std::size_t kDeflatedFrom = 256;        // bytes of a message
constexpr std::size_t kWriteBufferBytes = 2'048;  // of what is deflated

struct Closing {
  std::uint16_t code;
  const char* reason;
};

Closing closing_of(Ending why) {
  switch (why) {
    case Ending::Stopping:
      return {1001, "the gateway stops"};
    case Ending::Slow:
      return {4008, "too slow; come back with the cursor"};
    case Ending::TokenEnded:
      return {4401, "the token ended"};
    case Ending::Unavailable:
      return {1013, "come back later"};
    case Ending::Silent:
      return {4408, "no pong"};
    case Ending::Flood:
      return {1008, "too much"};
  }
  return {1011, ""};
}

// An event that was sent and not acknowledged yet.
struct Unacknowledged {
  std::uint32_t partition;
  Place place;
  std::size_t bytes;
};

class SocketSession final : public Session {
 public:
  SocketSession(LiveCore& core, tcp::socket socket, std::optional<LiveCaller> caller)
      : Session(core), ws_(MeteredSocket(std::move(socket))), caller_(std::move(caller)) {}

  void start(const HandshakeHead& head) {
    core_.enter(shared_from_this());
    core_.count(1);
    websocket::permessage_deflate deflate;
    deflate.server_enable = true;
    deflate.server_max_window_bits = kDeflateWindowBits;
    deflate.client_max_window_bits = kDeflateWindowBits;
    deflate.server_no_context_takeover = true;
    deflate.client_no_context_takeover = true;
    deflate.compLevel = 1;
    deflate.memLevel = 1;
    deflate.msg_size_threshold = kDeflatedFrom;
    ws_.set_option(deflate);
    // The visits keep the time.
    ws_.set_option(websocket::stream_base::timeout{websocket::stream_base::none(),
                                                   websocket::stream_base::none(), false});
    ws_.read_message_max(kMaxMessageBytes);
    ws_.auto_fragment(false);
    ws_.write_buffer_bytes(kWriteBufferBytes);
    net::co_spawn(core_.io(), run(self(), head), net::detached);
  }

  bool visit(Clock::time_point now) override;
  void end(Ending why) override {
    const Closing closing = closing_of(why);
    close(closing.code, closing.reason);
  }
  void refuse(const std::shared_ptr<Member>& member, const Problem& problem) override {
    put_text(error_message(member->name, problem));
    put_text(unsubscribed_message(member->name));
    members_.erase(member->name);
  }
  void wake() override {
    if (writing_ || closing_ || !open_) return;
    writing_ = true;
    wrote_ = Clock::now();
    net::post(core_.io(),
              [self = self()] { net::co_spawn(self->core_.io(), flush(self), net::detached); });
  }
  void overflow() override {
    net::post(core_.io(), [self = self()] { self->end(Ending::Slow); });
  }

 private:
  std::shared_ptr<SocketSession> self() {
    return std::static_pointer_cast<SocketSession>(shared_from_this());
  }

  static net::awaitable<void> run(std::shared_ptr<SocketSession> self, HandshakeHead head);
  static net::awaitable<void> flush(std::shared_ptr<SocketSession> self);
  static net::awaitable<void> finish(std::shared_ptr<SocketSession> self);
  net::awaitable<void> read();
  net::awaitable<void> handle(const std::string& text);
  net::awaitable<void> subscribe(const ClientMessage& message);
  void unsubscribe(const std::string& id);
  void acknowledge(const std::string& cursor);
  void reject(const std::string& id, const Problem& problem);
  std::optional<std::string> next_message();
  void note_unacknowledged(const LiveEvent& event);
  void close(std::uint16_t code, const char* reason);
  void say_close() { net::co_spawn(core_.io(), finish(self()), net::detached); }
  void leave_all();
  void cut() {
    error_code ignored;
    ws_.next_layer().socket().close(ignored);
  }

  websocket::stream<MeteredSocket> ws_;
  const std::optional<LiveCaller> caller_;
  std::map<std::string, std::shared_ptr<Member>> members_;
  std::deque<Unacknowledged> unacknowledged_;
  std::size_t unacknowledged_bytes_ = 0;
  int refusals_ = 0;
  bool acks_ = false;     // the client acknowledges
  bool open_ = false;     // the handshake is done
  bool writing_ = false;  // a flush is under way
  bool closing_ = false;
  Closing why_{};                           // of the close
  bool ping_ = false;                       // one is to be sent
  bool pinged_ = false;                     // one was sent, and nothing was heard since
  Clock::time_point wrote_ = Clock::now();  // when the last write began or ended
  Clock::time_point heard_ = Clock::now();
  Clock::time_point pinged_at_{};
  Clock::time_point second_ = Clock::now();                    // in which bytes are counted
  Clock::time_point deadline_ = Clock::now() + kCloseTimeout;  // of the handshake, and of the close
  std::uint64_t received_ = 0;                                 // when it was last looked at
  std::uint64_t received_before_ = 0;                          // when the second began
};

// ---- its clocks

bool SocketSession::visit(Clock::time_point now) {
  if (ws_.next_layer().ending() && !std::exchange(closing_, true)) {
    leave_all();
    deadline_ = now + kCloseTimeout;
  }
  if (closing_ || !open_) {
    if (now >= deadline_) cut();
    return false;
  }
  const std::uint64_t received = ws_.next_layer().received();
  if (received != received_) {
    heard_ = now;
    pinged_ = false;
  }
  received_ = received;
  if (received - received_before_ > kMaxBytesASecond) {
    end(Ending::Flood);
    return false;
  }
  if (now - second_ >= std::chrono::seconds(1)) {
    second_ = now;
    received_before_ = received;
  }
  if (writing_ && now - wrote_ >= core_.options().stall_timeout) {
    end(Ending::Slow);
    return false;
  }
  if (pinged_ && now - pinged_at_ >= core_.options().pong_timeout) {
    end(Ending::Silent);
    return false;
  }
  bool sent = false;
  if (!pinged_ && now - heard_ >= core_.options().heartbeat) {
    pinged_ = ping_ = sent = true;
    pinged_at_ = now;
    wake();
  }
  if (!writing_ && now - wrote_ >= core_.options().heartbeat) {
    for (const auto& [id, member] : members_) {
      put_text(position_message(id, core_.hub().cursor_of(*member)));
      sent = true;
    }
  }
  return sent;
}

// ---- reading

net::awaitable<void> SocketSession::run(std::shared_ptr<SocketSession> self, HandshakeHead head) {
  error_code failed;
  auto done = net::redirect_error(net::use_awaitable, failed);
  co_await self->ws_.async_accept(head, done);
  head = {};
  self->open_ = !failed;
  if (self->open_ && self->closing_) self->say_close();
  if (self->open_ && !self->caller_) self->close(4401, "no valid token or ticket");
  if (self->open_) co_await self->read();
  self->closing_ = true;
  self->leave_all();
  self->cut();
  self->core_.count(-1);
  self->core_.leave(*self);
}

net::awaitable<void> SocketSession::read() {
  beast::flat_buffer buffer;
  while (true) {
    error_code failed;
    auto done = net::redirect_error(net::use_awaitable, failed);
    co_await ws_.async_read(buffer, done);
    if (failed) co_return;
    const std::string text = beast::buffers_to_string(buffer.data());
    buffer.consume(buffer.size());
    buffer.shrink_to_fit();
    if (closing_) continue;
    if (!ws_.got_text()) {
      close(1003, "text only");
      continue;
    }
    co_await handle(text);
  }
}

net::awaitable<void> SocketSession::handle(const std::string& text) {
  MessageHead head;
  const auto message = read_client_message(text, head);
  if (!head.is_json) {
    close(1007, "no JSON object");
    co_return;
  }
  if (!message) {
    reject(head.id, message.error());
    co_return;
  }
  switch (message.value().type) {
    case ClientVerb::Subscribe:
      co_await subscribe(message.value());
      break;
    case ClientVerb::Unsubscribe:
      unsubscribe(message.value().id->value);
      break;
    case ClientVerb::Ack:
      acknowledge(message.value().cursor->value);
      break;
  }
}

net::awaitable<void> SocketSession::subscribe(const ClientMessage& message) {
  const std::string& id = message.id->value;
  if (members_.contains(id)) {
    reject(id, invalid_field("id", "is in use"));
    co_return;
  }
  if (members_.size() >= kMaxSubscriptions) {
    reject(id, invalid_field("id", "is one subscription too many"));
    co_return;
  }
  const Filter filter = message.filter.value_or(Filter{});
  const std::string after = message.after ? message.after->value : std::string();
  auto work = [this, &filter, &after] {
    return core_.admission().subscription(filter, after, caller_->caller);
  };
  auto granted = co_await core_.blocking(std::move(work));
  if (closing_) co_return;
  if (!granted) {
    reject(id, granted.error());
    co_return;
  }
  const Cursor from = std::move(granted.value().after);
  auto member = std::make_shared<Member>(std::move(granted.value().what), id, *this);
  members_.emplace(id, member);
  put_text(subscribed_message(id, format_cursor(from)));
  core_.hub().join(member, from);
}

void SocketSession::unsubscribe(const std::string& id) {
  const auto at = members_.find(id);
  if (at == members_.end()) return reject(id, invalid_field("id", "is of no subscription"));
  core_.hub().leave(at->second);
  members_.erase(at);
  put_text(unsubscribed_message(id));
}

void SocketSession::acknowledge(const std::string& text) {
  const Cursor now = core_.hub().now();
  const auto cursor = parse_cursor(text, now.size());
  if (!cursor) return reject({}, invalid_cursor());
  for (std::size_t p = 0; p < now.size(); ++p) {
    if ((*cursor)[p] > now[p]) return reject({}, invalid_cursor());
  }
  acks_ = true;
  while (!unacknowledged_.empty()) {
    const Unacknowledged& oldest = unacknowledged_.front();
    if (oldest.place > (*cursor)[oldest.partition]) break;
    unacknowledged_bytes_ -= oldest.bytes;
    unacknowledged_.pop_front();
  }
}

void SocketSession::reject(const std::string& id, const Problem& problem) {
  put_text(error_message(id, problem));
  if (++refusals_ < kMaxRefusals) return;
  const bool forbidden = problem.status == 401 || problem.status == 403 || problem.status == 404;
  close(forbidden ? 4403 : 1008, "too many messages were refused");
}

// ---- writing

std::optional<std::string> SocketSession::next_message() {
  const std::optional<Mail> mail = take();
  if (!mail) return std::nullopt;
  if (mail->event) {
    if (acks_) note_unacknowledged(*mail->event);
    return event_message(mail->member->name, *mail->cursor, *mail->event);
  }
  if (mail->level) {
    return stock_message(mail->member->name, core_.hub().cursor_of(*mail->member), *mail->level);
  }
  return mail->text;
}

void SocketSession::note_unacknowledged(const LiveEvent& event) {
  unacknowledged_bytes_ += event.frame.size();
  unacknowledged_.push_back(
      {event.ref.position.partition, place_of(event.ref), event.frame.size()});
  if (unacknowledged_bytes_ > kMaxUnacknowledged) overflow();
}

net::awaitable<void> SocketSession::flush(std::shared_ptr<SocketSession> self) {
  error_code failed;
  auto done = net::redirect_error(net::use_awaitable, failed);
  while (!failed && !self->closing_) {
    if (std::exchange(self->ping_, false)) {
      const websocket::ping_data nothing;
      co_await self->ws_.async_ping(nothing, done);
      continue;
    }
    const std::optional<std::string> message = self->next_message();
    if (!message) break;
    auto view = net::buffer(*message);
    co_await self->ws_.async_write(view, done);
    self->wrote_ = Clock::now();
    if (self->bytes() >= kFewBytes) continue;
    for (const auto& [id, member] : self->members_) self->core_.hub().go_on(member);
  }
  self->writing_ = false;
}

void SocketSession::leave_all() {
  for (const auto& [id, member] : members_) core_.hub().leave(member);
  members_.clear();
  clear();
}

// A handshake under way is let end first: it takes Beast's locks away from whoever closes before.
void SocketSession::close(std::uint16_t code, const char* reason) {
  if (std::exchange(closing_, true)) return;
  leave_all();
  deadline_ = Clock::now() + kCloseTimeout;
  why_ = {code, reason};
  if (open_) say_close();
}

// Goes out after what is being written. Whoever does not answer it is cut.
net::awaitable<void> SocketSession::finish(std::shared_ptr<SocketSession> self) {
  error_code failed;
  auto done = net::redirect_error(net::use_awaitable, failed);
  const websocket::close_reason why(static_cast<websocket::close_code>(self->why_.code),
                                    self->why_.reason);
  co_await self->ws_.async_close(why, done);
}

}  // namespace

void start_socket(LiveCore& core, tcp::socket socket,
                  const boost::beast::http::request<boost::beast::http::empty_body>& head,
                  std::optional<LiveCaller> caller) {
  const std::string authorization = caller ? caller->authorization : std::string();
  auto session = std::make_shared<SocketSession>(core, std::move(socket), std::move(caller));
  session->token = core.watch(authorization);
  session->start(head);
}

}  // namespace cassette::api
