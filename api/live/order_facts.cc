// Order facts: from the events that name them, or from the orders' documents.
#include "api/live/order_facts.h"

#include <algorithm>
#include <array>

#include "domain/sub_order_events.h"
#include "eventstore/json_read.h"

namespace cassette::api {
namespace {

// How long an order's document is waited for: its placing may be in another partition, whose fold
// is behind.
constexpr std::chrono::milliseconds kDocumentPatience{1'000};

struct CustomerGlance {
  std::string customer_id;

  static void fields(auto& self, auto&& visit) { visit("customerId", self.customer_id); }
};

struct LineGlance {
  std::string product_id;

  static void fields(auto& self, auto&& visit) { visit("productId", self.product_id); }
  bool operator==(const LineGlance&) const = default;
};

struct PartGlance {
  std::vector<LineGlance> items;

  static void fields(auto& self, auto&& visit) { visit("items", self.items); }
};

}  // namespace

void OrderFacts::complete(LiveEvent& event, bool levels) {
  if (!event.order_id.empty()) {
    if (event.customer_id.empty()) {
      event.customer_id = customer_of(event);
    } else {
      const std::lock_guard lock(mutex_);
      customers_.put(event.order_id, event.customer_id);
    }
  }
  if (event.vendor_id.empty()) return;
  if (!event.products.empty()) {
    event.touched = event.products;
    if (event.order_id.empty()) return;
    const std::lock_guard lock(mutex_);
    const std::string key = event.vendor_id + '/' + event.order_id;
    if (products_.find(key) == nullptr) products_.put(key, event.products);
  } else if (levels && !event.order_id.empty() && event.type != domain::ReservationRefused::type) {
    event.touched = products_of(event);
  }
}

std::string OrderFacts::customer_of(const LiveEvent& event) {
  {
    const std::lock_guard lock(mutex_);
    if (const std::string* known = customers_.find(event.order_id)) return *known;
  }
  const auto body = read(projections::Model::Orders, event.order_id, true);
  CustomerGlance glance;
  if (!body || !eventstore::read_json(*body, glance)) return {};
  const std::lock_guard lock(mutex_);
  customers_.put(event.order_id, glance.customer_id);
  return glance.customer_id;
}

std::vector<std::string> OrderFacts::products_of(const LiveEvent& event) {
  const std::string key = event.vendor_id + '/' + event.order_id;
  {
    const std::lock_guard lock(mutex_);
    if (const auto* known = products_.find(key)) return *known;
  }
  const std::array wanted = {event.ref.position};
  const bool folded = models_.wait_for(wanted, kDocumentPatience);
  const auto body = read(projections::Model::VendorOrders, key, !folded);
  PartGlance glance;
  if (!body || !eventstore::read_json(*body, glance)) return {};
  std::vector<std::string> products;
  for (LineGlance& line : glance.items) {
    if (std::ranges::find(products, line.product_id) != products.end()) continue;
    products.push_back(std::move(line.product_id));
  }
  const std::lock_guard lock(mutex_);
  products_.put(key, products);
  return products;
}

std::optional<std::string> OrderFacts::read(projections::Model model, const std::string& key,
                                            bool awaited) {
  const auto deadline = std::chrono::steady_clock::now() + kDocumentPatience;
  while (true) {
    const std::uint64_t tick = models_.tick();
    auto document = models_.get(model, key);
    if (!document) return std::nullopt;
    if (document.value()) return std::move(document.value()->body);
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (!awaited || left.count() <= 0 || models_.failure()) return std::nullopt;
    models_.wait_beyond(tick, left);
  }
}

}  // namespace cassette::api
