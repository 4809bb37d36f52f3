// Routes: the table.
#include "api/http/routes.h"

#include <array>

namespace cassette::api {
namespace {

constexpr std::array kRoutes = {
    Route{"POST", "/vendors", "registerVendor", register_vendor, Takes::Json},
    Route{"GET", "/vendors", "listVendors", list_vendors},
    Route{"GET", "/vendors/{vendorId}", "readVendor", read_vendor},
    Route{"PATCH", "/vendors/{vendorId}", "changeVendor", change_vendor, Takes::Patch},
    Route{"POST", "/vendors/{vendorId}/nats-credentials", "mintNatsCredentials",
          mint_nats_credentials, Takes::OptionalJson},
    Route{"DELETE", "/vendors/{vendorId}/nats-credentials", "revokeNatsCredentials",
          revoke_nats_credentials},

    Route{"POST", "/vendors/{vendorId}/products", "listProduct", list_product, Takes::Json},
    Route{"GET", "/vendors/{vendorId}/products", "listVendorProducts", list_vendor_products},
    Route{"GET", "/vendors/{vendorId}/products/{productId}", "readProduct", read_product},
    Route{"PUT", "/vendors/{vendorId}/products/{productId}", "reviseProduct", revise_product,
          Takes::Json, false, true},
    Route{"DELETE", "/vendors/{vendorId}/products/{productId}", "delistProduct", delist_product},
    Route{"GET", "/products", "searchProducts", search_products},

    Route{"GET", "/vendors/{vendorId}/inventory", "listStock", list_stock},
    Route{"POST", "/vendors/{vendorId}/inventory", "writeStockInBulk", write_stock_in_bulk,
          Takes::Ndjson},
    Route{"GET", "/vendors/{vendorId}/inventory/{productId}", "readStock", read_stock},
    Route{"POST", "/vendors/{vendorId}/inventory/{productId}", "countStock", count_stock,
          Takes::Json, false, true},
    Route{"PATCH", "/vendors/{vendorId}/inventory/{productId}", "adjustStock", adjust_stock,
          Takes::Patch, true},
    Route{"GET", "/inventory", "readManyStocks", read_many_stocks},

    Route{"POST", "/orders", "placeOrder", place_order, Takes::Json, true},
    Route{"GET", "/orders", "listOrders", list_orders},
    Route{"GET", "/orders/{orderId}", "readOrder", read_order},
    Route{"GET", "/vendors/{vendorId}/orders", "listVendorOrders", list_vendor_orders},
    Route{"GET", "/vendors/{vendorId}/orders/{orderId}", "readVendorOrder", read_vendor_order},
    Route{"GET", "/customers/{customerId}/orders", "listCustomerOrders", list_customer_orders},
    Route{"PATCH", "/orders/{orderId}/status", "changeStatus", change_status, Takes::Patch},
    Route{"POST", "/orders/{orderId}/confirmation", "confirmOrder", confirm_order,
          Takes::OptionalJson},
    Route{"POST", "/orders/{orderId}/cancellations", "cancelOrder", cancel_order,
          Takes::OptionalJson},
    Route{"PATCH", "/orders/{orderId}/address", "changeAddress", change_address, Takes::Patch},
    Route{"POST", "/orders/{orderId}/shipments", "ship", ship, Takes::OptionalJson},
    Route{"PATCH", "/orders/{orderId}/shipments/{shipmentId}", "updateShipment", update_shipment,
          Takes::Patch},
    Route{"POST", "/orders/{orderId}/returns", "requestReturn", request_return, Takes::Json},
    Route{"PATCH", "/orders/{orderId}/returns/{returnId}", "resolveReturn", resolve_return,
          Takes::Patch},

    Route{"POST", "/customers", "registerCustomer", register_customer, Takes::Json},
    Route{"GET", "/customers", "listCustomers", list_customers},
    Route{"GET", "/customers/{customerId}", "readCustomer", read_customer},
    Route{"PATCH", "/customers/{customerId}", "changeCustomer", change_customer, Takes::Patch},
    Route{"DELETE", "/customers/{customerId}", "eraseCustomer", erase_customer},
    Route{"GET", "/customers/{customerId}/export", "exportCustomer", export_customer},

    Route{"GET", "/live", "followLive", follow_live},
    Route{"POST", "/live/tickets", "makeLiveTicket", make_live_ticket},

    Route{"GET", "/events", "listEvents", list_events},
    Route{"GET", "/security-events", "listSecurityEvents", list_security_events},
    Route{"GET", "/audit/heads", "listHeads", list_heads},
    Route{"GET", "/audit/keys", "listNotaryKeys", list_notary_keys},
    Route{"GET", "/audit/proof", "readProof", read_proof},
    Route{"GET", "/openapi.yaml", "readContract", read_contract},
    Route{"GET", "/health/live", "isAlive", is_alive},
    Route{"GET", "/health/ready", "isReady", is_ready},

    Route{"POST", "/auth/token", "issueToken", issue_token, Takes::Form},
    Route{"POST", "/auth/refresh", "refreshToken", refresh_token, Takes::Form},
    Route{"GET", "/auth/authorize", "authorize", authorize},
    Route{"POST", "/auth/authorize", "signIn", sign_in, Takes::Form},
    Route{"POST", "/auth/revoke", "revokeToken", revoke_token, Takes::Form},
    Route{"POST", "/auth/introspect", "introspectToken", introspect_token, Takes::Form},
    Route{"GET", "/.well-known/openid-configuration", "readOpenIdConfiguration", read_metadata},
    Route{"GET", "/.well-known/oauth-authorization-server", "readAuthorizationServer",
          read_metadata},
    Route{"GET", "/.well-known/jwks.json", "readKeys", read_keys},
};

}  // namespace

std::span<const Route> routes() {
  return kRoutes;
}

}  // namespace cassette::api
