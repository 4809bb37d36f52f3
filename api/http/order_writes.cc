// Order writes: the two waits, and the response that both end in.
#include "api/http/order_writes.h"

#include "api/http/views.h"

namespace cassette::api {
namespace {

// With the order as the caller sees it: the document that was waited for, unless that is another.
Answered<Response> respond(const Call& call, Settled settled, int status,
                           const std::string& location) {
  Document document = std::move(settled.document);
  const View view = view_of_order(call.caller, call.order_id());
  if (view.model != Model::Orders) {
    auto own = read_document(call, view.model, view.key, view.entity);
    if (!own) return Failure{std::move(own).error()};
    document = std::move(own).value();
  }
  auto response = respond_with(call, settled.reached ? status : 202, std::move(document));
  if (!response) return response;
  response.value().set_header("Cassette-Position", format_positions(settled.positions));
  if (!location.empty()) response.value().set_header("Location", location);
  return response;
}

// The vendor's own version of its part, once its partition is folded. A part that the vendor
// refused is no document of its own, and never changes again: whatever the order knows of it will
// do.
Answered<domain::Version> vendors_version(const Call& call, const domain::VendorId& vendor,
                                          eventstore::Position written) {
  const auto waited = await_written(call, written);
  if (!waited) return Failure{waited.error()};
  const auto part = call.services.models.get(Model::VendorOrders, vendor.value + '/' + call.ids[0]);
  if (!part) return Failure{problem_of(part.error())};
  return part.value() ? part.value()->version : 0;
}

}  // namespace

Answered<Response> write_order(const Call& call, Write write) {
  return respond_order(call, submit(call, std::move(write)));
}

Answered<Response> respond_order(const Call& call, const Answered<eventstore::Accepted>& accepted) {
  if (!accepted) return Failure{accepted.error()};
  auto settled = await_order(call, call.order_id(), accepted.value().position, has_followed);
  if (!settled) return Failure{std::move(settled).error()};
  return respond(call, std::move(settled).value(), accepted.value().status, {});
}

Answered<Response> write_part(const Call& call, const domain::VendorId& vendor, Write write,
                              const std::string& location) {
  const auto accepted = submit(call, std::move(write));
  if (!accepted) return Failure{accepted.error()};
  const auto version = vendors_version(call, vendor, accepted.value().position);
  if (!version) return Failure{version.error()};
  auto settled =
      await_order(call, call.order_id(), accepted.value().position, [&](const OrderGlance& order) {
        const PartGlance* part = order.part(vendor);
        return part != nullptr && part->version >= version.value();
      });
  if (!settled) return Failure{std::move(settled).error()};
  return respond(call, std::move(settled).value(), accepted.value().status, location);
}

}  // namespace cassette::api
