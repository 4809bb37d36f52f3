// The closed lists: their functions of many cases, compiled here and nowhere else.
#include "domain/events.h"
#include "domain/commands.h"
#include "domain/rejections.h"

namespace cassette::domain {

Event::Event() = default;
Event::Event(const Event&) = default;
Event::Event(Event&&) noexcept = default;
Event& Event::operator=(const Event&) = default;
Event& Event::operator=(Event&&) noexcept = default;
Event::~Event() = default;
bool Event::operator==(const Event& other) const {
  return static_cast<const OneOf&>(*this) == static_cast<const OneOf&>(other);
}

SubOrderEvent::SubOrderEvent() = default;
SubOrderEvent::SubOrderEvent(const SubOrderEvent&) = default;
SubOrderEvent::SubOrderEvent(SubOrderEvent&&) noexcept = default;
SubOrderEvent& SubOrderEvent::operator=(const SubOrderEvent&) = default;
SubOrderEvent& SubOrderEvent::operator=(SubOrderEvent&&) noexcept = default;
SubOrderEvent::~SubOrderEvent() = default;
bool SubOrderEvent::operator==(const SubOrderEvent& other) const {
  return static_cast<const OneOf&>(*this) == static_cast<const OneOf&>(other);
}

Rejection::Rejection() = default;
Rejection::Rejection(const Rejection&) = default;
Rejection::Rejection(Rejection&&) noexcept = default;
Rejection& Rejection::operator=(const Rejection&) = default;
Rejection& Rejection::operator=(Rejection&&) noexcept = default;
Rejection::~Rejection() = default;
bool Rejection::operator==(const Rejection& other) const {
  return static_cast<const OneOf&>(*this) == static_cast<const OneOf&>(other);
}

Command::Command() = default;
Command::Command(const Command&) = default;
Command::Command(Command&&) noexcept = default;
Command& Command::operator=(const Command&) = default;
Command& Command::operator=(Command&&) noexcept = default;
Command::~Command() = default;

std::string_view type_of(const Event& event) {
  return std::visit([](const auto& fact) { return std::decay_t<decltype(fact)>::type; }, event);
}

std::string_view type_of(const Rejection& rejection) {
  return std::visit([](const auto& no) { return std::decay_t<decltype(no)>::type; }, rejection);
}

}  // namespace cassette::domain
