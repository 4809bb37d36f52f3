// Codec, reading: commits from their JSON bodies. What is malformed is told from what is merely
// newer than this reader, since the first is void and the second stops a fold.
#include <array>
#include <charconv>

#include "eventstore/codec.h"
#include "eventstore/event_fields.h"
#include "eventstore/json_cursor.h"
#include "eventstore/request_id.h"

namespace cassette::eventstore {
namespace {

namespace ondemand = simdjson::ondemand;
using simdjson::SUCCESS;

// The smallest event on the wire is about this long; guesses how many there are.
constexpr std::size_t kBytesAnEvent = 128;

template <class T>
bool read(ondemand::value json, T& value, ReadTrace& trace) {
  return read_value(json, kWireType<T>, &value, trace);
}

// Calls `take(element)` for each element until it gives false.
template <class Take>
bool each_element(ondemand::value json, Take&& take) {
  ondemand::array array;
  if (json.get_array().get(array) != SUCCESS) return false;
  for (auto item : array) {
    ondemand::value element;
    if (item.get(element) != SUCCESS || !take(element)) return false;
  }
  return true;
}

class EventReader {
 public:
  // Reads into the last of `events`.
  EventReader(std::vector<RecordedEvent>& events, ReadTrace& trace)
      : events_(events), recorded_(events.back()), trace_(trace) {}

  // False for a malformed event, and for an unknown type, which `unknown` then names.
  bool read_event(ondemand::value json, std::string& unknown) {
    ondemand::object object;
    if (json.get_object().get(object) != SUCCESS) return false;
    const bool complete = each_member(object, [&](std::string_view key, ondemand::value value) {
      return fields_ ? read_member(key, value) : begin(key, value, unknown);
    });
    return complete && fields_ && finish();
  }

 private:
  bool begin(std::string_view key, ondemand::value json, std::string& unknown) {
    std::string_view name;
    if (key != "type" || !get_text(json, name)) return false;
    const std::size_t index = event_named(name);
    if (index == event_type().inner.size()) {
      unknown.assign(name);
      return false;
    }
    fields_.emplace(*event_type().inner[index], event_type().make(&recorded_.event, index));
    return true;
  }

  bool read_member(std::string_view key, ondemand::value json) {
    Cause& cause = recorded_.cause;
    if (key == "cause") return once(0) && read(json, cause.command.emplace(), trace_);
    if (key == "on") return once(1) && read_on(json);
    if (key == "by") return once(2) && read_by(json);
    if (key == "occurredAt") return once(3) && read(json, recorded_.occurred_at, trace_);
    if (key == "request") return once(4) && read_request(json);
    return key != "type" && fields_->read(key, json, trace_);
  }

  bool read_by(ondemand::value json) {
    std::string name;
    if (!read(json, name, trace_)) return false;
    recorded_.by = std::move(name);
    return true;
  }

  bool read_request(ondemand::value json) {
    std::string written;
    if (!read(json, written, trace_)) return false;
    recorded_.request = unpack_request_id(written);
    return true;
  }

  bool once(std::size_t member) { return !std::exchange(seen_[member], true); }

  bool read_on(ondemand::value json) {
    ondemand::json_type type{};
    if (json.type().get(type) != SUCCESS) return false;
    if (type == ondemand::json_type::number)
      return read(json, recorded_.cause.on.emplace(), trace_);
    std::string_view text;
    if (!get_text(json, text)) return false;
    recorded_.cause.on_remote = parse_event_ref(text);
    return recorded_.cause.on_remote.has_value();
  }

  // Takes over what was not written from the event that this one stands on.
  bool finish() {
    if (!recorded_.cause.on) return true;
    if (*recorded_.cause.on + 1 >= events_.size()) return false;
    const RecordedEvent& on = events_[*recorded_.cause.on];
    if (!seen_[2]) recorded_.by = on.by;
    if (!seen_[3]) recorded_.occurred_at = on.occurred_at;
    if (!seen_[4]) recorded_.request = on.request;
    inherit_fields(OpenEvent(recorded_.event), OpenEvent(on.event));
    return true;
  }

  void inherit_fields(const OpenEvent& event, const OpenEvent& on) {
    const auto sources = sources_of(event.index, on.index);
    const auto& fields = event.type->fields();
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (sources[i] != kNowhere && !fields_->seen(i)) inherit(event, fields[i], on, sources[i]);
    }
  }

  const std::vector<RecordedEvent>& events_;
  RecordedEvent& recorded_;
  ReadTrace& trace_;
  std::optional<MemberReader> fields_;
  std::array<bool, 5> seen_{};  // cause, on, by, occurredAt, request
};

class CommitReader {
 public:
  explicit CommitReader(std::string_view body) : body_(body) {}

