// AlternativeOf: what the closed lists of facts, requests and refusals have in common. Each is a
// class of its own that is a std::variant, so that copying, moving, destroying and comparing,
// functions of dozens of cases, are compiled once and not in every file that has a list of them.
#pragma once

#include <type_traits>
#include <utility>
#include <variant>

namespace cassette::domain {

template <class T, class Variant>
inline constexpr bool kIsAlternative = false;
template <class T, class... Alternatives>
inline constexpr bool kIsAlternative<T, std::variant<Alternatives...>> =
    (std::is_same_v<T, Alternatives> || ...);

template <class T, class Variant>
concept AlternativeOf = kIsAlternative<std::remove_cvref_t<T>, Variant>;

}  // namespace cassette::domain
