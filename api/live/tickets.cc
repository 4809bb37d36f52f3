// Live tickets: records `ticket.<id>`, which hold the token locked up with the ticket's own secret.
// The id is a UUIDv7, so that the name says when it is over.
#include "api/live/tickets.h"

#include <algorithm>

#include "api/identity/credentials.h"
#include "api/identity/grants.h"
#include "api/identity/ids.h"
#include "api/identity/secret_box.h"
#include "eventstore/json_read.h"
#include "eventstore/json_write.h"

namespace cassette::api {
namespace {

using eventstore::Stored;
using eventstore::StoreError;

constexpr std::size_t kUuidLength = 36;
constexpr std::size_t kMaxTicketBytes = 128;

// `box` is empty once it was redeemed.
struct Record {
  std::string box;
  domain::Timestamp expires_at;

  static void fields(auto& self, auto&& visit) {
    visit("box", self.box);
    visit("expiresAt", self.expires_at);
  }
};

std::string key_of(std::string_view id) {
  return std::string(kLiveTicketPrefix).append(id);
}

bool is_ticket(std::string_view text) {
  return text.size() > kUuidLength && text.size() <= kMaxTicketBytes &&
         std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  c == '-' || c == '_';
         });
}

}  // namespace

Stored<LiveTicket> LiveTickets::make(std::string_view authorization, domain::Timestamp now) {
  constexpr std::chrono::microseconds kLifetime = kLiveTicketLifetime;
  const domain::Timestamp expires{now.micros + kLifetime.count()};
  const std::string id = uuid_v7(now);
  const std::string secret = random_secret();
  const Record record{lock_up(authorization, secret), expires};
  const auto created = bucket_.create(key_of(id), eventstore::to_json(record));
  if (!created) return Failure{created.error()};
  return LiveTicket{id + secret, expires};
}

Stored<std::optional<std::string>> LiveTickets::redeem(std::string_view text,
                                                       domain::Timestamp now) {
  const std::optional<std::string> none;
  if (!is_ticket(text)) return none;
  const std::string key = key_of(text.substr(0, kUuidLength));
  const auto entry = bucket_.get(key);
  if (!entry) return Failure{entry.error()};
  Record record;
  if (!entry.value() || !eventstore::read_json(entry.value()->value, record)) return none;
  auto authorization = unlock(record.box, text.substr(kUuidLength));
  if (!authorization || record.expires_at <= now) return none;
  const auto used = bucket_.update(key, eventstore::to_json(Record{{}, record.expires_at}),
                                   entry.value()->revision);
  if (!used && used.error().kind == StoreError::Kind::Conflict) return none;  // somebody was first
  if (!used) return Failure{used.error()};
  return authorization;
}

}  // namespace cassette::api
