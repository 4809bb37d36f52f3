// SecurityRecord: a security event as it is stored and served, one line of JSON.
// It bounds what a client chose; it judges nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/identity/security_log.h"

namespace cassette::api {

// The longest text that is kept, in bytes: an id and its context.
inline constexpr std::size_t kMaxSecurityTextBytes = 256;

struct SecurityRecord {
  SecurityEvent event;
  std::optional<std::uint64_t> count;  // of equal ones that this stands for, from 2 on

  static void fields(auto& self, auto&& visit) {
    visit("at", self.event.at);
    visit("type", self.event.type);
    visit("principal", self.event.principal);
    visit("credentialId", self.event.credential_id);
    visit("address", self.event.address);
    visit("requestId", self.event.request_id);
    visit("detail", self.event.detail);
    visit("count", self.count);
  }
  bool operator==(const SecurityRecord&) const = default;
};

// The event with each text cut to its bound, between characters, and '?' for what is no UTF-8.
SecurityEvent bounded(SecurityEvent event);

// Without an end of line, and with none inside.
std::string to_line(const SecurityRecord& record);
// Nothing when it is no record. Any thread, not reentrant.
std::optional<SecurityRecord> from_line(std::string_view line);

}  // namespace cassette::api
