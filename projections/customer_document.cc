// Folds a customer's events into its document.
#include "projections/customer_document.h"

namespace cassette::projections {
namespace {

void touch(CustomerDocument& document, const domain::CustomerId& id, const FoldMeta& meta) {
  if (document.version == 0) {
    document.customer_id = id;
    document.created_at = meta.at;
  }
  ++document.version;
  document.updated_at = meta.at;
}

}  // namespace

void evolve(CustomerDocument& document, const domain::CustomerRegistered& event,
            const FoldMeta& meta) {
  touch(document, event.customer_id, meta);
  document.name = event.name;
  document.contact_info = event.contact_info;
  document.addresses = event.addresses;
}

void evolve(CustomerDocument& document, const domain::CustomerChanged& event,
            const FoldMeta& meta) {
  touch(document, event.customer_id, meta);
  if (event.name) document.name = *event.name;
  if (event.contact_info) document.contact_info = *event.contact_info;
  if (event.addresses) document.addresses = *event.addresses;
}

void evolve(CustomerDocument& document, const domain::CustomerErased& event, const FoldMeta& meta) {
  touch(document, event.customer_id, meta);
  document.name = {};
  document.contact_info = {};
  document.addresses->clear();
  document.status = domain::CustomerStatus::Erased;
}

}  // namespace cassette::projections
