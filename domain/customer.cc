// Customer: folds and decides registration, changes and erasure.
// It refuses to open what is sealed.
#include "domain/customer.h"

#include "domain/preconditions.h"

namespace cassette::domain {
namespace {

// Keeps `wanted` only where it differs from what stands.
template <class T>
std::optional<T> difference(const std::optional<T>& wanted, const T& current) {
  return wanted && *wanted != current ? wanted : std::nullopt;
}

}  // namespace

// ---- evolve

void evolve(Customer& customer, const CustomerRegistered& event) {
  CHECK(!customer.exists());
  customer.version = 1;
  customer.name = event.name;
  customer.contact_info = event.contact_info;
  customer.addresses = event.addresses;
}

void evolve(Customer& customer, const CustomerChanged& event) {
  CHECK(customer.exists() && !customer.erased());
  ++customer.version;
  if (event.name) customer.name = *event.name;
  if (event.contact_info) customer.contact_info = *event.contact_info;
  if (event.addresses) customer.addresses = *event.addresses;
}

void evolve(Customer& customer, const CustomerErased&) {
  customer = Customer{.version = customer.version + 1,
                      .status = CustomerStatus::Erased,
                      .name = {},
                      .contact_info = {},
                      .addresses = {}};
}

// ---- decide

Decision decide(const Customer& customer, const RegisterCustomer& command) {
  if (customer.exists()) return Failure{AlreadyExists{"customer", command.customer_id.value}};
  return events_of(CustomerRegistered{command.customer_id, command.name, command.contact_info,
                                      command.addresses});
}

Decision decide(const Customer& customer, const ChangeCustomer& command) {
  if (!customer.exists()) return Failure{NotFound{"customer", command.customer_id.value}};
  if (customer.erased()) return Failure{CustomerIsErased{command.customer_id}};
  if (mismatched(command.expected_version, customer.version)) {
    return Failure{VersionMismatch{*command.expected_version, customer.version}};
  }
  CustomerChanged event{command.customer_id, difference(command.name, customer.name),
                        difference(command.contact_info, customer.contact_info),
                        difference(command.addresses, customer.addresses)};
  if (!event.name && !event.contact_info && !event.addresses) return Events{};
  return events_of(std::move(event));
}

Decision decide(const Customer& customer, const EraseCustomer& command) {
  if (customer.erased()) return Events{};
  if (mismatched(command.expected_version, customer.version)) {
    return Failure{VersionMismatch{*command.expected_version, customer.version}};
  }
  return events_of(CustomerErased{command.customer_id});
}

}  // namespace cassette::domain
