// Pages: where one begins, what it looks at, and where it ends.
#include "api/identity/security_reader.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string_view>

#include "api/identity/security_record.h"

namespace cassette::api {
namespace {

using eventstore::Journal;
using eventstore::JournalEntry;
using eventstore::Stored;
using eventstore::StoreError;

// Entries that one page looks at: half a second of round trips.
constexpr std::size_t kMaxEntriesAPage = 4096;
// Entries that are read at once, at first and at most: a page is often in the newest few.
constexpr std::size_t kFirstRead = 8;
// How much earlier than a record stored before it one may be: refusals are stored when they are
// folded, and several processes have several clocks.
constexpr std::int64_t kMaxDisorderMicros = 300LL * 1'000'000;

// A record's place: its entry and its line in it. A page ends before one.
struct Place {
  std::uint64_t entry = 0;
  std::uint64_t line = 0;
};

constexpr std::uint64_t kAllLines = ~0ULL;

std::string format(Place place) {
  return std::to_string(place.entry) + "." + std::to_string(place.line);
}

std::optional<Place> parse_place(std::string_view text) {
  Place place;
  const char* const end = text.data() + text.size();
  const auto entry = std::from_chars(text.data(), end, place.entry);
  if (entry.ec != std::errc() || entry.ptr == end || *entry.ptr != '.') return std::nullopt;
  const auto line = std::from_chars(entry.ptr + 1, end, place.line);
  if (line.ec != std::errc() || line.ptr != end) return std::nullopt;
  return place;
}

std::vector<std::string_view> lines_of(std::string_view body) {
  std::vector<std::string_view> lines;
  while (!body.empty()) {
    const std::size_t end = std::min(body.find('\n'), body.size());
    lines.push_back(body.substr(0, end));
    body.remove_prefix(std::min(end + 1, body.size()));
  }
  return lines;
}

bool matches(const SecurityQuery& query, const SecurityEvent& event) {
  return (query.type.empty() || query.type == event.type) &&
         (query.principal.empty() || query.principal == event.principal) &&
         (query.credential_id.empty() || query.credential_id == event.credential_id) &&
         (!query.from || event.at >= *query.from) && (!query.to || event.at < *query.to);
}

// The record with its place as its id.
std::string document_of(Place place, std::string_view line) {
  return "{\"id\":\"" + format(place) + "\"," + std::string(line.substr(1));
}

class PageReader {
 public:
  PageReader(Journal& journal, const SecurityQuery& query) : journal_(journal), query_(query) {}

  Stored<SecurityPage> read() {
    const auto bounds = journal_.bounds();
    if (!bounds) return Failure{bounds.error()};
    first_ = bounds.value().first;
    auto start = where_to_begin(bounds.value().last);
    if (!start) return Failure{start.error()};
    next_ = start.value();
    std::size_t looked_at = 0;
    for (std::size_t size = kFirstRead; !done(); size = std::min(size * 2, kMaxAtOnce)) {
      const auto entries = journal_.read_backward(next_.entry, size);
      if (!entries) return Failure{entries.error()};
      if (entries.value().empty()) ended_ = true;
      for (const JournalEntry& entry : entries.value()) take(entry);
      looked_at += size;
      if (looked_at >= kMaxEntriesAPage) break;
    }
    const bool more = !ended_ && next_.entry >= first_;
    if (more) page_.next = format(next_);
    return std::move(page_);
  }

 private:
  static constexpr std::size_t kMaxAtOnce = eventstore::kMaxEntriesRead;

  bool done() const { return ended_ || next_.entry < first_ || page_.items.size() == query_.limit; }

  Stored<Place> where_to_begin(std::uint64_t last) {
    if (!query_.after.empty()) {
      const auto place = parse_place(query_.after);
      if (place) return *place;
      return Failure{StoreError{StoreError::Kind::Mismatch, "no place of the security log"}};
    }
    if (!query_.to) return Place{last, kAllLines};
    return last_before(domain::Timestamp{query_.to->micros + kMaxDisorderMicros}, last);
  }

  // The last entry that may hold what is before `to`, by halving.
  Stored<Place> last_before(domain::Timestamp to, std::uint64_t last) {
    std::uint64_t low = first_;
    std::uint64_t high = last;
    while (low < high) {
      const std::uint64_t middle = low + (high - low + 1) / 2;
      const auto entry = journal_.read_forward(middle, 1);
      if (!entry) return Failure{entry.error()};
      const auto at = entry.value().empty() ? std::nullopt : first_time(entry.value()[0]);
      if (!at || *at < to) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return Place{low, kAllLines};
  }

  static std::optional<domain::Timestamp> first_time(const JournalEntry& entry) {
    const auto lines = lines_of(entry.body);
    const auto record = lines.empty() ? std::nullopt : from_line(lines.front());
    if (!record) return std::nullopt;
    return record->event.at;
  }

  // Last line first, down to where the page is full.
  void take(const JournalEntry& entry) {
    if (done()) return;
    const auto lines = lines_of(entry.body);
    const bool begun = entry.sequence == next_.entry;
    std::uint64_t line = std::min<std::uint64_t>(lines.size(), begun ? next_.line : kAllLines);
    while (line > 0 && page_.items.size() < query_.limit) {
      --line;
      const auto record = from_line(lines[line]);
      if (!record) continue;
      if (too_old(record->event)) ended_ = true;
      if (!matches(query_, record->event)) continue;
      page_.items.push_back(document_of({entry.sequence, line}, lines[line]));
    }
    next_ = line > 0 ? Place{entry.sequence, line} : Place{entry.sequence - 1, kAllLines};
  }

  bool too_old(const SecurityEvent& event) const {
    return query_.from && event.at.micros < query_.from->micros - kMaxDisorderMicros;
  }

  Journal& journal_;
  const SecurityQuery& query_;
  SecurityPage page_;
  std::uint64_t first_ = 1;
  Place next_;
  bool ended_ = false;
};

}  // namespace

Stored<SecurityPage> read_security_events(Journal& journal, const SecurityQuery& query) {
  return PageReader(journal, query).read();
}

}  // namespace cassette::api
