// Which events are public, whose they are, and the envelope around each.
#include "projections/public_event.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <concepts>
#include <variant>

#include "eventstore/event_fields.h"
#include "eventstore/json_write.h"
#include "projections/public_json.h"

namespace cassette::projections {

using eventstore::append;
using eventstore::EventRef;
using eventstore::JsonBuffer;
using eventstore::OpenEvent;
using eventstore::RecordedEvent;
using eventstore::StoredCommit;
using eventstore::write_json_text;

namespace {

template <class E, class... Ts>
concept OneOf = (std::same_as<E, Ts> || ...);

// What a ledger says of itself, what only people's own records hold, what one partition asks of
// another, and what repeats another event.
template <class E>
concept Private = OneOf<E, domain::LedgerCreated, domain::PartitionClaimed,
                        domain::CustomerRegistered, domain::CustomerChanged, domain::CustomerErased,
                        domain::StockRequested, domain::SubOrderRecorded>;

template <class E>
concept OfVendor = OneOf<E, domain::VendorRegistered, domain::VendorChanged,
                         domain::VendorSuspended, domain::VendorReinstated>;

template <class E>
concept OfProduct =
    OneOf<E, domain::ProductListed, domain::ProductRevised, domain::ProductDelisted>;

template <class E>
concept OfStock =
    OneOf<E, domain::StockCounted, domain::StockAdjusted, domain::StockShortfallRecorded,
          domain::StockThresholdsSet, domain::ReorderPointReached>;

template <class E>
concept OfOrder = OneOf<E, domain::OrderPlaced, domain::OrderSettled, domain::OrderConfirmed,
                        domain::OrderCancelled, domain::ReservationExpired,
                        domain::CancellationRequested, domain::AddressChangeRequested>;

// Whose an event is, and where it stands: every event type has its overload, or this doesn't
// compile.
struct Places {
  PublicEvent& event;
  std::string& entity;  // its path in the API

  template <Private E>
  bool operator()(const E&) const {
    return false;
  }
  template <OfVendor E>
  bool operator()(const E& fact) const {
    event.vendor_id = fact.vendor_id.value;
    event.subject = "profile";
    entity = fmt::format("/vendors/{}", event.vendor_id);
    return true;
  }
  template <OfProduct E>
  bool operator()(const E& fact) const {
    return of_item(fact, "product", "products");
  }
  template <OfStock E>
  bool operator()(const E& fact) const {
    return of_item(fact, "stock", "inventory");
  }
  template <OfOrder E>
  bool operator()(const E& fact) const {
    of_order(fact);
    return true;
  }
  template <domain::IsSubOrderEvent E>
  bool operator()(const E& fact) const {
    event.vendor_id = fact.vendor_id.value;
    of_order(fact);
    if constexpr (std::same_as<E, domain::StockReserved>) {
      for (const domain::ReservedLine& line : fact.lines) add_product(line.product_id.value);
    }
    return true;
  }

