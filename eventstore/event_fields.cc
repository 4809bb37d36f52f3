// EventFields: the table of which fields may be inherited, made once from the events' own lists.
#include "eventstore/event_fields.h"

#include <array>
#include <unordered_map>

namespace cassette::eventstore {
namespace {

constexpr std::size_t kEventTypes = std::variant_size_v<domain::Event::OneOf>;
// Fields that an event may have; CHECKed when the table is made.
constexpr std::size_t kMaxFields = 16;

using Sources = std::array<std::int8_t, kMaxFields>;
using Table = std::array<std::array<Sources, kEventTypes>, kEventTypes>;

const WireType& alternative(std::size_t event) {
  return *event_type().inner[event];
}

// The alternative of `one_of` that is `type`; their number when none is.
std::size_t index_within(const WireType& one_of, const WireType& type) {
  std::size_t i = 0;
  while (i < one_of.inner.size() && one_of.inner[i] != &type) ++i;
  return i;
}

std::int8_t source_of(const WireField& wanted, const WireType& parent) {
  const auto& fields = parent.fields();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].type == wanted.type && fields[i].name == wanted.name) {
      return static_cast<std::int8_t>(i);
    }
  }
  const bool holds_parent = wanted.type == &kWireType<domain::SubOrderEvent> &&
                            index_within(*wanted.type, parent) < wanted.type->inner.size();
  return holds_parent ? kWholeEvent : kNowhere;
}

Sources sources(const WireType& child, const WireType& parent) {
  Sources sources{};
  const auto& fields = child.fields();
  CHECK(fields.size() <= kMaxFields);
  for (std::size_t i = 0; i < fields.size(); ++i) sources[i] = source_of(fields[i], parent);
  return sources;
}

const Table& table() {
  static const Table made = [] {
    Table all{};
    for (std::size_t child = 0; child < kEventTypes; ++child) {
      for (std::size_t parent = 0; parent < kEventTypes; ++parent) {
        all[child][parent] = sources(alternative(child), alternative(parent));
      }
    }
    return all;
  }();
  return made;
}

}  // namespace

const WireType& event_type() {
  return kWireType<domain::Event>;
}

std::size_t event_named(std::string_view name) {
  static const auto names = [] {
    std::unordered_map<std::string_view, std::size_t> indices;
    for (const std::string_view each : event_type().names) indices.emplace(each, indices.size());
    return indices;
  }();
  const auto found = names.find(name);
  return found == names.end() ? kEventTypes : found->second;
}

std::span<const std::int8_t> sources_of(std::size_t child, std::size_t parent) {
  return std::span(table()[child][parent]).first(alternative(child).fields().size());
}

OpenEvent::OpenEvent(const domain::Event& event)
    : index(event.index()), type(&alternative(index)), object(event_type().part(&event, 0)) {}

bool same_value(const OpenEvent& child, const WireField& field, const OpenEvent& parent,
                std::int8_t source) {
  const void* value = child.member(field);
  if (source != kWholeEvent) {
    const WireField& same = parent.type->fields()[static_cast<std::size_t>(source)];
    return field.type->equal(value, parent.member(same));
  }
  return field.type->inner[field.type->count(value)] == parent.type &&
         parent.type->equal(field.type->part(value, 0), parent.object);
}

void inherit(const OpenEvent& child, const WireField& field, const OpenEvent& parent,
             std::int8_t source) {
  void* value = const_cast<void*>(child.member(field));
  if (source != kWholeEvent) {
    const WireField& same = parent.type->fields()[static_cast<std::size_t>(source)];
    return field.type->assign(value, parent.member(same));
  }
  const std::size_t alternative = index_within(*field.type, *parent.type);
  parent.type->assign(field.type->make(value, alternative), parent.object);
}

}  // namespace cassette::eventstore
