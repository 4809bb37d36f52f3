// given(events).when(command).then(events): a decision as its story, on one partition.
// `then` also sends the command again and demands silence; `then_once` is for commands that are
// another wish each time (a delta, a note).
#pragma once

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>
#include <utility>

#include "domain/invariants.h"
#include "domain/marketplace.h"
#include "tests/support/describe.h"

namespace cassette::tests {

// A command and the state that it meets.
class When {
 public:
  When(domain::Marketplace state, domain::Command command, domain::Context context)
      : state_(std::move(state)), command_(std::move(command)), context_(std::move(context)) {}

  // Gives the state after the events, to go on from.
  domain::Marketplace then_once(const domain::Events& expected) {
    const domain::Decision decision = state_.decide(command_, context_);
    if (!decision.ok()) {
      FAIL_CHECK("refused: " << describe(decision.error()));
      return state_;
    }
    CHECK_EQ(describe(decision.value()), describe(expected));
    CHECK((decision.value() == expected));
    for (const domain::Event& event : decision.value()) state_.evolve(event);
    return state_;
  }

  domain::Marketplace then(const domain::Events& expected) {
    domain::Marketplace after = then_once(expected);
    const domain::Decision again = after.decide(command_, context_);
    if (again.ok()) {
      CHECK_EQ(describe(again.value()), "[]");
    } else {
      FAIL_CHECK("refused the second time: " << describe(again.error()));
    }
    return after;
  }

  // For commands that name a new id: the second time it is in use.
  domain::Marketplace then_taken(const domain::Events& expected) {
    domain::Marketplace after = then_once(expected);
    const domain::Decision again = after.decide(command_, context_);
    const bool taken = !again.ok() && std::holds_alternative<domain::AlreadyExists>(again.error());
    CHECK(taken);
    return after;
  }

  void silence() { then_once({}); }

  void refused(const domain::Rejection& expected) {
    const domain::Decision decision = state_.decide(command_, context_);
    if (decision.ok()) {
      FAIL_CHECK("accepted: " << describe(decision.value()));
      return;
    }
    CHECK_EQ(describe(decision.error()), describe(expected));
    CHECK((decision.error() == expected));
  }

 private:
  domain::Marketplace state_;
  domain::Command command_;
  domain::Context context_;
};

// A state, made by folding events.
class Given {
 public:
  explicit Given(domain::Marketplace state) : state_(std::move(state)) {}

  Given& and_then(const domain::Events& events) {
    for (const domain::Event& event : events) state_.evolve(event);
    return *this;
  }
  When when(domain::Command command, domain::Context context = {}) const {
    return {state_, std::move(command), std::move(context)};
  }
  const domain::Marketplace& state() const { return state_; }

 private:
  domain::Marketplace state_;
};

inline Given given(const domain::Events& events) {
  Given given{domain::Marketplace()};
  given.and_then(events);
  return given;
}
inline Given given(domain::Marketplace state) {
  return Given{std::move(state)};
}

}  // namespace cassette::tests
