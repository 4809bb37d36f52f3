// Erased: shows commits without the personal data of those who were erased. What was sealed for
// them can't be opened by anyone; it is shown as what it is, and not as text that might be.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "eventstore/chain.h"

namespace cassette::replay {

// In the place of what was sealed for an erased subject.
inline constexpr std::string_view kErased = "(erased)";

// Whether the key of a subject ("customer:c-17") was destroyed; nothing when that can't be found
// out now. May block.
using IsErased = std::function<std::optional<bool>(std::string_view subject)>;

// One thread uses it.
class Erased {
 public:
  // Without `ask` only those whose erasure has been seen are erased.
  explicit Erased(IsErased ask) : ask_(std::move(ask)) {}

  // The same message, with every sealed field of an erased subject replaced by kErased.
  eventstore::Link redact(eventstore::Link link);
  // Asks until there is an answer, while no more than kMaxKnown are known. Whose erasure can't be
  // found out stays as it is.
  bool covers(std::string_view subject);

 private:
  void note(const domain::Event& event);

  const IsErased ask_;
  std::unordered_map<std::string, bool> known_;
};

}  // namespace cassette::replay
