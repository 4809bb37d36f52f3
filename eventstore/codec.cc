// Codec, writing: commits to their JSON bodies, and the hash that chains them.
#include "eventstore/codec.h"

#include <openssl/evp.h>

#include <memory>

#include "domain/check.h"
#include "eventstore/event_fields.h"
#include "eventstore/json_read.h"
#include "eventstore/json_write.h"
#include "eventstore/request_id.h"

namespace cassette::eventstore {
namespace {

template <class T>
void append_member(JsonBuffer& out, std::string_view key, const T& value) {
  append(out, key);
  write_json(out, value);
}

void append_seen(JsonBuffer& out, const std::map<std::uint32_t, Seen>& all) {
  bool first = true;
  for (const auto& [partition, seen] : all) {
    append(out, first ? R"(,"seen":{)" : ",");
    first = false;
    fmt::format_to(fmt::appender(out), R"("{}":[{},)", partition, seen.commit);
    write_json(out, seen.hash);
    append(out, ']');
  }
  if (!first) append(out, '}');
}

void append_cause(JsonBuffer& out, const Cause& cause) {
  if (cause.command) append_member(out, R"(,"cause":)", *cause.command);
  CHECK(!cause.on || !cause.on_remote);
  if (cause.on) append_member(out, R"(,"on":)", *cause.on);
  if (cause.on_remote) append_member(out, R"(,"on":)", format(*cause.on_remote));
}

// Who asked, when and by which request, unless it is as the event before says.
void append_asker(JsonBuffer& out, const RecordedEvent& recorded, const RecordedEvent* on) {
  const bool as_before = on ? recorded.by == on->by : recorded.by.empty();
  if (!as_before) append_member(out, R"(,"by":)", recorded.by.text());
  const bool then = on ? recorded.occurred_at == on->occurred_at : !recorded.occurred_at;
  if (!then) append_member(out, R"(,"occurredAt":)", recorded.occurred_at);
  const bool of_it = on ? recorded.request == on->request : recorded.request.empty();
  if (!of_it) append_member(out, R"(,"request":)", pack_request_id(recorded.request.text()));
}

void append_field(JsonBuffer& out, const WireField& field, const void* value) {
  append(out, field.key);
  write_json(out, *field.type, value);
}

void append_fields(JsonBuffer& out, const OpenEvent& event) {
  for (const WireField& field : event.type->fields()) {
    const void* value = event.member(field);
    if (!left_out(*field.type, value)) append_field(out, field, value);
  }
}

// Each field, unless a reader gets its value from the event `on`, or else by default.
void append_fields(JsonBuffer& out, const OpenEvent& event, const OpenEvent& on) {
  auto source = sources_of(event.index, on.index).begin();
  for (const WireField& field : event.type->fields()) {
    const void* value = event.member(field);
    const bool absent =
        *source == kNowhere ? left_out(*field.type, value) : same_value(event, field, on, *source);
    if (!absent) append_field(out, field, value);
    ++source;
  }
}

// `commit.events` begins with the commit's event `released`.
void append_event(JsonBuffer& out, const Commit& commit, std::size_t index, std::size_t released) {
  const RecordedEvent& recorded = commit.events[index - released];
  const Cause& cause = recorded.cause;
  CHECK(!cause.command || *cause.command < commit.commands.size());
  CHECK(!cause.on || (*cause.on < index && *cause.on >= released));
  const RecordedEvent* on = cause.on ? &commit.events[*cause.on - released] : nullptr;
  const OpenEvent event(recorded.event);
  append(out, R"({"type":")");
  append(out, event_type().names[event.index]);
  append(out, '"');
  append_cause(out, cause);
  append_asker(out, recorded, on);
  if (on) {
    append_fields(out, event, OpenEvent(on->event));
  } else {
    append_fields(out, event);
  }
  append(out, '}');
}

// All that stands before the events.
void append_head(JsonBuffer& out, const Commit& commit) {
  append_member(out, R"({"v":)", kCommitVersion);
  append_member(out, R"(,"at":)", commit.at);
  append_member(out, R"(,"prev":)", commit.prev);
  append_member(out, R"(,"owner":)", commit.owner);
  append_seen(out, commit.seen);
  if (!commit.commands.empty()) append_member(out, R"(,"commands":)", commit.commands);
  append(out, R"(,"events":[)");
}

constexpr std::string_view kTail = "]}";

struct DigestFree {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using DigestContext = std::unique_ptr<EVP_MD_CTX, DigestFree>;

}  // namespace

void EventsText::take(const Commit& commit) {
  const std::size_t end = released_ + commit.events.size();
  CHECK(count_ <= end);
  for (; count_ < end; ++count_) {
    if (count_ > 0) append(text_, ',');
    append_event(text_, commit, count_, released_);
  }
}

void EventsText::release(Commit& commit) {
  CHECK(count_ == released_ + commit.events.size());
  commit.events.clear();
  released_ = count_;
}

void encode(const Commit& commit, std::string& out) {
  EventsText events;
  encode(commit, events, out);
}

void encode(const Commit& commit, EventsText& events, std::string& out) {
  events.take(commit);
  JsonBuffer head;
  append_head(head, commit);
  const std::size_t start = out.size();
  out.reserve(start + head.size() + events.text().size() + kTail.size());
  out.append(head.data(), head.size()).append(events.text()).append(kTail);
  CHECK(valid_utf8(std::string_view(out).substr(start)));
}

Hash hash_of(std::string_view body) {
  static EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  thread_local const DigestContext context(EVP_MD_CTX_new());
  Hash hash;
  unsigned length = 0;
  CHECK(EVP_DigestInit_ex2(context.get(), sha256, nullptr) == 1);
  CHECK(EVP_DigestUpdate(context.get(), body.data(), body.size()) == 1);
  CHECK(EVP_DigestFinal_ex(context.get(), hash.data(), &length) == 1 && length == hash.size());
  return hash;
}

}  // namespace cassette::eventstore
