// Scopes: what a token is narrowed to, as OAuth writes it: names with spaces between (RFC 6749
// §3.3). What each one opens is the permission table's.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cassette::api {

using Scopes = std::vector<std::string>;

// Gives an ID token besides (OpenID Connect Core §3.1.2.1), and a refresh token (§11).
inline constexpr std::string_view kOpenId = "openid";
inline constexpr std::string_view kOfflineAccess = "offline_access";

// The longest `scope` that is looked at, in bytes.
inline constexpr std::size_t kMaxScopeBytes = 1024;

// True for `[a-z]+:[a-z]+`, as "stock:write": what opens a part of the API.
bool is_api_scope(std::string_view name);

// All of them that open something, and the two above: for who reads our metadata.
const Scopes& known_scopes();

// Without repeats, in the order given. Nothing for a name that is none of ours.
std::optional<Scopes> parse_scopes(std::string_view text);
std::string to_text(const Scopes& scopes);

// The API's scopes in the `scope` of a token that was signed already, others passed over. A token
// that names some, and none of the API's, has "openid" for them: it opens nothing, and no list that
// is empty by mistake opens everything.
Scopes narrowed_by(std::string_view text);

bool contains(const Scopes& scopes, std::string_view name);
// Those that open a part of the API.
Scopes api_scopes(const Scopes& scopes);

// What both allow, where an empty list allows everything. Nothing when each names some and they
// have none in common: an empty list would then mean everything.
std::optional<Scopes> common_scopes(const Scopes& a, const Scopes& b);

// Whether `allowed`, all when it is empty, has every API scope of `asked`.
bool allows(const Scopes& allowed, const Scopes& asked);

}  // namespace cassette::api
