// Shoppers: what each client does next, drawn from a generator of its own.
#include "tests/system/shoppers.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

namespace cassette::test {
namespace {

api::ClientRequest random_order(Random& random, const std::vector<std::string>& vendors) {
  std::vector<Want> wants;
  for (const std::string& vendor : vendors) {
    if (happens(random, 50))
      wants.push_back({vendor, "part", static_cast<int>(draw(random, 1, 3))});
  }
  if (wants.empty()) wants.push_back({vendors[draw(random, 0, vendors.size() - 1)], "part"});
  return place_order(wants);
}

api::ClientRequest restock(const std::string& vendor) {
  return write_to("PATCH", fmt::format("/vendors/{}/inventory/part", vendor),
                  fmt::format(R"({{"delta":{},"reason":"restock"}})", kRestocked));
}

api::ClientRequest ship_first_part(const OrderView& order) {
  return write_to(
      "PATCH", fmt::format("/orders/{}/status", order.order_id),
      fmt::format(R"({{"status":"Shipped","vendorId":"{}"}})", order.parts.at(0).vendor_id));
}

api::ClientRequest cancel(const OrderView& order) {
  return write_to("POST", fmt::format("/orders/{}/cancellations", order.order_id),
                  R"({"reason":"changed my mind"})");
}

}  // namespace

std::uint64_t draw(Random& random, std::uint64_t from, std::uint64_t to) {
  return std::uniform_int_distribution<std::uint64_t>(from, to)(random);
}
bool happens(Random& random, unsigned percent) {
  return draw(random, 1, 100) <= percent;
}

std::uint64_t choose_seed() {
  const char* given = std::getenv("CASSETTE_SEED");
  const std::uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::uint64_t{std::random_device{}()};
  std::printf("CASSETTE_SEED=%llu\n", static_cast<unsigned long long>(seed));
  std::fflush(stdout);
  return seed;
}

bool is_order(const Write& write) {
  return write.request.method == "POST" && write.request.target == "/orders";
}
bool is_restock(const Write& write) {
  return write.request.method == "PATCH" && !is_order(write) &&
         write.request.target.starts_with("/vendors/");
}

Shoppers::Shoppers(std::uint64_t seed, unsigned clients, std::vector<std::string> vendors)
    : vendors_(std::move(vendors)) {
  for (unsigned i = 0; i < clients; ++i) random_.emplace_back(seed + i);
}

std::optional<api::ClientRequest> Shoppers::next(unsigned client,
                                                 const std::vector<Write>& so_far) {
  Random& random = random_[client];
  if (!so_far.empty() && is_order(so_far.back()) && so_far.back().accepted()) {
    const OrderView order = order_of(so_far.back().answer);
    if (happens(random, 30)) return ship_first_part(order);
    if (happens(random, 30)) return cancel(order);
  }
  if (happens(random, 20)) return restock(vendors_[draw(random, 0, vendors_.size() - 1)]);
  return random_order(random, vendors_);
}

}  // namespace cassette::test
