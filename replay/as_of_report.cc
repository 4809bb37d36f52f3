// Renders documents and differences.
#include "replay/as_of_report.h"

#include <fmt/format.h>

#include "eventstore/json_write.h"

namespace cassette::replay {

using eventstore::Position;

namespace {

// A JSON object in the making.
class Members {
 public:
  void raw(std::string_view name, std::string_view json) {
    text_ += text_.empty() ? '{' : ',';
    text_ += eventstore::to_json(std::string(name));
    text_.append(":").append(json);
  }
  void text(std::string_view name, const std::string& value) {
    raw(name, eventstore::to_json(value));
  }
  std::string close() && { return std::move(text_) + "}"; }

 private:
  std::string text_;
};

std::optional<std::string> body_of(const Standing& standing) {
  if (!standing.document) return std::nullopt;
  return standing.document->body;
}

std::vector<MemberChange> changes_of(const Difference& difference) {
  return json_diff(body_of(difference.before), body_of(difference.after));
}

std::string position_of(const Entity& entity, const Standing& standing) {
  return eventstore::format(Position{entity.partition, standing.commit});
}

void add_moment(Members& members, const std::string& name, const std::string& time_name,
                const Entity& entity, const Standing& standing) {
  members.text(name, position_of(entity, standing));
  if (standing.at) members.text(time_name, domain::format(*standing.at));
}

std::string to_json(const MemberChange& change) {
  Members members;
  members.text("path", change.path);
  if (change.before) members.raw("before", *change.before);
  if (change.after) members.raw("after", *change.after);
  return std::move(members).close();
}

std::string to_json(const ChangingEvent& event) {
  Members members;
  members.text("id", eventstore::format(event.ref));
  members.text("at", domain::format(event.at));
  if (event.occurred_at) members.text("occurredAt", domain::format(*event.occurred_at));
  members.text("type", event.type);
  if (!event.by.empty()) members.text("by", event.by);
  if (!event.request.empty()) members.text("requestId", event.request);
  return std::move(members).close();
}

std::string list_of(const auto& items) {
  std::string json = "[";
  for (const auto& each : items) {
    if (json.size() > 1) json += ',';
    json += to_json(each);
  }
  return json + "]";
}

std::string shown(const Entity& entity, const Standing& standing) {
  const std::string position = position_of(entity, standing);
  return standing.at ? position + " (" + domain::format(*standing.at) + ")" : position;
}

}  // namespace

std::string to_json(const Entity& entity, const Standing& then) {
  Members members;
  members.text("kind", std::string(entity.kind));
  members.text("id", entity.key);
  add_moment(members, "asOf", "at", entity, then);
  if (then.document) members.raw("version", std::to_string(then.document->version));
  members.raw("document", body_of(then).value_or("null"));
  return std::move(members).close();
}

std::string to_json(const Entity& entity, const Difference& difference) {
  Members members;
  members.text("kind", std::string(entity.kind));
  members.text("id", entity.key);
  add_moment(members, "from", "fromAt", entity, difference.before);
  add_moment(members, "to", "toAt", entity, difference.after);
  members.raw("changes", list_of(changes_of(difference)));
  members.raw("events", list_of(difference.events));
  return std::move(members).close();
}

std::string to_text(const Entity& entity, const Difference& difference) {
  std::string text = fmt::format("{} {} from {} to {}\n", entity.kind, entity.key,
                                 shown(entity, difference.before), shown(entity, difference.after));
  const auto changes = changes_of(difference);
  if (changes.empty()) text += "  nothing changed\n";
  for (const MemberChange& each : changes) {
    text += fmt::format("  {}: {} -> {}\n", each.path, each.before.value_or("(absent)"),
                        each.after.value_or("(absent)"));
  }
  if (!difference.events.empty()) text += "by\n";
  for (const ChangingEvent& each : difference.events) {
    text += fmt::format("  {:<12} {} {}{}\n", eventstore::format(each.ref), domain::format(each.at),
                        each.type, each.by.empty() ? "" : " by " + each.by);
  }
  return text;
}

}  // namespace cassette::replay
