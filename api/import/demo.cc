// Demo: what the tables become, and how far each order goes.
#include "api/import/demo.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/import/demo_catalogue.h"
#include "api/import/requests.h"

namespace cassette::api {
namespace importing {
namespace {

constexpr std::size_t kOrders = 48;
constexpr std::size_t kClients = 8;
// Unconfirmed orders keep their stock for a month: long enough to be looked at.
constexpr std::int64_t kReservationSeconds = 30LL * 24 * 3600;
constexpr std::string_view kSuspended = "last-century";

struct Part {
  std::string vendor_id;
  std::string product_id;
};

// "11-25" as an id's end: what may not stand in an id becomes a dash.
std::string id_part(std::string_view text) {
  std::string id(text);
  for (char& c : id) {
    if (!domain::valid_id(std::string_view(&c, 1))) c = '-';
  }
  return id;
}

// The plan as it grows. Steps by name of the phase, and then one step a rank of the orders' writes.
class DemoPlanner {
 public:
  Plan plan() && {
    add_vendors();
    add_customers();
    add_parts();
    for (std::size_t i = 0; i < kOrders; ++i) add_order(i);
    for (auto& step : {&vendors_, &customers_, &products_, &stock_}) {
      plan_.steps.push_back(std::move(*step));
    }
    for (std::vector<Write>& writes : ranks_) {
      plan_.steps.push_back({"orders", "", std::move(writes)});
    }
    plan_.steps.push_back(
        {"orders", "", {requests_.suspension(std::string(kSuspended), "closed its shop")}});
    return std::move(plan_);
  }

 private:
  void subject(Kind kind, std::string path) { plan_.subjects.push_back({kind, std::move(path)}); }

  void add_vendors() {
    for (const DemoVendor& row : kDemoVendors) {
      const std::string id(row.id);
      VendorBody body;
      body.vendor_id = id;
      body.name = row.name;
      body.contact_info.email = "orders@" + id + ".example";
      body.warehouse_locations.push_back(
          {"main", std::string(row.city), std::string(row.country_code)});
      vendors_.writes.push_back(requests_.vendor(body));
      subject(Kind::Vendor, "/vendors/" + id);
    }
  }

  static AddressBody address(const DemoCustomer& row) {
    return {std::string(row.name), std::string(row.street), std::string(row.city),
            std::string(row.postal_code), std::string(row.country_code)};
  }

  void add_customers() {
    for (const DemoCustomer& row : kDemoCustomers) {
      const std::string id(row.id);
      customers_.writes.push_back(requests_.customer(
          {id, std::string(row.name), {id + "@rider.example", ""}, {address(row)}}));
      subject(Kind::Customer, "/customers/" + id);
    }
  }

  void add_parts() {
    for (const DemoFamily& family : kDemoFamilies) {
      std::int64_t price = family.price;
      for (const std::string_view value : family.values) {
        if (value.empty()) continue;
        add_part(family, value, price);
        price += family.step;
      }
    }
  }

