// MemoryModels: read models as plain maps, folded by the projector's own fold. They survive the
// process that writes them; a process that ends takes with it what it had not written.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "projections/documents.h"
#include "projections/model_writer.h"
#include "tests/simulation/weather.h"

namespace cassette::sim {

// All documents of one moment, with the points at which they are.
struct ModelState {
  template <class D>
  using Documents = std::map<std::string, D>;

  std::vector<projections::ModelPoint> points;
  Documents<projections::VendorDocument> vendors;
  Documents<projections::ProductDocument> products;
  Documents<projections::StockDocument> stock;
  Documents<projections::OrderDocument> orders;
  Documents<projections::VendorOrderDocument> vendor_orders;
  Documents<projections::CustomerDocument> customers;
  Documents<projections::TallyDocument> tallies;
  std::vector<projections::TimelineEntry> timeline;

  explicit ModelState(std::uint32_t partitions) : points(partitions) {}

  void fold(const eventstore::StoredCommit& commit);
  // Every document as JSON, by model and key; the timeline's entries by their place.
  std::map<std::string, std::string> texts() const;
};

// What the processes of one folder write and read.
class MemoryModels {
 public:
  explicit MemoryModels(std::uint32_t partitions) : state_(partitions) {}

  const ModelState& state() const { return state_; }
  // A writer that begins at what is written. One at a time is of use.
  std::unique_ptr<projections::ModelWriter> writer(Weather& weather);

 private:
  class Writer;

  ModelState state_;
};

}  // namespace cassette::sim
