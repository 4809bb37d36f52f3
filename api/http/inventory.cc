// Inventory: read, list, count and adjust stock, one item a request; bulk_stock.cc does many.
#include <algorithm>

#include "api/http/handlers.h"
#include "api/http/permissions.h"
#include "api/http/public_view.h"
#include "api/http/stock_request.h"
#include "api/http/writes.h"

namespace cassette::api {
namespace {

// Items of one `GET /inventory`.
constexpr std::size_t kMaxItems = 100;

domain::ProductId product_of(const Call& call) {
  return {call.ids[1]};
}

Written written(const Call& call) {
  return {Model::Stock, call.ids[0] + '/' + call.ids[1], "stock",
          "/vendors/" + call.ids[0] + "/inventory/" + call.ids[1]};
}

template <class Command>
void set_shared(Command& command, const StockChange& change, const Preconditions& demanded) {
  command.expected_version = demanded.version;
  if (change.warehouse_id) command.warehouse_id = *change.warehouse_id;
  if (change.expected_on_hand) command.expected_on_hand = change.expected_on_hand->value;
  if (change.on_shortfall) command.on_shortfall = *change.on_shortfall;
  if (change.reorder_point) command.reorder_point = change.reorder_point->value;
  if (change.safety_stock) command.safety_stock = change.safety_stock->value;
}

bool valid_item(std::string_view item) {
  const std::size_t slash = item.find('/');
  return slash != std::string_view::npos && domain::valid_id(item.substr(0, slash)) &&
         domain::valid_id(item.substr(slash + 1));
}

}  // namespace

domain::CountStock to_count(const domain::VendorId& vendor, const domain::ProductId& product,
                            const CountRequest& request, const Preconditions& demanded) {
  domain::CountStock command;
  command.vendor_id = vendor;
  command.product_id = product;
  command.quantity = request.quantity.value;
  command.first_only = demanded.none_yet;
  set_shared(command, request.change, demanded);
  return command;
}

domain::AdjustStock to_adjustment(const domain::VendorId& vendor, const domain::ProductId& product,
                                  const AdjustRequest& request, const Preconditions& demanded) {
  domain::AdjustStock command;
  command.vendor_id = vendor;
  command.product_id = product;
  if (request.delta) command.delta = request.delta->value;
  if (request.reason) command.reason = request.reason->value;
  set_shared(command, request.change, demanded);
  return command;
}

std::optional<Problem> refuse_empty(const AdjustRequest& request) {
  if (request.delta || request.change.reorder_point || request.change.safety_stock) {
    return std::nullopt;
  }
  return missing_field("delta");
}

Answered<Response> list_stock(const Call& call) {
  QueryReader reader(call.parameters);
  ListQuery query;
  query.list = ListQuery::List::Stock;
  query.vendor_id = call.vendor_id();
  query.below_reorder_point = reader.boolean("belowReorderPoint");
  query.updated_after = reader.time("updatedAfter");
  if (query.below_reorder_point && !sees_all_of(call.caller, call.ids[0])) {
    if (call.caller.anonymous) return Failure{token_required()};
    return Failure{not_permitted("Reorder points are the vendor's own.").at("belowReorderPoint")};
  }
  return get_vendor_list(call, std::move(query), reader);
}

Answered<Response> read_stock(const Call& call) {
  const std::string key = call.ids[0] + '/' + call.ids[1];
  const auto waited = await_asked_position(call);
  if (!waited) return Failure{waited.error()};
  const auto listed = refuse_unlisted(call, key);
  if (!listed) return Failure{listed.error()};
  return get_document(call, Model::Stock, key, "stock");
}

Answered<Response> count_stock(const Call& call) {
  const auto body = read_body<CountRequest>(call);
  if (!body) return Failure{body.error()};
  const auto demanded = preconditions_of(call);
  if (!demanded) return Failure{demanded.error()};
  const Written where = written(call);
  const auto there = refuse_new(call, demanded.value(), where.model, where.key);
  if (!there) return Failure{there.error()};
  const auto stored = call.services.models.get(where.model, where.key);
  if (!stored) return Failure{problem_of(stored.error())};
  const bool first = !stored.value() || demanded.value().none_yet;
  auto command = to_count(call.vendor_id(), product_of(call), body.value(), demanded.value());
  return none_yet(write_and_respond(
      call, {std::move(command), first ? 201 : 200, body.value().change.occurred_at}, where));
}

Answered<Response> adjust_stock(const Call& call) {
  const auto body = read_body<AdjustRequest>(call);
  if (!body) return Failure{body.error()};
  if (auto problem = refuse_empty(body.value())) return Failure{std::move(*problem)};
  const auto demanded = preconditions_of(call);
  if (!demanded) return Failure{demanded.error()};
  auto command = to_adjustment(call.vendor_id(), product_of(call), body.value(), demanded.value());
  const Written where = written(call);
  return write_and_respond(call, {std::move(command), 200, body.value().change.occurred_at}, where);
}

Answered<Response> read_many_stocks(const Call& call) {
  QueryReader reader(call.parameters);
  const std::vector<std::string> keys = reader.repeated("item", kMaxItems);
  if (keys.empty()) reader.fail(invalid_parameter("item", "is there at least once"));
  for (const std::string& key : keys) {
    if (!valid_item(key)) reader.fail(invalid_parameter("item", "is VENDOR/PRODUCT"));
  }
  if (auto problem = reader.finish()) return Failure{std::move(*problem)};
  const auto waited = await_asked_position(call);
  if (!waited) return Failure{waited.error()};
  const auto documents = stocks_for(call, keys);
  if (!documents) return Failure{documents.error()};
  Response response;
  response.body = "{\"items\":[";
  for (const std::string& document : documents.value()) {
    if (response.body.back() != '[') response.body += ',';
    response.body += document;
  }
  response.body += "]}";
  response.set_header("Cache-Control", "private");
  return response;
}

}  // namespace cassette::api
