// Rows from events; CSV by a walk over the row's own fields.
#include "replay/export_row.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "eventstore/json_write.h"

namespace cassette::replay {

using eventstore::EventRef;
using eventstore::RecordedEvent;
using eventstore::StoredCommit;

namespace {

std::string cause_of(const StoredCommit& stored, const eventstore::Cause& cause) {
  if (cause.on) return eventstore::format(EventRef{stored.position, *cause.on});
  if (cause.on_remote) return eventstore::format(*cause.on_remote);
  return {};
}

std::string command_of(const StoredCommit& stored, const eventstore::Cause& cause) {
  if (!cause.command || *cause.command >= stored.commit.commands.size()) return {};
  return stored.commit.commands[*cause.command].id;
}

template <class E>
void name_entities(ExportRow& row, const E& event) {
  if constexpr (requires { event.vendor_id; }) row.vendor_id = event.vendor_id.value;
  if constexpr (requires { event.product_id; }) row.product_id = event.product_id.value;
  if constexpr (requires { event.order_id; }) row.order_id = event.order_id.value;
  if constexpr (requires { event.customer_id; }) row.customer_id = event.customer_id.value;
}

// Writes a line's fields, a comma before each but the first.
class CsvLine {
 public:
  explicit CsvLine(std::string& out) : out_(out) {}

  void operator()(std::string_view, const std::string& text) { add(text); }
  void operator()(std::string_view, std::integral auto number) {
    next();
    fmt::format_to(std::back_inserter(out_), "{}", number);
  }
  void operator()(std::string_view, const eventstore::Hash& hash) { add(eventstore::hex(hash)); }
  void operator()(std::string_view, domain::Timestamp time) { add(domain::format(time)); }
  void operator()(std::string_view, const std::optional<domain::Timestamp>& time) {
    add(time ? domain::format(*time) : std::string());
  }
  void operator()(std::string_view, const std::optional<domain::Event>& event) {
    add(event ? eventstore::to_json(*event) : std::string());
  }

 private:
  void next() {
    if (!first_) out_ += ',';
    first_ = false;
  }
  void add(std::string_view text) {
    next();
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
      out_ += text;
      return;
    }
    out_ += '"';
    for (const char c : text) {
      if (c == '"') out_ += '"';
      out_ += c;
    }
    out_ += '"';
  }

  std::string& out_;
  bool first_ = true;
};

// Looks for a vendor's id among all fields.
class VendorSearch {
 public:
  explicit VendorSearch(std::string_view vendor) : vendor_(vendor) {}

  void operator()(std::string_view, const domain::VendorId& id) {
    found_ = found_ || id.value == vendor_;
  }
  template <class T>
  void operator()(std::string_view name, const std::optional<T>& value) {
    if (value) (*this)(name, *value);
  }
  template <class T>
  void operator()(std::string_view name, const std::vector<T>& list) {
    for (const T& item : list) (*this)(name, item);
  }
  template <class T>
  void operator()(std::string_view, const T& value) {
    if constexpr (Described<const T>) {
      T::fields(value, *this);
    } else if constexpr (requires { this->walk(value); }) {
      walk(value);
    }
  }
  template <class... T>
  void walk(const std::variant<T...>& one) {
    std::visit([this]<class E>(const E& held) { E::fields(held, *this); }, one);
  }

  bool found() const { return found_; }

 private:
  const std::string_view vendor_;
  bool found_ = false;
};

}  // namespace

ExportRow export_row(const StoredCommit& stored, std::uint32_t index) {
  const RecordedEvent& recorded = stored.commit.events[index];
  ExportRow row;
  row.id = eventstore::format(EventRef{stored.position, index});
  row.position = eventstore::format(stored.position);
  row.partition = stored.position.partition;
  row.commit = stored.position.commit;
  row.index = index;
  row.hash = stored.hash;
  row.at = stored.commit.at;
  row.occurred_at = recorded.occurred_at;
  row.type = type_of(recorded.event);
  row.by = recorded.by.text();
  row.request_id = recorded.request.text();
  row.command = command_of(stored, recorded.cause);
  row.cause = cause_of(stored, recorded.cause);
  std::visit([&row](const auto& event) { name_entities(row, event); }, recorded.event);
  row.event = recorded.event;
  return row;
}

void append_jsonl(std::string& out, const ExportRow& row) {
  eventstore::write_json(out, row);
  out += '\n';
}

void append_csv(std::string& out, const ExportRow& row) {
  CsvLine line(out);
  ExportRow::fields(row, line);
  out += "\r\n";
}

std::string csv_header() {
  std::string out;
  const ExportRow row;
  ExportRow::fields(row, [&out](std::string_view name, const auto&) {
    if (!out.empty()) out += ',';
    out += name;
  });
  return out + "\r\n";
}

bool names_vendor(const domain::Event& event, std::string_view vendor) {
  VendorSearch search(vendor);
  std::visit([&search]<class E>(const E& e) { E::fields(e, search); }, event);
  return search.found();
}

bool EventFilter::wants(const domain::Event& event) const {
  const bool typed = types.empty() || std::ranges::find(types, type_of(event)) != types.end();
  return typed && (vendor.empty() || names_vendor(event, vendor));
}

}  // namespace cassette::replay
