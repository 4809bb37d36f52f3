// Admission: who opens a connection to the live gateway, and what of what they ask they get. It
// answers with the problems that the REST API would. It knows no connection.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/query.h"
#include "api/http/services.h"
#include "api/live/cursor.h"
#include "api/live/subscription.h"
#include "api/live/tickets.h"
#include "eventstore/ledger.h"

namespace cassette::api {

struct LiveCaller {
  Caller caller;
  std::string authorization;  // that it came by; empty: none
};

// What is granted of a subscription.
struct Admitted {
  Subscription what;
  Cursor after;
};

struct Stream {
  LiveCaller who;
  Admitted granted;
};

// Thread-safe. Every call blocks, for round trips to the buckets and disk reads.
class LiveAdmission {
 public:
  // `heads` says how far the hub is. All that it is given outlives it.
  LiveAdmission(const Services& services, LiveTickets& tickets,
                std::vector<eventstore::Ledger*> ledgers,
                std::function<std::vector<eventstore::Position>()> heads)
      : services_(services),
        tickets_(tickets),
        ledgers_(std::move(ledgers)),
        heads_(std::move(heads)) {}

  // Whoever opens an event stream, by token or ticket, and what `parameters` ask. `last_event_id`
  // wins over `after`.
  Answered<Stream> stream(const Request& request, const Parameters& parameters,
                          const std::string& last_event_id) const;
  // Whoever opens a WebSocket.
  Answered<LiveCaller> socket(const Request& request, const Parameters& parameters) const;
  // `after`: a cursor's text, empty for none.
  Answered<Admitted> subscription(const Filter& filter, const std::string& after,
                                  const Caller& caller) const;

 private:
  Answered<LiveCaller> caller_of(const Request& request, const std::string& ticket) const;
  Answered<Cursor> cursor_of(const std::string& text) const;
  std::optional<Problem> refuse_foreign(const Filter& filter, const Subscription& what,
                                        const Caller& caller) const;
  std::optional<Problem> refuse_order(const std::string& order, const Caller& caller) const;
  Answered<std::optional<std::string>> find(projections::Model model, const std::string& key) const;

  const Services& services_;
  LiveTickets& tickets_;
  const std::vector<eventstore::Ledger*> ledgers_;
  const std::function<std::vector<eventstore::Position>()> heads_;
};

}  // namespace cassette::api