 private:
  bool of_item(const auto& fact, std::string_view kind, std::string_view path) const {
    event.vendor_id = fact.vendor_id.value;
    event.products = {fact.product_id.value};
    event.subject = fmt::format("{}.{}", kind, fact.product_id.value);
    entity = fmt::format("/vendors/{}/{}/{}", event.vendor_id, path, fact.product_id.value);
    return true;
  }
  void of_order(const auto& fact) const {
    event.order_id = fact.order_id.value;
    event.subject = "order." + event.order_id;
    entity = "/orders/" + event.order_id;
    if constexpr (requires { fact.customer_id; }) event.customer_id = fact.customer_id.value;
  }
  void add_product(const std::string& id) const {
    if (std::ranges::find(event.products, id) == event.products.end()) event.products.push_back(id);
  }
};

void attribute(JsonBuffer& out, std::string_view key, std::string_view value) {
  if (value.empty()) return;
  append(out, key);
  write_json_text(out, value);
}

std::string cloud_event(const PublicEvent& event, const RecordedEvent& recorded,
                        std::string_view entity) {
  JsonBuffer out;
  attribute(out, R"({"specversion":"1.0","id":)", event.id);
  attribute(out, R"(,"source":)", fmt::format("/ledger/{}", event.ref.position.partition));
  attribute(out, R"(,"type":)", fmt::format("cassette.{}", event.type));
  attribute(out, R"(,"subject":)", entity);
  attribute(out, R"(,"time":)", domain::format(event.at));
  attribute(out, R"(,"datacontenttype":)", "application/json");
  attribute(out, R"(,"position":)", eventstore::format(event.ref.position));
  attribute(out, R"(,"vendorid":)", event.vendor_id);
  attribute(out, R"(,"orderid":)", event.order_id);
  if (recorded.occurred_at) {
    attribute(out, R"(,"occurredat":)", domain::format(*recorded.occurred_at));
  }
  append(out, R"(,"data":)");
  const OpenEvent open(recorded.event);
  write_public(out, *open.type, open.object);
  append(out, '}');
  return {out.data(), out.size()};
}

void add(const StoredCommit& commit, std::uint32_t index, std::vector<PublicEvent>& events) {
  const RecordedEvent& recorded = commit.commit.events[index];
  PublicEvent event;
  std::string entity;
  const domain::Event::OneOf& fact = recorded.event;
  if (!std::visit(Places{event, entity}, fact)) return;
  event.ref = {commit.position, index};
  event.id = public_id(event.ref);
  event.type = domain::type_of(recorded.event);
  event.at = commit.commit.at;
  const std::string vendor = event.vendor_id.empty() ? "" : "vendor." + event.vendor_id + ".";
  event.subject =
      fmt::format("feed.{}.{}{}.{}", commit.position.partition, vendor, event.subject, event.type);
  event.body = cloud_event(event, recorded, entity);
  events.push_back(std::move(event));
}

std::vector<PublicEvent> events_from(const StoredCommit& commit, std::size_t first) {
  std::vector<PublicEvent> events;
  for (std::size_t i = first; i < commit.commit.events.size(); ++i) {
    add(commit, static_cast<std::uint32_t>(i), events);
  }
  return events;
}

// Takes the number that `text` begins with, in its only form.
template <class Number>
bool take_number(std::string_view& text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto length = static_cast<std::size_t>(end - text.data());
  if (error != std::errc{} || (text.front() == '0' && length > 1)) return false;
  text.remove_prefix(length);
  return true;
}

bool take_dash(std::string_view& text) {
  if (!text.starts_with('-')) return false;
  text.remove_prefix(1);
  return true;
}

template <class... Ts>
std::vector<std::string_view> public_types_among(const std::variant<Ts...>*) {
  std::vector<std::string_view> types;
  const auto add_type = [&types](std::string_view type, bool known) {
    if (known) types.push_back(type);
  };
  (add_type(Ts::type, !Private<Ts>), ...);
  std::ranges::sort(types);
  return types;
}

}  // namespace

bool is_public(const domain::Event& event) {
  const domain::Event::OneOf& fact = event;
  return std::visit([]<class E>(const E&) { return !Private<E>; }, fact);
}

std::vector<PublicEvent> public_events(const StoredCommit& commit) {
  return events_from(commit, 0);
}

std::vector<PublicEvent> public_events(const StoredCommit& commit, std::uint32_t after) {
  return events_from(commit, std::size_t{after} + 1);
}

std::string public_id(const EventRef& ref) {
  return fmt::format("{}-{}-{}", ref.position.partition, ref.position.commit, ref.index);
}

std::optional<EventRef> parse_public_id(std::string_view id) {
  EventRef ref;
  const bool whole = take_number(id, ref.position.partition) && take_dash(id) &&
                     take_number(id, ref.position.commit) && take_dash(id) &&
                     take_number(id, ref.index) && id.empty();
  if (!whole) return std::nullopt;
  return ref;
}

std::vector<std::string_view> public_types() {
  return public_types_among(static_cast<const domain::Event::OneOf*>(nullptr));
}

}  // namespace cassette::projections
