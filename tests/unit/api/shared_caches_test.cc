// What shared caches may keep: public documents for a second, and nothing that depends on who asks
// or on what they know.
#include "api/http/shared_caches.h"

#include "tests/unit/api/identity_rig.h"

namespace cassette::api {
namespace {

using projections::Model;

const std::string kStock = "/vendors/1580/inventory/771";
const std::string kProduct = "/vendors/1580/products/771";
const std::string kVendor = "/vendors/1580";

struct Counter {
  Counter() {
    desk.services.identity = rig.identity.get();
    desk.now = rig.now;
    desk.models.put(Model::Vendors, "1580",
                    R"({"vendorId":"1580","name":"Litware","contactInfo":{"email":"a"},)"
                    R"("ratings":{"average":0,"count":0},"warehouseLocations":[],)"
                    R"("status":"Active","version":3,"createdAt":"2026-11-23T21:07:00.000000Z",)"
                    R"("updatedAt":"2026-11-23T21:07:00.000000Z"})",
                    3);
    desk.models.put(Model::Products, "1580/771", R"({"name":"Mirror","status":"Listed"})", 2);
    desk.models.put(Model::Stock, "1580/771",
                    R"({"inventoryId":"1580/771","vendorId":"1580","productId":"771",)"
                    R"("quantityAvailable":5,"quantityOnHand":7,"version":4,)"
                    R"("lastUpdated":"2026-11-23T21:07:00.000000Z"})",
                    4);
  }

  Response get(const std::string& target, RequestHeaders headers = {}) {
    return desk.send("GET", target, {}, std::move(headers));
  }
  RequestHeaders vendor() {
    RequestHeaders headers;
    headers.authorization = "Bearer " + rig.by_client().value().access_token;
    return headers;
  }

  IdentityRig rig;
  Desk desk;
};

std::string cache_control(const Response& response) {
  return header_of(response, "Cache-Control");
}

}  // namespace

TEST_CASE("single documents of the catalogue and of stock may be kept where nobody is named") {
  Counter counter;
  const std::string second = std::to_string(counter.desk.now.micros / 1'000'000);
  for (const std::string& path : {kVendor, kProduct, kStock}) {
    CAPTURE(path);
    const Response read = counter.get(path);
    CHECK(read.status == 200);
    CHECK(cache_control(read) == "public, max-age=0, s-maxage=1");
    CHECK(header_of(read, "Vary").starts_with("Authorization, Cassette-Position"));
    // The second in which it was asked for, at whose end nginx takes its copy for old.
    CHECK(header_of(read, "X-Accel-Expires") == "@" + second);
    RequestHeaders known;
    known.if_none_match = header_of(read, "ETag");
    const Response same = counter.get(path, known);
    CHECK(same.status == 304);
    CHECK(cache_control(same) == cache_control(read));
    CHECK(header_of(same, "Vary") == header_of(read, "Vary"));
    CHECK(header_of(same, "ETag") == known.if_none_match);
  }
}

TEST_CASE("who is named, or brings a position, is answered alone") {
  Counter counter;
  RequestHeaders at_position;
  at_position.position = "0:10";
  for (const std::string& path : {kVendor, kProduct, kStock}) {
    CAPTURE(path);
    for (const RequestHeaders& headers : {counter.vendor(), at_position}) {
      const Response read = counter.get(path, headers);
      CHECK(read.status == 200);
      CHECK(cache_control(read) == "private");
      CHECK(header_of(read, "X-Accel-Expires") == "");
    }
  }
}

TEST_CASE("lists, errors and what is closed to nobody's token are not to be kept") {
  Counter counter;
  for (const std::string path : {"/vendors", "/products?q=mirror", "/vendors/1580/products",
                                 "/vendors/1580/inventory", "/inventory?item=1580/771"}) {
    CAPTURE(path);
    CHECK(cache_control(counter.get(path)) == "private");
  }
  for (const std::string path : {"/vendors/none", "/orders/o-1"}) {
    CAPTURE(path);
    CHECK(cache_control(counter.get(path)).find("public") == std::string::npos);
  }
  counter.desk.services.private_catalogue = true;
  CHECK(counter.get(kStock).status == 401);
  CHECK(cache_control(counter.get(kStock)).find("public") == std::string::npos);
}

TEST_CASE("where nobody is asked who they are everything is the administrator's") {
  Counter counter;
  counter.desk.services.identity = nullptr;
  CHECK(cache_control(counter.get(kStock)) == "private");
}

// A browser that had read as the vendor was told 304, and went on showing the vendor's figures.
TEST_CASE("two views of one version have two ETags, and neither is taken for the other") {
  Counter counter;
  for (const std::string& path : {kVendor, kStock}) {
    CAPTURE(path);
    const Response open = counter.get(path);
    const Response own = counter.get(path, counter.vendor());
    CHECK(open.body != own.body);
    CHECK(header_of(open, "ETag") != header_of(own, "ETag"));
    RequestHeaders known;
    known.if_none_match = header_of(own, "ETag");
    CHECK(counter.get(path, known).status == 200);
    RequestHeaders as_vendor = counter.vendor();
    as_vendor.if_none_match = header_of(open, "ETag");
    CHECK(counter.get(path, as_vendor).status == 200);
  }
  const Response open = counter.get(kProduct);
  const Response own = counter.get(kProduct, counter.vendor());
  CHECK(open.body == own.body);
  CHECK(header_of(open, "ETag") == header_of(own, "ETag"));
}

TEST_CASE("what an answer varies by is one header") {
  Response response;
  add_vary(response, "Authorization");
  add_vary(response, "Origin");
  CHECK(response.headers.size() == 1);
  CHECK(header_of(response, "Vary") == "Authorization, Origin");
}

}  // namespace cassette::api