  Result<Commit, DecodeError> read_commit() {
    commit_.events.reserve(body_.size() / kBytesAnEvent + 1);
    if (read_body() && complete()) {
      if (trace_.skipped && !well_formed()) return not_a_commit();
      return std::move(commit_);
    }
    if (unsupported_.empty() || !well_formed()) return not_a_commit();
    return Failure{DecodeError{DecodeError::Kind::Unsupported, std::move(unsupported_)}};
  }

 private:
  static constexpr std::array<std::string_view, 7> kMembers{"v",    "at",       "prev",  "owner",
                                                            "seen", "commands", "events"};
  static constexpr unsigned kRequired = 0b1001111;

  bool read_body() {
    ondemand::document document;
    ondemand::object object;
    if (parse_json(body_, document) != SUCCESS) return false;
    if (document.get_object().get(object) != SUCCESS) return false;
    return each_member(object, [&](std::string_view key,
                                   ondemand::value value) { return read_member(key, value); }) &&
           at_end(document);
  }

  // `v` is the first member: it says what the others mean.
  bool read_member(std::string_view key, ondemand::value json) {
    std::size_t member = 0;
    while (member < kMembers.size() && kMembers[member] != key) ++member;
    if ((seen_ == 0) != (member == 0) || (seen_ >> member & 1) != 0) return false;
    if (member == kMembers.size()) return trace_.skipped = true;
    seen_ |= 1U << member;
    trace_.member = kMembers[member];
    switch (member) {
      case 0:
        return read_version(json);
      case 1:
        return read(json, commit_.at, trace_);
      case 2:
        return read(json, commit_.prev, trace_);
      case 3:
        return read(json, commit_.owner, trace_);
      case 4:
        return read_seen(json);
      case 5:
        return read(json, commit_.commands, trace_);
      default:
        return each_element(json, [&](ondemand::value event) { return read_event(event); });
    }
  }

  bool read_version(ondemand::value json) {
    std::uint64_t version = 0;
    if (json.get_uint64().get(version) != SUCCESS || version == 0) return false;
    if (version <= std::uint64_t{kCommitVersion}) return true;
    unsupported_ = "commit format " + std::to_string(version) + " is newer than this reader";
    return false;
  }

  bool read_seen(ondemand::value json) {
    ondemand::object object;
    if (json.get_object().get(object) != SUCCESS) return false;
    return each_member(object, [&](std::string_view key, ondemand::value pair) {
      std::uint32_t partition = 0;
      const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), partition);
      if (error != std::errc{} || end != key.data() + key.size()) return false;
      const auto [entry, fresh] = commit_.seen.try_emplace(partition);
      return fresh && read_pair(pair, entry->second);
    });
  }

  bool read_pair(ondemand::value json, Seen& seen) {
    std::size_t count = 0;
    return each_element(json,
                        [&](ondemand::value element) {
                          ++count;
                          if (count == 1) return read(element, seen.commit, trace_);
                          return count == 2 && read(element, seen.hash, trace_);
                        }) &&
           count == 2;
  }

  bool read_event(ondemand::value json) {
    commit_.events.emplace_back();
    std::string unknown;
    if (EventReader(commit_.events, trace_).read_event(json, unknown)) return true;
    if (!unknown.empty()) unsupported_ = "event type " + unknown + " is unknown to this reader";
    return false;
  }

  // What can only be judged when all members are there.
  bool complete() const {
    if ((seen_ & kRequired) != kRequired) return false;
    for (const RecordedEvent& recorded : commit_.events) {
      const auto& command = recorded.cause.command;
      if (command && *command >= commit_.commands.size()) return false;
    }
    return true;
  }

  // The on-demand cursor looks only at what it reads; this looks at all of it.
  bool well_formed() const {
    simdjson::dom::parser parser;
    return parser.parse(body_.data(), body_.size()).error() == SUCCESS;
  }

  Failure<DecodeError> not_a_commit() const {
    std::string what = "malformed";
    if (!trace_.member.empty()) what.append(" at or after \"").append(trace_.member).append("\"");
    if (!commit_.events.empty()) {
      what.append(" in event ").append(std::to_string(commit_.events.size() - 1));
    }
    return Failure{DecodeError{DecodeError::Kind::NotACommit, std::move(what)}};
  }

  std::string_view body_;
  Commit commit_;
  ReadTrace trace_;
  unsigned seen_ = 0;  // a bit a member
  std::string unsupported_;
};

}  // namespace

Result<Commit, DecodeError> decode(std::string_view body) {
  return CommitReader(body).read_commit();
}

std::optional<Hash> prev_of(std::string_view body) {
  ondemand::document document;
  ondemand::object object;
  if (parse_json(body, document) != SUCCESS) return std::nullopt;
  if (document.get_object().get(object) != SUCCESS) return std::nullopt;
  std::optional<Hash> prev;
  each_member(object, [&](std::string_view key, ondemand::value value) {
    std::string_view text;
    if (key != "prev") return true;
    if (get_text(value, text)) prev = parse_hash(text);
    return false;
  });
  return prev;
}

}  // namespace cassette::eventstore
