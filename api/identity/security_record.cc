// Security records: bounds, and lines.
#include "api/identity/security_record.h"

#include <algorithm>

#include "eventstore/json_read.h"
#include "eventstore/json_write.h"

namespace cassette::api {
namespace {

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

void bound(std::string& text) {
  if (!eventstore::valid_utf8(text)) {
    std::ranges::replace_if(
        text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  }
  if (text.size() <= kMaxSecurityTextBytes) return;
  std::size_t end = kMaxSecurityTextBytes;
  while (end > 0 && continues(text[end])) --end;
  text.resize(end);
  text.shrink_to_fit();
}

}  // namespace

SecurityEvent bounded(SecurityEvent event) {
  for (std::string* text : {&event.type, &event.principal, &event.credential_id, &event.address,
                            &event.request_id, &event.detail}) {
    bound(*text);
  }
  return event;
}

std::string to_line(const SecurityRecord& record) {
  return eventstore::to_json(record);
}

std::optional<SecurityRecord> from_line(std::string_view line) {
  SecurityRecord record;
  if (!eventstore::read_json(line, record) || record.event.type.empty()) return std::nullopt;
  return record;
}

}  // namespace cassette::api
