// EventFields: events as the codec walks them, and which field of one stands for another's.
// An event that another of its commit caused says only what is different from it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "eventstore/commit.h"
#include "eventstore/wire_type.h"

namespace cassette::eventstore {

// The description of domain::Event: a variant of every fact.
const WireType& event_type();

// The number of alternatives of domain::Event when `name` is none of them.
std::size_t event_named(std::string_view name);

// Where a field of an event gets its value from when it isn't written.
inline constexpr std::int8_t kNowhere = -1;     // its type's default
inline constexpr std::int8_t kWholeEvent = -2;  // the field is the very event that it stands on

// For each field of event type `child`: the index of the field of event type `parent` with the
// same name and the same type, or one of the two above.
std::span<const std::int8_t> sources_of(std::size_t child, std::size_t parent);

// One event, opened. Borrows it.
struct OpenEvent {
  std::size_t index = 0;           // of its alternative
  const WireType* type = nullptr;  // of its alternative
  const void* object = nullptr;

  explicit OpenEvent(const domain::Event& event);
  const void* member(const WireField& field) const {
    return static_cast<const char*>(object) + field.offset;
  }
};

// True when `field` of `child` has the value that `parent` stands for by `source`, not kNowhere.
bool same_value(const OpenEvent& child, const WireField& field, const OpenEvent& parent,
                std::int8_t source);

// Gives `child`, which is not const, that value.
void inherit(const OpenEvent& child, const WireField& field, const OpenEvent& parent,
             std::int8_t source);

}  // namespace cassette::eventstore
