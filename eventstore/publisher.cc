// Publisher: what the streams are called, wherever they are.
#include <string>

#include "eventstore/publisher.h"

namespace cassette::eventstore {

std::string feed_stream(std::uint32_t partition) {
  return "FEED-" + std::to_string(partition);
}

std::string feed_subjects(std::uint32_t partition) {
  return "feed." + std::to_string(partition) + ".>";
}

}  // namespace cassette::eventstore
