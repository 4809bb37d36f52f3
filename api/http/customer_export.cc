// Customer export: all that is held on one person, as one document: the customer, their orders with
// shipments and returns, and every event that names them. It reads what lists read, page after
// page, and opens what is sealed.
#include "api/http/handlers.h"
#include "api/http/json_text.h"
#include "api/http/reads.h"
#include "eventstore/json_read.h"

namespace cassette::api {
namespace {

// At a time, each with a document of `max_export_bytes` in memory at most.
constexpr std::size_t kMaxExports = 4;

struct Named {
  domain::OrderId order_id;

  static void fields(auto& self, auto&& visit) { visit("orderId", self.order_id); }
};

Problem export_too_large() {
  Problem problem;
  problem.status = 422;
  problem.type = "export-too-large";
  problem.title = "Too much is held for one document";
  problem.detail = "Read the customer, the orders and their events by themselves.";
  return problem;
}

class Export {
 public:
  explicit Export(const Call& call) : call_(call) {}

  void member(std::string_view name) {
    body_ += body_.empty() ? '{' : ',';
    append_json(body_, name);
    body_ += ':';
  }
  Answered<eventstore::Done> add(std::string document) {
    auto opened = call_.services.sealer.open_document(std::move(document));
    if (!opened) return Failure{problem_of(opened.error())};
    if (body_.size() + opened.value().size() > call_.services.max_export_bytes) {
      return Failure{export_too_large()};
    }
    body_ += opened.value();
    return eventstore::Done{};
  }
  // Every item of a list, each followed by a comma; `look` sees them as stored.
  Answered<eventstore::Done> add_all(ListQuery query, auto&& look) {
    query.limit = kMaxPage;
    while (true) {  // ends: a page's `next` is always further on, and a body has an end
      auto page = call_.services.models.list(query);
      if (!page) return Failure{problem_of(page.error())};
      for (std::string& item : page.value().items) {
        look(item);
        auto added = add(std::move(item));
        if (!added) return added;
        body_ += ',';
      }
      if (page.value().next.empty()) return eventstore::Done{};
      query.after = std::move(page.value().next);
    }
  }
  void begin_list() { body_ += '['; }
  void end_list() {
    if (body_.back() == ',') body_.pop_back();
    body_ += ']';
  }
  std::string& text() { return body_; }
  Response take() {
    Response response;
    response.body = std::move(body_) + '}';
    response.set_header("Cache-Control", "private, no-store");
    return response;
  }

 private:
  const Call& call_;
  std::string body_;
};

ListQuery timeline_of(std::optional<domain::CustomerId> customer,
                      std::optional<domain::OrderId> order) {
  ListQuery query;
  query.list = ListQuery::List::Timeline;
  query.customer_id = std::move(customer);
  query.order_id = std::move(order);
  return query;
}

// The orders, and their ids.
Answered<std::vector<domain::OrderId>> add_orders(const Call& call, Export& all) {
  ListQuery query;
  query.list = ListQuery::List::CustomerOrders;
  query.customer_id = call.customer_id();
  std::vector<domain::OrderId> ids;
  all.begin_list();
  const auto added = all.add_all(std::move(query), [&ids](std::string_view order) {
    Named named;
    CHECK(eventstore::read_json(order, named));
    ids.push_back(named.order_id);
  });
  if (!added) return Failure{added.error()};
  all.end_list();
  return ids;
}

// The customer's own, then those of each order.
Answered<eventstore::Done> add_events(const Call& call, const std::vector<domain::OrderId>& orders,
                                      Export& all) {
  const auto nothing = [](std::string_view) {};
  all.begin_list();
  auto added = all.add_all(timeline_of(call.customer_id(), std::nullopt), nothing);
  for (const domain::OrderId& order : orders) {
    if (!added) return added;
    added = all.add_all(timeline_of(std::nullopt, order), nothing);
  }
  all.end_list();
  return added;
}

}  // namespace

// One that was never registered has orders, perhaps, and they say as much of them.
Answered<Response> export_customer(const Call& call) {
  const auto plain = refuse_parameters(call);
  if (!plain) return Failure{plain.error()};
  const UnderWay::One one(call.services.exports);
  if (call.services.exports.count() > kMaxExports) {
    return Failure{unavailable("Other exports are being made. Try again in a moment.")};
  }
  const auto waited = await_asked_position(call);
  if (!waited) return Failure{waited.error()};
  if (!await_heads(call)) return Failure{not_caught_up("Not all is folded yet.")};
  const auto customer = find_document(call, Model::Customers, call.ids[0]);
  if (!customer) return Failure{customer.error()};
  Export all(call);
  all.member("customerId");
  append_json(all.text(), call.ids[0]);
  all.member("exportedAt");
  append_json(all.text(), domain::format(call.now));
  if (customer.value()) {
    all.member("customer");
    if (auto added = all.add(customer.value()->body); !added) return Failure{added.error()};
  }
  all.member("orders");
  const auto orders = add_orders(call, all);
  if (!orders) return Failure{orders.error()};
  if (!customer.value() && orders.value().empty()) {
    return Failure{not_found("customer", call.ids[0])};
  }
  all.member("events");
  if (auto added = add_events(call, orders.value(), all); !added) return Failure{added.error()};
  return all.take();
}

}  // namespace cassette::api
