// Draws: numbers that look random and come from a seed alone, the same on every machine.
// Each part of a simulation draws from a stream of its own, so that one more draw here changes
// nothing there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cassette::sim {

class Draws {
 public:
  Draws(std::uint64_t seed, std::string_view stream) : state_(seed * kOdd + kOdd) {
    for (const char c : stream) state_ = (state_ ^ static_cast<unsigned char>(c)) * kOdd;
    next();
  }

  std::uint64_t next() {
    state_ += kOdd;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9ULL;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebULL;
    return mixed ^ mixed >> 31;
  }
  // From 0 to `end` - 1; `end` is at least 1.
  std::uint64_t below(std::uint64_t end) { return next() % end; }
  // From `first` to `last`, both included.
  std::int64_t between(std::int64_t first, std::int64_t last) {
    return first + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(last - first) + 1));
  }
  // True once in `count` draws; never when it is 0.
  bool one_in(std::uint64_t count) { return count > 0 && below(count) == 0; }
  bool maybe() { return one_in(2); }
  template <class Choices>
  const auto& pick(const Choices& choices) {
    return choices[static_cast<std::size_t>(below(choices.size()))];
  }
  template <class T, std::size_t kCount>
  T of(const T (&choices)[kCount]) {
    return choices[below(kCount)];
  }

 private:
  static constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15ULL;

  std::uint64_t state_;
};

}  // namespace cassette::sim
