// AdventureWorks: tables to writes, and tracking events to what they imply.
#include "api/import/adventureworks.h"

#include <unordered_map>

#include "api/import/requests.h"

namespace cassette::api::importing {
namespace {

using domain::OrderStatus;
using domain::Timestamp;

constexpr std::string_view kCurrency = "USD";

domain::Money dollars(std::int64_t cents) {
  return {cents, domain::Currency{std::string(kCurrency)}};
}

// "2011-05" of a time.
std::string month_of(Timestamp time) {
  return domain::format(time).substr(0, 7);
}

// Writes by their time, and by their rank among those of the same order at that time.
class Calendar {
 public:
  std::vector<Write>& at(Timestamp time, std::size_t rank) { return moments_[{time, rank}]; }

  std::vector<Step> steps() && {
    std::vector<Step> steps;
    for (auto& [when, writes] : moments_) {
      steps.push_back({"orders", month_of(when.first), std::move(writes)});
    }
    return steps;
  }

 private:
  std::map<std::pair<Timestamp, std::size_t>, std::vector<Write>> moments_;
};

// Walks one order through its tracking; what a row implies and hasn't happened yet comes first.
class OrderStory {
 public:
  OrderStory(const Requests& requests, const Tables& tables, const OrderRow& row,
             Calendar& calendar)
      : requests_(requests), row_(row), calendar_(calendar), id_(imported_order_id(row.order_id)) {
    for (const LineRow& line : row.lines) add_line(line, tables);
  }

  const std::string& id() const { return id_; }
  const ExpectedOrder& expected() const { return expected_; }

  void tell() {
    place();
    for (const TrackingRow& tracked : row_.tracking) tell(tracked);
  }

 private:
  // The tracking events, by number.
  enum : int { kProcessing = 1, kProcessed, kInTransit, kArrived, kDeparted, kDelivered, kError };

  void add_line(const LineRow& line, const Tables& tables) {
    const std::string& seller = tables.products.at(line.product_id).seller;
    expected_.vendors.insert(seller);
    ++expected_.lines;
    expected_.units += line.quantity;
    expected_.total += line.quantity * line.unit_price;
    items_.push_back({seller, line.product_id, line.quantity, dollars(line.unit_price)});
  }

  void place() {
    OrderBody body;
    body.order_id = id_;
    body.customer_id = row_.customer_id;
    body.items = items_;
    body.confirmation = domain::Confirmation::Manual;
    body.reservation_seconds = domain::kMaxReservationSeconds;
    body.occurred_at = row_.at;
    next(row_.at).push_back(requests_.order(body));
  }

  void tell(const TrackingRow& tracked) {
    const OrderStatus status = expected_.status;
    switch (tracked.event) {
      case kProcessing:
        return reach(OrderStatus::Confirmed, tracked.at);
      case kProcessed:
        return reach(OrderStatus::Packed, tracked.at);
      case kInTransit:
        return reach(OrderStatus::Shipped, tracked.at);
      case kDelivered:
        return reach(OrderStatus::Delivered, tracked.at);
      case kError:
        return status < OrderStatus::Shipped ? note(tracked) : note(tracked, "Problem");
      default:
        break;
    }
    reach(OrderStatus::Shipped, tracked.at);
    note(tracked, "");
  }

  void reach(OrderStatus status, Timestamp at) {
    while (expected_.status < status) {
      expected_.status = static_cast<OrderStatus>(static_cast<int>(expected_.status) + 1);
      advance(at);
    }
  }

  // Writes the one step to `expected_.status`.
  void advance(Timestamp at) {
    std::vector<Write>& writes = next(at);
    if (expected_.status == OrderStatus::Confirmed) {
      writes.push_back(requests_.confirmation(id_, at));
      return;
    }
    for (const std::string& vendor : expected_.vendors) {
      ChangeBody body = change(vendor, at);
      if (expected_.status == OrderStatus::Shipped) {
        body.shipment_id = shipment_id(vendor);
        body.carrier = row_.carrier;
        writes.push_back(requests_.shipment(id_, body));
      } else {
        body.status = name_of(expected_.status);
        writes.push_back(requests_.status(id_, body));
      }
    }
  }

  // On each sub-order.
  void note(const TrackingRow& tracked) {
    std::vector<Write>& writes = next(tracked.at);
    for (const std::string& vendor : expected_.vendors) {
      ChangeBody body = change(vendor, tracked.at);
      body.note = tracked.name;
      writes.push_back(requests_.note(id_, body));
    }
  }

  // On each sub-order's shipment.
  void note(const TrackingRow& tracked, std::string_view status) {
    std::vector<Write>& writes = next(tracked.at);
    for (const std::string& vendor : expected_.vendors) {
      ChangeBody body = change(vendor, tracked.at);
      body.note = tracked.name;
      body.status = status;
      writes.push_back(requests_.shipment_note(id_, shipment_id(vendor), body));
    }
  }

