// Reads described values from simdjson's cursor: what json_read.cc and the codec share.
// The one header of ours that includes simdjson, which is slow to compile; few should include it.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <string_view>
#include <utility>

#include "eventstore/wire_type.h"

namespace cassette::eventstore {

// Members that one object may have: the seen ones are the bits of a word.
inline constexpr std::size_t kMaxMembers = 64;

// What a whole reading leaves behind, besides the value.
struct ReadTrace {
  std::string_view member;  // the last one begun: where a failed reading went wrong
  bool skipped = false;     // something unknown was passed over, and not looked at
};

// As read_json of json_read.h. After false, nothing more can be read of the document.
bool read_value(simdjson::ondemand::value json, const WireType& type, void* value,
                ReadTrace& trace);

// Takes the members of one object as they come, and knows which have been there.
class MemberReader {
 public:
  MemberReader(const WireType& type, void* object) : fields_(type.fields()), object_(object) {}

  // False when `json` doesn't fit the member `key`, or `key` was there before.
  bool read(std::string_view key, simdjson::ondemand::value json, ReadTrace& trace);

  bool seen(std::size_t field) const { return (seen_ >> field & 1) != 0; }

 private:
  const std::vector<WireField>& fields_;
  void* object_;
  std::uint64_t seen_ = 0;
  std::size_t next_ = 0;  // where the next member is looked for first: they come in order
};

// The text of a string, valid until the document is read on. Most have no escapes and need not be
// copied first, which simdjson's own get_string does.
inline bool get_text(simdjson::ondemand::value json, std::string_view& text) {
  const std::string_view token = json.raw_json_token();
  if (token.find('\\') != std::string_view::npos) {
    return json.get_string().get(text) == simdjson::SUCCESS;
  }
  // The string was found whole and free of control characters before; this passes over it.
  simdjson::ondemand::raw_json_string raw;
  if (json.get_raw_json_string().get(raw) != simdjson::SUCCESS) return false;
  text = token.substr(1, token.rfind('"') - 1);
  return true;
}

inline bool get_key(simdjson::ondemand::field& field, std::string_view& key) {
  const char* const begin = field.key().raw();
  const char* end = begin;
  while (*end != '"' && *end != '\\') ++end;
  if (*end == '\\') return field.unescaped_key().get(key) == simdjson::SUCCESS;
  key = {begin, static_cast<std::size_t>(end - begin)};
  return true;
}

// Calls `take(key, value)` for each member until it gives false. False also for broken JSON.
template <class Take>
bool each_member(simdjson::ondemand::object& object, Take&& take) {
  for (auto member : object) {
    simdjson::ondemand::field field;
    std::string_view key;
    if (std::move(member).get(field) != simdjson::SUCCESS) return false;
    if (!get_key(field, key) || !take(key, field.value())) return false;
  }
  return true;
}

// Parses `text` in the thread's own parser and padded buffer, both kept for the next call. The
// document is valid until then.
simdjson::error_code parse_json(std::string_view text, simdjson::ondemand::document& document);

// True when nothing but space follows what was read.
bool at_end(simdjson::ondemand::document& document);

}  // namespace cassette::eventstore
