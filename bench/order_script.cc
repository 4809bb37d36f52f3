// Order script: one Lua file.
#include "bench/order_script.h"

#include <fmt/format.h>

#include "bench/workload.h"

namespace cassette::bench {

std::string order_script(int run, std::uint32_t items, int customers) {
  return fmt::format(R"(
local threads = 0
function setup(thread)
  thread:set("thread_number", threads)
  threads = threads + 1
end
local count = 0
-- Without those of wrk's command line there would be no token.
local headers = {{}}
for name, value in pairs(wrk.headers) do headers[name] = value end
headers["Content-Type"] = "application/json"
function request()
  count = count + 1
  local id = string.format("r{}-%d-%d", thread_number, count)
  local item = (count * 7919 + thread_number * 4999) % {}
  headers["Idempotency-Key"] = id
  local body = string.format('{{"orderId":"%s","customerId":"customer-%d","items":[' ..
    '{{"vendorId":"v%02d","productId":"p%05d","quantity":1}}],"shippingAddress":{{' ..
    '"name":"Ada Rider","line1":"1 Sprocket Lane","city":"Portland","region":"OR",' ..
    '"postalCode":"97201","countryCode":"US"}}}}',
    id, count % {}, item % {}, item)
  return wrk.format("POST", nil, headers, body)
end
)",
                     run, items, customers, kVendors);
}

}  // namespace cassette::bench
