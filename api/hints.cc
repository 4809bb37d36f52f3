// Hints: a vendor, a part, its stock and an order.
#include "api/hints.h"

#include <fmt/format.h>

namespace cassette::api {
namespace {

constexpr std::string_view kJson = "-H 'Content-Type: application/json'";

}  // namespace

std::string hints(const std::string& url) {
  std::string text = "\nTry, in another terminal:\n";
  const auto add = [&](std::string_view method, std::string_view path, std::string_view body) {
    text += fmt::format("  curl -s {}{}{} {} -d '{}'\n", method, url, path, kJson, body);
  };
  add("", "/vendors", R"({"vendorId":"1580","name":"Litware, Inc."})");
  add("", "/vendors/1580/products",
      R"({"productId":"1","name":"Adjustable Race","SKU":"AR-5381",)"
      R"("price":{"amount":4787,"currency":"USD"}})");
  add("", "/vendors/1580/inventory/1", R"({"quantity":100})");
  add("-H 'Idempotency-Key: try-1' ", "/orders",
      R"({"orderId":"o-1","customerId":"c-17",)"
      R"("items":[{"vendorId":"1580","productId":"1","quantity":2}]})");
  add("-X PATCH ", "/orders/o-1/status",
      R"({"status":"Shipped","carrier":"UPS","trackingCode":"1Z"})");
  text += fmt::format("  curl -s {0}/orders/o-1\n  curl -s '{0}/events?orderId=o-1'\n", url);
  text += fmt::format(
      "What happened, from the ledger: cassette replay tail. The API: {}/openapi.yaml", url);
  return text;
}

}  // namespace cassette::api
