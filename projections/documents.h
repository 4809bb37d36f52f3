// Documents: where folds find the documents they change and leave the timeline's entries.
// It keeps; what an event means is fold.h's.
#pragma once

#include <string>

#include "projections/customer_document.h"
#include "projections/order_document.h"
#include "projections/product_document.h"
#include "projections/stock_document.h"
#include "projections/tally_document.h"
#include "projections/timeline_document.h"
#include "projections/vendor_document.h"

namespace cassette::projections {

// The documents of one model, by key.
template <class D>
class Table {
 public:
  virtual ~Table() = default;

  // The document, to be changed; a new one has version 0, and is kept only if that changes. Valid
  // until the end of the commit's fold.
  virtual D& at(const std::string& key) = 0;
  // The same of one that the event makes: there is none yet, so it need not be looked for. One that
  // is there all the same is written over, unless it is remembered: then the fold fails.
  virtual D& make(const std::string& key) = 0;
};

inline domain::Version version_of(const VendorOrderDocument& document) {
  return document.part.version;
}
template <class D>
domain::Version version_of(const D& document) {
  return document.version;
}

class Timeline {
 public:
  virtual ~Timeline() = default;
  virtual void add(TimelineEntry entry) = 0;
};

// Borrowed; one thread folds.
struct Documents {
  Table<VendorDocument>& vendors;
  Table<ProductDocument>& products;
  Table<StockDocument>& stock;
  Table<OrderDocument>& orders;
  Table<VendorOrderDocument>& vendor_orders;
  Table<CustomerDocument>& customers;
  Table<TallyDocument>& tallies;
  Timeline& timeline;
};

}  // namespace cassette::projections
