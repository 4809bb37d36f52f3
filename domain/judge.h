// Judge: says what is wrong with one aggregate, in sentences that name it. It puts a name together
// only when there is something to say, since nearly every judgement finds nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cassette::domain {

// Borrows all that it is made of. Not thread-safe.
class Judge {
 public:
  // Of "kind owner/id", or "kind id" when `owner` is empty.
  Judge(std::string_view kind, std::string_view owner, std::string_view id,
        std::vector<std::string>& found)
      : kind_(kind), owner_(owner), id_(id), found_(found) {}

  void equal(std::string_view what, std::int64_t actual, std::int64_t expected) const {
    if (actual == expected) return;
    say(std::string(what) + " is " + std::to_string(actual) + ", should be " +
        std::to_string(expected));
  }
  void holds(bool condition, std::string_view what) const {
    if (!condition) say(what);
  }
  void say(std::string_view what) const {
    std::string sentence(kind_);
    sentence += ' ';
    if (!owner_.empty()) sentence.append(owner_) += '/';
    found_.push_back(sentence.append(id_).append(": ").append(what));
  }

 private:
  std::string_view kind_, owner_, id_;
  std::vector<std::string>& found_;
};

}  // namespace cassette::domain
