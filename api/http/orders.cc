// Orders: reading and listing them, and the changes of a whole order: its status, confirmation,
// cancellation and address. placing.cc places them, fulfilment.cc has shipments and returns.
#include <limits>

#include "api/http/handlers.h"
#include "api/http/order_writes.h"
#include "api/http/ownership.h"
#include "api/http/views.h"
#include "api/http/writes.h"

namespace cassette::api {
namespace {

using domain::OrderStatus;

struct StatusRequest {
  std::optional<OrderStatus> status;
  std::optional<domain::VendorId> vendor_id;
  std::optional<OptionalCode> carrier;
  std::optional<OptionalCode> tracking_code;
  std::optional<domain::WarehouseId> warehouse_id;
  std::optional<Reason> reason;
  std::optional<Text<1, kMaxReasonBytes>> note;
  std::optional<PastTime> occurred_at;

  static void fields(auto& self, auto&& visit) {
    visit("status", self.status);
    visit("vendorId", self.vendor_id);
    visit("carrier", self.carrier);
    visit("trackingCode", self.tracking_code);
    visit("warehouseId", self.warehouse_id);
    visit("reason", self.reason);
    visit("note", self.note);
    visit("occurredAt", self.occurred_at);
  }
};

struct ConfirmRequest {
  std::optional<PastTime> occurred_at;

  static void fields(auto& self, auto&& visit) { visit("occurredAt", self.occurred_at); }
};

struct CancelRequest {
  std::optional<domain::VendorId> vendor_id;
  std::optional<LineRequests> items;
  std::optional<Reason> reason;
  std::optional<PastTime> occurred_at;

  static void fields(auto& self, auto&& visit) {
    visit("vendorId", self.vendor_id);
    visit("items", self.items);
    visit("reason", self.reason);
    visit("occurredAt", self.occurred_at);
  }
};

struct AddressRequest {
  Address shipping_address;

