// Marketplace: a cassette's API in the words of the system tests, and the parts of its documents
// that they look at. It requires what a test takes for granted and leaves the rest to the test.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/client.h"
#include "tests/support/cassette_process.h"
#include "tests/support/load.h"

namespace cassette::test {

struct StockView {
  std::int64_t available = 0;
  std::int64_t on_hand = 0;
  std::int64_t reserved = 0;

  static void fields(auto& self, auto&& visit) {
    visit("quantityAvailable", self.available);
    visit("quantityOnHand", self.on_hand);
    visit("quantityReserved", self.reserved);
  }
  bool operator==(const StockView&) const = default;
};

struct LineView {
  std::string product_id;
  std::int64_t quantity = 0;
  std::int64_t shipped = 0;
  std::int64_t cancelled = 0;

  static void fields(auto& self, auto&& visit) {
    visit("productId", self.product_id);
    visit("quantity", self.quantity);
    visit("shipped", self.shipped);
    visit("cancelled", self.cancelled);
  }
};

struct PartView {
  std::string vendor_id;
  std::string status;
  std::vector<LineView> items;

  static void fields(auto& self, auto&& visit) {
    visit("vendorId", self.vendor_id);
    visit("status", self.status);
    visit("items", self.items);
  }
};

struct OrderView {
  std::string order_id;
  std::string status;
  bool settled = false;
  std::vector<PartView> parts;

  // CHECK-fails when the order has no such vendor.
  const PartView& of(const std::string& vendor_id) const;

  static void fields(auto& self, auto&& visit) {
    visit("orderId", self.order_id);
    visit("status", self.status);
    visit("settled", self.settled);
    visit("subOrders", self.parts);
  }
};

// An order as one of its vendors sees it.
struct VendorOrderView {
  std::string order_id;
  std::string status;

  static void fields(auto& self, auto&& visit) {
    visit("orderId", self.order_id);
    visit("status", self.status);
  }
};

struct ProblemView {
  std::string type;
  std::string order_id;
  bool retryable = false;

  static void fields(auto& self, auto&& visit) {
    visit("type", self.type);
    visit("orderId", self.order_id);
    visit("retryable", self.retryable);
  }
};

// Reads what is known of a document; at their defaults when it is none.
ProblemView problem_of(const std::string& body);
OrderView order_of(const std::string& body);

// A product of a vendor, and how many of it.
struct Want {
  std::string vendor_id;
  std::string product_id;
  std::int64_t quantity = 1;
};

api::ClientRequest write_to(std::string method, std::string target, std::string body,
                            std::string key = {});
// The body of POST /orders. `more` are further members, beginning with a comma.
std::string order_body(const std::vector<Want>& wants, std::string_view more = {});
api::ClientRequest place_order(const std::vector<Want>& wants, std::string key = {},
                               std::string_view more = {});

// Ids that begin with `stem` and lie in the partitions 0, 1, 2, … (modulo `partitions`) in turn, in
// the order of ids.
std::vector<std::string> ids_over_partitions(std::string_view stem, std::uint32_t partitions,
                                             std::size_t count);

// One connection to a cassette. One thread uses it.
class Marketplace {
 public:
  // Shows `token` unless it is empty.
  explicit Marketplace(const std::string& url, std::string_view token = {}) : client_(url, token) {}

  // Any answer; fails the test when there is none. What is read includes all that was written here.
  api::ClientResponse send(const api::ClientRequest& request);
  // Also when there is none: status 0.
  api::ClientResponse try_send(const api::ClientRequest& request);
  // Fails the test unless the answer is a success. A 503 is asked again, of a read or under a key.
  api::ClientResponse must(const api::ClientRequest& request);

  // A vendor with one product that costs 10.00 USD; counts `quantity` of it.
  void open_shop(const std::string& vendor_id, const std::string& product_id,
                 std::int64_t quantity);

  StockView stock(const std::string& vendor_id, const std::string& product_id);
  OrderView order(const std::string& order_id);
  // Reads the order until it is settled or cancelled; fails the test when it never is.
  OrderView settled_order(const std::string& order_id);
  // All of them, over all pages.
  std::vector<OrderView> orders();
  std::vector<VendorOrderView> orders_of(const std::string& vendor_id,
                                         std::string_view filter = {});

 private:
  std::string read(const std::string& target);

  api::HttpClient client_;
  std::string position_;  // of the last write
};

// `replay verify` on the folder, sound: fails the test with its output when it is not.
void require_sound(const std::filesystem::path& data);
// The same with the read models compared with a rebuild. Nothing may run on the folder.
void require_sound_models(const std::filesystem::path& data);

// What a shop's stock must be, from what was counted in and the orders that there are: by
// "vendor/product".
struct Books {
  std::map<std::string, std::int64_t> shipped;
  std::map<std::string, std::int64_t> promised;  // to standing orders, and not shipped
};
Books books_of(const std::vector<OrderView>& orders);

}  // namespace cassette::test
