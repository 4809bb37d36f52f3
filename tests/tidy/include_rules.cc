// The include table of DESIGN §2 as data, and the check of a file's includes against it.
#include <algorithm>
#include <array>
#include <optional>

#include "tests/tidy/rules.h"
#include "tests/tidy/source.h"

namespace cassette::tidy {
namespace {

// Each layer with the layers it may include, its own among them.
struct Layer {
  std::string_view name;
  std::vector<std::string_view> ours;
};

const std::array<Layer, 5> kLayers = {{
    {"domain", {"domain"}},
    {"eventstore", {"eventstore", "domain"}},
    {"projections", {"projections", "eventstore", "domain"}},
    {"replay", {"replay", "projections", "eventstore", "domain"}},
    {"api", {"api", "replay", "projections", "eventstore", "domain"}},
}};

// A third-party library: how its headers begin, and the beginnings of the paths that may use it.
// A path that ends in `/.` means that folder's own files and none below.
struct Library {
  std::string_view headers;
  std::vector<std::string_view> users;
};

const std::array<Library, 12> kLibraries = {{
    {"simdjson.h", {"eventstore/", "projections/", "replay/", "api/"}},
    {"fmt/", {"eventstore/", "projections/", "replay/", "api/"}},
    {"spdlog/", {"eventstore/", "projections/", "replay/", "api/"}},
    {"sodium", {"eventstore/", "api/identity/"}},
    {"openssl/", {"eventstore/", "api/identity/", "api/cache_files"}},
    {"xxhash.h", {"eventstore/"}},
    {"nats/", {"eventstore/jetstream"}},
    {"rocksdb/", {"eventstore/rocks", "projections/rocks"}},
    {"httplib.h", {"api/http/"}},
    {"boost/", {"api/live/"}},
    {"curl/", {"api/courier/"}},
    {"CLI/", {"api/."}},
}};

// POSIX is no library of the table; the domain, which does no I/O, may not have it either.
const std::array<std::string_view, 18> kPosixHeaders = {
    "arpa/",    "cxxabi.h", "dirent.h", "errno.h",   "fcntl.h",    "netdb.h",
    "netinet/", "poll.h",   "pthread",  "sched.h",   "semaphore.", "signal.",
    "spawn.h",  "sys/",     "syslog.h", "termios.h", "time.h",     "unistd.h"};

struct Include {
  std::string_view header;
  bool quoted = false;
};

std::optional<Include> parse_include(std::string_view line) {
  line = trim(line);
  if (!line.starts_with("#")) return std::nullopt;
  line = trim(line.substr(1));
  if (!line.starts_with("include")) return std::nullopt;
  line = trim(line.substr(7));
  if (line.size() < 2 || (line[0] != '"' && line[0] != '<')) return std::nullopt;
  const bool quoted = line[0] == '"';
  const std::size_t end = line.find(quoted ? '"' : '>', 1);
  return Include{line.substr(1, end - 1), quoted};
}

bool covers(std::string_view user, std::string_view path) {
  if (!user.ends_with("/.")) return path.starts_with(user);
  user.remove_suffix(1);
  return path.starts_with(user) && path.find('/', user.size()) == std::string_view::npos;
}

bool is_standard(std::string_view header) {
  return header.find_first_of("./") == std::string_view::npos;
}

bool is_posix(std::string_view header) {
  return std::any_of(kPosixHeaders.begin(), kPosixHeaders.end(),
                     [&](std::string_view known) { return header.starts_with(known); });
}

std::string objection_to_ours(const Layer& layer, std::string_view header) {
  const std::string_view from = header.substr(0, header.find('/'));
  const bool known = std::any_of(kLayers.begin(), kLayers.end(),
                                 [&](const Layer& other) { return other.name == from; });
  if (!known) return "our includes are root-relative, others in <>: ";
  const bool allowed = std::find(layer.ours.begin(), layer.ours.end(), from) != layer.ours.end();
  return allowed ? "" : std::string(layer.name) + "/ may not include ";
}

std::string objection_to_others(const Layer& layer, std::string_view path,
                                std::string_view header) {
  if (is_standard(header)) return "";
  const auto* library =
      std::find_if(kLibraries.begin(), kLibraries.end(),
                   [&](const Library& candidate) { return header.starts_with(candidate.headers); });
  if (library != kLibraries.end()) {
    const bool allowed = std::any_of(library->users.begin(), library->users.end(),
                                     [&](std::string_view user) { return covers(user, path); });
    return allowed ? "" : "DESIGN §2 gives this file no ";
  }
  if (is_posix(header) && layer.name != "domain") return "";
  return "not in DESIGN §2's table: ";
}

}  // namespace

Findings check_includes(std::string_view path, std::string_view text) {
  const auto* layer = std::find_if(kLayers.begin(), kLayers.end(), [&](const Layer& candidate) {
    return path.starts_with(std::string(candidate.name) + "/");
  });
  if (layer == kLayers.end()) return {};
  Findings findings;
  std::size_t number = 0;
  for (const std::string_view line : lines_of(text)) {
    ++number;
    const std::optional<Include> include = parse_include(line);
    if (!include) continue;
    const std::string objection = include->quoted
                                      ? objection_to_ours(*layer, include->header)
                                      : objection_to_others(*layer, path, include->header);
    if (objection.empty()) continue;
    findings.push_back({std::string(path), number, objection + std::string(include->header)});
  }
  return findings;
}

}  // namespace cassette::tidy
