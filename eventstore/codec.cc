// Codec, writing: commits to their JSON bodies, and the hash that chains them.
#include "eventstore/codec.h"

#include <openssl/evp.h>

#include <memory>

#include "domain/check.h"
#include "eventstore/event_fields.h"
#include "eventstore/json_read.h"
#include "eventstore/json_write.h"

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
    out.push_back(']');
  }
  if (!first) out.push_back('}');
}

void append_cause(JsonBuffer& out, const Cause& cause) {
  if (cause.command) append_member(out, R"(,"cause":)", *cause.command);
  CHECK(!cause.on || !cause.on_remote);
  if (cause.on) append_member(out, R"(,"on":)", *cause.on);
  if (cause.on_remote) append_member(out, R"(,"on":)", format(*cause.on_remote));
}

// Who asked and when, unless it is as the event before says.
void append_asker(JsonBuffer& out, const RecordedEvent& recorded, const RecordedEvent* on) {
  const bool as_before = on ? recorded.by == on->by : recorded.by.empty();
  if (!as_before) append_member(out, R"(,"by":)", recorded.by);
  const bool then = on ? recorded.occurred_at == on->occurred_at : !recorded.occurred_at;
  if (!then) append_member(out, R"(,"occurredAt":)", recorded.occurred_at);
}

// Each field, unless a reader gets its value from the event that this one stands on, or by default.
void append_fields(JsonBuffer& out, const domain::Event& event, const domain::Event* on) {
  const auto& fields = event_type().inner[event.index()]->fields();
  const auto sources = on ? sources_of(event.index(), on->index()) : std::span<std::int8_t>{};
  const auto* object = static_cast<const char*>(event_type().part(&event, 0));
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const WireType& type = *fields[i].type;
    const void* value = object + fields[i].offset;
    const bool inherits = on && sources[i] != kNowhere;
    if (inherits ? same_value(event, i, *on, sources[i]) : left_out(type, value)) continue;
    append(out, fields[i].key);
    write_json(out, type, value);
  }
}

void append_event(JsonBuffer& out, const Commit& commit, std::size_t index) {
  const RecordedEvent& recorded = commit.events[index];
  const Cause& cause = recorded.cause;
  CHECK(!cause.command || *cause.command < commit.commands.size());
  CHECK(!cause.on || *cause.on < index);
  const RecordedEvent* on = cause.on ? &commit.events[*cause.on] : nullptr;
  append(out, R"({"type":")");
  append(out, domain::type_of(recorded.event));
  out.push_back('"');
  append_cause(out, cause);
  append_asker(out, recorded, on);
  append_fields(out, recorded.event, on ? &on->event : nullptr);
  out.push_back('}');
}

void append_commit(JsonBuffer& out, const Commit& commit) {
  append_member(out, R"({"v":)", kCommitVersion);
  append_member(out, R"(,"at":)", commit.at);
  append_member(out, R"(,"prev":)", commit.prev);
  append_member(out, R"(,"owner":)", commit.owner);
  append_seen(out, commit.seen);
  if (!commit.commands.empty()) append_member(out, R"(,"commands":)", commit.commands);
  append(out, R"(,"events":[)");
  for (std::size_t i = 0; i < commit.events.size(); ++i) {
    if (i > 0) out.push_back(',');
    append_event(out, commit, i);
  }
  append(out, "]}");
}

struct DigestFree {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using DigestContext = std::unique_ptr<EVP_MD_CTX, DigestFree>;

}  // namespace

void encode(const Commit& commit, std::string& out) {
  thread_local JsonBuffer buffer;
  buffer.clear();
  append_commit(buffer, commit);
  CHECK(valid_utf8({buffer.data(), buffer.size()}));
  out.append(buffer.data(), buffer.size());
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