  void add_part(const DemoFamily& family, std::string_view value, std::int64_t price) {
    ProductBody body;
    body.product_id = fmt::format("{}-{}", family.id, id_part(value));
    body.name = fmt::format("{}, {}", family.name, value);
    body.description = fmt::format("{}: {} {}.", family.name, family.specification, value);
    body.sku = body.product_id;
    std::transform(body.sku.begin(), body.sku.end(), body.sku.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    body.price = {price, domain::Currency{"USD"}};
    body.category = family.category;
    body.specifications[std::string(family.specification)] = value;
    const Part part{std::string(family.vendor), body.product_id};
    products_.writes.push_back(requests_.product(part.vendor_id, body));
    subject(Kind::Product, fmt::format("/vendors/{}/products/{}", part.vendor_id, part.product_id));
    add_stock(part);
    parts_.push_back(part);
  }

  // Every eleventh part is low and every seventeenth gone, once its orders are placed.
  void add_stock(const Part& part) {
    const std::size_t number = parts_.size();
    CountBody count{20 + static_cast<domain::Quantity>(number * 7 % 60), 5, 2};
    if (number % 11 == 10) count = {8, 10, 2};
    if (number % 17 == 16) count = {2, 5, 2};
    stock_.writes.push_back(requests_.count(part.vendor_id, part.product_id, count));
    subject(Kind::Stock, fmt::format("/vendors/{}/inventory/{}", part.vendor_id, part.product_id));
  }

  // ---- orders

  void add_order(std::size_t number) {
    order_id_ = fmt::format("demo-{}", 1001 + number);
    rank_ = 0;
    vendors_of_order_.clear();
    OrderBody body;
    body.order_id = order_id_;
    const DemoCustomer& customer = kDemoCustomers[number % kDemoCustomers.size()];
    body.customer_id = customer.id;
    body.shipping_address = address(customer);
    for (std::size_t line = 0; line <= number % 3; ++line) add_line(number, line, body);
    const bool manual = number % kStories == 0;
    if (manual) body.confirmation = domain::Confirmation::Manual;
    if (manual) body.reservation_seconds = kReservationSeconds;
    next(requests_.order(body));
    subject(Kind::Order, "/orders/" + order_id_);
    tell(number);
  }

  // Far apart in the catalogue, so that an order has several vendors; never what is nearly gone.
  void add_line(std::size_t number, std::size_t line, OrderBody& body) {
    std::size_t at = (number * 29 + line * 53) % parts_.size();
    while (at % 11 == 10 || at % 17 == 16) at = (at + 1) % parts_.size();
    const Part& part = parts_[at];
    body.items.push_back({part.vendor_id, part.product_id,
                          static_cast<domain::Quantity>(1 + number % 3), std::nullopt});
    if (std::ranges::find(vendors_of_order_, part.vendor_id) == vendors_of_order_.end()) {
      vendors_of_order_.push_back(part.vendor_id);
    }
  }

  // Ten stories, so that every state is there; the first leaves the order unconfirmed.
  void tell(std::size_t number) {
    switch (number % kStories) {
      case 2:
        return each_to("Packed");
      case 3:
        return each_ships();
      case 4:
        return each_to("Delivered");
      case 5:
        return each_to("Cancelled");
      case 6:
        return to(vendors_of_order_.front(), "Delivered");
      case 7:
        return first_has_a_problem();
      case 8:
        return first_comes_back();
      case 9:
        return to(vendors_of_order_.back(), "Cancelled");
      default:
        return;
    }
  }

  ChangeBody change(const std::string& vendor) const {
    ChangeBody body;
    body.vendor_id = vendor;
    return body;
  }

  void to(const std::string& vendor, std::string_view status) {
    ChangeBody body = change(vendor);
    body.status = status;
    if (status == "Cancelled") body.reason = "ordered twice";
    next(requests_.status(order_id_, body));
  }

  void each_to(std::string_view status) {
    for (const std::string& vendor : vendors_of_order_) to(vendor, status);
  }

  std::string shipment_id(const std::string& vendor) const { return order_id_ + "-" + vendor; }

  void ships(const std::string& vendor) {
    ChangeBody body = change(vendor);
    body.shipment_id = shipment_id(vendor);
    body.carrier = "Velopost";
    body.tracking_code = fmt::format("VP{}{}", order_id_.substr(5), vendor.size());
    next(requests_.shipment(order_id_, body));
  }

  void each_ships() {
    for (const std::string& vendor : vendors_of_order_) ships(vendor);
  }

  void first_has_a_problem() {
    const std::string& vendor = vendors_of_order_.front();
    ships(vendor);
    ChangeBody body = change(vendor);
    body.status = "Problem";
    body.note = "Nobody at home, will try again";
    next(requests_.shipment_note(order_id_, shipment_id(vendor), body));
  }

  // One unit of the first line, back on the shelf.
  void first_comes_back() {
    const std::string& vendor = vendors_of_order_.front();
    to(vendor, "Delivered");
    ChangeBody body = change(vendor);
    body.return_id = order_id_ + "-return";
    body.items = {{domain::LineId{1}, 1}};
    body.reason = "Wrong size";
    next(requests_.goods_return(order_id_, body));
    ChangeBody received = change(vendor);
    received.status = "Received";
    received.restock = true;
    next(requests_.resolution(order_id_, body.return_id, received));
  }

  // The order's next write comes after those that it has.
  void next(Write write) {
    if (ranks_.size() <= rank_) ranks_.resize(rank_ + 1);
    ranks_[rank_++].push_back(std::move(write));
  }

  static constexpr std::size_t kStories = 10;

  const Requests requests_{"demo"};
  Plan plan_;
  Step vendors_{"vendors", "", {}};
  Step customers_{"customers", "", {}};
  Step products_{"products", "", {}};
  Step stock_{"stock", "", {}};
  std::vector<std::vector<Write>> ranks_;
  std::vector<Part> parts_;
  std::string order_id_;
  std::vector<std::string> vendors_of_order_;
  std::size_t rank_ = 0;
};

// The returns are resolved, which is among the last things written and can't be undone: the demo
// was here once, and people have done with it what they wanted.
bool was_loaded(const Plan& plan, const Facts& facts) {
  const auto stands = [&](const Write& write) {
    return !write.fact.ends_with("/resolved") || facts.contains(write.fact);
  };
  return std::ranges::all_of(
      plan.steps, [&](const Step& step) { return std::ranges::all_of(step.writes, stands); });
}

}  // namespace

Plan demo_plan() {
  return DemoPlanner().plan();
}

}  // namespace importing

std::optional<std::string> load_demo(const std::string& url, std::shared_ptr<TokenSource> tokens,
                                     importing::OnProgress progress) {
  const importing::Plan plan = importing::demo_plan();
  importing::Runner runner({url, std::move(tokens)}, importing::kClients, std::move(progress));
  const auto documents = runner.read(plan.subjects);
  if (!documents) return documents.error();
  const auto facts = importing::facts_of(plan.subjects, documents.value());
  if (!facts) return facts.error();
  if (importing::was_loaded(plan, facts.value())) return std::nullopt;
  const auto written = runner.write(plan, facts.value());
  if (!written) return written.error();
  return std::nullopt;
}

}  // namespace cassette::api
