// Mailbox: what a connection is still to be sent: events in order, stock levels as the newest of
// each product, and the messages of the gateway itself. Bounded by whoever fills it.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "api/live/live_event.h"
#include "api/live/member.h"

namespace cassette::api {

// Unsent bytes past which a connection is closed.
inline constexpr std::size_t kMaxUnsentBytes = 1024 * 1024;
// Older events are fetched for a connection until it has so many bytes to send, and again once it
// has so few.
inline constexpr std::size_t kEnoughBytes = 256 * 1024;
inline constexpr std::size_t kFewBytes = 64 * 1024;
// What a stock level that waits counts for.
inline constexpr std::size_t kLevelBytes = 256;

using SharedText = std::shared_ptr<const std::string>;

// One product's stock, as its watchers are told.
struct Level {
  std::string vendor_id;
  std::string product_id;
  std::string json;
  std::uint64_t version = 0;
  bool listed = false;

  std::string key() const { return vendor_id + '/' + product_id; }
};
using LevelPtr = std::shared_ptr<const Level>;

// One thing to be sent. An event and a level are of a member.
struct Mail {
  std::shared_ptr<Member> member;
  LiveEventPtr event;
  LevelPtr level;
  std::shared_ptr<const std::string> cursor;  // of an event; of a level set when it is taken
  std::string text;                           // a message of the gateway's own
};

// Used by the io thread alone.
class Mailbox {
 public:
  virtual ~Mailbox() = default;

  void put_event(const std::shared_ptr<Member>& member, const LiveEventPtr& event,
                 const std::shared_ptr<const std::string>& cursor);
  // Takes the place of an older level of the same product for the same member.
  void put_level(const std::shared_ptr<Member>& member, const LevelPtr& level);
  void put_text(std::string text);

  // The next one: what is in order first, then levels. Nothing when all is sent.
  std::optional<Mail> take();
  // Forgets the levels for a member that is leaving.
  void drop_levels(const Member& member);
  void clear();

  bool empty() const { return queue_.empty() && levels_.empty(); }
  std::size_t bytes() const { return bytes_; }

  // There is something to send. Neither calls the hub at once.
  virtual void wake() = 0;
  // The bound is passed: the connection is to end, and nothing more is put in.
  virtual void overflow() = 0;

 private:
  void add(std::size_t bytes);

  bool full_ = false;

  std::deque<Mail> queue_;
  std::map<std::pair<const Member*, std::string>, Mail> levels_;
  std::size_t bytes_ = 0;
};

}  // namespace cassette::api
