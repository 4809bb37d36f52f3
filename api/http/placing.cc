// Placing: POST /orders, from the request to the answer of every vendor.
#include "api/http/handlers.h"
#include "api/http/json_text.h"
#include "api/http/order_glance.h"
#include "api/http/ownership.h"
#include "api/http/settling.h"
#include "api/http/writes.h"
#include "eventstore/json_read.h"

namespace cassette::api {
namespace {

// How many commits an answer may be ahead of the read models: of the largest, less than a reader
// with a position waits for.
constexpr std::uint64_t kMaxCommitsAhead = 16;
// Charges of one order.
constexpr std::size_t kMaxCharges = 1000;

struct ItemRequest {
  domain::VendorId vendor_id;
  domain::ProductId product_id;
  Units quantity;
  std::optional<PriceRequest> expected_unit_price;
  std::optional<PriceRequest> unit_price;

  static void fields(auto& self, auto&& visit) {
    visit("vendorId", self.vendor_id);
    visit("productId", self.product_id);
    visit("quantity", self.quantity);
    visit("expectedUnitPrice", self.expected_unit_price);
    visit("unitPrice", self.unit_price);
  }
};

struct ChargeRequest {
  domain::VendorId vendor_id;
  domain::ChargeType type = domain::ChargeType::Shipping;
  Amount amount;

  static void fields(auto& self, auto&& visit) {
    visit("vendorId", self.vendor_id);
    visit("type", self.type);
    visit("amount", self.amount);
  }
};

struct PlaceRequest {
  std::optional<domain::OrderId> order_id;
  std::optional<domain::CustomerId> customer_id;
  Items<ItemRequest, 1, domain::kMaxOrderLines> items;
  std::optional<Address> shipping_address;
  std::optional<Items<ChargeRequest, 0, kMaxCharges>> charges;
  std::optional<domain::Confirmation> confirmation;
  std::optional<Seconds> reservation_seconds;
  std::optional<domain::OnShortage> on_shortage;
  std::optional<PastTime> occurred_at;

  static void fields(auto& self, auto&& visit) {
    visit("orderId", self.order_id);
    visit("customerId", self.customer_id);
    visit("items", self.items);
    visit("shippingAddress", self.shipping_address);
    visit("charges", self.charges);
    visit("confirmation", self.confirmation);
    visit("reservationSeconds", self.reservation_seconds);
    visit("onShortage", self.on_shortage);
    visit("occurredAt", self.occurred_at);
  }
};

struct CustomerGlance {
  domain::CustomerStatus status = domain::CustomerStatus::Active;

