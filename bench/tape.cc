// Tape: the orders, and the drains that others are measured against.
#include "bench/tape.h"

#include <fmt/format.h>

#include "eventstore/chain.h"

namespace cassette::bench {
namespace {

using Clock = std::chrono::steady_clock;
using domain::OrderStatus;

// Orders placed between two steps of one order: three times as many are open.
constexpr std::uint64_t kLag = 1'000;
// One order in so many has four lines of two vendors; the others have one.
constexpr std::uint64_t kLongEvery = 4;
// One order in so many is cancelled, and goes no further.
constexpr std::uint64_t kCancelledEvery = 10;
// A reader has the next messages much sooner.
constexpr std::chrono::seconds kReadTimeout{10};

bool cancelled(std::uint64_t order) {
  return order % kCancelledEvery == 5;
}

std::string id_of(std::uint64_t order) {
  return fmt::format("order-{}", order);
}

// Hands each message up to `head` to `take`. Seconds.
template <class Take>
double read_all(eventstore::Ledger& ledger, std::uint64_t head, Take take) {
  const Clock::time_point start = Clock::now();
  const auto reader = must(ledger.follow(1));
  std::uint64_t last = 0;
  while (last < head) {
    const auto messages = must(reader->next(kReadTimeout));
    if (messages.empty()) give_up("the ledger has stopped giving messages");
    for (const eventstore::Message& message : messages) take(message);
    last = messages.back().sequence;
  }
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

std::string Traffic::description() {
  return fmt::format(
      "orders of one line, every {}th of four lines of two vendors; packed, shipped and delivered "
      "{} orders later each, every {}th cancelled instead; {} stock items of {} vendors",
      kLongEvery, kLag, kCancelledEvery, kItems, kVendors);
}

void Traffic::stock(Filler& filler) {
  for (domain::Command& command : fill_commands(kItems)) filler.submit(std::move(command));
}

void Traffic::step(Filler& filler) {
  const std::uint64_t order = next_++;
  place(filler, order);
  if (order >= kLag) advance(filler, order - kLag, OrderStatus::Packed);
  if (order >= 2 * kLag) advance(filler, order - 2 * kLag, OrderStatus::Shipped);
  if (order >= 3 * kLag) advance(filler, order - 3 * kLag, OrderStatus::Delivered);
}

const Items& Traffic::items_of(std::uint64_t order) const {
  const std::vector<Items>& of = order % kLongEvery == 0 ? long_ : short_;
  return of[order % of.size()];
}

void Traffic::place(Filler& filler, std::uint64_t order) {
  filler.submit(place_order(id_of(order), items_of(order)), id_of(order));
}

void Traffic::advance(Filler& filler, std::uint64_t order, OrderStatus to) {
  if (cancelled(order)) {
    domain::CancelOrder cancel;
    cancel.order_id = {id_of(order)};
    if (to == OrderStatus::Packed) filler.submit(std::move(cancel));
    return;
  }
  std::string last;
  for (const std::uint32_t item : items_of(order)) {
    if (vendor_id(item) == std::exchange(last, vendor_id(item))) continue;
    domain::AdvanceSubOrder advance;
    advance.order_id = {id_of(order)};
    advance.vendor_id = {vendor_id(item)};
    advance.status = to;
    if (to == OrderStatus::Shipped) {
      advance.shipment_id = {"s-" + id_of(order)};
      advance.carrier = "DHL";
      advance.tracking_code = fmt::format("TRACK-{:010}", order);
    }
    filler.submit(std::move(advance));
  }
}

Tape::Tape(std::uint64_t events) {
  Filler filler(data());
  Traffic traffic;
  traffic.stock(filler);
  while (filler.events() < events) traffic.step(filler);
  filler.settle();
  events_ = filler.events();
  orders_ = traffic.orders();
}

const Tape& Tapes::of(std::uint64_t events) {
  std::unique_ptr<Tape>& tape = tapes_[events];
  if (!tape) tape = std::make_unique<Tape>(events);
  return *tape;
}

OpenTape::OpenTape(const Tape& tape)
    : access(must(api::open_ledger({tape.data().string(), {}, {}}))) {
  head = must(ledger().last_sequence());
  const auto stream = must(access.connection->ledger_stream(0));
  if (!stream) give_up("the tape has no ledger");
  bytes = stream->bytes;
}

double drain(eventstore::Ledger& ledger, std::uint64_t head) {
  return read_all(ledger, head, [](const eventstore::Message&) {});
}

double drain_decoded(eventstore::Ledger& ledger, std::uint64_t head) {
  eventstore::Chain chain(0);
  return read_all(ledger, head,
                  [&chain](const eventstore::Message& message) { must(chain.accept(message)); });
}

BesideDrains beside_drains(OpenTape& open, const Tape& tape, int rounds,
                           const std::function<double()>& seconds) {
  const auto events = static_cast<double>(tape.events());
  drain(open.ledger(), open.head);  // so that its pages are in memory
  BesideDrains beside;
  for (int round = 0; round < rounds; ++round) {
    const double rate = events / seconds();
    beside.plain.ours.push_back(rate);
    beside.decoded.ours.push_back(rate);
    beside.plain.theirs.push_back(events / drain(open.ledger(), open.head));
    beside.decoded.theirs.push_back(events / drain_decoded(open.ledger(), open.head));
  }
  return beside;
}

std::vector<std::string> tape_configuration(const Tape& tape, const std::string& ours) {
  return {fmt::format("{} events of {} orders: {}", tape.events(), tape.orders(),
                      Traffic::description()),
          "written without fsync; its pages are in memory; one partition", "ours: " + ours,
          "theirs: a reader that takes every message and does nothing with it; decoded: one that "
          "hashes and decodes it as well"};
}

}  // namespace cassette::bench
