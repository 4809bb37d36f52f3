// Memory: the process in which an engine's state is measured, so that nothing else is in it.
#pragma once

#include <string_view>

namespace cassette::bench {

// The first argument that makes this program such a process; what to hold and how many follow.
inline constexpr std::string_view kMemoryProbe = "--memory-probe";

// Fills the state, prints its resident bytes, and gives the exit status.
int run_memory_probe(std::string_view what, std::string_view count);

}  // namespace cassette::bench
