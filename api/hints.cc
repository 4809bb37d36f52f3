// Hints: a token, a vendor, a part, its stock and an order.
#include "api/hints.h"

#include <fmt/format.h>

namespace cassette::api {
namespace {

constexpr std::string_view kJson = "-H 'Content-Type: application/json'";
constexpr std::string_view kBearer = R"(-H "Authorization: Bearer $TOKEN")";
// The two members of the file, as curl's -u takes them; sed is everywhere, jq is not.
constexpr std::string_view kPair =
    R"sed(s/.*"client_id":"([^"]*)","client_secret":"([^"]*)".*/\1:\2/)sed";
constexpr std::string_view kAccessToken = R"sed(s/.*"access_token":"([^"]*)".*/\1/)sed";

std::string fetch_token(const std::string& url, const std::string& file) {
  const std::string who = file.empty() ? std::string("CLIENT_ID:CLIENT_SECRET")
                                       : fmt::format("$(sed -E '{}' '{}')", kPair, file);
  return fmt::format(
      "  TOKEN=$(curl -s {}/auth/token -d grant_type=client_credentials -u \"{}\" | sed -E '{}')\n",
      url, who, kAccessToken);
}

}  // namespace

std::string hints(const std::string& url, bool open, const std::string& token_file) {
  std::string text = "\nTry, in another terminal:\n";
  if (!open) text += fetch_token(url, token_file);
  const std::string bearer = open ? "" : fmt::format("{} ", kBearer);
  const auto add = [&](std::string_view method, std::string_view path, std::string_view body) {
    text += fmt::format("  curl -s {}{}{}{} {} -d '{}'\n", bearer, method, url, path, kJson, body);
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
  text += fmt::format("  curl -s {0}{1}/orders/o-1\n  curl -s {0}'{1}/events?orderId=o-1'\n",
                      bearer, url);
  if (!open) text += "A token lasts ten minutes. More credentials: cassette admin --help.\n";
  text += fmt::format(
      "What happened, from the ledger: cassette replay tail. The API: {}/openapi.yaml", url);
  return text;
}

}  // namespace cassette::api
