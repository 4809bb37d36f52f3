// Customers: register, list, read, change and erase. All that is said of one is sealed.
#include "api/http/handlers.h"
#include "api/http/ownership.h"
#include "api/http/preconditions.h"
#include "api/http/writes.h"
#include "api/identity/security_log.h"

namespace cassette::api {
namespace {

// Attempts at a partial change of the contact while others change the customer.
constexpr int kMaxMergeAttempts = 5;

using AddressRequests = Items<Address, 0, kMaxAddresses>;

struct RegisterRequest {
  std::optional<domain::CustomerId> customer_id;
  Name name;
  std::optional<ContactRequest> contact_info;
  std::optional<AddressRequests> addresses;

  static void fields(auto& self, auto&& visit) {
    visit("customerId", self.customer_id);
    visit("name", self.name);
    visit("contactInfo", self.contact_info);
    visit("addresses", self.addresses);
  }
};

struct ChangeRequest {
  std::optional<Name> name;
  Patch<ContactPatch> contact_info;
  Patch<AddressRequests> addresses;

  static void fields(auto& self, auto&& visit) {
    visit("name", self.name);
    visit("contactInfo", self.contact_info);
    visit("addresses", self.addresses);
  }
};

std::string subject_of(const domain::CustomerId& id) {
  return "customer:" + id.value;
}

Written written(const domain::CustomerId& id) {
  return {Model::Customers, id.value, "customer", "/customers/" + id.value};
}

Answered<std::vector<domain::Sealed>> seal_addresses(const Call& call, std::string_view subject,
                                                     const AddressRequests& addresses) {
  std::vector<domain::Sealed> sealed;
  for (const Address& address : addresses.values) {
    auto token = seal(call, subject, "addresses", address.json());
    if (!token) return Failure{std::move(token).error()};
    sealed.push_back(std::move(token).value());
  }
  return sealed;
}

// Whoever was erased can't be changed: it is refused when it is new.
domain::ChangeCustomer bare_change(const domain::CustomerId& id) {
  domain::ChangeCustomer change;
  change.customer_id = id;
  return change;
}

// What must be read before anything is sealed, so that no key is made for who isn't there.
Answered<domain::ChangeCustomer> to_change(const Call& call, const ChangeRequest& patch,
                                           const Preconditions& demanded) {
  const auto stored = read_document(call, Model::Customers, call.ids[0], "customer");
  if (!stored) return Failure{stored.error()};
  const std::string subject = subject_of(call.customer_id());
  domain::ChangeCustomer change;
  change.customer_id = call.customer_id();
  change.expected_version = demanded.version;
  if (patch.name) {
    auto name = seal_text(call, subject, "name", patch.name->value);
    if (!name) return Failure{std::move(name).error()};
    change.name = std::move(name).value();
  }
  if (!patch.addresses.absent()) {
    auto addresses = seal_addresses(call, subject, patch.addresses.value);
    if (!addresses) return Failure{std::move(addresses).error()};
    change.addresses = std::move(addresses).value();
  }
  if (patch.contact_info.absent()) return change;
  auto contact = merge_contact(call, subject, stored.value().body, patch.contact_info);
  if (!contact) return Failure{std::move(contact).error()};
  change.contact_info = std::move(contact).value();
  if (!change.expected_version) change.expected_version = stored.value().version;
  return change;
}

Answered<domain::RegisterCustomer> to_registration(const Call& call, const RegisterRequest& request,
                                                   const domain::CustomerId& id) {
  domain::RegisterCustomer command;
  command.customer_id = id;
  const std::string subject = subject_of(command.customer_id);
  auto name = seal_text(call, subject, "name", request.name.value);
  if (!name) return Failure{std::move(name).error()};
  command.name = std::move(name).value();
  auto contact = seal_contact(call, subject, request.contact_info);
  if (!contact) return Failure{std::move(contact).error()};
  command.contact_info = std::move(contact).value();
  if (request.addresses) {
    auto addresses = seal_addresses(call, subject, *request.addresses);
    if (!addresses) return Failure{std::move(addresses).error()};
    command.addresses = std::move(addresses).value();
  }
  return command;
}

}  // namespace

Answered<Response> register_customer(const Call& call) {
  auto body = read_body<RegisterRequest>(call);
  if (!body) return Failure{std::move(body).error()};
  auto& named = body.value().customer_id;
  if (call.caller.role == domain::Role::Customer) {
    const auto own = customer_meant(call, named);
    if (!own) return Failure{own.error()};
    named = own.value();
  }
  const domain::CustomerId id = id_or_new(call, named);
  auto command = to_registration(call, body.value(), id);
  // Whoever was erased is there: the bare registration is none that is new.
  const auto accepted =
      command ? submit(call, {std::move(command).value(), 201})
              : repeat_or(call, {domain::RegisterCustomer{id, {}, {}, {}}, 201}, command.error());
  if (!accepted) return Failure{accepted.error()};
  return respond_written(call, accepted.value(), written(id));
}

Answered<Response> list_customers(const Call& call) {
  QueryReader reader(call.parameters);
  ListQuery query;
  query.list = ListQuery::List::Customers;
  return get_list(call, std::move(query), reader);
}

Answered<Response> read_customer(const Call& call) {
  return get_document(call, Model::Customers, call.ids[0], "customer");
}

// A merge stands on the version it was read at: when another change came between, it is made anew.
Answered<Response> change_customer(const Call& call) {
  const auto body = read_body<ChangeRequest>(call);
  if (!body) return Failure{body.error()};
  const auto demanded = preconditions_of(call);
  if (!demanded) return Failure{demanded.error()};
  for (int attempt = 1;; ++attempt) {
    auto change = to_change(call, body.value(), demanded.value());
    const auto accepted =
        change ? submit(call, {std::move(change).value()})
               : repeat_or(call, {bare_change(call.customer_id())}, std::move(change).error());
    if (accepted) return respond_written(call, accepted.value(), written(call.customer_id()));
    const bool raced = accepted.error().status == 412 && !demanded.value().version;
    if (!raced || attempt == kMaxMergeAttempts) return Failure{accepted.error()};
    await_heads(call);
  }
}

// The event first, the key after it: a key destroyed for a refused erasure could not be brought
// back, while an erasure cut short is finished by its repeat.
Answered<Response> erase_customer(const Call& call) {
  const auto demanded = preconditions_of(call);
  if (!demanded) return Failure{demanded.error()};
  domain::EraseCustomer command{call.customer_id(), demanded.value().version};
  const auto accepted = submit(call, {std::move(command), 204});
  if (!accepted) return Failure{accepted.error()};
  const auto erased = call.services.sealer.erase(subject_of(call.customer_id()));
  if (!erased) return Failure{problem_of(erased.error())};
  if (call.services.security != nullptr) {
    call.services.security->record(
        {call.now, "CustomerErased", call.caller.principal, call.caller.credential_id,
         call.request.address, call.request.headers.request_id, subject_of(call.customer_id())});
  }
  return respond_empty(call, accepted.value());
}

}  // namespace cassette::api