  ChangeBody change(const std::string& vendor, Timestamp at) const {
    ChangeBody body;
    body.vendor_id = vendor;
    body.occurred_at = at;
    return body;
  }

  std::string shipment_id(const std::string& vendor) const { return id_ + "-" + vendor; }

  // Where what happens next at `at` belongs: after what this order has at that time already.
  std::vector<Write>& next(Timestamp at) {
    rank_ = at == last_ ? rank_ + 1 : 0;
    last_ = at;
    return calendar_.at(at, rank_);
  }

  const Requests& requests_;
  const OrderRow& row_;
  Calendar& calendar_;
  std::string id_;
  std::vector<ItemBody> items_;
  ExpectedOrder expected_;
  Timestamp last_{-1};
  std::size_t rank_ = 0;
};

Step vendors_step(const Requests& requests, const Tables& tables, Plan& plan) {
  Step step{"vendors", "", {}};
  VendorBody house;
  house.vendor_id = kHouseVendor;
  house.name = "Adventure Works Cycles";
  step.writes.push_back(requests.vendor(house));
  for (const VendorRow& row : tables.vendors) {
    VendorBody body;
    body.vendor_id = row.vendor_id;
    body.name = row.name;
    step.writes.push_back(requests.vendor(body));
  }
  plan.subjects.push_back({Kind::Vendor, "/vendors/" + std::string(kHouseVendor)});
  for (const VendorRow& row : tables.vendors) {
    plan.subjects.push_back({Kind::Vendor, "/vendors/" + row.vendor_id});
    if (!row.active) ++plan.expected.suspended_vendors;
  }
  plan.expected.vendors = step.writes.size();
  return step;
}

Step customers_step(const Requests& requests, const Tables& tables, Plan& plan) {
  Step step{"customers", "", {}};
  for (const CustomerRow& row : tables.customers) {
    CustomerBody body;
    body.customer_id = row.customer_id;
    body.name = row.name;
    step.writes.push_back(requests.customer(body));
    plan.subjects.push_back({Kind::Customer, "/customers/" + row.customer_id});
  }
  plan.expected.customers = step.writes.size();
  return step;
}

Step products_step(const Requests& requests, const Tables& tables, Plan& plan) {
  Step step{"products", "", {}};
  for (const auto& [id, row] : tables.products) {
    ProductBody body;
    body.product_id = id;
    body.name = row.name;
    body.sku = row.sku;
    body.price = dollars(row.price);
    body.category = row.category;
    body.specifications = row.specifications;
    step.writes.push_back(requests.product(row.seller, body));
    plan.subjects.push_back({Kind::Product, "/vendors/" + row.seller + "/products/" + id});
  }
  plan.expected.products = step.writes.size();
  return step;
}

Step stock_step(const Requests& requests, const Tables& tables, Plan& plan) {
  std::unordered_map<std::string, domain::Quantity> needed;
  for (const OrderRow& order : tables.orders) {
    for (const LineRow& line : order.lines) needed[line.product_id] += line.quantity;
  }
  Step step{"stock", "", {}};
  for (const auto& [id, row] : tables.products) {
    const CountBody body{needed[id] + row.safety_stock, row.reorder_point, row.safety_stock};
    step.writes.push_back(requests.count(row.seller, id, body));
    plan.subjects.push_back({Kind::Stock, "/vendors/" + row.seller + "/inventory/" + id});
  }
  return step;
}

Step suspensions_step(const Requests& requests, const Tables& tables) {
  Step step{"suspensions", "", {}};
  for (const VendorRow& row : tables.vendors) {
    if (!row.active) step.writes.push_back(requests.suspension(row.vendor_id, "not active"));
  }
  return step;
}

void add_orders(const Requests& requests, const Tables& tables, Plan& plan) {
  Calendar calendar;
  for (const OrderRow& row : tables.orders) {
    OrderStory story(requests, tables, row, calendar);
    story.tell();
    plan.expected.orders.emplace(story.id(), story.expected());
    plan.subjects.push_back({Kind::Order, "/orders/" + story.id()});
  }
  for (Step& step : std::move(calendar).steps()) plan.steps.push_back(std::move(step));
}

}  // namespace

std::string imported_order_id(const std::string& table_id) {
  return "aw-" + table_id;
}

Plan adventureworks_plan(const Tables& tables) {
  const Requests requests("adventureworks");
  Plan plan;
  plan.steps.push_back(vendors_step(requests, tables, plan));
  plan.steps.push_back(customers_step(requests, tables, plan));
  plan.steps.push_back(products_step(requests, tables, plan));
  plan.steps.push_back(stock_step(requests, tables, plan));
  add_orders(requests, tables, plan);
  plan.steps.push_back(suspensions_step(requests, tables));
  return plan;
}

}  // namespace cassette::api::importing
