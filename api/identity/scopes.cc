// Scopes: lists of a few names, compared one by one.
#include "api/identity/scopes.h"

#include <algorithm>

namespace cassette::api {
namespace {

bool is_lower_word(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= 'a' && c <= 'z'; });
}

}  // namespace

bool is_api_scope(std::string_view name) {
  const std::size_t colon = name.find(':');
  return colon != std::string_view::npos && is_lower_word(name.substr(0, colon)) &&
         is_lower_word(name.substr(colon + 1));
}

const Scopes& known_scopes() {
  static const Scopes kScopes{"openid",          "offline_access", "vendors:write",
                              "catalogue:write", "stock:read",     "stock:write",
                              "orders:read",     "orders:write",   "customers:read",
                              "customers:write", "events:read",    "feed:read"};
  return kScopes;
}

std::optional<Scopes> parse_scopes(std::string_view text) {
  if (text.size() > kMaxScopeBytes) return std::nullopt;
  Scopes scopes;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view name = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (name.empty()) continue;
    if (name != kOpenId && name != kOfflineAccess && !is_api_scope(name)) return std::nullopt;
    if (!contains(scopes, name)) scopes.emplace_back(name);
  }
  return scopes;
}

Scopes narrowed_by(std::string_view text) {
  Scopes scopes;
  bool narrowed = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view name = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    narrowed = narrowed || !name.empty();
    if (is_api_scope(name) && !contains(scopes, name)) scopes.emplace_back(name);
  }
  if (narrowed && scopes.empty()) scopes.emplace_back(kOpenId);
  return scopes;
}

std::string to_text(const Scopes& scopes) {
  std::string text;
  for (const std::string& name : scopes) {
    if (!text.empty()) text += ' ';
    text += name;
  }
  return text;
}

bool contains(const Scopes& scopes, std::string_view name) {
  return std::ranges::find(scopes, name) != scopes.end();
}

Scopes api_scopes(const Scopes& scopes) {
  Scopes found;
  std::ranges::copy_if(scopes, std::back_inserter(found),
                       [](const std::string& name) { return is_api_scope(name); });
  return found;
}

std::optional<Scopes> common_scopes(const Scopes& a, const Scopes& b) {
  if (a.empty()) return b;
  if (b.empty()) return a;
  Scopes common;
  std::ranges::copy_if(a, std::back_inserter(common),
                       [&](const std::string& name) { return contains(b, name); });
  if (common.empty()) return std::nullopt;
  return common;
}

bool allows(const Scopes& allowed, const Scopes& asked) {
  if (allowed.empty()) return true;
  return std::ranges::all_of(asked, [&](const std::string& name) {
    return !is_api_scope(name) || contains(allowed, name);
  });
}

}  // namespace cassette::api
