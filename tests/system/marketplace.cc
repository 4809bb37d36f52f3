// Marketplace: requests as the contract writes them, and documents read by their described parts.
#include "tests/system/marketplace.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

#include "domain/check.h"
#include "eventstore/codec.h"
#include "eventstore/json_read.h"

namespace cassette::test {
namespace {

using api::ClientRequest;
using api::ClientResponse;

constexpr int kUnavailable = 503;
// The most that a list gives at once, and more pages than any test fills.
constexpr int kPageLimit = 200;
constexpr int kMaxPages = 1000;
// Candidates for an id in a given partition: far more than chance needs.
constexpr std::uint32_t kMaxCandidates = 10'000;

template <class Item>
struct Page {
  std::vector<Item> items;
  std::string next;

  static void fields(auto& self, auto&& visit) {
    visit("items", self.items);
    visit("next", self.next);
  }
};

template <class View>
View parse(const std::string& body) {
  View view;
  INFO(body);
  REQUIRE(eventstore::read_json(body, view));
  return view;
}

template <class View>
View parse_if(const std::string& body) {
  View view;
  return eventstore::read_json(body, view) ? view : View{};
}

}  // namespace

const PartView& OrderView::of(const std::string& vendor_id) const {
  const auto part = std::find_if(parts.begin(), parts.end(),
                                 [&](const PartView& p) { return p.vendor_id == vendor_id; });
  CASSETTE_CHECK(part != parts.end());
  return *part;
}

ProblemView problem_of(const std::string& body) {
  return parse_if<ProblemView>(body);
}

OrderView order_of(const std::string& body) {
  return parse_if<OrderView>(body);
}

// ---- requests --------------------------------------------------------------------------------

ClientRequest write_to(std::string method, std::string target, std::string body, std::string key) {
  ClientRequest request;
  request.method = std::move(method);
  request.target = std::move(target);
  request.body = std::move(body);
  request.idempotency_key = std::move(key);
  return request;
}

std::string order_body(const std::vector<Want>& wants, std::string_view more) {
  std::string items;
  for (const Want& want : wants) {
    if (!items.empty()) items += ',';
    items += fmt::format(R"({{"vendorId":"{}","productId":"{}","quantity":{}}})", want.vendor_id,
                         want.product_id, want.quantity);
  }
  return fmt::format(R"({{"customerId":"c-1","items":[{}]{}}})", items, more);
}

ClientRequest place_order(const std::vector<Want>& wants, std::string key, std::string_view more) {
  return write_to("POST", "/orders", order_body(wants, more), std::move(key));
}

std::vector<std::string> ids_over_partitions(std::string_view stem, std::uint32_t partitions,
                                             std::size_t count) {
  std::vector<std::string> ids;
  for (std::uint32_t i = 0; ids.size() < count; ++i) {
    CASSETTE_CHECK(i < kMaxCandidates);
    std::string id = fmt::format("{}-{:05}", stem, i);
    if (eventstore::partition_of(id, partitions) == ids.size() % partitions) {
      ids.push_back(std::move(id));
    }
  }
  return ids;
}

// ---- Marketplace -----------------------------------------------------------------------------

ClientResponse Marketplace::try_send(const ClientRequest& request) {
  const auto response = client_.send(request);
  return response.ok() ? response.value() : ClientResponse{};
}

ClientResponse Marketplace::send(const ClientRequest& request) {
  const auto response = client_.send(request);
  INFO(request.method << " " << request.target << " " << request.body);
  REQUIRE_MESSAGE(response.ok(), (response.ok() ? "" : response.error()));
  if (!response.value().position.empty()) position_ = response.value().position;
  return response.value();
}

ClientResponse Marketplace::must(const ClientRequest& request) {
  const bool repeatable = request.method == "GET" || !request.idempotency_key.empty();
  ClientResponse response;
  await([&] {
    response = send(request);
    return response.status != kUnavailable || !repeatable;
  });
  INFO(request.method << " " << request.target << " " << request.body);
  REQUIRE_MESSAGE(response.ok(), response.status << " " << response.body);
  return response;
}

void Marketplace::open_shop(const std::string& vendor_id, const std::string& product_id,
                            std::int64_t quantity) {
  // Keys, so that a machine under strain is asked again rather than failed.
  const auto create = [&](const std::string& target, std::string body) {
    std::string key = fmt::format("open-{}-{}-{}", vendor_id, product_id, target.size());
    must(write_to("POST", target, std::move(body), std::move(key)));
  };
  create("/vendors", fmt::format(R"({{"vendorId":"{0}","name":"{0}"}})", vendor_id));
  create(fmt::format("/vendors/{}/products", vendor_id),
         fmt::format(R"({{"productId":"{0}","name":"{0}","SKU":"{0}",)"
                     R"("price":{{"amount":1000,"currency":"USD"}}}})",
                     product_id));
  create(fmt::format("/vendors/{}/inventory/{}", vendor_id, product_id),
         fmt::format(R"({{"quantity":{}}})", quantity));
}

std::string Marketplace::read(const std::string& target) {
  ClientRequest request;
  request.target = target;
  request.position = position_;
  return must(request).body;
}

StockView Marketplace::stock(const std::string& vendor_id, const std::string& product_id) {
  return parse<StockView>(read(fmt::format("/vendors/{}/inventory/{}", vendor_id, product_id)));
}

OrderView Marketplace::order(const std::string& order_id) {
  return parse<OrderView>(read("/orders/" + order_id));
}

OrderView Marketplace::settled_order(const std::string& order_id) {
  OrderView view;
  const bool settled = await([&] {
    view = order(order_id);
    return view.settled || view.status == "Cancelled";
  });
  INFO("order " << order_id);
  REQUIRE(settled);
  return view;
}

std::vector<OrderView> Marketplace::orders() {
  std::vector<OrderView> all;
  std::string target = fmt::format("/orders?limit={}", kPageLimit);
  for (int page_number = 0; page_number < kMaxPages; ++page_number) {
    auto page = parse<Page<OrderView>>(read(target));
    all.insert(all.end(), page.items.begin(), page.items.end());
    if (page.next.empty()) return all;
    target = fmt::format("/orders?limit={}&cursor={}", kPageLimit, page.next);
  }
  FAIL("a list without an end");
  return all;
}

std::vector<VendorOrderView> Marketplace::orders_of(const std::string& vendor_id,
                                                    std::string_view filter) {
  const std::string target = fmt::format("/vendors/{}/orders{}", vendor_id, filter);
  return parse<Page<VendorOrderView>>(read(target)).items;
}

// ---- checks ----------------------------------------------------------------------------------

void require_sound(const std::filesystem::path& data) {
  const Finished verify = run_cassette({"replay", "verify", "--data", data.string()});
  INFO(verify.output << verify.errors);
  REQUIRE(verify.status == 0);
}

void require_sound_models(const std::filesystem::path& data) {
  const Finished verify = run_cassette(
      {"replay", "verify", "--data", data.string(), "--read-models", (data / "models").string()});
  INFO(verify.output << verify.errors);
  REQUIRE(verify.status == 0);
}

Books books_of(const std::vector<OrderView>& orders) {
  Books books;
  for (const OrderView& order : orders) {
    for (const PartView& part : order.parts) {
      for (const LineView& line : part.items) {
        const std::string item = part.vendor_id + "/" + line.product_id;
        books.shipped[item] += line.shipped;
        if (part.status == "Cancelled") continue;
        books.promised[item] += line.quantity - line.shipped - line.cancelled;
      }
    }
  }
  return books;
}

}  // namespace cassette::test