  static void fields(auto& self, auto&& visit) { visit("status", self.status); }
};

domain::PlaceOrder to_command(const Call& call, PlaceRequest& request) {
  domain::PlaceOrder command;
  command.order_id = id_or_new(call, request.order_id);
  command.customer_id = *std::move(request.customer_id);
  command.items.reserve(request.items.values.size());
  for (ItemRequest& item : request.items.values) {
    domain::OrderItem& to = command.items.emplace_back();
    to.vendor_id = std::move(item.vendor_id);
    to.product_id = std::move(item.product_id);
    to.quantity = item.quantity.value;
    if (item.expected_unit_price) to.expected_unit_price = item.expected_unit_price->money();
    if (item.unit_price) to.unit_price = item.unit_price->money();
  }
  if (request.charges) {
    for (const ChargeRequest& charge : request.charges->values) {
      command.charges.push_back({charge.vendor_id, charge.type, charge.amount.value});
    }
  }
  command.confirmation = request.confirmation;
  if (request.reservation_seconds) command.reservation_seconds = request.reservation_seconds->value;
  if (request.on_shortage) command.on_shortage = *request.on_shortage;
  command.asked_by = call.caller.role;
  return command;
}

// Orders without an address make no key for their customer, so the erased are told by the model.
Answered<eventstore::Done> refuse_erased(const Call& call, const domain::CustomerId& customer) {
  const auto stored = call.services.models.get(Model::Customers, customer.value);
  if (!stored) return Failure{problem_of(stored.error())};
  CustomerGlance glance;
  if (!stored.value() || !eventstore::read_json(stored.value()->body, glance) ||
      glance.status != domain::CustomerStatus::Erased) {
    return eventstore::Done{};
  }
  return Failure{problem_of(domain::Rejection(domain::CustomerIsErased{customer}))};
}

// The command as it is submitted; 409 when the customer was erased.
// `address` is the JSON of the request's, empty when it has none.
Answered<domain::PlaceOrder> to_sealed_command(const Call& call, PlaceRequest request,
                                               std::string_view address) {
  const auto standing = refuse_erased(call, *request.customer_id);
  if (!standing) return Failure{standing.error()};
  domain::PlaceOrder command = to_command(call, request);
  if (address.empty()) return command;
  auto sealed = seal(call, "customer:" + command.customer_id.value, "shippingAddress", address);
  if (!sealed) return Failure{std::move(sealed).error()};
  command.shipping_address = std::move(sealed).value();
  return command;
}

// Without items, which no order may be: only a repeat is accepted.
Answered<eventstore::Accepted> repeat_of_place(const Call& call, const domain::OrderId& id,
                                               Problem refusal) {
  domain::PlaceOrder never;
  never.order_id = id;
  return repeat_or(call, {std::move(never), 201}, std::move(refusal));
}

// Why an order that was recorded never stood: a vendor's refusal, its deadline, or a cancellation
// that came before all vendors had answered.
domain::Rejection why_it_failed(const OrderGlance& order) {
  if (order.refusal) return *order.refusal;
  if (order.expired) return domain::ReservationHasExpired{order.order_id};
  return domain::IllegalTransition{"Cancelled", "Confirmed", {}};
}

// Of many orders, answers run ahead of the read models, which lets these fold many at a time; the
// bound is what keeps them from falling behind for good.
Answered<Settled> await_placed(const Call& call, const domain::OrderId& id,
                               const eventstore::Accepted& accepted) {
  auto settled = settled_by_commit(call, id, accepted);
  if (!settled) return await_order(call, id, accepted.position, is_settled);
  const auto& services = call.services;
  const bool many = services.orders.count() >= services.many_orders && !services.models.failure();
  if (!many) await_heads(call);  // what was answered ahead is before them; in vain is no error
  const auto waited = await_written(call, accepted.position, many ? kMaxCommitsAhead : 0);
  if (!waited) return Failure{waited.error()};
  return *std::move(settled);
}

Problem refused(const OrderGlance& order, const std::string& positions) {
  const domain::Rejection why = why_it_failed(order);
  Problem problem = problem_of(why);
  const bool named = std::holds_alternative<domain::ReservationHasExpired>(why);
  if (!named) append_member(problem.members, "orderId", order.order_id);
  problem.position = positions;
  return problem;
}

}  // namespace

Answered<Response> place_order(const Call& call) {
  const UnderWay::One one(call.services.orders);
  auto body = read_body<PlaceRequest>(call);
  if (!body) return Failure{std::move(body).error()};
  PlaceRequest& request = body.value();
  const auto customer = customer_meant(call, request.customer_id);
  if (!customer) return Failure{customer.error()};
  request.customer_id = customer.value();
  request.order_id = id_or_new(call, request.order_id);
  const domain::OrderId id = *request.order_id;
  const auto occurred_at = request.occurred_at;
  const std::string address = request.shipping_address ? request.shipping_address->json() : "";
  auto command = to_sealed_command(call, std::move(request), address);
  const domain::Sealed sealed = command ? command.value().shipping_address : domain::Sealed{};
  const auto accepted = command ? submit(call, {std::move(command).value(), 201, occurred_at})
                                : repeat_of_place(call, id, std::move(command).error());
  if (!accepted) return Failure{accepted.error()};
  auto settled = await_placed(call, id, accepted.value());
  if (!settled) return Failure{std::move(settled).error()};
  const OrderGlance& order = settled.value().order;
  const std::string positions = format_positions(settled.value().positions);
  if (!order.settled && order.phase == domain::OrderPhase::Failed) {
    return Failure{refused(order, positions)};
  }
  auto response = respond_with(call, settled.value().reached ? 201 : 202,
                               std::move(settled.value().document), {sealed.token, address});
  if (!response) return response;
  response.value().set_header("Location", "/orders/" + id.value);
  response.value().set_header("Cassette-Position", positions);
  return response;
}

}  // namespace cassette::api
