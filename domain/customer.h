// Customer: a person or shop that orders; all it says of them is sealed.
// Erasing forgets what was said and refuses new orders; orders already placed go on.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/decision.h"
#include "domain/values.h"

namespace cassette::domain {

// ---- commands

struct RegisterCustomer {
  CustomerId customer_id;
  Sealed name;
  ContactInfo contact_info;
  std::vector<Sealed> addresses;
};

// Absent members stay as they are.
struct ChangeCustomer {
  CustomerId customer_id;
  std::optional<Version> expected_version;
  std::optional<Sealed> name;
  std::optional<ContactInfo> contact_info;
  std::optional<std::vector<Sealed>> addresses;
};

struct EraseCustomer {
  CustomerId customer_id;
  std::optional<Version> expected_version;
};

// ---- events

struct CustomerRegistered {
  static constexpr std::string_view type = "CustomerRegistered";
  CustomerId customer_id;
  Sealed name;
  ContactInfo contact_info;
  std::vector<Sealed> addresses;

  static void fields(auto& self, auto&& visit) {
    visit("customerId", self.customer_id);
    visit("name", self.name);
    visit("contactInfo", self.contact_info);
    visit("addresses", self.addresses);
  }
  bool operator==(const CustomerRegistered&) const = default;
};

struct CustomerChanged {
  static constexpr std::string_view type = "CustomerChanged";
  CustomerId customer_id;
  std::optional<Sealed> name;
  std::optional<ContactInfo> contact_info;
  std::optional<std::vector<Sealed>> addresses;

  static void fields(auto& self, auto&& visit) {
    visit("customerId", self.customer_id);
    visit("name", self.name);
    visit("contactInfo", self.contact_info);
    visit("addresses", self.addresses);
  }
  bool operator==(const CustomerChanged&) const = default;
};

struct CustomerErased {
  static constexpr std::string_view type = "CustomerErased";
  CustomerId customer_id;

  static void fields(auto& self, auto&& visit) { visit("customerId", self.customer_id); }
  bool operator==(const CustomerErased&) const = default;
};

// ---- state

enum class CustomerStatus { Active, Erased };

struct Customer {
  Version version = 0;
  CustomerStatus status = CustomerStatus::Active;
  Sealed name;
  ContactInfo contact_info;
  std::vector<Sealed> addresses;

  bool exists() const { return version > 0; }
  bool erased() const { return status == CustomerStatus::Erased; }
  static void fields(auto& self, auto&& visit) {
    visit("version", self.version);
    visit("status", self.status);
    visit("name", self.name);
    visit("contactInfo", self.contact_info);
    visit("addresses", self.addresses);
  }
  bool operator==(const Customer&) const = default;
};

// ---- evolve

void evolve(Customer& customer, const CustomerRegistered& event);
void evolve(Customer& customer, const CustomerChanged& event);
void evolve(Customer& customer, const CustomerErased& event);

// ---- decide

// AlreadyExists, also for an erased customer: an id is never used twice.
Decision decide(const Customer& customer, const RegisterCustomer& command);
// NotFound, CustomerIsErased, VersionMismatch; what already stands gives no event.
Decision decide(const Customer& customer, const ChangeCustomer& command);
// An id that was never registered may be erased too: its orders carry personal data. Twice: no
// event.
Decision decide(const Customer& customer, const EraseCustomer& command);

}  // namespace cassette::domain

template <>
struct cassette::EnumNames<cassette::domain::CustomerStatus> {
  static constexpr std::array<std::string_view, 2> values{"Active", "Erased"};
};
