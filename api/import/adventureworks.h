// AdventureWorks: what an import of Microsoft's sample tables writes, in the order of their times.
// Makes the plan; sends nothing.
#pragma once

#include "api/import/plan.h"
#include "api/import/tables.h"

namespace cassette::api::importing {

// Vendors, customers and products first, then stock (what the orders will need and the safety
// stock), then orders and tracking merged by time, and at the end the suspensions: history has
// orders of vendors that are not active today. An order waits for its confirmation, which the first
// tracking event gives.
Plan adventureworks_plan(const Tables& tables);

// An order's id in the marketplace.
std::string imported_order_id(const std::string& table_id);

}  // namespace cassette::api::importing
