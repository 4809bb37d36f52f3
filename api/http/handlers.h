// Handlers: one function a route of the contract. Each reads its request, submits what it means or
// reads what it asks, and gives a response or a problem; routes.cc says which path is whose.
#pragma once

#include "api/http/problem.h"
#include "api/http/services.h"

namespace cassette::api {

Answered<Response> register_vendor(const Call& call);
Answered<Response> list_vendors(const Call& call);
Answered<Response> read_vendor(const Call& call);
Answered<Response> change_vendor(const Call& call);
Answered<Response> mint_nats_credentials(const Call& call);
Answered<Response> revoke_nats_credentials(const Call& call);

Answered<Response> list_product(const Call& call);
Answered<Response> list_vendor_products(const Call& call);
Answered<Response> read_product(const Call& call);
Answered<Response> revise_product(const Call& call);
Answered<Response> delist_product(const Call& call);
Answered<Response> search_products(const Call& call);

Answered<Response> list_stock(const Call& call);
Answered<Response> write_stock_in_bulk(const Call& call);
Answered<Response> read_stock(const Call& call);
Answered<Response> count_stock(const Call& call);
Answered<Response> adjust_stock(const Call& call);
Answered<Response> read_many_stocks(const Call& call);

Answered<Response> place_order(const Call& call);
Answered<Response> list_orders(const Call& call);
Answered<Response> read_order(const Call& call);
Answered<Response> list_vendor_orders(const Call& call);
Answered<Response> read_vendor_order(const Call& call);
Answered<Response> list_customer_orders(const Call& call);
Answered<Response> change_status(const Call& call);
Answered<Response> confirm_order(const Call& call);
Answered<Response> cancel_order(const Call& call);
Answered<Response> change_address(const Call& call);
Answered<Response> ship(const Call& call);
Answered<Response> update_shipment(const Call& call);
Answered<Response> request_return(const Call& call);
Answered<Response> resolve_return(const Call& call);

Answered<Response> register_customer(const Call& call);
Answered<Response> list_customers(const Call& call);
Answered<Response> read_customer(const Call& call);
Answered<Response> change_customer(const Call& call);
Answered<Response> erase_customer(const Call& call);
Answered<Response> export_customer(const Call& call);

Answered<Response> follow_live(const Call& call);
Answered<Response> make_live_ticket(const Call& call);

Answered<Response> list_events(const Call& call);
Answered<Response> list_security_events(const Call& call);
Answered<Response> list_heads(const Call& call);
Answered<Response> list_notary_keys(const Call& call);
Answered<Response> read_proof(const Call& call);
Answered<Response> read_contract(const Call& call);
Answered<Response> is_alive(const Call& call);
Answered<Response> is_ready(const Call& call);

Answered<Response> issue_token(const Call& call);
Answered<Response> refresh_token(const Call& call);
Answered<Response> authorize(const Call& call);
Answered<Response> sign_in(const Call& call);
Answered<Response> revoke_token(const Call& call);
Answered<Response> introspect_token(const Call& call);
Answered<Response> read_metadata(const Call& call);
Answered<Response> read_keys(const Call& call);

}  // namespace cassette::api
