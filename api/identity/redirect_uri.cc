// Redirect URIs: taken apart as far as they must be, and never normalised.
#include "api/identity/redirect_uri.h"

#include <algorithm>
#include <optional>

namespace cassette::api {
namespace {

constexpr std::string_view kHttp = "http://";
constexpr std::string_view kHttps = "https://";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

// What a header, a quoted attribute and a CSP can all carry; a backslash is a slash to some.
bool is_plain(char c) {
  constexpr std::string_view kOthers = R"("<>\^`{|};,'#)";
  return c > ' ' && c < '\x7f' && kOthers.find(c) == std::string_view::npos;
}

// "shop.example:8443" of what follows "https://".
std::string_view authority_of(std::string_view rest) {
  return rest.substr(0, rest.find_first_of("/?"));
}

bool valid_authority(std::string_view authority) {
  return !authority.empty() && authority.find('@') == std::string_view::npos &&
         authority.front() != ':';
}

// A loopback URI in two: what stands before the port, and what after it.
struct Loopback {
  std::string_view host;
  std::string_view path;
};

std::optional<Loopback> as_loopback(std::string_view uri) {
  for (const std::string_view host : {"http://127.0.0.1", "http://[::1]"}) {
    if (!uri.starts_with(host)) continue;
    std::string_view rest = uri.substr(host.size());
    if (rest.starts_with(':')) {
      rest.remove_prefix(1);
      const auto end = std::ranges::find_if_not(rest, is_digit);
      const auto digits = static_cast<std::size_t>(end - rest.begin());
      if (digits == 0 || digits > 5) return std::nullopt;
      rest.remove_prefix(digits);
    }
    if (!rest.empty() && rest.front() != '/' && rest.front() != '?') return std::nullopt;
    return Loopback{host, rest};
  }
  return std::nullopt;
}

bool is_own_scheme(std::string_view uri) {
  const std::size_t colon = uri.find(':');
  if (colon == std::string_view::npos || colon + 1 == uri.size()) return false;
  const std::string_view scheme = uri.substr(0, colon);
  return is_lower(scheme.front()) && scheme.find('.') != std::string_view::npos &&
         std::ranges::all_of(scheme, [](char c) {
           return is_lower(c) || is_digit(c) || c == '.' || c == '-' || c == '+';
         });
}

}  // namespace

bool valid_redirect_uri(std::string_view uri) {
  if (uri.empty() || uri.size() > kMaxRedirectUriBytes) return false;
  if (!std::ranges::all_of(uri, is_plain)) return false;
  if (uri.starts_with(kHttps)) return valid_authority(authority_of(uri.substr(kHttps.size())));
  if (uri.starts_with(kHttp)) return as_loopback(uri).has_value();
  return is_own_scheme(uri);
}

bool same_redirect_uri(std::string_view registered, std::string_view given) {
  if (!valid_redirect_uri(given)) return false;
  if (registered == given) return true;
  const auto ours = as_loopback(registered);
  const auto theirs = as_loopback(given);
  return ours && theirs && ours->host == theirs->host && ours->path == theirs->path;
}

std::string origin_of(std::string_view redirect_uri) {
  for (const std::string_view scheme : {kHttps, kHttp}) {
    if (!redirect_uri.starts_with(scheme)) continue;
    return std::string(scheme).append(authority_of(redirect_uri.substr(scheme.size())));
  }
  return std::string(redirect_uri.substr(0, redirect_uri.find(':') + 1));
}

std::string with_parameters(std::string_view redirect_uri, std::string_view parameters) {
  std::string uri(redirect_uri);
  const bool has_query = uri.find('?') != std::string::npos;
  uri += has_query ? '&' : '?';
  return uri.append(parameters);
}

}  // namespace cassette::api
