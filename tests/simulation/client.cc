// Client: one wish at a time, a few tries each.
#include "tests/simulation/client.h"

#include <utility>

#include <fmt/format.h>

namespace cassette::sim {

using eventstore::Reply;
using eventstore::Unavailable;

namespace {

constexpr std::uint64_t kMostTries = 5;
constexpr Nanos kLongestPause = 2 * kSecond;
constexpr Nanos kShortestPatience = 200 * kMillisecond;
constexpr Nanos kLongestPatience = 8 * kSecond;
constexpr Nanos kPauseBetweenTries = 300 * kMillisecond;

// Where an answer is left for whoever waits for it, if he still does.
struct Ticket {
  std::optional<Reply> reply;
};

}  // namespace

Client::Client(World& world, Processes& processes, Shopper& shopper, std::uint32_t number)
    : world_(world),
      processes_(processes),
      shopper_(shopper),
      draws_(world.plan.seed, fmt::format("client {}", number)) {}

std::optional<Reply> Client::ask(const Wish& wish, Process& process) {
  Weather& weather = world_.weather;
  const NetworkFaults& faults = world_.plan.network;
  weather.travel();
  const auto ticket = std::make_shared<Ticket>();
  const auto told = [ticket, &weather, &faults](const Reply& reply) {
    if (ticket->reply || weather.strikes(faults.lost_command)) return;
    ticket->reply = reply;
    wake_all(ticket.get());
  };
  if (!weather.strikes(faults.lost_command)) process.send(wish, told);
  if (weather.strikes(faults.doubled_command)) process.send(wish, told);
  const Nanos patience = draws_.between(kShortestPatience, kLongestPatience);
  block_until(
      ticket.get(), [&ticket] { return ticket->reply.has_value(); }, now() + patience);
  return ticket->reply;
}

// Somebody uses an id once more, for something else: that is no repeat.
void Client::sometimes_misuse(const Wish& wish) {
  if (!wish.has_id() || !draws_.one_in(20)) return;
  Wish& other = wish_for(world_, wish.command, true);
  other.id = wish.id;
  ask_any(other);
}

void Client::run() {
  for (std::uint32_t i = 0; i < world_.plan.commands; ++i) {
    const bool with_id = !world_.plan.idless || !draws_.one_in(3);
    const Wish& wish = wish_for(world_, shopper_.next(), with_id);
    const std::uint64_t tries = with_id ? 1 + draws_.below(kMostTries) : 1;
    for (std::uint64_t n = 0; n < tries; ++n) {
      const auto reply = ask_any(wish);
      const bool settled = reply && !std::holds_alternative<Unavailable>(*reply);
      if (settled && !draws_.one_in(8)) break;
    }
    sometimes_misuse(wish);
    if (draws_.one_in(4)) pass(draws_.between(0, kLongestPause));
  }
}

Process& Client::next_alive() {
  for (std::size_t i = 0; i < processes_.size(); ++i) {
    Process& next = *processes_[turn_++ % processes_.size()];
    if (next.alive()) return next;
  }
  return *processes_[turn_ % processes_.size()];
}

std::optional<Reply> Client::insist(domain::Command command, Nanos patience) {
  const Nanos until = now() + patience;
  const Wish& wish = wish_for(world_, std::move(command), true);
  std::optional<Reply> last;
  while (now() < until) {
    const auto reply = ask(wish, next_alive());
    if (reply && !std::holds_alternative<Unavailable>(*reply)) return reply;
    if (reply) last = reply;
    pass(kPauseBetweenTries);
  }
  return last;
}

}  // namespace cassette::sim
