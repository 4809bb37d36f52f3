// Preconditions: strong comparison of version ETags.
#include "api/http/preconditions.h"

#include <charconv>

#include "api/http/reads.h"

namespace cassette::api {
namespace {

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

std::optional<domain::Version> version_of(std::string_view tag) {
  if (tag.size() < 3 || !tag.starts_with('"') || !tag.ends_with('"')) return std::nullopt;
  tag = tag.substr(1, tag.size() - 2);
  domain::Version version = 0;
  const auto [end, error] = std::from_chars(tag.data(), tag.data() + tag.size(), version);
  if (error != std::errc() || end != tag.data() + tag.size()) return std::nullopt;
  return version;
}

}  // namespace

std::string etag(domain::Version version) {
  return '"' + std::to_string(version) + '"';
}

std::string public_etag(domain::Version version) {
  return '"' + std::to_string(version) + "-public\"";
}

Answered<Preconditions> preconditions_of(const Call& call) {
  Preconditions demanded;
  const std::string_view match = trimmed(call.request.headers.if_match);
  const std::string_view none_match = trimmed(call.request.headers.if_none_match);
  if (!none_match.empty() && none_match != "*") {
    return Failure{invalid_header("If-None-Match", "of a write is *")};
  }
  demanded.none_yet = !none_match.empty();
  demanded.exists = match == "*";
  if (match.empty() || demanded.exists) return demanded;
  if (match.find(',') != std::string_view::npos) {
    return Failure{invalid_header("If-Match", "has one ETag or is *")};
  }
  demanded.version = version_of(match);
  if (!demanded.version) {
    return Failure{precondition_failed("The ETag in If-Match is none that was given here.")};
  }
  return demanded;
}

Answered<eventstore::Done> refuse_new(const Call& call, const Preconditions& demanded,
                                      projections::Model model, std::string_view key) {
  if (!demanded.exists) return eventstore::Done{};
  const auto found = find_document(call, model, key);
  if (!found) return Failure{found.error()};
  if (found.value()) return eventstore::Done{};
  return Failure{precondition_failed("There is none yet, and If-Match is *.")};
}

bool already_known(const Call& call, std::string_view known) {
  std::string_view tags = call.request.headers.if_none_match;
  while (!tags.empty()) {
    const std::size_t comma = std::min(tags.find(','), tags.size());
    std::string_view tag = trimmed(tags.substr(0, comma));
    if (tag.starts_with("W/")) tag.remove_prefix(2);  // the comparison of reads is weak
    if (tag == "*" || tag == known) return true;
    tags.remove_prefix(std::min(comma + 1, tags.size()));
  }
  return false;
}

}  // namespace cassette::api
