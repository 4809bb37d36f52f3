// Fingerprints by time and by value.
#include "replay/command_memory.h"

#include <functional>

#include "eventstore/archive.h"

namespace cassette::replay {
namespace {

// FNV-1a, as the second half beside the library's hash.
std::uint64_t fnv(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

}  // namespace

CommandMemory::Print CommandMemory::print_of(std::string_view id) {
  return {fnv(id), std::hash<std::string_view>{}(id)};
}

bool CommandMemory::repeats(std::string_view id, domain::Timestamp at) {
  forget(at);
  const Print print = print_of(id);
  const auto [known, is_new] = accepted_.try_emplace(print, at);
  known->second = at;
  by_time_.push_back({print, at});
  return !is_new;
}

void CommandMemory::forget(domain::Timestamp now) {
  while (!by_time_.empty() &&
         now.micros - by_time_.front().at.micros > eventstore::kCommandMemoryMicros) {
    const auto known = accepted_.find(by_time_.front().print);
    if (known != accepted_.end() && known->second == by_time_.front().at) accepted_.erase(known);
    by_time_.pop_front();
  }
}

}  // namespace cassette::replay
