// Report: sums over documents and timelines, and their layout.
#include "api/import/report.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/import/documents.h"
#include "eventstore/json_read.h"

namespace cassette::api::importing {
namespace {

using domain::OrderStatus;

// Differing orders that are named in the text.
constexpr std::size_t kMaxNamed = 10;

ExpectedOrder seen(const OrderView& order) {
  ExpectedOrder seen;
  seen.status = order.status;
  for (const SubOrderView& part : order.sub_orders) {
    seen.vendors.insert(part.vendor_id.value);
    seen.lines += part.items.size();
    for (const ItemView& item : part.items) seen.units += item.quantity;
  }
  if (order.total_amount) seen.total = order.total_amount->amount;
  return seen;
}

void add(const ExpectedOrder& order, Figures& figures) {
  ++figures.orders[std::string(name_of(order.status))];
  figures.lines += order.lines;
  figures.units += order.units;
  figures.sub_orders += order.vendors.size();
  figures.revenue += order.total;
}

bool count(Kind kind, const std::string& document, const Expected& expected, Figures& figures) {
  switch (kind) {
    case Kind::Customer:
      return ++figures.customers, true;
    case Kind::Product:
      return ++figures.products, true;
    case Kind::Stock:
      return ++figures.stock_items, true;
    case Kind::Vendor: {
      VendorView vendor;
      if (!eventstore::read_json(document, vendor)) return false;
      ++figures.vendors;
      if (vendor.status == domain::VendorStatus::Suspended) ++figures.suspended_vendors;
      return true;
    }
    case Kind::Order:
      break;
  }
  OrderView order;
  if (!eventstore::read_json(document, order)) return false;
  const ExpectedOrder found = seen(order);
  add(found, figures);
  const auto wanted = expected.orders.find(order.order_id.value);
  if (wanted == expected.orders.end() || !(wanted->second == found)) {
    figures.differing_orders.push_back(order.order_id.value);
  }
  return true;
}

// 568473395 as "5,684,733.95".
std::string money(std::int64_t minor_units) {
  std::string whole = std::to_string(minor_units / 100);
  for (std::size_t i = whole.size(); i > 3;) whole.insert(i -= 3, 1, ',');
  return fmt::format("{}.{:02}", whole, minor_units % 100);
}

std::string row(std::string_view label, const std::string& found, const std::string& wanted) {
  return fmt::format("{:<28}{:>16}{:>16}{}\n", label, found, wanted,
                     found == wanted ? "" : "   <- differs");
}

std::string row(std::string_view label, std::size_t found, std::size_t wanted) {
  return row(label, std::to_string(found), std::to_string(wanted));
}

std::size_t all_orders(const Figures& figures) {
  std::size_t count = 0;
  for (const auto& [status, orders] : figures.orders) count += orders;
  return count;
}

std::string order_rows(const Figures& found, const Figures& wanted) {
  std::string text = row("orders", all_orders(found), all_orders(wanted));
  for (const std::string_view status : EnumNames<OrderStatus>::values) {
    const auto of = [&](const Figures& figures) {
      const auto entry = figures.orders.find(std::string(status));
      return entry == figures.orders.end() ? std::size_t{0} : entry->second;
    };
    if (of(found) + of(wanted) == 0) continue;
    text += row(fmt::format("  {}", status), of(found), of(wanted));
  }
  return text;
}

}  // namespace

Result<Figures, std::string> count_documents(const Plan& plan, const Documents& documents) {
  Figures figures;
  for (std::size_t i = 0; i < documents.size(); ++i) {
    const Subject& subject = plan.subjects[i];
    if (!documents[i]) continue;
    if (!count(subject.kind, *documents[i], plan.expected, figures)) {
      return Failure{"GET " + subject.path + ": not the document that was expected"};
    }
  }
  return figures;
}

Result<eventstore::Done, std::string> count_vendors_sub_orders(
    const std::vector<std::string>& pages, const Expected& expected, Figures& figures) {
  for (const std::string& text : pages) {
    PageView<VendorOrderView> page;
    if (!eventstore::read_json(text, page))
      return Failure{std::string("a vendor's orders: no page")};
    for (const VendorOrderView& order : page.items) {
      if (expected.orders.contains(order.order_id.value)) ++figures.vendors_sub_orders;
    }
  }
  return eventstore::Done{};
}

Figures demanded(const Expected& expected) {
  Figures figures;
  figures.vendors = expected.vendors;
  figures.suspended_vendors = expected.suspended_vendors;
  figures.customers = expected.customers;
  figures.products = expected.products;
  figures.stock_items = expected.products;
  for (const auto& [id, order] : expected.orders) add(order, figures);
  figures.vendors_sub_orders = figures.sub_orders;
  return figures;
}

Result<std::map<std::string, std::string>, std::string> month_positions(
    const std::vector<std::string>& pages) {
  std::map<std::string, Positions> last;
  for (const std::string& text : pages) {
    PageView<EventView> page;
    if (!eventstore::read_json(text, page)) return Failure{std::string("a timeline: no page")};
    for (const EventView& event : page.items) {
      if (!event.occurred_at) continue;
      last[domain::format(*event.occurred_at).substr(0, 7)].add(event.position);
    }
  }
  // What was before is in it too, also in partitions that a month did not touch.
  Positions so_far;
  std::map<std::string, std::string> months;
  for (const auto& [month, positions] : last) {
    so_far.add(positions.text());
    months[month] = so_far.text();
  }
  return months;
}

bool Report::as_demanded() const {
  return found == demanded;
}

std::string to_text(const Report& report) {
  const Figures& found = report.found;
  const Figures& wanted = report.demanded;
  std::string text = fmt::format("{:<28}{:>16}{:>16}\n", "", "read models", "source");
  text += row("vendors", found.vendors, wanted.vendors);
  text += row("  suspended", found.suspended_vendors, wanted.suspended_vendors);
  text += row("customers", found.customers, wanted.customers);
  text += row("products", found.products, wanted.products);
  text += row("stock items", found.stock_items, wanted.stock_items);
  text += order_rows(found, wanted);
  text += row("lines", found.lines, wanted.lines);
  text += row("units ordered", std::to_string(found.units), std::to_string(wanted.units));
  text += row("sub-orders", found.sub_orders, wanted.sub_orders);
  text += row("  in the vendors' lists", found.vendors_sub_orders, wanted.vendors_sub_orders);
  text += row("revenue, USD", money(found.revenue), money(wanted.revenue));
  for (std::size_t i = 0; i < std::min(found.differing_orders.size(), kMaxNamed); ++i) {
    text += fmt::format("order {} is not as the source demands\n", found.differing_orders[i]);
  }
  text += "\nmonth    position after its last event\n";
  for (const auto& [month, position] : report.months) text += month + "  " + position + "\n";
  text +=
      fmt::format("\n{} written, {} already so\n", report.written.sent, report.written.already_so);
  return text;
}

}  // namespace cassette::api::importing
