// Report: what the read models hold of an import, beside what its source demands. Counts documents
// and prints; asks no server.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "api/import/plan.h"
#include "api/import/runner.h"
#include "eventstore/store_error.h"

namespace cassette::api::importing {

// The read models' figures, counted from documents alone.
struct Figures {
  std::size_t vendors = 0;
  std::size_t suspended_vendors = 0;
  std::size_t customers = 0;
  std::size_t products = 0;
  std::size_t stock_items = 0;
  std::map<std::string, std::size_t> orders;  // by status
  std::size_t lines = 0;
  domain::Quantity units = 0;
  std::size_t sub_orders = 0;
  std::size_t vendors_sub_orders = 0;  // as the vendors' own lists show them
  std::int64_t revenue = 0;            // minor units
  // Orders whose status, sellers, lines, units or total are not as expected, by id.
  std::vector<std::string> differing_orders;

  bool operator==(const Figures&) const = default;
};

// The failure names a document that is not what its path says.
Result<Figures, std::string> count_documents(const Plan& plan, const Documents& documents);
// Adds the expected orders that vendors' lists show. `pages` are those lists'.
Result<eventstore::Done, std::string> count_vendors_sub_orders(
    const std::vector<std::string>& pages, const Expected& expected, Figures& figures);
// What the same count would give if the read models held exactly what the source demands.
Figures demanded(const Expected& expected);

// By month, "2011-05": the position after its last event, all partitions' together. `pages` are of
// the orders' timelines; events that were not given a time of their own are left out.
Result<std::map<std::string, std::string>, std::string> month_positions(
    const std::vector<std::string>& pages);

struct Report {
  Figures found;
  Figures demanded;
  std::map<std::string, std::string> months;
  Written written;

  bool as_demanded() const;
};

// As a table for people; every line that differs says so.
std::string to_text(const Report& report);

}  // namespace cassette::api::importing