  static void fields(auto& self, auto&& visit) { visit("shippingAddress", self.shipping_address); }
};

ListQuery order_query(ListQuery::List list, QueryReader& reader) {
  ListQuery query;
  query.list = list;
  query.statuses = reader.any_of<OrderStatus>("status");
  query.updated_after = reader.time("updatedAfter");
  query.created_from = reader.time("createdFrom");
  query.created_to = reader.time("createdTo");
  return query;
}

// That no order ever has.
constexpr domain::Version kNoVersion = std::numeric_limits<domain::Version>::max();

template <class T>
std::string text_of(const std::optional<T>& text) {
  return text ? text->value : std::string();
}

// The vendor whose lines these are: the one they all belong to, when there is one.
std::optional<domain::VendorId> vendor_of_lines(const OrderGlance& order,
                                                const std::vector<domain::LineQuantity>& lines) {
  for (const PartGlance& part : order.sub_orders) {
    const bool all = std::ranges::all_of(lines, [&](const domain::LineQuantity& line) {
      return std::ranges::find(part.items, line.line_id, &LineGlance::line_id) != part.items.end();
    });
    if (all) return part.vendor_id;
  }
  return std::nullopt;
}

// A status of one vendor's part.
Answered<Response> advance(const Call& call, const StatusRequest& request,
                           const Preconditions& demanded) {
  const auto order = find_order(call);
  if (!order) return Failure{order.error()};
  const auto vendor = only_vendor(order.value(), request.vendor_id);
  if (!vendor) return Failure{vendor.error()};
  if (!request.status) {
    domain::NoteSubOrder note{call.order_id(), vendor.value(), text_of(request.note),
                              demanded.version};
    return write_part(call, vendor.value(), {std::move(note), 200, request.occurred_at});
  }
  domain::AdvanceSubOrder command;
  command.order_id = call.order_id();
  command.vendor_id = vendor.value();
  command.status = *request.status;
  command.shipment_id = id_or_new<domain::ShipmentId>(call, std::nullopt);
  command.carrier = text_of(request.carrier);
  command.tracking_code = text_of(request.tracking_code);
  if (request.warehouse_id) command.warehouse_id = *request.warehouse_id;
  command.note = text_of(request.note);
  command.expected_version = demanded.version;
  return write_part(call, vendor.value(), {std::move(command), 200, request.occurred_at});
}

Answered<Response> confirm(const Call& call, const std::optional<PastTime>& occurred_at,
                           const Preconditions& demanded) {
  domain::ConfirmOrder command{call.order_id(), demanded.version};
  return write_order(call, {std::move(command), 200, occurred_at});
}

Answered<Response> cancel(const Call& call, const CancelRequest& request,
                          const Preconditions& demanded) {
  std::optional<domain::VendorId> vendor = request.vendor_id;
  const std::vector<domain::LineQuantity> lines = to_lines(request.items);
  if (!vendor && !lines.empty()) {
    const auto order = find_order(call);
    if (!order) return Failure{order.error()};
    vendor = vendor_of_lines(order.value(), lines);
    if (!vendor) return Failure{missing_field("vendorId")};
  }
  if (!vendor) {
    domain::CancelOrder command{call.order_id(), text_of(request.reason), call.caller.role,
                                demanded.version};
    return write_order(call, {std::move(command), 200, request.occurred_at});
  }
  domain::CancelLines command;
  command.order_id = call.order_id();
  command.vendor_id = *vendor;
  command.lines = lines;
  command.reason = text_of(request.reason);
  command.asked_by = call.caller.role;
  command.expected_version = demanded.version;
  return write_part(call, *vendor, {std::move(command), 200, request.occurred_at});
}

// What If-Match of a status demands of the whole order.
struct WholeDemand {
  Preconditions demanded;          // of the order's version
  std::optional<Problem> refusal;  // when the part has another one: to all but a repeat
};

// If-Match of a status is a part's version, and only where there is one part it means the whole.
// The order is held to the version at which it showed that part.
Answered<WholeDemand> whole_demand(const Call& call, const Preconditions& demanded) {
  WholeDemand whole{demanded, std::nullopt};
  if (!demanded.version) return whole;
  const auto document = read_document(call, Model::Orders, call.ids[0], "order");
  if (!document) return Failure{document.error()};
  const auto order = glance_at(document.value().body);
  if (!order) return Failure{order.error()};
  if (order.value().sub_orders.size() != 1) {
    return Failure{invalid_header("If-Match", "goes with vendorId where there are several")};
  }
  const domain::Version version = order.value().sub_orders.front().version;
  const bool same = version == *demanded.version;
  whole.demanded.version = same ? document.value().version : kNoVersion;
  if (!same) {
    whole.refusal =
        problem_of(domain::Rejection(domain::VersionMismatch{*demanded.version, version}));
  }
  return whole;
}

// What a request without a status, or with one, may not say.
std::optional<Problem> refuse_odd(const StatusRequest& request) {
  const bool cancels = request.status == OrderStatus::Cancelled;
  if (!request.status && !request.note) return missing_field("status");
  if (request.status == OrderStatus::Pending) {
    return invalid_field("status", "can't be Pending again");
  }
  if (request.reason && !cancels) return invalid_field("reason", "goes with Cancelled");
  if (request.note && cancels) return invalid_field("note", "is called reason when cancelling");
  const bool ships =
      request.status == OrderStatus::Shipped || request.status == OrderStatus::Delivered;
  if (request.carrier && !ships) return invalid_field("carrier", "goes with Shipped");
  if (request.tracking_code && !ships) return invalid_field("trackingCode", "goes with Shipped");
  if (request.warehouse_id && !ships) return invalid_field("warehouseId", "goes with Shipped");
  return std::nullopt;
}

// Its customer may cancel an order, and say nothing else of its status.
std::optional<Problem> refuse_customers(const Call& call, const StatusRequest& request) {
  const bool customer = call.caller.role == domain::Role::Customer;
  if (!customer || request.status == OrderStatus::Cancelled) return std::nullopt;
  return not_permitted("A customer may cancel an order.").at("status");
}

// Cancels or confirms the whole.
Answered<Response> change_whole(const Call& call, const StatusRequest& request,
                                const Preconditions& demanded) {
  const auto whole = whole_demand(call, demanded);
  if (!whole) return Failure{whole.error()};
  auto answer =
      request.status == OrderStatus::Cancelled
          ? cancel(call, {std::nullopt, std::nullopt, request.reason, request.occurred_at},
                   whole.value().demanded)
          : confirm(call, request.occurred_at, whole.value().demanded);
  const bool mismatched = !answer && answer.error().type == "version-mismatch";
  if (mismatched && whole.value().refusal) return Failure{*whole.value().refusal};
  return answer;
}

}  // namespace

Answered<Response> list_orders(const Call& call) {
  QueryReader reader(call.parameters);
  ListQuery query = order_query(ListQuery::List::Orders, reader);
  return get_list(call, std::move(query), reader);
}

Answered<Response> read_order(const Call& call) {
  const View view = view_of_order(call.caller, call.order_id());
  return get_document(call, view.model, view.key, view.entity);
}

Answered<Response> list_vendor_orders(const Call& call) {
  QueryReader reader(call.parameters);
  ListQuery query = order_query(ListQuery::List::VendorOrders, reader);
  query.vendor_id = call.vendor_id();
  return get_vendor_list(call, std::move(query), reader);
}

Answered<Response> read_vendor_order(const Call& call) {
  return get_document(call, Model::VendorOrders, call.ids[0] + '/' + call.ids[1], "sub-order");
}

Answered<Response> list_customer_orders(const Call& call) {
  QueryReader reader(call.parameters);
  ListQuery query = order_query(ListQuery::List::CustomerOrders, reader);
  query.customer_id = call.customer_id();
  return get_list(call, std::move(query), reader);
}

// Cancelled asks every vendor unless one is named; Confirmed of the whole is its confirmation; all
// others are one vendor's.
Answered<Response> change_status(const Call& call) {
  auto body = read_body<StatusRequest>(call);
  if (!body) return Failure{body.error()};
  StatusRequest& request = body.value();
  if (auto problem = refuse_odd(request)) return Failure{std::move(*problem)};
  if (auto problem = refuse_customers(call, request)) return Failure{std::move(*problem)};
  if (auto problem = narrow_to_own(call, request.vendor_id)) return Failure{std::move(*problem)};
  const auto demanded = preconditions_of(call);
  if (!demanded) return Failure{demanded.error()};
  const bool cancels = request.status == OrderStatus::Cancelled;
  const bool whole = cancels || request.status == OrderStatus::Confirmed;
  if (whole && !request.vendor_id) return change_whole(call, request, demanded.value());
  if (cancels) {
    return cancel(call, {request.vendor_id, std::nullopt, request.reason, request.occurred_at},
                  demanded.value());
  }
  return advance(call, request, demanded.value());
}

Answered<Response> confirm_order(const Call& call) {
  const auto body = read_body<ConfirmRequest>(call);
  if (!body) return Failure{body.error()};
  const auto demanded = preconditions_of(call);
  if (!demanded) return Failure{demanded.error()};
  return confirm(call, body.value().occurred_at, demanded.value());
}

Answered<Response> cancel_order(const Call& call) {
  auto body = read_body<CancelRequest>(call);
  if (!body) return Failure{body.error()};
  auto problem = narrow_to_own(call, body.value().vendor_id);
  if (problem) return Failure{std::move(*problem)};
  const auto demanded = preconditions_of(call);
  if (!demanded) return Failure{demanded.error()};
  return cancel(call, body.value(), demanded.value());
}

Answered<Response> change_address(const Call& call) {
  const auto body = read_body<AddressRequest>(call);
  if (!body) return Failure{body.error()};
  const auto demanded = preconditions_of(call);
  if (!demanded) return Failure{demanded.error()};
  const auto order = find_order(call);
  if (!order) return Failure{order.error()};
  auto sealed = seal(call, "customer:" + order.value().customer_id.value, "shippingAddress",
                     body.value().shipping_address.json());
  domain::ChangeOrderAddress command{call.order_id(), {}, demanded.value().version};
  if (!sealed) {
    command.expected_version = kNoVersion;
    return respond_order(call, repeat_or(call, {std::move(command)}, std::move(sealed).error()));
  }
  command.shipping_address = std::move(sealed).value();
  return write_order(call, {std::move(command), 200});
}

}  // namespace cassette::api
