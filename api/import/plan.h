// Plan: what an import wants to write, in which order, and what must stand at the end. It is made
// from tables or made up, without a server; the runner carries it out.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "domain/sub_order.h"
#include "domain/values.h"

namespace cassette::api::importing {

// One request that changes something. `fact` names what stands once it is done (facts.h), so that
// it is not sent when the server says that it is so already.
struct Write {
  std::string method;
  std::string path;
  std::string body;
  std::string key;  // Idempotency-Key: the same in every run
  std::string fact;
  bool first_only = false;  // If-None-Match: *
};

// Writes that don't depend on each other. All of a step is done before the next one begins.
struct Step {
  std::string phase;  // for the progress
  std::string month;  // "2011-05", of a step that has a time; else empty
  std::vector<Write> writes;
};

enum class Kind { Vendor, Customer, Product, Stock, Order };

// A document that the plan's writes make or change.
struct Subject {
  Kind kind = Kind::Vendor;
  std::string path;
};

struct ExpectedOrder {
  domain::OrderStatus status = domain::OrderStatus::Pending;
  std::set<std::string> vendors;  // the distinct sellers of its lines
  std::size_t lines = 0;
  domain::Quantity units = 0;
  std::int64_t total = 0;  // minor units

  bool operator==(const ExpectedOrder&) const = default;
};

// What the source demands of the read models.
struct Expected {
  std::size_t vendors = 0;
  std::size_t suspended_vendors = 0;
  std::size_t customers = 0;
  std::size_t products = 0;
  std::map<std::string, ExpectedOrder> orders;  // by order id
};

struct Plan {
  std::vector<Subject> subjects;
  std::vector<Step> steps;
  Expected expected;

  std::size_t writes() const;
};

}  // namespace cassette::api::importing
