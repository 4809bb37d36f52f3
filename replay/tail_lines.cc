// One line an event, in text or JSON, from the fields that each event names.
#include "replay/tail_lines.h"

#include <fmt/format.h>

#include "eventstore/json_write.h"

namespace cassette::replay {

using eventstore::Position;
using eventstore::RecordedEvent;
using eventstore::StoredCommit;
using eventstore::VoidMessage;

namespace {

// What one line of JSON holds.
struct EventLine {
  std::string position;
  std::uint32_t index = 0;
  eventstore::Hash hash{};
  domain::Timestamp at;
  std::string by;
  std::string request_id;
  std::optional<domain::Event> event;

  static void fields(auto& self, auto&& visit) {
    visit("position", self.position);
    visit("index", self.index);
    visit("hash", self.hash);
    visit("at", self.at);
    visit("by", self.by);
    visit("requestId", self.request_id);
    visit("event", self.event);
  }
};

struct VoidLine {
  std::string position;
  std::string why;

  static void fields(auto& self, auto&& visit) {
    visit("position", self.position);
    visit("void", self.why);
  }
};

// Writes " name=value" for what a line has room for.
class Summary {
 public:
  void operator()(std::string_view name, const std::string& text) {
    if (!text.empty()) add(name, text);
  }
  template <class Tag>
  void operator()(std::string_view name, const domain::Id<Tag>& id) {
    (*this)(name, id.value);
  }
  void operator()(std::string_view name, const domain::Currency& currency) {
    (*this)(name, currency.code);
  }
  void operator()(std::string_view name, domain::LineId line) { add(name, line.value); }
  void operator()(std::string_view name, domain::Timestamp time) { add(name, format(time)); }
  void operator()(std::string_view name, const domain::Money& money) {
    add(name, fmt::format("{} {}", money.amount, money.currency.code));
  }
  void operator()(std::string_view name, bool is) {
    if (is) out_ += fmt::format(" {}", name);
  }
  void operator()(std::string_view name, std::integral auto number) { add(name, number); }
  void operator()(std::string_view name, NamedEnum auto value) { add(name, name_of(value)); }
  // What can't be opened any more is said to be so; what can be is not shown.
  void operator()(std::string_view name, const domain::Sealed& sealed) {
    if (sealed.token == kErased) add(name, kErased);
  }
  void operator()(std::string_view name, const domain::ContactInfo& contact) {
    if (contact.email.token == kErased || contact.phone.token == kErased) add(name, kErased);
  }
  template <class T>
  void operator()(std::string_view name, const std::vector<T>& list) {
    if (!list.empty()) add(name, list.size());
  }
  void operator()(std::string_view name, const std::vector<domain::VendorId>& vendors) {
    for (const domain::VendorId& vendor : vendors) (*this)(name, vendor);
  }
  template <class T>
  void operator()(std::string_view name, const std::optional<T>& value) {
    if (value) (*this)(name, *value);
  }
  template <class... T>
  void operator()(std::string_view name, const std::variant<T...>& one) {
    add(name, std::visit([](const auto& held) { return held.type; }, one));
  }
  void operator()(std::string_view, const domain::ProductDetails& details) {
    (*this)("name", details.name);
    (*this)("SKU", details.sku);
    (*this)("price", details.price);
  }

  std::string take() { return out_.empty() ? std::string() : out_.substr(1); }

 private:
  void add(std::string_view name, const auto& value) { out_ += fmt::format(" {}={}", name, value); }

  std::string out_;
};

// Control characters would let a text of the ledger move the reader's cursor.
std::string printable(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return text;
}

std::string line_of(const StoredCommit& stored, std::uint32_t index, TailFormat format) {
  const RecordedEvent& recorded = stored.commit.events[index];
  if (format == TailFormat::Json) {
    return eventstore::to_json(EventLine{eventstore::format(stored.position), index, stored.hash,
                                         stored.commit.at, recorded.by.text(),
                                         recorded.request.text(), recorded.event});
  }
  return printable(fmt::format("{} {} {} {} {}", eventstore::format(stored.position),
                               domain::format(stored.commit.at), recorded.by.text(),
                               type_of(recorded.event), summary_of(recorded.event)));
}

std::string line_of_empty(const StoredCommit& stored, TailFormat format) {
  const std::string position = eventstore::format(stored.position);
  if (format == TailFormat::Json) {
    return eventstore::to_json(EventLine{position, 0, stored.hash, stored.commit.at, "", "", {}});
  }
  return fmt::format("{} {} (no events)", position, domain::format(stored.commit.at));
}

std::string line_of(std::uint32_t partition, const VoidMessage& message, TailFormat format) {
  const std::string position = eventstore::format(Position{partition, message.sequence});
  if (format == TailFormat::Json) return eventstore::to_json(VoidLine{position, message.why});
  return printable(fmt::format("{} void: {}", position, message.why));
}

}  // namespace

bool each_line(std::uint32_t partition, const eventstore::Link& link, TailFormat format,
               const std::function<bool(std::string_view)>& take) {
  if (const auto* message = std::get_if<VoidMessage>(&link)) {
    return take(line_of(partition, *message, format));
  }
  const auto& stored = std::get<StoredCommit>(link);
  if (stored.commit.events.empty()) return take(line_of_empty(stored, format));
  for (std::uint32_t i = 0; i < stored.commit.events.size(); ++i) {
    if (!take(line_of(stored, i, format))) return false;
  }
  return true;
}

std::string summary_of(const domain::Event& event) {
  Summary summary;
  std::visit([&summary]<class E>(const E& e) { E::fields(e, summary); }, event);
  return summary.take();
}

}  // namespace cassette::replay
