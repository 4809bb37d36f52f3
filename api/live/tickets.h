// Live tickets: what a browser, whose EventSource and WebSocket can set no header, shows in place
// of its token: good for one connection within half a minute. They are kept in the bucket of
// identity, so that any process can redeem what another made.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "domain/values.h"
#include "eventstore/key_value.h"

namespace cassette::api {

struct LiveTicket {
  std::string text;
  domain::Timestamp expires_at;
};

// Thread-safe. Every call blocks for round trips to the bucket.
class LiveTickets {
 public:
  // `bucket` outlives it.
  explicit LiveTickets(eventstore::KeyValue& bucket) : bucket_(bucket) {}

  // For a caller who showed `authorization`, which stood at `now`.
  eventstore::Stored<LiveTicket> make(std::string_view authorization, domain::Timestamp now);

  // The Authorization header that it stands for, which is to be looked at anew. Nothing for one
  // that is forged, over, or was redeemed before.
  eventstore::Stored<std::optional<std::string>> redeem(std::string_view text,
                                                        domain::Timestamp now);

 private:
  eventstore::KeyValue& bucket_;
};

}  // namespace cassette::api
